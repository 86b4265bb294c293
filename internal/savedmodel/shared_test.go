package savedmodel

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/gosight/vision/internal/sharedtest"
)

// sharedModels returns the folder of trained models that lies beside the
// repository, and their names.
func sharedModels(t testing.TB) (fs.FS, []string) {
	t.Helper()
	dir := sharedtest.Path(t, "models")
	found, _ := filepath.Glob(filepath.Join(dir, "*", "saved_model.pb"))
	if len(found) == 0 {
		t.Fatalf("no trained models in %s", dir)
	}
	var names []string
	for _, f := range found {
		names = append(names, filepath.Base(filepath.Dir(f)))
	}
	return os.DirFS(dir), names
}

// Every variable that a signature needs must have a value of its type and shape
// whose checksum holds, in every trained model at hand.
func TestSharedModels(t *testing.T) {
	fsys, names := sharedModels(t)
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			m, err := Read(fsys, name)
			if err != nil {
				t.Fatal(err)
			}
			g, sig, err := m.Choose(nil, "")
			if err != nil {
				t.Fatal(err)
			}
			if sig.Key != "serving_default" || len(sig.Inputs) == 0 {
				t.Errorf("chose %+v", sig)
			}
			if bad := m.Unsafe(g, sig); len(bad) > 0 {
				t.Errorf("unsafe: %v", bad)
			}
			keys, err := m.VariableKeys(g)
			if err != nil {
				t.Fatal(err)
			}
			p := newProgram(g.Meta)
			var roots []string
			for _, port := range sig.Outputs {
				roots = append(roots, port.Tensor)
			}
			r := p.reachable(roots...)
			needed := 0
			for name, n := range r.nodes {
				if isVariable(n) {
					needed++
					if keys[name] == "" {
						t.Errorf("variable %s has no key", name)
					}
				}
			}
			bundle, err := m.Checkpoint()
			if err != nil {
				t.Fatal(err)
			}
			distinct := map[string]bool{}
			for _, key := range keys {
				distinct[key] = true
			}
			for key := range distinct {
				if _, err := bundle.Read(key); err != nil {
					t.Error(err)
				}
			}
			if needed > 0 && len(distinct) < needed {
				t.Errorf("%d variables share %d keys", needed, len(distinct))
			}
			t.Logf("%d variables needed, %d known, %d keys", needed, len(keys), len(distinct))
		})
	}
}

// Reading a whole checkpoint, the index and 52 tensors of 5 MB together.
func BenchmarkReadCheckpoint(b *testing.B) {
	fsys, _ := sharedModels(b)
	m, err := Read(fsys, "squeezenet_imagenet")
	if err != nil {
		b.Fatal(err)
	}
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		bundle, err := m.Checkpoint()
		if err != nil {
			b.Fatal(err)
		}
		total := int64(0)
		for _, key := range bundle.Keys() {
			e, _ := bundle.Lookup(key)
			if ElementSize(e.DType) == 0 {
				continue
			}
			if int64(cap(buf)) < e.Size {
				buf = make([]byte, e.Size)
			}
			if err := bundle.ReadInto(key, buf[:e.Size]); err != nil {
				b.Fatal(err)
			}
			total += e.Size
		}
		b.SetBytes(total)
	}
}
