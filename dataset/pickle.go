package dataset

import (
	"bufio"
	"errors"
	"io"
	"strconv"

	"github.com/kisielk/og-rek"

	"github.com/gosight/vision/internal/fault"
)

// Bounds on a pickle: bytes, and operations, each of which may cost up to a hundred bytes. CIFAR-100's largest file has
// 155 million bytes in half a million operations.
const (
	maxPickle    = 1 << 29
	maxPickleOps = 1 << 22
)

// A pickleDict is a dict of a pickle, whose keys may be Python 2 strings, or bytes or text of Python 3.
type pickleDict map[any]any

// readPickle reads a dict. Nothing of a pickle is executed: the decoder gives calls as values.
func readPickle(r io.Reader) (pickleDict, error) {
	d := ogórek.NewDecoderWithConfig(&unbuilt{r: bufio.NewReaderSize(io.LimitReader(r, maxPickle), 1<<16)}, &ogórek.DecoderConfig{StrictUnicode: true})
	v, err := d.Decode()
	if err != nil {
		return nil, &fault.FormatError{Format: "pickle", Err: err}
	}
	m, ok := v.(map[any]any)
	if !ok {
		return nil, pickled("want a dict, got %s", kindOf(v))
	}
	return m, nil
}

func pickled(format string, args ...any) error { return formatted("pickle", format, args...) }

// get finds a value by its key.
func (d pickleDict) get(key string) (any, bool) {
	for _, k := range []any{ogórek.ByteString(key), ogórek.Bytes(key), key} {
		if v, ok := d[k]; ok {
			return v, true
		}
	}
	return nil, false
}

// list finds a list.
func (d pickleDict) list(key string) ([]any, error) {
	v, ok := d.get(key)
	if !ok {
		return nil, pickled("want the key %q, got none", key)
	}
	l, ok := v.([]any)
	if !ok {
		return nil, pickled("%s: want a list, got %s", key, kindOf(v))
	}
	return l, nil
}

// ints finds a list of numbers.
func (d pickleDict) ints(key string) ([]int64, error) {
	l, err := d.list(key)
	if err != nil {
		return nil, err
	}
	out := make([]int64, len(l))
	for i, v := range l {
		n, ok := v.(int64)
		if !ok {
			return nil, pickled("%s: item %d: want a number, got %s", key, i, kindOf(v))
		}
		out[i] = n
	}
	return out, nil
}

// texts finds a list of strings.
func (d pickleDict) texts(key string) ([]string, error) {
	l, err := d.list(key)
	if err != nil {
		return nil, err
	}
	out := make([]string, len(l))
	for i, v := range l {
		s, ok := stringOf(v)
		if !ok {
			return nil, pickled("%s: item %d: want a string, got %s", key, i, kindOf(v))
		}
		out[i] = s
	}
	return out, nil
}

// stringOf is the content of any kind of string.
func stringOf(v any) (string, bool) {
	switch s := v.(type) {
	case ogórek.ByteString:
		return string(s), true
	case ogórek.Bytes:
		return string(s), true
	case string:
		return s, true
	case []byte: // bytearray
		return string(s), true
	}
	return "", false
}

// kindOf names a value's type: values of a pickle may be of any size.
func kindOf(v any) string {
	switch v := v.(type) {
	case nil, ogórek.None:
		return "None"
	case ogórek.Call:
		return "a call of " + strconv.Quote(cutTo(v.Callable.Module+"."+v.Callable.Name, 80))
	case ogórek.Class:
		return "the class " + strconv.Quote(cutTo(v.Module+"."+v.Name, 80))
	case ogórek.Tuple:
		return "a tuple of " + strconv.Itoa(len(v))
	case []any:
		return "a list of " + strconv.Itoa(len(v))
	case map[any]any:
		return "a dict"
	case int64, float64, bool:
		return "a number"
	}
	if s, ok := stringOf(v); ok {
		return "a string of " + strconv.Itoa(len(s)) + " bytes"
	}
	return "something else"
}

// unbuilt gives the operations of a pickle to a decoder that does not know BUILD, by which numpy's arrays get their content: it
// makes of "build this object with that state" the pair of both. It bounds operations and lets none through but those that
// make plain values, calls and classes. See Python's pickletools.
type unbuilt struct {
	r     *bufio.Reader
	head  [1 + 8]byte // an operation and its number
	next  []byte      // what is left of head
	left  int64       // bytes that follow it
	lines int         // or lines
	ops   int
}

func (u *unbuilt) Read(p []byte) (n int, err error) {
	if len(p) == 0 {
		return 0, nil
	}
	for len(u.next) == 0 && u.left == 0 && u.lines == 0 {
		if err := u.operation(); err != nil {
			return 0, err
		}
	}
	switch {
	case len(u.next) > 0:
		n = copy(p, u.next)
		u.next = u.next[n:]
	case u.left > 0:
		n, err = u.r.Read(p[:min(int64(len(p)), u.left)])
		u.left -= int64(n)
	default:
		var b byte
		for n < len(p) && u.lines > 0 {
			if b, err = u.r.ReadByte(); err != nil {
				break
			}
			p[n] = b
			n++
			if b == '\n' {
				u.lines--
			}
		}
	}
	return n, err
}

// operation reads the next operation and the number that stands with it.
func (u *unbuilt) operation() error {
	op, err := u.r.ReadByte()
	if err != nil {
		return err
	}
	if u.ops++; u.ops > maxPickleOps {
		return &fault.LimitError{What: "pickle operations", Got: int64(u.ops), Max: maxPickleOps}
	}
	number, counted := 0, false
	switch op {
	case '(', '.', '0', 'N', 'a', 'R', 'd', '}', 'e', 'l', ']', 't', 'u', 's', ')', '\x85', '\x86', '\x87', '\x88', '\x89', '\x93', '\x94':
	case 'b':
		op = '\x86' // TUPLE2
	case 'I', 'L', 'F', 'S', 'V', 'p', 'g':
		u.lines = 1
	case 'c':
		u.lines = 2
	case 'K', 'h', 'q', '\x80':
		number = 1
	case 'M':
		number = 2
	case 'J', 'j', 'r':
		number = 4
	case 'G', '\x95':
		number = 8
	case 'U', 'C', '\x8a', '\x8c':
		number, counted = 1, true
	case 'T', 'X', 'B':
		number, counted = 4, true
	case '\x96':
		number, counted = 8, true
	default:
		return pickled("operation %#x is of no array", op)
	}
	u.head[0] = op
	u.next = u.head[:1+number]
	if _, err := io.ReadFull(u.r, u.next[1:]); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return err
	}
	if counted {
		var n uint64
		for i := number; i > 0; i-- {
			n = n<<8 | uint64(u.next[i])
		}
		if n > maxPickle {
			return &fault.LimitError{What: "bytes", Got: int64(min(n, 1<<62)), Max: maxPickle}
		}
		u.left = int64(n)
	}
	return nil
}
