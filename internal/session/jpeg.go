package session

import (
	"context"
	"fmt"
	"strings"
	"sync"

	tf "github.com/wamuir/graft/tensorflow"

	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/option"
	"github.com/gosight/vision/internal/raster"
)

// A JPEG decodes with TensorFlow's libjpeg-turbo, which can decode at 1/2, 1/4 and
// 1/8 of the size for a fraction of the work. It is safe for concurrent use and must be
// closed.
type JPEG struct {
	mu     sync.RWMutex
	closed bool
	graph  *tf.Graph
	sess   *tf.Session
	in     tf.Output
	out    map[int]tf.Output // by ratio
}

// NewJPEG starts a decoder on the CPU of this process.
func NewJPEG(wish option.Process) (*JPEG, error) {
	p, err := decide(wish)
	if err != nil {
		return nil, err
	}
	d := &JPEG{graph: tf.NewGraph(), out: make(map[int]tf.Output)}
	if err := d.build(); err != nil {
		freeGraph(d.graph)
		return nil, err
	}
	config, err := configure(p, tuning{})
	if err != nil {
		freeGraph(d.graph)
		return nil, err
	}
	if d.sess, err = tf.NewSession(d.graph, &tf.SessionOptions{Config: config}); err != nil {
		freeGraph(d.graph)
		return nil, fmt.Errorf("vision: start the JPEG decoder: %w", err)
	}
	return d, nil
}

// build adds one DecodeJpeg a ratio. INTEGER_ACCURATE with fancy upscaling gives the
// pixels that libjpeg's users see elsewhere, Pillow's among them. TensorFlow's own default, the
// fast transform, saves a twentieth of the time and is off by up to 14 levels.
func (d *JPEG) build() error {
	ph, err := d.graph.AddOperation(tf.OpSpec{Type: "Placeholder", Name: "file", Device: CPU,
		Attrs: map[string]any{"dtype": tf.String, "shape": tf.ScalarShape()}})
	if err != nil {
		return err
	}
	d.in = ph.Output(0)
	for _, ratio := range []int{1, 2, 4, 8} {
		op, err := d.graph.AddOperation(tf.OpSpec{
			Type: "DecodeJpeg", Name: fmt.Sprintf("decode_%d", ratio), Device: CPU, Input: []tf.Input{d.in},
			Attrs: map[string]any{"channels": int64(3), "ratio": int64(ratio), "dct_method": "INTEGER_ACCURATE", "fancy_upscaling": true},
		})
		if err != nil {
			return err
		}
		d.out[ratio] = op.Output(0)
	}
	return nil
}

// DecodeJPEG returns the picture at 1/ratio of its size, rounded up, as stored: not
// turned by its EXIF orientation. ratio is 1, 2, 4 or 8. A broken file is a *fault.FormatError.
func (d *JPEG) DecodeJPEG(ctx context.Context, data []byte, ratio int) (*raster.Image, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	d.mu.RLock()
	defer d.mu.RUnlock()
	if d.closed {
		return nil, fault.ErrClosed
	}
	out, ok := d.out[ratio]
	if !ok {
		return nil, fmt.Errorf("vision: JPEG decode ratio %d: want 1, 2, 4 or 8", ratio)
	}
	in, err := tf.NewTensor(unsafeString(data))
	if err != nil {
		return nil, err
	}
	defer freeFed(own(in))
	got, err := d.sess.Run(map[tf.Output]*tf.Tensor{d.in: in}, []tf.Output{out}, nil)
	if err != nil {
		return nil, &fault.FormatError{Format: "jpeg", Reason: firstLine(err.Error())}
	}
	defer free(own(got[0]))
	s := got[0].Shape()
	if len(s) != 3 || s[2] != 3 {
		return nil, &fault.FormatError{Format: "jpeg", Reason: fmt.Sprintf("decoded to shape %v, want [H, W, 3]", s)}
	}
	pix, err := contents[uint8](got[0])
	if err != nil {
		return nil, err
	}
	return &raster.Image{W: int(s[1]), H: int(s[0]), Pix: pix}, nil
}

// Close waits for running calls and frees the decoder. It may be called more than once.
func (d *JPEG) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil
	}
	d.closed = true
	err := d.sess.Close()
	freeGraph(d.graph)
	return err
}

// firstLine drops the list of graph nodes that TensorFlow adds to its messages.
func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	s = strings.TrimSpace(s)
	if i := strings.Index(s, "[[{{"); i > 0 {
		s = strings.TrimSpace(s[:i])
	}
	return s
}
