package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gosight/vision/ocr"
)

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

// What cannot be written does not replace the old answers, be it a page or the document's end.
func TestOutputStaysWhenWritingFails(t *testing.T) {
	for _, format := range []string{"json", "alto"} {
		name := put(t, "old", t.TempDir(), "out")
		dst, err := (&app{}).newOutput(name, nil)
		if err != nil {
			t.Fatal(err)
		}
		p, err := newPagePrinter(&app{out: full{}, err: full{}}, format, []string{"a.png"})
		if err != nil {
			t.Fatal(err)
		}
		err = p.finish(p.page("a.png", &ocr.Page{Width: 9, Height: 9}, nil), dst)
		dst.discard()
		data, _ := os.ReadFile(name)
		left, _ := os.ReadDir(filepath.Dir(name))
		if err == nil || string(data) != "old" || len(left) != 1 {
			t.Errorf("%s: %v, %q, %v left", format, err, data, left)
		}
	}
}

func TestOutputIsNoPictureThatIsRead(t *testing.T) {
	dir := papers(t)
	pic := filepath.Join(dir, "a.png")
	before, _ := os.ReadFile(pic)
	for _, read := range []string{pic, dir} {
		_, err, status := here("", append([]string{"ocr", "-o", pic, read}, reader(t)...)...)
		after, _ := os.ReadFile(pic)
		if status != statusUnusable || !strings.Contains(err, "read") || string(after) != string(before) {
			t.Errorf("%s: status %d, %s", read, status, err)
		}
	}
}
