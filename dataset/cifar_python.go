package dataset

import (
	"io"
	"strings"

	"github.com/kisielk/og-rek"
)

// A pickledBatch is a batch of CIFAR in its python form.
type pickledBatch struct {
	classes []int64
	data    string // cifarPixel bytes a picture; a picture's apart by stride
	fortran bool   // columns first
	row     []byte
}

func (b *pickledBatch) len() int          { return len(b.classes) }
func (b *pickledBatch) class(i int) int64 { return b.classes[i] }

// pixels are those of picture i, until the next call.
func (b *pickledBatch) pixels(i int) []byte {
	if b.row == nil {
		b.row = make([]byte, cifarPixel)
	}
	if !b.fortran {
		copy(b.row, b.data[i*cifarPixel:])
		return b.row
	}
	for j := range b.row {
		b.row[j] = b.data[j*len(b.classes)+i]
	}
	return b.row
}

// unpickle reads a batch.
func (c *cifar) unpickle(src source, file string, open func() (io.ReadCloser, error)) (*pickledBatch, error) {
	f, err := open()
	if err != nil {
		return nil, &FileError{File: src.join(file), Err: err}
	}
	defer f.Close()
	b, err := c.readBatch(f)
	if err != nil {
		return nil, &FileError{File: src.join(file), Err: err}
	}
	return b, nil
}

func (c *cifar) readBatch(r io.Reader) (*pickledBatch, error) {
	d, err := readPickle(r)
	if err != nil {
		return nil, err
	}
	b := &pickledBatch{}
	for _, key := range c.keys {
		if b.classes, err = d.ints(key); err != nil {
			return nil, err
		}
	}
	v, ok := d.get("data")
	if !ok {
		return nil, pickled(`want the key "data", got none`)
	}
	b.data, b.fortran, err = byteArray(v, len(b.classes))
	return b, err
}

// byteArray finds the bytes of an array of numpy's type uint8 with a row for each of n pictures: as ndarray.__reduce__ writes it up to
// protocol 4, as numpy writes it in protocol 5, or the bytes alone.
func byteArray(v any, n int) (data string, fortran bool, err error) {
	shape := any(nil)
	switch a := v.(type) {
	case ogórek.Tuple: // what is built, and (version, shape, dtype, order, bytes)
		call, state, ok := built(a)
		if !ok || call.Callable.Name != "_reconstruct" || !strings.HasSuffix(call.Callable.Module, ".multiarray") {
			return "", false, pickled("data: want an array, got %s", kindOf(v))
		}
		if len(state) == 5 {
			state = state[1:]
		}
		if len(state) != 4 {
			return "", false, pickled("data: want an array's shape, type, order and bytes, got %d values", len(state))
		}
		if err := isUint8(state[1]); err != nil {
			return "", false, err
		}
		shape, fortran = state[0], state[2] == true || state[2] == int64(1)
		data, ok = stringOf(state[3])
		if !ok {
			return "", false, pickled("data: want bytes, got %s", kindOf(state[3]))
		}
	case ogórek.Call: // _frombuffer(bytes, dtype, shape, order)
		if a.Callable.Name != "_frombuffer" || !strings.HasSuffix(a.Callable.Module, ".numeric") || len(a.Args) != 4 {
			return "", false, pickled("data: want an array, got %s", kindOf(v))
		}
		if err := isUint8(a.Args[1]); err != nil {
			return "", false, err
		}
		order, _ := stringOf(a.Args[3])
		shape, fortran = a.Args[2], order == "F"
		var ok bool
		if data, ok = stringOf(a.Args[0]); !ok {
			return "", false, pickled("data: want bytes, got %s", kindOf(a.Args[0]))
		}
	default:
		var ok bool
		if data, ok = stringOf(v); !ok {
			return "", false, pickled("data: want an array, got %s", kindOf(v))
		}
	}
	if dims, ok := shape.(ogórek.Tuple); ok && (len(dims) != 2 || dims[0] != int64(n) || dims[1] != int64(cifarPixel)) {
		return "", false, pickled("data: want the shape (%d, %d), got %v", n, cifarPixel, sizes(dims))
	}
	if len(data) != n*cifarPixel {
		return "", false, pickled("data: want %d bytes for %d pictures, got %d", n*cifarPixel, n, len(data))
	}
	return data, fortran, nil
}

// built takes apart an object and its state.
func built(t ogórek.Tuple) (call ogórek.Call, state ogórek.Tuple, ok bool) {
	if len(t) != 2 {
		return call, nil, false
	}
	call, isCall := t[0].(ogórek.Call)
	state, isState := t[1].(ogórek.Tuple)
	return call, state, isCall && isState
}

// isUint8 refuses another dtype: dtype("u1", ...), with its state or not yet.
func isUint8(v any) error {
	call, ok := v.(ogórek.Call)
	if t, pair := v.(ogórek.Tuple); pair {
		call, _, ok = built(t)
	}
	if !ok || call.Callable.Name != "dtype" || len(call.Args) == 0 {
		return pickled("data: want a dtype, got %s", kindOf(v))
	}
	if s, _ := stringOf(call.Args[0]); s != "u1" && s != "|u1" {
		return pickled("data: want the type u1, got %.40q", s)
	}
	return nil
}

// sizes are the numbers of a shape, for a message.
func sizes(t ogórek.Tuple) []int64 {
	var out []int64
	for _, v := range t[:min(len(t), 8)] {
		n, _ := v.(int64)
		out = append(out, n)
	}
	return out
}
