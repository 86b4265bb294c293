package dataset

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// content reads a file that archive wrote.
func content(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func classesOf(examples []Example) string {
	m := map[string]int{}
	for _, ex := range examples {
		m[ex.Name] = ex.Class
	}
	return fmt.Sprint(m)
}

func TestSynsetsByID(t *testing.T) {
	ids, sorted := SynsetsByID(), Synsets()
	if got := slices.Sorted(slices.Values(ids)); !slices.Equal(got, sorted) {
		t.Fatal("the two orders are not of the same synsets")
	}
	// The first ten of the validation part, by the development kit's list and by val.txt of caffe_ilsvrc12.
	byID, byIndex := []int{490, 361, 171, 822, 297, 482, 13, 704, 599, 164}, []int{65, 970, 230, 809, 516, 57, 334, 415, 674, 332}
	for i, id := range byID {
		if ids[id-1] != sorted[byIndex[i]] {
			t.Errorf("ID %d is %s, want %s", id, ids[id-1], sorted[byIndex[i]])
		}
	}
}

func TestImageNetArchives(t *testing.T) {
	pic := picture(t, 40, 40)
	tench := content(t, archive(t, "a.tar", "n01440764_1.JPEG.png", pic, "n01440764_2.JPEG.png", pic, "._x.png", pic))
	shark := content(t, archive(t, "a.tar", "n01484850_1.JPEG.png", pic, "n01484850_3.JPEG.png", "no picture"))
	want := fmt.Sprint(map[string]int{"n01440764/n01440764_1.JPEG.png": 0, "n01440764/n01440764_2.JPEG.png": 0, "n01484850/n01484850_1.JPEG.png": 2})
	for why, src := range map[string]string{
		"archives in an archive": archive(t, "ILSVRC2012_img_train.tar", "n01440764.tar", tench, "n01484850.tar", shark),
		"packed":                 archive(t, "train.tar.gz", "n01440764.tar", tench, "n01484850.tar", shark),
		"in a folder":            folder(t, map[string]string{"n01440764.tar": tench, "n01484850.tar": shark}),
		"in one below":           folder(t, map[string]string{"train/n01440764.tar": tench, "train/n01484850.tar": shark}),
		"folders": folder(t, map[string]string{"n01440764/n01440764_1.JPEG.png": pic, "n01440764/n01440764_2.JPEG.png": pic,
			"n01484850/n01484850_1.JPEG.png": pic, "n01484850/n01484850_3.JPEG.png": "no picture"}),
	} {
		s, err := ImageNetPart(src, "train")
		if err != nil {
			t.Errorf("%s: %v", why, err)
			continue
		}
		good, bad := all(t, s)
		if got := classesOf(good); got != want || len(bad) != 1 || len(s.Classes) != 1000 {
			t.Errorf("%s: %s, %v; want %s", why, got, bad, want)
			continue
		}
		line(t, why, bad[0], "n01484850/n01484850_3.JPEG.png", 0)
		if _, err := ImageNetPart(src, "valid"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: its validation part: %v", why, err)
		}
	}
	cut := folder(t, map[string]string{"n01440764.tar": tench, "n01484850.tar": shark[:530]})
	if _, err := ImageNet(cut); err == nil {
		t.Error("an archive of a class that is cut short was opened")
	}
	outer := archive(t, "t.tar", "n01440764.tar", tench, "n01484850.tar", shark)
	s, err := ImageNet(outer)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(outer, int64(512+len(tench)+511)/512*512+512+530); err != nil {
		t.Fatal(err)
	}
	good, bad := 0, []error{}
	for _, err := range s.All() {
		if err == nil {
			good++
		} else {
			bad = append(bad, err)
		}
	}
	if good != 2 || len(bad) != 1 {
		t.Errorf("cut short within an archive of a class: %d good, %v", good, bad)
	}
}

func TestImageNetValidation(t *testing.T) {
	pic := picture(t, 1, 1)
	name := func(n int) string { return fmt.Sprintf("ILSVRC2012_val_%08d.png", n) }
	want := fmt.Sprint(map[string]int{name(1): 65, name(2): 970, name(3): 230})
	lists := map[string]string{
		"ILSVRC2012_validation_ground_truth.txt":                            "490\n361\n171\n",
		"ILSVRC2012_devkit_t12/data/ILSVRC2012_validation_ground_truth.txt": "490\n361\n171\n",
		"val.txt":                name(1) + " 65\n" + name(3) + " 230\n" + name(2) + " 970\n",
		"caffe_ilsvrc12/val.txt": "val/" + name(1) + " n01751748\n" + name(2) + " n09193705\n" + name(3) + " n02105855\n",
		"imagenet_2012_validation_synset_labels.txt": "n01751748\nn09193705\nn02105855\n",
		"LOC_val_solution.csv":                       "ImageId,PredictionString\nILSVRC2012_val_00000002,n09193705 1 2 3 4 \nILSVRC2012_val_00000001,n01751748 1 2 3 4 n01751748 5 6 7 8 \nILSVRC2012_val_00000003,n02105855 1 2 3 4 \n",
	}
	for list, text := range lists {
		for _, at := range []string{"val/", "ILSVRC/Data/CLS-LOC/val/", ""} {
			dir := folder(t, map[string]string{at + name(1): pic, at + name(2): pic, at + name(3): pic, list: text})
			s, err := ImageNetPart(dir, "valid")
			if err != nil {
				t.Errorf("%s, pictures in %q: %v", list, at, err)
				continue
			}
			good, bad := all(t, s)
			if got := classesOf(good); got != want || len(bad) > 0 {
				t.Errorf("%s: %s, %v; want %s", list, got, bad, want)
			}
			if _, err := ImageNetPart(dir, "train"); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("its training part: %v", err)
			}
		}
	}
	pics := archive(t, "ILSVRC2012_img_val.tar", name(1), pic, name(4), pic)
	list := filepath.Join(filepath.Dir(pics), "ILSVRC2012_validation_ground_truth.txt")
	if err := os.WriteFile(list, []byte("490\n361\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, where := range []string{pics, filepath.Dir(pics)} {
		s, err := ImageNetPart(where, "valid")
		if err != nil {
			t.Fatal(err)
		}
		good, bad := all(t, s)
		if len(good) != 1 || len(bad) != 1 || !errors.Is(bad[0], ErrNoTruth) {
			t.Errorf("a picture that is not listed: %v, %v", good, bad)
		}
	}
	s, err := ImageNetPart(folder(t, map[string]string{"val/n01440764/ILSVRC2012_val_00000293.png": pic, "train/n01440764/1.png": pic}), "valid")
	if err != nil || s.Len() != 1 {
		t.Errorf("validation in folders of classes: %v, %v", s, err)
	}
	_, err = ImageNetPart(folder(t, map[string]string{"val/" + name(1): pic}), "valid")
	if err == nil || errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "ground_truth") {
		t.Errorf("no list: %v", err)
	}
}

