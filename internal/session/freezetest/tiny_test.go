package freezetest

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"

	tf "github.com/wamuir/graft/tensorflow"

	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/freeze"
	"github.com/gosight/vision/internal/savedmodel"
)

type value struct {
	DType  string
	Shape  []int64
	Values []float64
	Base64 []string
}

type call struct {
	Tags            []string
	Signature       string
	Inputs, Outputs map[string]value
}

const tiny = "../../../testdata/models"

// Every tiny model answers what was worked out by hand, or says why it cannot be frozen.
func TestTinyModels(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(tiny, "answers.json"))
	if err != nil {
		t.Fatal(err)
	}
	var answers map[string][]call
	if err := json.Unmarshal(data, &answers); err != nil {
		t.Fatal(err)
	}
	refused := map[string]bool{"counter": true, "asset_table": true}
	for folder, calls := range answers {
		for _, c := range calls {
			t.Run(folder, func(t *testing.T) {
				for name, o := range map[string]freeze.Options{"frozen": {}, "optimized for any device": {Optimize: true}, "optimized for this CPU": best()} {
					m, err := savedmodel.Read(os.DirFS(filepath.Join(tiny, folder)), ".")
					if err != nil {
						t.Fatal(err)
					}
					g, sig, err := m.Choose(c.Tags, c.Signature)
					if err != nil {
						t.Fatal(err)
					}
					o.Ops = Ops()
					fg, err := freeze.Freeze(m, g, sig, o)
					var not *freeze.NotFreezableError
					var unsupported *fault.UnsupportedError
					switch {
					case refused[folder]:
						if !errors.As(err, &not) {
							t.Fatalf("%s: %v, want a NotFreezableError", name, err)
						}
						t.Log(err)
						continue
					case folder == "tf1_partitioned":
						if !errors.As(err, &unsupported) {
							t.Fatalf("%s: %v, want an UnsupportedError", name, err)
						}
						continue
					case err != nil:
						t.Fatalf("%s: %v", name, err)
					}
					check(t, name, frozen(t, fg, asWritten(t)), c)
				}
			})
		}
	}
}

func check(t *testing.T, name string, r *runner, c call) {
	t.Helper()
	feeds := map[string]*tf.Tensor{}
	for k, v := range c.Inputs {
		feeds[k] = v.tensor(t)
	}
	out := r.run(t, feeds)
	for k, want := range c.Outputs {
		got := out[k]
		if got == nil {
			t.Fatalf("%s: no output %s", name, k)
		}
		numbers := floats(t, got)
		for i, w := range want.Values {
			if math.Abs(numbers[i]-w) > 1e-6 {
				t.Errorf("%s: %s[%d] = %g, want %g", name, k, i, numbers[i], w)
			}
		}
	}
}

func (v value) tensor(t *testing.T) *tf.Tensor {
	t.Helper()
	switch v.DType {
	case "float32":
		f := make([]float32, len(v.Values))
		for i, x := range v.Values {
			f[i] = float32(x)
		}
		return floatTensor(t, v.Shape, f)
	case "uint8":
		b := make([]byte, len(v.Values))
		for i, x := range v.Values {
			b[i] = byte(x)
		}
		return rawTensor(t, tf.Uint8, v.Shape, b)
	case "int64":
		var b []byte
		for _, x := range v.Values {
			b = binary.LittleEndian.AppendUint64(b, uint64(int64(x)))
		}
		return rawTensor(t, tf.Int64, v.Shape, b)
	case "string":
		s := make([]string, len(v.Base64))
		for i, x := range v.Base64 {
			b, err := base64.StdEncoding.DecodeString(x)
			if err != nil {
				t.Fatal(err)
			}
			s[i] = string(b)
		}
		x, err := tf.NewTensor(s)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	t.Fatalf("no tensors of %s here", v.DType)
	return nil
}
