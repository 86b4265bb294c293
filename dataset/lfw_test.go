package dataset

import (
	"errors"
	"io/fs"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/gosight/vision/internal/sharedtest"
)

const smallPairs = "2\t1\nAda\t1\t2\nAda\t1\tBo_B\t3\nBo_B\t3\t12\nBo_B\t1\tAda\t2\n"

func TestLFW(t *testing.T) {
	pic := picture(t, 4, 4)
	files := []string{"lfw/Ada/Ada_0001.png", pic, "lfw/Ada/Ada_0002.png", pic, "lfw/Bo_B/Bo_B_0003.png", pic, "lfw/Bo_B/Bo_B_0012.png", "broken", "lfw/Eve/Eve_0001.png", pic}
	dir := folder(t, map[string]string{"pairs.txt": smallPairs, files[0]: pic, files[2]: pic, files[4]: pic, files[6]: "broken", files[8]: pic})
	for _, images := range []string{dir, archive(t, "i.tar.gz", files...)} {
		p, err := LFW(filepath.Join(dir, "pairs.txt"), images)
		if err != nil {
			t.Fatal(err)
		}
		want := []Pair{
			{"Ada_0001", "Ada_0002", true, 0}, {"Ada_0001", "Bo_B_0003", false, 0},
			{"Bo_B_0003", "Bo_B_0012", true, 1}, {"Bo_B_0001", "Ada_0002", false, 1},
		}
		if p.Folds != 2 || !reflect.DeepEqual(p.Pairs, want) {
			t.Errorf("got %+v, want %+v", p.Pairs, want)
		}
		good, bad := all(t, p.Set)
		if len(good) != 3 || good[0].Name != "Ada_0001" || len(bad) != 2 {
			t.Fatalf("got %v, %v", good, bad)
		}
		line(t, "broken", bad[0], "Bo_B/Bo_B_0012.png", 0)
		if !errors.Is(bad[1], fs.ErrNotExist) || !strings.Contains(bad[1].Error(), "Bo_B_0001") {
			t.Errorf("missing: %v", bad[1])
		}
	}
}

func TestPairsOfOneFold(t *testing.T) {
	p, err := parsePairs("f", []byte("1\nAda 1 2\nAda 1 Bo 1"))
	if err != nil || p.Folds != 1 || len(p.Pairs) != 2 {
		t.Errorf("got %+v, %v", p, err)
	}
}

func TestPairsRefusals(t *testing.T) {
	for why, c := range map[string]struct {
		text string
		line int
	}{
		"empty":                        {"", 0},
		"no numbers":                   {"folds pairs\n", 1},
		"a number of pairs alone":      {"x\n", 1},
		"three numbers":                {"1 2 3\n", 1},
		"no fold":                      {"0 1\n", 1},
		"more folds than there can be": {"99999999 1\n", 1},
		"two people for one":           {"1 1\nAda 1 Bo 2\nAda 1 Bo 2\n", 2},
		"one person for two":           {"1 1\nAda 1 2\nAda 1 2\n", 3},
		"a number that is none":        {"1 1\nAda 1 x\nAda 1 Bo 2\n", 2},
		"a number below 0":             {"1 1\nAda 1 2\nAda 1 Bo -2\n", 3},
		"a fold missing":               {"2 1\nAda 1 2\nAda 1 Bo 2\n", 0},
		"a pair too many":              {"1 1\nAda 1 2\nAda 1 Bo 2\nAda 1 2\n", 4},
		"no UTF-8":                     {"1 1\nAda 1 \xff\n", 2},
	} {
		_, err := parsePairs("p.txt", []byte(c.text))
		line(t, why, err, "p.txt", c.line)
	}
}

func TestRealLFW(t *testing.T) {
	p, err := LFW(sharedtest.Path(t, "data", "lfw90", "pairs.txt"), sharedtest.Path(t, "data", "lfw90", "images.tar.gz"))
	if err != nil {
		t.Fatal(err)
	}
	same := 0
	for _, pair := range p.Pairs {
		if pair.Same {
			same++
		}
	}
	good, bad := all(t, p.Set)
	if p.Folds != 5 || len(p.Pairs) != 3000 || same != 1500 || len(good) == 0 || len(bad) != 0 {
		t.Errorf("%d folds, %d pairs, %d same, %d pictures, %v", p.Folds, len(p.Pairs), same, len(good), bad)
	}
}

func FuzzPairs(f *testing.F) {
	f.Add([]byte(smallPairs))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := parsePairs("f", data)
		if err != nil {
			return
		}
		for i, pair := range p.Pairs {
			if pair.A == "" || pair.B == "" || pair.Fold < 0 || pair.Fold >= p.Folds || i > 0 && pair.Fold < p.Pairs[i-1].Fold {
				t.Fatalf("%+v", pair)
			}
		}
	})
}
