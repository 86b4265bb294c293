package dataset

import (
	"errors"
	"io/fs"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/gosight/vision/internal/geom"
	"github.com/gosight/vision/internal/sharedtest"
)

func TestWords(t *testing.T) {
	pic := picture(t, 9, 3)
	dir := folder(t, map[string]string{
		"gt.tsv": "\xef\xbb\xbfb.png\tSecond word\r\na.png\tÉté\n\ngone.png\tx\nempty.png\t\n", "a.png": pic, "b.png": pic, "empty.png": pic,
	})
	s, err := Words(dir)
	if err != nil {
		t.Fatal(err)
	}
	good, bad := all(t, s)
	if len(good) != 3 || good[0].Text != "Second word" || good[1].Text != "Été" || good[2].Text != "" || len(bad) != 1 || !errors.Is(bad[0], fs.ErrNotExist) {
		t.Errorf("got %+v, %v", good, bad)
	}
	for why, text := range map[string]string{"no tab": "a.png\tx\na.png x", "no file": "a.png\tx\n\tx", "twice": "a.png\tx\na.png\ty", "no UTF-8": "a.png\tx\nb.png\t\xe9"} {
		_, err := Words(folder(t, map[string]string{"gt.tsv": text}))
		line(t, why, err, "gt.tsv", 2)
	}
	if _, err := Words(t.TempDir()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no list: got %v", err)
	}
}

func TestStreetAndReceipts(t *testing.T) {
	pic := picture(t, 9, 3)
	truth := "\xef\xbb\xbf1,2,3,2,3.5,4,1,4,one, two\r\n0,0,1,0,1,1,0,1,###\r\n"
	quad := geom.Quad{{X: 1, Y: 2}, {X: 3, Y: 2}, {X: 3.5, Y: 4}, {X: 1, Y: 4}}
	unit := geom.Quad{{X: 0, Y: 0}, {X: 1, Y: 0}, {X: 1, Y: 1}, {X: 0, Y: 1}}
	for _, c := range []struct {
		name string
		open func(string) (*Set, error)
		want []Region
		text string
	}{
		{"gt_img_1.txt", func(d string) (*Set, error) { return Street(d) }, []Region{{quad, "one, two", false}, {unit, "", true}}, "one, two"},
		{"img_1.csv", func(d string) (*Set, error) { return Receipts(d) }, []Region{{quad, "one, two", false}, {unit, "###", false}}, "one, two\n###"},
	} {
		broken := strings.Replace(c.name, "img_1", "img_2", 1)
		s, err := c.open(folder(t, map[string]string{"img_1.png": pic, c.name: truth, "img_2.png": pic, broken: "1,2,3\n", "img_3.png": pic}))
		if err != nil {
			t.Fatal(err)
		}
		good, bad := all(t, s)
		if len(good) != 1 || !reflect.DeepEqual(good[0].Regions, c.want) || good[0].Text != c.text {
			t.Errorf("%s: got %+v, want %+v", c.name, good, c.want)
		}
		if len(bad) != 2 || !errors.Is(bad[1], ErrNoTruth) {
			t.Fatalf("%s: %v", c.name, bad)
		}
		line(t, c.name, bad[0], broken, 1)
	}
}

func TestQuadLines(t *testing.T) {
	for why, text := range map[string]string{
		"seven coordinates": "1,2,3,4,5,6,7,x", "a coordinate that is none": "1,2,3,4,5,6,7,x,text",
		"NaN": "1,2,3,4,5,6,7,NaN,text", "too far": "1,2,3,4,5,6,7,1e99,text", "no UTF-8": "1,2,3,4,5,6,7,8,\xff",
	} {
		_, err := parseQuads("f.csv", []byte("\n1,2,3,4,5,6,7,8,ok\n"+text), false)
		line(t, why, err, "f.csv", 3)
	}
}

func TestPages(t *testing.T) {
	pic := picture(t, 9, 3)
	s, err := Pages(folder(t, map[string]string{
		"a.png": pic, "a.txt": "own\ntext\n", "b.gold.txt": "gold", "b-rotated-L.png": pic, "b.png": pic, "c.png": pic, "d.png": pic, "d.txt": "\xff",
	}))
	if err != nil {
		t.Fatal(err)
	}
	good, bad := all(t, s)
	if len(good) != 3 || good[0].Text != "own\ntext\n" || good[1].Text != "gold" || good[2].Text != "gold" {
		t.Errorf("got %+v", good)
	}
	if len(bad) != 2 || !errors.Is(bad[0], ErrNoTruth) {
		t.Fatalf("got %v", bad)
	}
	line(t, "no truth", bad[0], "c.png", 0)
	line(t, "no UTF-8", bad[1], "d.txt", 0)
}

func TestRealText(t *testing.T) {
	root := sharedtest.Path(t, "data", "ocr")
	for _, c := range []struct {
		name      string
		open      func(string) (*Set, error)
		good, bad int
	}{
		{"words", func(d string) (*Set, error) { return Words(d) }, 600, 0},
		{"receipts", func(d string) (*Set, error) { return Receipts(d) }, 16, 0},
		{"street", func(d string) (*Set, error) { return Street(d) }, 30, 0},
		{"pages", func(d string) (*Set, error) { return Pages(d) }, 6, 1}, // deslant.tif has no text
	} {
		s, err := c.open(filepath.Join(root, c.name))
		if err != nil {
			t.Fatal(err)
		}
		good, bad := all(t, s)
		if len(good) != c.good || len(bad) != c.bad {
			t.Errorf("%s: %d pictures, %v", c.name, len(good), bad)
		}
		dontCare := 0
		for _, ex := range good {
			if ex.Text == "" && c.name != "street" {
				t.Errorf("%s: %s has no text", c.name, ex.Name)
			}
			for _, r := range ex.Regions {
				if r.DontCare {
					dontCare++
				}
			}
		}
		if (dontCare > 0) != (c.name == "street") {
			t.Errorf("%s: %d regions that do not count", c.name, dontCare)
		}
	}
}

func FuzzQuads(f *testing.F) {
	f.Add([]byte("\xef\xbb\xbf1,2,3,2,3.5,4,1,4,one, two\r\n0,0,1,0,1,1,0,1,###\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		regions, err := parseQuads("f", data, true)
		for _, r := range regions {
			if err != nil || strings.ContainsAny(r.Text, "\n") || r.DontCare && r.Text != "" {
				t.Fatalf("%+v, %v", r, err)
			}
			r.Quad.Bounds()
		}
	})
}

func FuzzWords(f *testing.F) {
	f.Add([]byte("b.png\tSecond word\r\na.png\tx\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		words, err := parseWords("f", data)
		for _, w := range words {
			if err != nil || w[0] == "" || strings.ContainsAny(w[0], "\n\t") || strings.Contains(w[1], "\n") {
				t.Fatalf("%q, %v", w, err)
			}
		}
	})
}
