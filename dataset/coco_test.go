package dataset

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/sharedtest"
)

func TestYOLO(t *testing.T) {
	pic := picture(t, 200, 100)
	dir := folder(t, map[string]string{
		"images/a.png": pic, "images/sub/b.png": pic, "images/c.png": pic, "images/d.png": "broken", "images/e.png": pic,
		"labels/a.txt": "0 0.5 0.5 0.5 0.2\r\n\n17 0.1 0.9 0.2 0.2\n", "labels/sub/b.txt": "", "labels/classes.txt": "person",
		"labels/e.txt": "0 0.5 0.5 0.5 0.2\n0 0.5 0.5 0.5\n", "labels/z.txt": "0 0 0 0 0",
	})
	s, err := YOLO(filepath.Join(dir, "images"), filepath.Join(dir, "labels"))
	if err != nil {
		t.Fatal(err)
	}
	good, bad := all(t, s)
	if len(good) != 3 || len(bad) != 3 {
		t.Fatalf("%v, %v", good, bad)
	}
	want := []Object{{Class: 0, X: 50, Y: 40, W: 100, H: 20, Area: 2000}, {Class: 17, X: 0, Y: 80, W: 40, H: 20, Area: 800}}
	for i, o := range good[0].Objects {
		w := want[i]
		if o.Class != w.Class || math.Abs(o.X-w.X)+math.Abs(o.Y-w.Y)+math.Abs(o.W-w.W)+math.Abs(o.H-w.H)+math.Abs(o.Area-w.Area) > 1e-9 {
			t.Errorf("object %d: got %+v, want %+v", i, o, w)
		}
	}
	if len(good[0].Objects) != 2 || len(good[1].Objects) != 0 || len(good[2].Objects) != 0 || good[2].Name != "sub/b.png" {
		t.Errorf("got %+v", good)
	}
	line(t, "broken picture", bad[0], "d.png", 0)
	line(t, "four values", bad[1], "labels/e.txt", 2)
	line(t, "labels alone", bad[2], "labels/z.txt", 0)
}

func TestYOLOLines(t *testing.T) {
	for why, text := range map[string]string{
		"an outline":      "0 .1 .1 .2 .2 .3 .3",
		"no class":        "x .1 .1 .2 .2",
		"a class below 0": "-1 .1 .1 .2 .2",
		"pixels":          "0 10 10 20 20",
		"below 0":         "0 -.1 .1 .2 .2",
		"NaN":             "0 NaN .1 .2 .2",
		"infinite":        "0 .1 Inf .2 .2",
		"no UTF-8":        "0 .1 .1 .2 \xff",
	} {
		_, err := parseYOLO("f.txt", []byte("0 .1 .1 .2 .2\n\n"+text+"\n"), 10, 10)
		line(t, why, err, "f.txt", 3)
		var fe *fault.FormatError
		if !errors.As(err, &fe) {
			t.Errorf("%s: %v is no FormatError", why, err)
		}
	}
}

const smallCOCO = `{"images":[{"id":9,"file_name":"b.png"},{"id":0,"file_name":"a.png"},{"id":3,"file_name":"gone.png"},{"id":4,"file_name":"../x.png"}],
"categories":[{"id":18,"name":"dog"},{"id":1,"name":"person"}],
"annotations":[
 {"id":0,"image_id":0,"category_id":18,"bbox":[1,2,3,4],"area":5.5,"segmentation":[[1,2]],"iscrowd":0,"ignore":1},
 {"id":1,"image_id":0,"category_id":1,"bbox":[0,0,10,10],"area":80,"iscrowd":1}]}`

func TestCOCO(t *testing.T) {
	pic := picture(t, 20, 20)
	dir := folder(t, map[string]string{"i.json": smallCOCO, "images/a.png": pic, "images/b.png": pic, "x.png": pic})
	s, err := COCO(filepath.Join(dir, "i.json"), filepath.Join(dir, "images"))
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(s.Classes, s.IDs) != "[person dog] [1 18]" {
		t.Errorf("classes %v %v", s.Classes, s.IDs)
	}
	good, bad := all(t, s)
	if len(good) != 2 || good[0].Name != "b.png" || len(good[0].Objects) != 0 {
		t.Fatalf("got %+v, %v", good, bad)
	}
	want := []Object{{1, 1, 2, 3, 4, 5.5, false}, {0, 0, 0, 10, 10, 80, true}}
	if !reflect.DeepEqual(good[1].Objects, want) {
		t.Errorf("got %+v, want %+v", good[1].Objects, want)
	}
	if len(bad) != 2 || !errors.Is(bad[0], fs.ErrNotExist) || !errors.Is(bad[1], fs.ErrInvalid) {
		t.Errorf("missing and escaping pictures: %v", bad)
	}
	as, err := s.As([]string{"cat", "dog", "person"})
	if err != nil {
		t.Fatal(err)
	}
	good, _ = all(t, as)
	if fmt.Sprint(as.IDs) != "[-1 18 1]" || good[1].Objects[0].Class != 1 || good[1].Objects[1].Class != 2 {
		t.Errorf("renumbered: %v, %+v", as.IDs, good[1].Objects)
	}
}

