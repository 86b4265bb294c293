package tfrecord

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/gosight/vision/internal/fault"
)

// TestAppendIsWhatTensorFlowWrites has the bytes of tf.io.TFRecordWriter (TensorFlow 2.18.1) for two records.
func TestAppendIsWhatTensorFlowWrites(t *testing.T) {
	got := hex.EncodeToString(Append(Append(nil, nil), []byte("a record")))
	if want := "000000000000000029039807d8ea82a20800000000000000ff86240f61207265636f7264be6e4e08"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestSums has the checksums of RFC 3720, B.4, which are not masked.
func TestSums(t *testing.T) {
	var up []byte
	for i := range 32 {
		up = append(up, byte(i))
	}
	for why, c := range map[string]struct {
		data []byte
		want Sum
	}{"zeros": {make([]byte, 32), 0x8a9136aa}, "ones": {bytes.Repeat([]byte{0xff}, 32), 0x62a8ab43}, "ascending": {up, 0x46dd794e}} {
		if got := Sum(0).Extend(c.data[:5]).Extend(c.data[5:]); got != c.want || got.Masked() != Masked(c.data) {
			t.Errorf("%s: %08x, masked %08x and %08x, want %08x", why, got, got.Masked(), Masked(c.data), c.want)
		}
	}
}

// read gives the records of data and the error at their end, nil if it is io.EOF. Records that are skipped or broken are nil.
func read(data []byte, skip func(i int) bool) (got [][]byte, offset int64, err error) {
	r, err := NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, 0, err
	}
	for {
		b, err := r.Next(skip(r.Record() + 1))
		switch {
		case errors.Is(err, io.EOF):
			return got, r.Offset(), nil
		case err != nil && !errors.Is(err, ErrSkipped):
			return got, r.Offset(), err
		}
		got = append(got, b)
	}
}

func TestRecordsInEveryForm(t *testing.T) {
	records := [][]byte{[]byte("a"), {}, bytes.Repeat([]byte("long"), 1<<16), []byte("the end")}
	var plain []byte
	for range 3 { // more than a buffer holds
		for _, r := range records {
			plain = Append(plain, r)
		}
	}
	var zipped, deflated bytes.Buffer
	for _, w := range []io.WriteCloser{gzip.NewWriter(&zipped), zlib.NewWriter(&deflated)} {
		if _, err := w.Write(plain); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for form, data := range map[string][]byte{"plain": plain, "gzip": zipped.Bytes(), "zlib": deflated.Bytes()} {
		for n := range 4 { // skipped are none, all, each other, and each third
			skip := func(i int) bool { return n > 0 && i%n == 0 }
			got, at, err := read(data, skip)
			if err != nil || len(got) != 12 || at != int64(len(plain)) {
				t.Fatalf("%s: %d records up to byte %d, %v", form, len(got), at, err)
			}
			for i, b := range got {
				if want := records[i%4]; skip(i) != (b == nil) || b != nil && !bytes.Equal(b, want) {
					t.Errorf("%s: record %d is of %d bytes, want %d, skipped: %v", form, i, len(b), len(want), skip(i))
				}
			}
		}
	}
}

func TestBrokenRecords(t *testing.T) {
	one := Append(nil, []byte("a record"))
	changed := bytes.Clone(one)
	changed[HeadSize] ^= 1
	length := bytes.Clone(one)
	length[0] ^= 1
	for why, c := range map[string]struct {
		data string
		n    int // records before the end
		want string
	}{
		"data changed":       {string(changed) + string(one), 3, ""},
		"length changed":     {string(length) + string(one), 1, "want a length of the checksum"},
		"within a length":    {string(one[:5]), 1, "within a length"},
		"within data":        {string(one[:15]), 1, "within the 8 bytes"},
		"within a checksum":  {string(one[:len(one)-1]), 1, "within the checksum"},
		"a length of 2^63":   {string(Head(1 << 63)), 1, "below 2^62"},
		"a length of 2^62":   {string(Head(1 << 62)), 1, "within the 4611686018427387904 bytes"},
		"all that there are": {"", 1, ""},
	} {
		got, at, err := read([]byte(string(one)+c.data), func(int) bool { return false })
		if c.want == "" {
			if err != nil || len(got) != c.n {
				t.Errorf("%s: %d records, %v, want %d", why, len(got), err, c.n)
			}
			continue
		}
		var fe *fault.FormatError
		if len(got) != c.n || at != int64(len(one)) || !errors.As(err, &fe) || errors.Is(err, io.EOF) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %d records, %v at byte %d, want %q at %d", why, len(got), err, at, c.want, len(one))
		}
	}
}

// TestLengthsAreNotBelieved reads a record of 250 megabytes by its length, of which one byte is there.
func TestLengthsAreNotBelieved(t *testing.T) {
	data := append(Head(250<<20), 'x')
	var a, b runtime.MemStats
	runtime.ReadMemStats(&a)
	_, _, err := read(data, func(int) bool { return false })
	runtime.ReadMemStats(&b)
	if got := b.TotalAlloc - a.TotalAlloc; err == nil || got > 8<<20 {
		t.Errorf("took %d bytes, %v", got, err)
	}
}

func FuzzReader(f *testing.F) {
	one := Append(nil, []byte("a record"))
	f.Add(one, 0)
	f.Add(append(one, one[:9]...), 1)
	f.Add([]byte{0x1f, 0x8b, 8}, 2)
	f.Add(binary.LittleEndian.AppendUint64(nil, 1<<63), 0)
	f.Fuzz(func(t *testing.T, data []byte, n int) {
		got, _, err := read(data, func(i int) bool { return n > 0 && i%n == 0 })
		if err != nil || len(data) > 0 && (data[0] == 0x1f || data[0]&0xf == 8) {
			return // cut short, or compressed
		}
		// What was read whole is written again as it stood.
		var again []byte
		for _, b := range got {
			if b == nil {
				return
			}
			again = Append(again, b)
		}
		if !bytes.Equal(again, data) {
			t.Fatalf("%x became %x", data, again)
		}
	})
}
