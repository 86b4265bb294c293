package dataset

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gosight/vision/internal/fault"
)

// listed makes a folder of pictures a.png to d.png, a broken one, bad.png, and a list.
func listed(t testing.TB, name, list string) string {
	t.Helper()
	files := map[string]string{"bad.png": "no picture", name: list}
	for i, f := range []string{"a", "b", "sub/c", "d, e"} {
		files[f+".png"] = picture(t, i+1, 1)
	}
	return filepath.Join(folder(t, files), name)
}

func TestCSV(t *testing.T) {
	for why, c := range map[string]struct{ file, list, part, want string }{
		"names, sorted by bytes":   {"l.csv", "a.png,dog\nb.png,Cat\nsub/c.png,dog\n", "", "[Cat dog] a.png:1 b.png:0 sub/c.png:1"},
		"numbers, with a gap":      {"l.csv", "a.png,2\nb.png,0\n", "", "[0 1 2] a.png:2 b.png:0"},
		"numbers and names":        {"l.csv", "a.png,2\nb.png,x\n", "", "[2 x] a.png:0 b.png:1"},
		"a negative is a name":     {"l.csv", "a.png,-1\nb.png,0\n", "", "[-1 0] a.png:0 b.png:1"},
		"a header, other order":    {"l.csv", "Label,width,Path\ndog,9,a.png\ncat,9,b.png\n", "", "[cat dog] a.png:1 b.png:0"},
		"other words":              {"l.csv", "filename,class,subset\na.png,x,training\nb.png,y,val\n", "valid", "[x y] b.png:1"},
		"a part, without a header": {"l.csv", "a.png,x,train\nb.png,y,test\nsub/c.png,x,train\n", "train", "[x y] a.png:0 sub/c.png:0"},
		"all parts":                {"l.csv", "a.png,x,train\nb.png,y,test\n", "", "[x y] a.png:0 b.png:1"},
		"quotes":                   {"l.csv", "\"d, e.png\",\"a \"\"b\"\"\"\na.png,c\n", "", `[a "b" c] d, e.png:0 a.png:1`},
		"CRLF, mark, empty lines":  {"l.csv", "\xef\xbb\xbfpath,label\r\n\r\na.png, x \r\n", "", "[x] a.png:0"},
		"tabs":                     {"l.tsv", "a.png\tx, y\n", "", "[x, y] a.png:0"},
		"one twice":                {"l.csv", "a.png,x\na.png,y\n", "", "[x y] a.png:0 a.png:1"},
	} {
		s, err := CSV(listed(t, c.file, c.list), c.part)
		if err != nil {
			t.Errorf("%s: %v", why, err)
			continue
		}
		good, bad := all(t, s)
		got := fmt.Sprint(s.Classes)
		for _, ex := range good {
			got += fmt.Sprintf(" %s:%d", ex.Name, ex.Class)
		}
		if got != c.want || len(bad) > 0 {
			t.Errorf("%s: got %s, %v; want %s", why, got, bad, c.want)
		}
	}
	list := listed(t, "l.csv", "x,y\n")
	if err := os.WriteFile(list, []byte(filepath.Join(filepath.Dir(list), "a.png")+",x\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if s, err := CSV(list, ""); err != nil {
		t.Error(err)
	} else if good, bad := all(t, s); len(good) != 1 {
		t.Errorf("an absolute path: %v", bad)
	}
}

func TestCSVPicturesThatAreBroken(t *testing.T) {
	s, err := CSV(listed(t, "l.csv", "path,label\na.png,x\nbad.png,x\n\nnone.png,y\nsub,y\nb.png,y\n"), "")
	if err != nil {
		t.Fatal(err)
	}
	good, bad := all(t, s)
	if len(good) != 2 || len(bad) != 3 {
		t.Fatalf("%d good, %v", len(good), bad)
	}
	line(t, "broken", bad[0], "l.csv", 3)
	line(t, "missing", bad[1], "l.csv", 5)
	line(t, "a folder", bad[2], "l.csv", 6)
	if !errors.Is(bad[1], os.ErrNotExist) || !strings.Contains(bad[1].Error(), "none.png") {
		t.Errorf("missing: %v", bad[1])
	}
}

func TestCSVRefusals(t *testing.T) {
	for why, c := range map[string]struct {
		list, part string
		line       int
	}{
		"empty":               {"", "", 0},
		"a header alone":      {"path,label\n", "", 0},
		"one column":          {"a.png\n", "", 1},
		"four without header": {"a.png,x,train,9\n", "", 1},
		"a row too short":     {"a.png,x\nb.png\n", "", 2},
		"a row too long":      {"a.png,x\nb.png,x,train\n", "", 2},
		"no path":             {"a.png,x\n,x\n", "", 2},
		"no label":            {"a.png,x\nb.png, \n", "", 2},
		"an unknown part":     {"a.png,x,train\nb.png,x,holdout\n", "", 2},
		"no such part":        {"a.png,x,train\n", "test", 0},
		"no parts":            {"a.png,x\n", "train", 0},
		"a number too large":  {"a.png,1\nb.png,99999999999999999999\n", "", 2},
		"a quote that stays":  {"a.png,x\n\"b.png,x\n", "", 2},
		"a quote within":      {"a.png,x\nb\"b.png,x\n", "", 2},
		"no UTF-8":            {"a.png,x\nb.png,\xff\n", "", 2},
	} {
		s, err := CSV(listed(t, "l.csv", c.list), c.part)
		if err == nil {
			t.Errorf("%s: opened with %q", why, s.Classes)
			continue
		}
		line(t, why, err, "l.csv", c.line)
	}
	var ue *fault.UnsupportedError
	if _, err := CSV(listed(t, "l.csv", "a.png,x\n"), "dev"); !errors.As(err, &ue) || !strings.Contains(err.Error(), `want train, valid or test, got "dev"`) {
		t.Errorf("a part that there is not: got %v, want an UnsupportedError", err)
	}
}

func TestCSVParts(t *testing.T) {
	for why, c := range map[string]struct {
		list         string
		train, valid int // -1: none
	}{
		"no parts":         {"a.png,x\nb.png,y\n", 2, -1},
		"valid over test":  {"a.png,x,train\nb.png,y,test\nb.png,y,val\na.png,y,val\n", 1, 2},
		"test":             {"a.png,x,train\nb.png,y,test\n", 1, 1},
		"training alone":   {"a.png,x,train\n", 1, -1},
		"no training part": {"a.png,x,test\n", -1, -1},
	} {
		train, valid, err := CSVParts(listed(t, "l.csv", c.list))
		if c.train < 0 {
			if err == nil {
				t.Errorf("%s: opened", why)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", why, err)
			continue
		}
		got := -1
		if valid != nil {
			got = valid.Len()
			if fmt.Sprint(valid.Classes) != fmt.Sprint(train.Classes) {
				t.Errorf("%s: classes %q and %q", why, train.Classes, valid.Classes)
			}
		}
		if train.Len() != c.train || got != c.valid {
			t.Errorf("%s: %d and %d, want %d and %d", why, train.Len(), got, c.train, c.valid)
		}
	}
}

func FuzzCSV(f *testing.F) {
	f.Add([]byte("path,label,split\na.png,x,train\n"), "")
	f.Add([]byte("a.png,1,val\n\"b,c\",2,test\n"), "valid")
	f.Add([]byte("\xef\xbb\xbfa,00\n"), "")
	name := filepath.Join(f.TempDir(), "l.csv")
	f.Fuzz(func(t *testing.T, data []byte, part string) {
		os.Remove(name) // a file that is written over goes to the disk at once
		if err := os.WriteFile(name, data, 0o644); err != nil {
			t.Fatal(err)
		}
		rows, _, err := csvRows(name)
		if err != nil {
			return
		}
		classes, err := csvClasses(name, rows)
		if err != nil {
			return
		}
		for _, r := range rows {
			if r.class < 0 || r.class >= len(classes) || r.line < 1 || r.path == "" {
				t.Fatalf("row %+v of %d classes", r, len(classes))
			}
			if classes[r.class] != r.label && strings.TrimLeft(r.label, "0") != classes[r.class] && strings.Trim(r.label, "0") != "" {
				t.Fatalf("label %q is class %q", r.label, classes[r.class])
			}
		}
	})
}