func TestCOCORefusals(t *testing.T) {
	edit := func(old, new string) string {
		if !strings.Contains(smallCOCO, old) {
			t.Fatalf("%q is not in the file", old)
		}
		return strings.Replace(smallCOCO, old, new, 1)
	}
	for why, c := range map[string]struct {
		json string
		line int
	}{
		"no JSON":               {"\n\nx", 3},
		"empty":                 {"", 1},
		"a text for a number":   {edit(`"area":80`, `"area":"80"`), 5},
		"no images":             {`{"images":[],"categories":[{"id":1}]}`, 0},
		"an image twice":        {edit(`"id":9`, `"id":0`), 0},
		"a category twice":      {edit(`"id":18,`, `"id":1,`), 0},
		"an image without id":   {edit(`"id":9,`, ``), 0},
		"a nameless image":      {edit(`"b.png"`, `""`), 0},
		"a category without id": {edit(`"id":18,`, ``), 0},
		"an unknown image":      {edit(`"image_id":0`, `"image_id":77`), 0},
		"an unknown category":   {edit(`"category_id":1,`, `"category_id":77,`), 0},
		"no category":           {edit(`"category_id":1,`, ``), 0},
		"three numbers":         {edit(`[1,2,3,4]`, `[1,2,3]`), 0},
		"a width below 0":       {edit(`[1,2,3,4]`, `[1,2,-3,4]`), 0},
		"no area":               {edit(`"area":80,`, ``), 0},
	} {
		_, err := parseCOCO("i.json", []byte(c.json))
		line(t, why, err, "i.json", c.line)
		var fe *fault.FormatError
		if !errors.As(err, &fe) {
			t.Errorf("%s: %v is no FormatError", why, err)
		}
	}
}

func TestRealCOCO(t *testing.T) {
	s, err := YOLO(sharedtest.Path(t, "data", "coco", "images"), sharedtest.Path(t, "data", "coco", "labels"))
	if err != nil {
		t.Fatal(err)
	}
	good, bad := all(t, s)
	objects := 0
	for _, ex := range good {
		objects += len(ex.Objects)
		for _, o := range ex.Objects {
			b := ex.Image.Bounds()
			if o.Class > 79 || o.X < -1 || o.Y < -1 || o.X+o.W > float64(b.Dx())+1 || o.Y+o.H > float64(b.Dy())+1 {
				t.Errorf("%s: %+v lies outside %v", ex.Name, o, b)
			}
		}
	}
	if len(good) != 64 || len(bad) != 0 || objects < 64 {
		t.Errorf("%d pictures, %d objects, %v", len(good), objects, bad)
	}
}

func FuzzYOLO(f *testing.F) {
	f.Add([]byte("0 .1 .1 .2 .2\r\n\n3 1 1 1e-3 0"))
	f.Fuzz(func(t *testing.T, data []byte) {
		objects, err := parseYOLO("f", data, 640, 480)
		for _, o := range objects {
			if err != nil || o.Class < 0 || !(o.W >= 0 && o.H >= 0 && o.W < 642 && o.H < 482) {
				t.Fatalf("%+v, %v", o, err)
			}
		}
	})
}

func FuzzCOCO(f *testing.F) {
	f.Add([]byte(smallCOCO))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := parseCOCO("f", data)
		if err != nil {
			return
		}
		for _, p := range c.pictures {
			for _, o := range p.objects {
				if o.Class < 0 || o.Class >= len(c.categories) || !(o.Area >= 0 && o.W >= 0 && o.H >= 0) {
					t.Fatalf("%+v", o)
				}
			}
		}
	})
}
