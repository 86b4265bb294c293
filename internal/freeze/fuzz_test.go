package freeze

import (
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/gosight/vision/internal/savedmodel"
)

// Graphs come from files of strangers: whatever they hold, freezing and
// optimising end in a graph or an error.
func FuzzFreeze(f *testing.F) {
	definitions := ops(f)
	var folders []fstest.MapFS
	for i, folder := range []string{"mean_rgb", "control_flow", "jpeg_mean", "tf1_ref", "keras_dense", "mean_grey_nchw", "softmax_features"} {
		data, err := os.ReadFile(filepath.Join(tiny, folder, "saved_model.pb"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, uint8(i))
		files := fstest.MapFS{}
		for _, name := range []string{"variables/variables.index", "variables/variables.data-00000-of-00001"} {
			b, err := os.ReadFile(filepath.Join(tiny, folder, name))
			if os.IsNotExist(err) {
				continue // a model without variables
			}
			if err != nil {
				f.Fatal(err)
			}
			files[name] = &fstest.MapFile{Data: b}
		}
		folders = append(folders, files)
	}
	f.Fuzz(func(t *testing.T, data []byte, which uint8) {
		files := fstest.MapFS{"saved_model.pb": {Data: data}}
		for name, file := range folders[int(which)%len(folders)] {
			files[name] = file
		}
		m, err := savedmodel.Read(files, ".")
		if err != nil {
			return
		}
		for _, g := range m.Graphs() {
			for _, s := range g.Signatures {
				chosen, sig, err := m.Choose(g.Tags, s.Key)
				if err != nil {
					continue
				}
				for _, o := range []Options{{}, {Optimize: true, CPU: true, OneDNN: true, Variables: true}} {
					o.Ops = definitions
					fg, err := Freeze(m, chosen, sig, o)
					if err == nil && (fg.Def == nil || len(fg.Outputs) == 0) {
						t.Error("neither a graph nor an error")
					}
				}
			}
		}
	})
}
