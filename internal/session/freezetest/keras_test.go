package freezetest

import (
	"encoding/binary"
	"encoding/json"
	"flag"
	"math"
	"os"
	"path/filepath"
	"testing"

	tf "github.com/wamuir/graft/tensorflow"
)

// kerasDir holds models that reference/keras/export.py wrote, with the answers of
// Keras. They are too large to keep.
var kerasDir = flag.String("keras", os.Getenv("VISION_KERAS"), "folder that reference/keras/export.py wrote")

func TestKeras(t *testing.T) {
	if *kerasDir == "" {
		t.Skip("SKIPPED, nothing was tested: give the folder that reference/keras/export.py wrote as -keras or VISION_KERAS")
	}
	folders, err := filepath.Glob(filepath.Join(*kerasDir, "*", "expected.json"))
	if err != nil || len(folders) == 0 {
		t.Fatalf("no models in %s: %v", *kerasDir, err)
	}
	for _, file := range folders {
		dir := filepath.Dir(file)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			x, want := golden(t, dir)
			for _, optimize := range []bool{false, true} {
				o := best()
				o.Optimize = optimize
				fg := freezeDir(t, dir, o)
				t.Logf("%+v", fg.Report)
				r := frozen(t, fg, asWritten(t))
				var in string
				for in = range fg.Inputs {
				}
				for _, y := range r.run(t, map[string]*tf.Tensor{in: x}) {
					if d := differ(t, y, want); !(d <= 1e-4) {
						t.Errorf("optimize %v: differs from Keras by %g", optimize, d)
					} else {
						t.Logf("optimize %v: differs from Keras by %g", optimize, d)
					}
				}
			}
		})
	}
}

// golden returns what Keras was fed and what it answered.
func golden(t *testing.T, dir string) (in, out *tf.Tensor) {
	t.Helper()
	var e struct {
		Inputs, Outputs struct {
			File  string
			Shape []int64
		}
	}
	data, err := os.ReadFile(filepath.Join(dir, "expected.json"))
	if err == nil {
		err = json.Unmarshal(data, &e)
	}
	if err != nil {
		t.Fatal(err)
	}
	load := func(file string, shape []int64) *tf.Tensor {
		b, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		f := make([]float32, len(b)/4)
		for i := range f {
			f[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
		}
		return floatTensor(t, shape, f)
	}
	return load(e.Inputs.File, e.Inputs.Shape), load(e.Outputs.File, e.Outputs.Shape)
}
