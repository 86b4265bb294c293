package session

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"unsafe"

	tf "github.com/wamuir/graft/tensorflow"
	"github.com/x448/float16"
)

// A Tensor is a value in Go memory: a shape and its elements in row-major order.
//
// Data is a flat slice: []float32, []float64, []uint8, []int8, []int32, []int64,
// []bool or []string. What is fed may also be [][]float32 or [][]uint8, whose parts are joined:
// the rows of a batch need no copy of their own. Fetched float16 and bfloat16
// values come as []float32.
type Tensor struct {
	Shape []int64
	Data  any
}

// Floats returns the elements of a float tensor as float32, which shares memory
// with t where t is float32.
func (t Tensor) Floats() ([]float32, error) {
	switch d := t.Data.(type) {
	case []float32:
		return d, nil
	case []float64:
		f := make([]float32, len(d))
		for i, v := range d {
			f[i] = float32(v)
		}
		return f, nil
	case []uint8:
		f := make([]float32, len(d))
		for i, v := range d {
			f[i] = float32(v)
		}
		return f, nil
	}
	return nil, fmt.Errorf("vision: want a tensor of floats, got %T", t.Data)
}

// Elements returns the number of elements that the shape says, or -1 if it is no shape.
func Elements(shape []int64) int64 {
	n := int64(1)
	for _, d := range shape {
		if d < 0 || d != 0 && n > math.MaxInt64/d {
			return -1
		}
		n *= d
	}
	return n
}

type plain interface {
	~float32 | ~float64 | ~uint8 | ~int8 | ~int32 | ~int64 | ~uint16 | ~bool
}

func raw[T plain](s []T) []byte {
	if len(s) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&s[0])), len(s)*int(unsafe.Sizeof(s[0])))
}

// native copies t into a new native tensor, which the caller owns.
func (t Tensor) native() (*tf.Tensor, error) {
	n := Elements(t.Shape)
	var dt tf.DataType
	var src io.Reader
	var have int64
	switch d := t.Data.(type) {
	case []float32:
		dt, src, have = tf.Float, bytes.NewReader(raw(d)), int64(len(d))
	case []float64:
		dt, src, have = tf.Double, bytes.NewReader(raw(d)), int64(len(d))
	case []uint8:
		dt, src, have = tf.Uint8, bytes.NewReader(d), int64(len(d))
	case []int8:
		dt, src, have = tf.Int8, bytes.NewReader(raw(d)), int64(len(d))
	case []int32:
		dt, src, have = tf.Int32, bytes.NewReader(raw(d)), int64(len(d))
	case []int64:
		dt, src, have = tf.Int64, bytes.NewReader(raw(d)), int64(len(d))
	case []bool:
		dt, src, have = tf.Bool, bytes.NewReader(raw(d)), int64(len(d))
	case [][]float32:
		dt, src, have = tf.Float, rows(d), elements(d)
	case [][]uint8:
		dt, src, have = tf.Uint8, rows(d), elements(d)
	case []string:
		return nativeStrings(t.Shape, d)
	default:
		return nil, fmt.Errorf("vision: cannot feed %T", t.Data)
	}
	if n != have {
		return nil, fmt.Errorf("vision: shape %v has %d elements, the data %d", t.Shape, n, have)
	}
	nt, err := tf.ReadTensor(dt, t.Shape, src)
	if err != nil {
		return nil, err
	}
	return own(nt), nil
}

func nativeStrings(shape []int64, d []string) (*tf.Tensor, error) {
	var v any = d
	switch {
	case len(shape) == 0 && len(d) == 1:
		v = d[0]
	case len(shape) != 1 || shape[0] != int64(len(d)):
		return nil, fmt.Errorf("vision: want strings of shape [] or [N], got %d of shape %v", len(d), shape)
	}
	nt, err := tf.NewTensor(v)
	if err != nil {
		return nil, err
	}
	return own(nt), nil
}

func elements[T any](parts [][]T) int64 {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	return int64(n)
}

