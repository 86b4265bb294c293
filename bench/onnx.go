package main

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"

	ort "github.com/yalue/onnxruntime_go"
	"golang.org/x/image/draw"
)

// onnx is the strongest other way for a Go program: ONNX Runtime through its Go
// binding, image/jpeg, BiLinear of x/image (which averages when it shrinks, and is only
// asked for the part of the picture that the network sees), a flat tensor.
type onnx struct {
	models map[string]*onnxModel
}

type onnxModel struct {
	session *ort.DynamicAdvancedSession
	size    int
	shorter int
	caffe   bool
	buf     []float32
	tensor  map[int]*ort.Tensor[float32]
}

func newONNX() *onnx { return &onnx{models: map[string]*onnxModel{}} }

func (o *onnx) Versions() string {
	s := version("github.com/yalue/onnxruntime_go") + ", " + version("golang.org/x/image")
	if ort.IsInitialized() {
		s += ", ONNX Runtime " + ort.GetVersion()
	}
	return s
}

func (o *onnx) Open(r request) error {
	if !ort.IsInitialized() {
		ort.SetSharedLibraryPath(r.Library)
		if err := ort.InitializeEnvironment(); err != nil {
			return err
		}
	}
	ins, outs, err := ort.GetInputOutputInfo(r.ONNX)
	if err != nil {
		return err
	}
	if len(ins) != 1 || len(outs) != 1 {
		return fmt.Errorf("%s: want one input and one output, got %d and %d", r.ONNX, len(ins), len(outs))
	}
	// nil: the default options, which optimise the graph fully and use every core.
	s, err := ort.NewDynamicAdvancedSession(r.ONNX, []string{ins[0].Name}, []string{outs[0].Name}, nil)
	if err != nil {
		return err
	}
	o.models[r.Model] = &onnxModel{session: s, size: r.Size, shorter: r.Shorter, caffe: r.Mode == "caffe",
		buf: make([]float32, r.Size*r.Size*3), tensor: map[int]*ort.Tensor[float32]{}}
	return nil
}

func (o *onnx) Photo(model string, data []byte) ([]float32, error) {
	m := o.models[model]
	img, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	b := img.Bounds()
	side := min(b.Dx(), b.Dy()) * m.size / m.shorter
	x, y := b.Min.X+(b.Dx()-side)/2, b.Min.Y+(b.Dy()-side)/2
	small := image.NewRGBA(image.Rect(0, 0, m.size, m.size))
	draw.BiLinear.Scale(small, small.Bounds(), img, image.Rect(x, y, x+side, y+side), draw.Src, nil)
	for i := range m.size * m.size {
		p, t := small.Pix[4*i:4*i+3:4*i+3], m.buf[3*i:3*i+3:3*i+3]
		if m.caffe {
			t[0], t[1], t[2] = float32(p[2])-103.939, float32(p[1])-116.779, float32(p[0])-123.68
		} else {
			t[0], t[1], t[2] = float32(p[0])/127.5-1, float32(p[1])/127.5-1, float32(p[2])/127.5-1
		}
	}
	t, err := ort.NewTensor(ort.NewShape(1, int64(m.size), int64(m.size), 3), m.buf)
	if err != nil {
		return nil, err
	}
	row, err := m.run(t)
	if derr := t.Destroy(); err == nil {
		err = derr
	}
	return row, err
}

func (o *onnx) Feed(model string, rows []float32, batch int) error {
	m := o.models[model]
	t, err := ort.NewTensor(ort.NewShape(int64(batch), int64(m.size), int64(m.size), 3), rows)
	m.tensor[batch] = t
	return err
}

func (o *onnx) Tensor(model string, batch int) ([]float32, error) {
	m := o.models[model]
	return m.run(m.tensor[batch])
}

// run lets ONNX Runtime make the output, and copies its first row.
func (m *onnxModel) run(t *ort.Tensor[float32]) ([]float32, error) {
	outs := []ort.Value{nil}
	if err := m.session.Run([]ort.Value{t}, outs); err != nil {
		return nil, err
	}
	out, ok := outs[0].(*ort.Tensor[float32])
	if !ok {
		return nil, fmt.Errorf("want float32, got %T", outs[0])
	}
	s := out.GetShape()
	row := append([]float32(nil), out.GetData()[:s[len(s)-1]]...)
	return row, out.Destroy()
}
