package main

import (
	"bytes"
	"fmt"

	"github.com/disintegration/imaging"
	tf "github.com/wamuir/graft/tensorflow"
)

// plain is what Go programs do today: disintegration/imaging for the picture,
// nested slices for the tensor, graft for the SavedModel as it was saved, with the
// names of its tensors looked up by hand.
type plain struct {
	models map[string]*plainModel
}

type plainModel struct {
	saved  *tf.SavedModel
	in     tf.Output
	out    tf.Output
	size   int
	caffe  bool
	tensor map[int]*tf.Tensor
}

func newPlain() *plain { return &plain{models: map[string]*plainModel{}} }

func (p *plain) Versions() string {
	return fmt.Sprintf("%s, %s, TensorFlow %s", version("github.com/wamuir/graft"), version("github.com/disintegration/imaging"), tf.Version())
}

func (p *plain) Open(r request) error {
	saved, err := tf.LoadSavedModel(r.Dir, []string{"serve"}, nil)
	if err != nil {
		return err
	}
	sig, ok := saved.Signatures["serving_default"]
	if !ok {
		return fmt.Errorf("%s: no serving_default", r.Dir)
	}
	m := &plainModel{saved: saved, size: r.Size, caffe: r.Mode == "caffe", tensor: map[int]*tf.Tensor{}}
	for _, t := range sig.Inputs {
		if m.in, err = named(saved.Graph, t.Name); err != nil {
			return err
		}
	}
	for _, t := range sig.Outputs {
		if m.out, err = named(saved.Graph, t.Name); err != nil {
			return err
		}
	}
	p.models[r.Model] = m
	return nil
}

func (p *plain) Photo(model string, jpeg []byte) ([]float32, error) {
	m := p.models[model]
	img, err := imaging.Decode(bytes.NewReader(jpeg), imaging.AutoOrientation(true))
	if err != nil {
		return nil, err
	}
	small := imaging.Fill(img, m.size, m.size, imaging.Center, imaging.Lanczos)
	batch := make([][][][]float32, 1)
	batch[0] = make([][][]float32, m.size)
	for y := range m.size {
		batch[0][y] = make([][]float32, m.size)
		for x := range m.size {
			c := small.NRGBAAt(x, y)
			if m.caffe {
				batch[0][y][x] = []float32{float32(c.B) - 103.939, float32(c.G) - 116.779, float32(c.R) - 123.68}
			} else {
				batch[0][y][x] = []float32{float32(c.R)/127.5 - 1, float32(c.G)/127.5 - 1, float32(c.B)/127.5 - 1}
			}
		}
	}
	t, err := tf.NewTensor(batch)
	if err != nil {
		return nil, err
	}
	return m.run(t)
}

func (p *plain) Feed(model string, rows []float32, batch int) error {
	m := p.models[model]
	t, err := floatTensor(rows, int64(batch), int64(m.size))
	m.tensor[batch] = t
	return err
}

// Tensor runs the model on a tensor that is ready: Session.Run and Value alone.
func (p *plain) Tensor(model string, batch int) ([]float32, error) {
	m := p.models[model]
	return m.run(m.tensor[batch])
}

func (m *plainModel) run(t *tf.Tensor) ([]float32, error) {
	got, err := m.saved.Session.Run(map[tf.Output]*tf.Tensor{m.in: t}, []tf.Output{m.out}, nil)
	if err != nil {
		return nil, err
	}
	rows, ok := got[0].Value().([][]float32)
	if !ok || len(rows) == 0 {
		return nil, fmt.Errorf("want rows of float32, got %T", got[0].Value())
	}
	return rows[0], nil
}
