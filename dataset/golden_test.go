package dataset

import (
	"encoding/json"
	"image"
	"os"
	"path/filepath"
	"testing"
)

// A golden is what a script of reference/dataset wrote down of a picture: Sum is the sum over its planes, rows and columns,
// in this order, of value times place, from 1.
type golden struct {
	Name  string `json:"name"`
	Class int    `json:"class"`
	Sum   int64  `json:"sum"`
}

func goldens(t *testing.T, file string) map[string][]golden {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	var out map[string][]golden
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// placeSum is a golden's sum of a colour picture.
func placeSum(m image.Image) int64 {
	b := m.Bounds()
	sum, place := int64(0), int64(0)
	for plane := range 3 {
		for y := b.Min.Y; y < b.Max.Y; y++ {
			for x := b.Min.X; x < b.Max.X; x++ {
				r, g, bl, _ := m.At(x, y).RGBA()
				place++
				sum += place * int64([]uint32{r, g, bl}[plane]>>8)
			}
		}
	}
	return sum
}

// equal compares what a set gives with goldens, in order.
func equal(t *testing.T, why string, s *Set, want []golden) {
	t.Helper()
	good, bad := all(t, s)
	if len(bad) > 0 || len(good) != len(want) || len(want) == 0 {
		t.Errorf("%s: %d examples, %v; want %d", why, len(good), bad, len(want))
		return
	}
	for i, ex := range good {
		if got := (golden{ex.Name, ex.Class, placeSum(ex.Image)}); got != want[i] {
			t.Errorf("%s: got %+v, want %+v", why, got, want[i])
		}
	}
}
