package train

import (
	"context"
	"errors"
	"image"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/gosight/vision/dataset"
)

// pngFolder writes so many pictures of each of two classes.
func pngFolder(t *testing.T, n int) string {
	t.Helper()
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(4, 4))
	for class, name := range []string{"a", "b"} {
		for i := range n {
			m := image.NewGray(image.Rect(0, 0, 28, 28))
			copy(m.Pix, block(class, 1, r))
			file := filepath.Join(dir, name, strconv.Itoa(10+i)+".png")
			write(t, file, nil)
			f, err := os.Create(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(png.Encode(f, m), f.Close()); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

// TestDamagedDataOnResume stops a run, damages its data, and resumes: the error says what was wanted and what came, the
// checkpoint stays as it was, and with the data whole again the run goes on as if nothing had been.
func TestDamagedDataOnResume(t *testing.T) {
	dir, validDir := pngFolder(t, 20), pngFolder(t, 4)
	folder := func(dir string) *dataset.Set {
		s, err := dataset.ImageFolder(dir, "")
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	open := func() Data { return Data{folder(dir), folder(validDir)} }
	opts := func(out string) []Option {
		return []Option{Out(out), Epochs(2), Batch(8), Flip(), CheckpointEvery(2), Resume()}
	}
	whole, _, err := losses(t.Context(), t, open(), opts(t.TempDir())...)
	if err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	got := map[int]float64{}
	note := onStep(func(p Progress) {
		if got[p.Step] = p.Loss; p.Step == 3 {
			cancel()
		}
	})
	if _, err := Fit(ctx, net(t, "lenet5"), open(), append(opts(out), note)...); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	before := filesOf(t, out)
	if len(before) < 3 {
		t.Fatalf("the checkpoint is %d files", len(before))
	}
	for _, c := range []struct {
		why  string
		do   func(t *testing.T) Data
		want string
	}{
		{"a picture cut off", func(t *testing.T) Data {
			swap(t, filepath.Join(dir, "a", "12.png"), func(old []byte) []byte { return old[:len(old)/2] })
			return open()
		}, `^train: a picture cannot be read: dataset: a/12\.png: vision: broken png: png: invalid format: not enough pixel data$`},
		{"a picture that is none", func(t *testing.T) Data {
			swap(t, filepath.Join(dir, "b", "10.png"), func([]byte) []byte { return []byte("<html>not found</html>") })
			return open()
		}, `^train: a picture cannot be read: dataset: b/10\.png: vision: unsupported HTML: this is HTML, not a picture; JPEG, PNG, .* are read$`},
		{"a picture gone since the folder was listed", func(t *testing.T) Data {
			s := open()
			move(t, filepath.Join(dir, "b", "11.png"))
			return s
		}, `: pictures was 40 and is 39, checksum was \d+ and is \d+$`},
		{"a class without pictures", func(t *testing.T) Data {
			d := open()
			s, err := d.Train.As([]string{"a", "b", "c"})
			if err != nil {
				t.Fatal(err)
			}
			return Data{s, d.Valid}
		}, `^vision: broken training data: class 2, "c", has no picture in the training part$`},
		{"one class", func(t *testing.T) Data {
			move(t, filepath.Join(dir, "b"))
			return open()
		}, `^vision: broken training data: want at least 2 classes, got 1 \(\["a"\]\)$`},
		{"another picture", func(t *testing.T) Data {
			a, err := os.ReadFile(filepath.Join(dir, "a", "10.png"))
			if err != nil {
				t.Fatal(err)
			}
			swap(t, filepath.Join(dir, "a", "11.png"), func([]byte) []byte { return a })
			return open()
		}, `^vision: unsupported checkpoint \S+: it is of other pictures or settings: checksum was \d+ and is \d+$`},
		{"a picture less", func(t *testing.T) Data {
			move(t, filepath.Join(dir, "a", "13.png"))
			return open()
		}, `: it is of other pictures or settings: pictures was 40 and is 39, checksum was \d+ and is \d+$`},
		{"validation: a picture cut off", func(t *testing.T) Data {
			swap(t, filepath.Join(validDir, "a", "12.png"), func(old []byte) []byte { return old[:len(old)/2] })
			return open()
		}, `^train: a picture cannot be read: dataset: a/12\.png: vision: broken png: `},
		{"validation: another picture", func(t *testing.T) Data {
			a, err := os.ReadFile(filepath.Join(validDir, "a", "10.png"))
			if err != nil {
				t.Fatal(err)
			}
			swap(t, filepath.Join(validDir, "a", "11.png"), func([]byte) []byte { return a })
			return open()
		}, `^vision: unsupported checkpoint \S+: it is of other pictures or settings: valid_checksum was \d+ and is \d+$`},
		{"validation: a picture less", func(t *testing.T) Data {
			move(t, filepath.Join(validDir, "b", "10.png"))
			return open()
		}, `: it is of other pictures or settings: valid_checksum was \d+ and is \d+$`},
		{"validation: none any more", func(*testing.T) Data { return Data{Train: open().Train} },
			`: it is of other pictures or settings: valid_checksum was \d+ and is 0$`},
	} {
		t.Run(c.why, func(t *testing.T) { // what is damaged is repaired when it ends
			res, err := Fit(t.Context(), net(t, "lenet5"), c.do(t), opts(out)...)
			if res != nil {
				t.Errorf("got a result, %+v, of a run that did not begin", res)
			}
			if err == nil || !regexp.MustCompile(c.want).MatchString(err.Error()) {
				t.Errorf("got %v, want %s", err, c.want)
			}
			after := filesOf(t, out)
			for name, data := range before {
				if after[name] != data {
					t.Errorf("%s is not as it was", name)
				}
			}
			if len(after) != len(before) {
				t.Errorf("there are %d files, want %d", len(after), len(before))
			}
		})
	}
	rest, _, err := losses(t.Context(), t, open(), opts(out)...)
	if err != nil {
		t.Fatal(err)
	}
	for s, l := range rest {
		got[s] = l
	}
	same(t, "after the damage", got, whole)
}

// swap changes a file until the test ends.
func swap(t *testing.T, name string, change func([]byte) []byte) {
	t.Helper()
	old, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	write(t, name, change(old))
	t.Cleanup(func() { write(t, name, old) })
}

// move takes a file or folder away until the test ends.
func move(t *testing.T, name string) {
	t.Helper()
	away := filepath.Join(t.TempDir(), "away")
	if err := os.Rename(name, away); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.Rename(away, name); err != nil {
			t.Error(err)
		}
	})
}

// filesOf reads all files under dir.
func filesOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		all[path] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// A run that diverges keeps the checkpoint from before, and diverges in the same step again when it is resumed.
func TestDivergedRunKeepsItsCheckpoint(t *testing.T) {
	data, out := digits(t, blocks(t, 60)), t.TempDir()
	opts := []Option{Epochs(50), Batch(20), Rate(1000), Constant(), CheckpointEvery(1), Resume()}
	first, res, err := losses(t.Context(), t, data, append(opts, Out(out))...)
	var d *DivergedError
	if !errors.As(err, &d) || !math.IsNaN(d.Loss) && !math.IsInf(d.Loss, 0) || res == nil {
		t.Fatalf("got %v, want a *DivergedError, and the result so far", err)
	}
	if want := regexp.MustCompile(`^train: the loss is (NaN|\+Inf) at step ` + strconv.Itoa(d.Step) + `, in epoch ` + strconv.Itoa(d.Epoch) +
		`: take a lower rate, or clip gradients$`); !want.MatchString(err.Error()) {
		t.Errorf("got %q, want %s", err, want)
	}
	_, s, stateErr := newestState(out)
	if stateErr != nil || s == nil || s.Step != d.Step-1 || s.Loss != first[d.Step-1] {
		t.Fatalf("the checkpoint is %+v, %v; want that of step %d", s, stateErr, d.Step-1)
	}
	if _, err := os.Stat(filepath.Join(out, modelFile)); err == nil {
		t.Error("there is a model")
	}
	_, _, err = losses(t.Context(), t, data, append(opts, Out(out))...)
	var again *DivergedError
	if !errors.As(err, &again) || again.Step != d.Step || again.Epoch != d.Epoch {
		t.Errorf("resumed: %v, want it at step %d", err, d.Step)
	}
}
