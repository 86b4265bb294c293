package card

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/gosight/vision/internal/fault"
)

func TestFind(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"models/resnet/card.json", "models/plain/saved_model.pb", "models/served/1/saved_model.pb",
		"cards/resnet.json", "cards/served.json", "cards/labels.txt", "one.json"} {
		at := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(filepath.Join(dir, "models", "resnet"))
	for _, tt := range []struct{ why, arg, folder, want, err string }{
		{"nothing said, a card in the model", "", dir + "/models/resnet", dir + "/models/resnet/card.json", ""},
		{"nothing said, none there", "", dir + "/models/plain", "", ""},
		{"a file", dir + "/one.json", dir + "/models/plain", dir + "/one.json", ""},
		{"a folder of cards", dir + "/cards", dir + "/models/resnet", dir + "/cards/resnet.json", ""},
		{"a slash at the end", dir + "/cards/", dir + "/models/resnet/", dir + "/cards/resnet.json", ""},
		{"the model is the working folder", dir + "/cards", ".", dir + "/cards/resnet.json", ""},
		{"a version folder", dir + "/cards", dir + "/models/served/1", dir + "/cards/served.json", ""},
		{"the model's own folder", dir + "/models/resnet", dir + "/models/resnet", dir + "/models/resnet/card.json", ""},
		{"the same by another name", ".", dir + "/models/resnet", "card.json", ""},
		{"no such file", dir + "/two.json", dir + "/models/plain", "", "two.json"},
		{"none of that name", dir + "/cards", dir + "/models/plain", "", "want a card plain.json, got none of that name in " + dir + "/cards, which has resnet.json, served.json"},
		{"the model's own folder, none there", dir + "/models/plain", dir + "/models/plain", "", "want a card card.json"},
	} {
		t.Run(tt.why, func(t *testing.T) {
			got, err := Find(tt.arg, tt.folder)
			if tt.err != "" {
				var model *fault.ModelError
				if !errors.As(err, &model) || model.What != "card" || !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("%v, want %s", err, tt.err)
				}
				return
			}
			if err != nil || got != tt.want {
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
		})
	}
}

func TestFindFS(t *testing.T) {
	fsys := fstest.MapFS{"m/card.json": {}, "cards/m.json": {}}
	for _, tt := range []struct{ arg, folder, want string }{
		{"", "m", "m/card.json"}, {"", "cards", ""}, {"cards", "m", "cards/m.json"}, {"m", "m", "m/card.json"}, {"cards/m.json", "m", "cards/m.json"},
	} {
		if got, err := FindFS(fsys, tt.arg, tt.folder); err != nil || got != tt.want {
			t.Errorf("FindFS(%q, %q) = %q, %v, want %q", tt.arg, tt.folder, got, err, tt.want)
		}
	}
	if _, err := FindFS(fsys, "no", "m"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

func TestCheckFiles(t *testing.T) {
	fsys := fstest.MapFS{"saved_model.pb": {Data: []byte("graph")}}
	sum := fmt.Sprintf("%x", sha256.Sum256([]byte("graph")))
	for _, tt := range []struct {
		why  string
		sums map[string]string
		want string
	}{
		{"nothing said", nil, ""},
		{"the same", map[string]string{"saved_model.pb": sum}, ""},
		{"in capitals", map[string]string{"saved_model.pb": strings.ToUpper(sum)}, ""},
		{"another", map[string]string{"saved_model.pb": strings.Repeat("0", 64)}, sum},
		{"not there", map[string]string{"variables/x": sum}, "variables/x"},
	} {
		err := (&Card{SHA256: tt.sums}).CheckFiles(fsys)
		var model *fault.ModelError
		if tt.want == "" && err != nil || tt.want != "" && (!errors.As(err, &model) || model.What != "sha256" || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: %v", tt.why, err)
		}
	}
}
