package vision_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/gosight/vision"
)

func is[T error](err error) bool {
	var e T
	return errors.As(err, &e)
}

func TestThreeWaysToReadGiveOnePhoto(t *testing.T) {
	const name = "testdata/images/orient/6.jpg"
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for why, read := range map[string]func() (*vision.Photo, error){
		"ReadFile":                   func() (*vision.Photo, error) { return vision.ReadFile(name) },
		"NewPhoto":                   func() (*vision.Photo, error) { return vision.NewPhoto(data) },
		"Read":                       func() (*vision.Photo, error) { return vision.Read(bytes.NewReader(data)) },
		"Read, a byte at a time":     func() (*vision.Photo, error) { return vision.Read(iotest.OneByteReader(bytes.NewReader(data))) },
		"ReadFile with a nil Option": func() (*vision.Photo, error) { return vision.ReadFile(name, nil) },
	} {
		p, err := read()
		if err != nil || p.Format() != "jpeg" || p.Orientation() != 6 || p.Bounds().Dx() != 37 || !bytes.Equal(p.Bytes(), data) {
			t.Errorf("%s: %v, %v", why, p, err)
		}
	}
}

func TestPhotoOptions(t *testing.T) {
	const name = "testdata/images/orient/6.jpg" // 22 x 37 as stored
	for _, c := range []struct {
		why  string
		opts []vision.Option
		w    int
		fail func(error) bool
	}{
		{"upright by default", nil, 37, nil},
		{"as stored", []vision.Option{vision.AsStored()}, 22, nil},
		{"exactly at the limit", []vision.Option{vision.MaxPixels(22 * 37)}, 37, nil},
		{"one over the limit", []vision.Option{vision.MaxPixels(22*37 - 1)}, 0, is[*vision.LimitError]},
		{"the later option wins", []vision.Option{vision.MaxPixels(1), vision.MaxPixels(1000)}, 37, nil},
		{"no limit at all is not offered", []vision.Option{vision.MaxPixels(-1)}, 0, func(err error) bool { return strings.Contains(err.Error(), "got -1") }},
	} {
		p, err := vision.ReadFile(name, c.opts...)
		switch {
		case c.fail != nil:
			if err == nil || !c.fail(err) {
				t.Errorf("%s: %v", c.why, err)
			}
		case err != nil || p.Bounds().Dx() != c.w:
			t.Errorf("%s: %v, %v, want a width of %d", c.why, p, err, c.w)
		}
	}
}

func TestReadErrorsNameTheFileAndWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		name string
		is   func(error) bool
	}{
		{"testdata/images/hostile/empty.jpg", is[*vision.FormatError]},
		{"testdata/images/hostile/text.jpg", is[*vision.UnsupportedError]},
		{"testdata/images/hostile/huge.png", is[*vision.LimitError]},
		{"testdata/images/lost.jpg", func(err error) bool { return errors.Is(err, fs.ErrNotExist) }},
		{"testdata/images", is[*fs.PathError]},
	} {
		_, err := vision.ReadFile(c.name)
		if err == nil || !c.is(err) || strings.Count(err.Error(), c.name) != 1 {
			t.Errorf("%s: %v: want its kind, and the name once", c.name, err)
		}
	}
	if _, err := vision.Read(iotest.ErrReader(io.ErrClosedPipe)); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("a reader that fails: %v", err)
	}
	if _, err := vision.Read(strings.NewReader("")); !is[*vision.FormatError](err) {
		t.Errorf("a reader of nothing: %v", err)
	}
}

// A file whose header is fine and whose pixels are not tells so when it is decoded;
// At has no error and gives nothing.
func TestDecodeTellsWhatAtCannot(t *testing.T) {
	p, err := vision.ReadFile("testdata/images/hostile/cut.jpg")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, _, a := p.At(0, 0).RGBA(); a != 0 {
		t.Error("a broken file has a pixel")
	}
	if err := p.Decode(); !is[*vision.FormatError](err) {
		t.Errorf("Decode: %v", err)
	}
}

func TestErrorsFormatForPeople(t *testing.T) {
	err := error(&vision.BatchError{Total: 3, Failures: []vision.Failure{{Index: 1, Err: &vision.FormatError{Format: "png", Reason: "no pixels"}}}})
	if got, want := fmt.Sprint(err), "vision: 1 of 3 pictures failed; [1] vision: broken png: no pixels"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