func rows[T plain](parts [][]T) io.Reader {
	rs := make([]io.Reader, len(parts))
	for i, p := range parts {
		rs[i] = bytes.NewReader(raw(p))
	}
	return io.MultiReader(rs...)
}

var errType = errors.New("vision: the model gives a type that has no Go form here")

// fetched copies a native tensor into Go memory.
func fetched(nt *tf.Tensor) (Tensor, error) {
	t := Tensor{Shape: nt.Shape()}
	if t.Shape == nil {
		t.Shape = []int64{}
	}
	var err error
	switch nt.DataType() {
	case tf.Float:
		t.Data, err = contents[float32](nt)
	case tf.Double:
		t.Data, err = contents[float64](nt)
	case tf.Uint8:
		t.Data, err = contents[uint8](nt)
	case tf.Int8:
		t.Data, err = contents[int8](nt)
	case tf.Int32:
		t.Data, err = contents[int32](nt)
	case tf.Int64:
		t.Data, err = contents[int64](nt)
	case tf.Bool:
		t.Data, err = contents[bool](nt)
	case tf.Half, tf.Bfloat16:
		var bits []uint16
		bits, err = contents[uint16](nt)
		f := make([]float32, len(bits))
		for i, b := range bits {
			if nt.DataType() == tf.Bfloat16 {
				f[i] = math.Float32frombits(uint32(b) << 16)
			} else {
				f[i] = float16.Frombits(b).Float32()
			}
		}
		t.Data = f
	case tf.String:
		t.Data, err = fetchedStrings(nt)
	default:
		return Tensor{}, fmt.Errorf("%w: type %d", errType, nt.DataType())
	}
	return t, err
}

func contents[T plain](nt *tf.Tensor) ([]T, error) {
	s := make([]T, Elements(nt.Shape()))
	if len(s) == 0 {
		return s, nil
	}
	w := filler{raw(s)}
	if _, err := nt.WriteContentsTo(&w); err != nil {
		return nil, err
	}
	if len(w.rest) != 0 {
		return nil, fmt.Errorf("vision: tensor of shape %v ended %d bytes early", nt.Shape(), len(w.rest))
	}
	return s, nil
}

// A filler writes into a slice that is there already.
type filler struct{ rest []byte }

func (f *filler) Write(p []byte) (int, error) {
	n := copy(f.rest, p)
	f.rest = f.rest[n:]
	if n < len(p) {
		return n, io.ErrShortWrite
	}
	return n, nil
}

func fetchedStrings(nt *tf.Tensor) ([]string, error) {
	switch v := nt.Value().(type) {
	case string:
		return []string{v}, nil
	case []string:
		return v, nil
	default:
		return nil, fmt.Errorf("%w: strings of shape %v", errType, nt.Shape())
	}
}

// Row returns element i along the first dimension. It shares memory with t.
func (t Tensor) Row(i int) (Tensor, error) {
	if len(t.Shape) == 0 || int64(i) >= t.Shape[0] {
		return Tensor{}, fmt.Errorf("vision: want row %d of shape %v", i, t.Shape)
	}
	n := int(Elements(t.Shape[1:]))
	r := Tensor{Shape: t.Shape[1:]}
	switch d := t.Data.(type) {
	case []float32:
		r.Data = d[i*n : (i+1)*n : (i+1)*n]
	case []float64:
		r.Data = d[i*n : (i+1)*n : (i+1)*n]
	case []uint8:
		r.Data = d[i*n : (i+1)*n : (i+1)*n]
	case []int8:
		r.Data = d[i*n : (i+1)*n : (i+1)*n]
	case []int32:
		r.Data = d[i*n : (i+1)*n : (i+1)*n]
	case []int64:
		r.Data = d[i*n : (i+1)*n : (i+1)*n]
	case []bool:
		r.Data = d[i*n : (i+1)*n : (i+1)*n]
	case []string:
		r.Data = d[i*n : (i+1)*n : (i+1)*n]
	default:
		return Tensor{}, fmt.Errorf("vision: cannot split %T", t.Data)
	}
	return r, nil
}
