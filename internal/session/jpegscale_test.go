package session

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/gosight/vision/internal/jpegscale"
)

// jpegs are the JPEG files under testdata/images and in ../shared.
func jpegs(t testing.TB) []string {
	t.Helper()
	shared := os.Getenv("VISION_SHARED")
	if shared == "" {
		shared = "../../../shared"
	}
	var all []string
	for _, g := range []string{
		pictures + "/*.jpg", pictures + "/*/*.jpg", shared + "/data/photos/*.jpg", shared + "/data/imagenet/*.JPEG", shared + "/data/coco/*/*.jpg",
		shared + "/data/ocr/*/*.jp*g", os.Getenv("JPEGS"),
	} {
		m, _ := filepath.Glob(g)
		all = append(all, m...)
	}
	return all
}

func TestScaled(t *testing.T) {
	d := newJPEG(t)
	n, ref := 0, map[string]int{}
	for _, name := range jpegs(t) {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, ratio := range []int{4, 8} {
			got, err := jpegscale.Decode(context.Background(), data, ratio, 1)
			if err != nil {
				ref[fmt.Sprint(ratio, err)]++
				if testing.Verbose() {
					fmt.Println(name, ratio, err)
				}
				continue
			}
			want, err := d.DecodeJPEG(context.Background(), data, ratio)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			n++
			if a := apart(got, want); a != 0 {
				t.Errorf("%s at 1:%d: %d apart", name, ratio, a)
			}
			for _, w := range []int{2, 3, 8} {
				m, err := jpegscale.Decode(context.Background(), data, ratio, w)
				if err != nil || apart(m, want) != 0 {
					t.Errorf("%s at 1:%d, %d workers: %v", name, ratio, w, err)
				}
			}
		}
	}
	fmt.Println(n, ref)
}