func TestImageNetListRefusals(t *testing.T) {
	for why, c := range map[string]struct {
		text string
		line int
	}{
		"empty":              {"", 0},
		"an ID of 0":         {"490\n0\n", 2},
		"an ID of 1001":      {"1001\n", 1},
		"an unknown synset":  {"n01440764\nn00000000\n", 2},
		"an index of 1000":   {"a.JPEG 999\nb.JPEG 1000\n", 2},
		"a negative index":   {"a.JPEG -1\n", 1},
		"both forms":         {"a.JPEG 1\n490\n", 2},
		"both forms, turned": {"490\na.JPEG 1\n", 2},
		"twice":              {"a.JPEG 1\na.JPEG 2\n", 2},
		"words":              {"some text\n", 1},
	} {
		_, err := parseImageNet("val.txt", []byte(c.text))
		if err == nil {
			t.Errorf("%s: read", why)
			continue
		}
		line(t, why, err, "val.txt", c.line)
	}
}

func FuzzImageNetList(f *testing.F) {
	f.Add([]byte("490\n361\n"))
	f.Add([]byte("ILSVRC2012_val_00000001.JPEG 65\n"))
	f.Add([]byte("ImageId,PredictionString\nx,n01751748 1 2 3 4\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		truth, err := parseImageNet("x", data)
		if err != nil {
			return
		}
		for _, c := range truth.byNumber {
			if c < 0 || c > 999 {
				t.Fatal(c)
			}
		}
		for _, c := range truth.byStem {
			if c < 0 || c > 999 {
				t.Fatal(c)
			}
		}
		if i, ok := truth.class("ILSVRC2012_val_00000001.JPEG"); ok && (i < 0 || i > 999) {
			t.Fatal(i)
		}
	})
}
