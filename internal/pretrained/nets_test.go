package pretrained

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gosight/vision/internal/nets"
)

// TestNetsAreThose holds every variable of every net against the tables that Keras and TF-Slim made: the same names, the
// same shapes, nothing more and nothing less.
func TestNetsAreThose(t *testing.T) {
	for _, name := range Nets() {
		if testing.Short() && strings.HasPrefix(name, "resnet1") {
			continue // more of the blocks of resnet50
		}
		t.Run(name, func(t *testing.T) {
			n, err := nets.Published(name)
			if err != nil {
				t.Fatal(err)
			}
			want, classes, rename := map[string]string{}, 1000, kerasName
			if name == slimNet {
				want, classes, rename = slimTable(t), 1001, slimName
			} else {
				rows, err := table(name)
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range rows {
					for i, w := range r.weights {
						want[r.name+"/"+w] = shape(r.shapes[i])
					}
				}
			}
			vars, _, err := n.Parameters(n.Size, classes)
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range vars {
				theirs := rename(v.Name)
				if got := shape(v.Shape); want[theirs] != got {
					t.Errorf("%s is %s, %s there is %q", v.Name, got, theirs, want[theirs])
				}
				delete(want, theirs)
			}
			for left := range want {
				t.Errorf("%s is not in the net", left)
			}
		})
	}
}

func slimTable(t *testing.T) map[string]string {
	t.Helper()
	data, err := os.ReadFile("testdata/inception_v1.txt")
	if err != nil {
		t.Fatal(err)
	}
	m := map[string]string{}
	for line := range strings.Lines(string(data)) {
		if name, dims, ok := strings.Cut(strings.TrimSpace(line), " "); ok && name != "#" {
			m[name] = dims
		}
	}
	if len(m) != 230 {
		t.Fatalf("%d variables, want 57 convolutions of 4 and a head of 2", len(m))
	}
	return m
}

// TestImportableAreNets: what has weights can be named where nets are.
func TestImportableAreNets(t *testing.T) {
	for _, n := range Nets() {
		if !slices.Contains(nets.Names(), n) {
			t.Errorf("%s has weights and is no net", n)
		}
	}
}
