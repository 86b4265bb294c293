package dataset

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gosight/vision/internal/sharedtest"
)

// unpacked is the folder of a tar.gz's content.
func unpacked(t *testing.T, name string) string {
	t.Helper()
	files := map[string]string{}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return folder(t, files)
		}
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[h.Name] = string(b)
	}
}

func TestCIFARAgainstPython(t *testing.T) {
	want := goldens(t, "cifar.json")
	for file, kinds := range map[string][]string{
		"cifar10-bin.tar.gz": {"cifar10"}, "cifar10-python2.tar.gz": {"cifar10"}, "cifar10-python3.tar.gz": {"cifar10"},
		"cifar100-bin.tar.gz": {"cifar100", "cifar100coarse"}, "cifar100-python2.tar.gz": {"cifar100", "cifar100coarse"},
	} {
		packed := filepath.Join("testdata", file)
		for _, src := range []string{packed, unpacked(t, packed)} {
			for _, kind := range kinds {
				open := map[string]func(string, string) (*Set, error){"cifar10": CIFAR10, "cifar100": CIFAR100, "cifar100coarse": CIFAR100Coarse}[kind]
				for _, part := range []string{"train", "test"} {
					s, err := open(src, part)
					if err != nil {
						t.Errorf("%s as %s: %v", src, kind, err)
						continue
					}
					equal(t, src+" "+kind+" "+part, s, want[kind+"/"+part])
					// The archives of CIFAR-100 here have names of their own.
					if first := map[string]string{"cifar10": "airplane", "cifar100": "c00", "cifar100coarse": "k00"}[kind]; s.Classes[0] != first {
						t.Errorf("%s: classes %q, want the archive's", src, s.Classes)
					}
				}
			}
		}
	}
}

// TestCIFARClassesArePublished compares with the names in the meta of the python archive, which are sorted, in
// the table of the set's page: a coarse class a line, and its five fine ones.
func TestCIFARClassesArePublished(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("testdata", "cifar100_names.txt"))
	if err != nil {
		t.Fatal(err)
	}
	var fine, coarse []string
	for line := range strings.Lines(string(text)) {
		name, five, _ := strings.Cut(line, ":")
		coarse, fine = append(coarse, name), append(fine, strings.Fields(five)...)
	}
	slices.Sort(fine)
	if len(fine) != 100 || len(coarse) != 20 || !slices.IsSorted(coarse) {
		t.Fatalf("the golden has %d and %d names, want 100 and 20", len(fine), len(coarse))
	}
	for i, name := range fine {
		if got := strings.Fields(cifar100Fine); len(got) != 100 || got[i] != name {
			t.Errorf("fine class %d of %d is %q, want %q", i, len(got), got[min(i, len(got)-1)], name)
		}
	}
	if got := strings.Fields(cifar100Coarse); !slices.Equal(got, coarse) {
		t.Errorf("coarse classes are %q, want %q", got, coarse)
	}
}

func TestCIFARPictures(t *testing.T) {
	pic := picture(t, 32, 32)
	s, err := CIFAR10(folder(t, map[string]string{"cifar10/train/dog/1.png": pic, "cifar10/train/airplane/1.png": pic, "cifar10/test/cat/1.png": pic}), "train")
	if err != nil {
		t.Fatal(err)
	}
	good, _ := all(t, s)
	if len(good) != 2 || good[0].Class != 0 || good[1].Class != 5 || len(s.Classes) != 10 {
		t.Errorf("got %+v of %q", good, s.Classes)
	}
	for why, files := range map[string]map[string]string{
		"a class of another set": {"train/dog/1.png": pic, "train/zeppelin/1.png": pic},
		"no such part":           {"test/dog/1.png": pic},
	} {
		if _, err := CIFAR10(folder(t, files), "train"); err == nil {
			t.Errorf("%s: opened", why)
		}
	}
	// A class of CIFAR-100 is called train, and so are its pickle and its folder.
	s, err = CIFAR100(folder(t, map[string]string{"train/train/1.png": pic, "train/worm/1.png": pic, "test/train/1.png": pic}), "train")
	if err != nil || s.Len() != 2 {
		t.Fatalf("got %v, %v", s, err)
	}
	// A class of that name is not the part, even where it is less deep.
	s, err = CIFAR100(folder(t, map[string]string{"set/train/train/1.png": pic, "set/train/worm/1.png": pic, "x/train/1.png": pic}), "train")
	if err != nil || s.Len() != 2 {
		t.Fatalf("got %v, %v", s, err)
	}
	_, err = CIFAR100(folder(t, map[string]string{"train/1.png": pic, "worm/1.png": pic}), "train")
	if err == nil || !strings.Contains(err.Error(), "want a folder train of classes") {
		t.Errorf("no parts, but a class of that name: got %v", err)
	}
}

func TestRealCIFAR10(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: it unpacks the archive three times")
	}
	src := sharedtest.Path(t, "data", "cifar10-jpeg.tar.gz")
	s, err := CIFAR10(src, "test")
	if err != nil {
		t.Fatal(err)
	}
	// Counted by names; of the pictures, which lie class by class, those of the first classes are decoded.
	count := map[string]int{}
	opened := source{path: src}
	err = opened.walk("cifar10/test", func(name string, _ func() ([]byte, error)) error {
		class, _, _ := strings.Cut(name, "/")
		count[class]++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if s.Len() != 10000 || len(count) != 10 || len(s.Classes) != 10 {
		t.Errorf("%d pictures of %d classes, %v", s.Len(), len(s.Classes), count)
	}
	for _, c := range s.Classes {
		if count[c] != 1000 {
			t.Errorf("%d pictures of class %s, want a thousand", count[c], c)
		}
	}
	n, last := 0, ""
	for ex, err := range s.All() {
		if err != nil {
			t.Fatal(err)
		}
		if ex.Name <= last {
			t.Fatalf("%s after %s", ex.Name, last)
		}
		last = ex.Name
		if !strings.HasPrefix(ex.Name, s.Classes[ex.Class]+"/") {
			t.Fatalf("%s is of class %s", ex.Name, s.Classes[ex.Class])
		}
		if n++; n == 1100 {
			break
		}
	}
	if n != 1100 || !strings.HasPrefix(last, "automobile/") {
		t.Errorf("%d pictures up to %s", n, last)
	}
}
