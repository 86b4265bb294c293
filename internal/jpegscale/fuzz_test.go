package jpegscale

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/gosight/vision/internal/fault"
)

const images = "../../testdata/images"

func files(t testing.TB) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	for _, pattern := range []string{"/*.jpg", "/[kohs]*/*.jpg"} {
		names, err := filepath.Glob(images + pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range names {
			data, err := os.ReadFile(n)
			if err != nil {
				t.Fatal(err)
			}
			all[filepath.Base(n)] = data
		}
	}
	if len(all) < 40 {
		t.Fatalf("%d pictures, want 40 or more", len(all))
	}
	return all
}

func refusal(err error) bool {
	var f *fault.FormatError
	var u *fault.UnsupportedError
	return errors.As(err, &f) || errors.As(err, &u)
}

// FuzzDecode: whatever comes, an error of package fault or a picture of the size that the header tells, the
// same on any number of processors.
func FuzzDecode(f *testing.F) {
	for _, data := range files(f) {
		if len(data) < 24<<10 {
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, ratio := range []int{4, 8} {
			one, err := Decode(context.Background(), data, ratio, 1)
			if err != nil && !refusal(err) {
				t.Fatalf("untyped error: %v", err)
			}
			three, err3 := Decode(context.Background(), data, ratio, 3)
			if (err == nil) != (err3 == nil) {
				t.Fatalf("on one processor %v, on three %v", err, err3)
			}
			if err != nil {
				continue
			}
			h, err := parse(data)
			if err != nil {
				t.Fatal(err)
			}
			if one.W != (h.w+ratio-1)/ratio || one.H != (h.h+ratio-1)/ratio || len(one.Pix) != 3*one.W*one.H {
				t.Fatalf("%d x %d at 1:%d: %d x %d pixels in %d bytes", h.w, h.h, ratio, one.W, one.H, len(one.Pix))
			}
			if !bytes.Equal(one.Pix, three.Pix) {
				t.Fatalf("three processors give another picture at 1:%d", ratio)
			}
		}
	})
}
