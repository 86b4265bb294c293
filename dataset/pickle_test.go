package dataset

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/tfrecord"
)

// cifar10Batch reads pickles as batches of CIFAR-10.
func cifar10Batch(data string) (*pickledBatch, error) {
	c := cifar{form: "CIFAR-10", keys: []string{"labels"}}
	return c.readBatch(strings.NewReader(data))
}

// one is a batch of a picture in protocol 2, with what may be wrong with it.
func oneBatch(class, dtype, shape, data string) string {
	array := "cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R(K\x01" + shape +
		"cnumpy\ndtype\nU\x02" + dtype + "K\x00K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89" + data + "tb"
	return "\x80\x02}(U\x06labels](" + class + "eU\x04data" + array + "u."
}

func TestPickleRefusals(t *testing.T) {
	data := "T\x00\x0c\x00\x00" + strings.Repeat("p", cifarPixel)
	shape := "K\x01M\x00\x0c\x86"
	if b, err := cifar10Batch(oneBatch("K\x03", "u1", shape, data)); err != nil || b.len() != 1 || b.class(0) != 3 || b.pixels(0)[cifarPixel-1] != 'p' {
		t.Fatalf("a good one: %+v, %v", b, err)
	}
	for why, c := range map[string][2]string{
		"empty":                 {"", "EOF"},
		"no dict":               {"\x80\x02K\x01.", "want a dict, got a number"},
		"a call":                {"cos\nsystem\n(S'true'\ntR.", `want a dict, got a call of "os.system"`},
		"a class":               {"cos\nsystem\n.", `the class "os.system"`},
		"another operation":     {"\x80\x02}cos\nsystem\n\x81.", "operation 0x81"},
		"an instance":           {"(ios\nsystem\n.", "operation 0x69"},
		"an object elsewhere":   {"Pid\n.", "operation 0x50"},
		"no labels":             {"\x80\x02}.", `want the key "labels", got none`},
		"no data":               {"\x80\x02}U\x06labels]s.", `want the key "data", got none`},
		"labels that are none":  {"\x80\x02}(U\x06labelsK\x01U\x04dataK\x01u.", "labels: want a list, got a number"},
		"a label that is none":  {oneBatch("U\x01x", "u1", shape, data), "item 0: want a number, got a string of 1 bytes"},
		"floats":                {oneBatch("K\x03", "f4", shape, data), `want the type u1, got "f4"`},
		"another shape":         {oneBatch("K\x03", "u1", "K\x02M\x00\x06\x86", data), "want the shape (1, 3072), got [2 1536]"},
		"one dimension":         {oneBatch("K\x03", "u1", "M\x00\x0c\x85", data), "want the shape (1, 3072), got [3072]"},
		"fewer bytes":           {oneBatch("K\x03", "u1", shape, "U\x01p"), "want 3072 bytes for 1 pictures, got 1"},
		"a string that is long": {"\x80\x02T\xff\xff\xff\x7fx", "too large"},
		"and one that is not":   {"\x80\x02T\x00\x00\x00\x10x", "EOF"},
		"too many operations":   {strings.Repeat("}0", maxPickleOps/2+1), "pickle operations"},
		"a frame of 2^63":       {"\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\xff}.", "labels"},
		"an unhashable key":     {"\x80\x02}]K\x01s.", "key"},
	} {
		_, err := cifar10Batch(c[0])
		if err == nil || !strings.Contains(err.Error(), c[1]) {
			t.Errorf("%s: got %v, want %q", why, err, c[1])
		}
		var fe *fault.FormatError
		if !errors.As(err, &fe) {
			t.Errorf("%s: %T is no FormatError", why, err)
		}
	}
}

// allocated is how many bytes f takes.
func allocated(f func()) uint64 {
	var a, b runtime.MemStats
	runtime.ReadMemStats(&a)
	f()
	runtime.ReadMemStats(&b)
	return b.TotalAlloc - a.TotalAlloc
}

func TestLengthsAreNotBelieved(t *testing.T) {
	for why, f := range map[string]func(){
		"pickle": func() { _, _ = readPickle(strings.NewReader("\x80\x02T\x00\x00\x00\x10x")) },
		"bytearray of a pickle": func() {
			_, _ = readPickle(strings.NewReader("\x80\x05\x96\x00\x00\x00\x10\x00\x00\x00\x00x"))
		},
		"tfrecord": func() {
			data := append(tfrecord.Head(0xf<<24), 'x')
			_, _ = TFRecord(folder(t, map[string]string{"x.tfrecord": string(data)}), TFRecordOptions{})
		},
	} {
		if got := allocated(f); got > 8<<20 {
			t.Errorf("%s: took %d bytes for a length that is not there", why, got)
		}
	}
}

func FuzzPickle(f *testing.F) {
	f.Add([]byte(oneBatch("K\x03", "u1", "K\x01M\x00\x0c\x86", "U\x01p")))
	f.Add([]byte("\x80\x05\x95\x10\x00\x00\x00\x00\x00\x00\x00}\x94\x8c\x06labels\x94]\x94s."))
	f.Add([]byte("(dp0\nS'labels'\np1\n(lp2\nI1\nas."))
	f.Add([]byte("\x80\x02}U\x04datac_codecs\nencode\nX\x01\x00\x00\x00xU\x06latin1\x86Rs."))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := cifar10Batch(string(data))
		if err != nil {
			return
		}
		for i := range b.len() {
			if len(b.pixels(i)) != cifarPixel {
				t.Fatal("a picture that is too short")
			}
		}
		_ = fmt.Sprint(b.classes)
	})
}
