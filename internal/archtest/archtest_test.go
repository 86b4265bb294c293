// Package archtest holds the module to its structure: which package may import
// which, and what no package does.
package archtest

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/gosight/vision"

// layers lists every package from the bottom up. A package may import only packages
// of lower layers, so imports run one way; a new package must take its place here.
var layers = [][]string{
	{"internal/fault", "internal/geom", "internal/label", "internal/raster", // the words
		"internal/lockfile",    // one at a time
		"internal/sharedtest"}, // finds what tests look at
	{"internal/tfrecord"}, // speaks of errors; records and checksums of TensorFlow's files
	{"internal/option", "internal/jpegscale", "internal/overlay", // speak of errors; overlay draws points
		"internal/report", "internal/hdf5"}, // report draws what others counted
	{"internal/decode", "internal/postprocess", "internal/savedmodel", "internal/metric"},
	{"internal/card", "dataset", "internal/batch", "internal/freeze/ir", "internal/pretrained"}, // pretrained: names and shapes of nets, not the nets
	{"internal/freeze/optimize"},
	{"eval"}, // measures any function of a task's form: below the engine, it builds without the C library
	{"internal/preprocess", "internal/freeze"}, // take a card, a SavedModel
	{"internal/backbone"},                      // takes the head off a frozen graph
	{"internal/perspective"},                   // cuts lines out of pictures
	{"internal/align"},                         // cuts faces by a template or a box
	{"internal/session"},                       // the engine: graft and cgo
	{"internal/engine", "internal/session/freezetest", "internal/session/tfserver", "internal/session/hush", // session, card and steps joined for the tasks
		"internal/nets"}, // graphs that train
	{"internal/detector", "internal/classify"},           // what tasks have in common: finding boxes, scores of whole pictures
	{"models/objects", "models/scenes", "models/digits"}, // files only
	{"internal/modeltest", "internal/leaktest"},          // check them, and what tests leave; only tests import them
	{"."}, // the root: words re-exported
	{"recognize", "detect", "face", "ocr", "scene"}, // the tasks
	{"train"},              // makes models for them
	{"internal/tfinstall"}, // puts the library on the machine
	{"internal/doctor"},    // says what is wrong with it
	{"cmd/vision", "cmd/tfsetup"},
}

// bans are imports that a layer alone would allow, each with its reason.
var bans = []struct{ from, to, why string }{
	{"internal/decode", "github.com/wamuir/graft/tensorflow", "decode stays pure Go; TensorFlow's JPEG decoder reaches it through an interface"},
	{"internal/jpegscale", "github.com/wamuir/graft/tensorflow", "it is the decoder in pure Go"},
	{"cmd/tfsetup", module, "it must run before the C library is there"},
	{"internal/tfinstall", module, "it must run before the C library is there"},
	{"models/", module, "embedded models are files; only what is imported is linked"},
	{".", module + "/models/", "programs that never classify by default must not link the model"},
}

// ofTests are packages that only tests import.
var ofTests = []string{"internal/modeltest", "internal/leaktest", "internal/sharedtest", "internal/session/freezetest", "internal/session/tfserver"}

// graft's cgo package: whoever imports it needs the C library to compile.
const graft = "github.com/wamuir/graft/tensorflow"

func TestImportsRunOneWay(t *testing.T) {
	rank := map[string]int{}
	for i, layer := range layers {
		for _, p := range layer {
			rank[p] = i
		}
	}
	all := packages(t)
	for p := range rank {
		if _, ok := all[p]; !ok {
			t.Errorf("the table of layers has %s, which is no package", p)
		}
	}
	for pkg, imports := range all {
		mine, ok := rank[pkg]
		if !ok {
			if pkg != "internal/archtest" {
				t.Errorf("%s has no place in the table of layers", pkg)
			}
			continue
		}
		for _, imp := range imports {
			for _, b := range bans {
				if matches(pkg, b.from) && (imp == b.to || strings.HasPrefix(imp, strings.TrimSuffix(b.to, "/")+"/")) && !ownHelper(pkg, imp) {
					t.Errorf("%s imports %s: %s", pkg, imp, b.why)
				}
			}
			// internal/nets builds graphs, which hold no pictures and no weights, and gives them to session.
			builds := pkg == "internal/nets" && imp == graft
			if (imp == "C" || imp == graft) && !builds && pkg != "internal/session" && !strings.HasPrefix(pkg, "internal/session/") {
				t.Errorf("%s imports %s: only internal/session touches native memory, so that it has one owner", pkg, imp)
			}
			to, ours := strings.CutPrefix(imp, module)
			if !ours {
				continue
			}
			if to = strings.TrimPrefix(to, "/"); to == "" {
				to = "."
			}
			if slices.Contains(ofTests, to) {
				t.Errorf("%s imports %s, which is for tests", pkg, imp)
			}
			if theirs, ok := rank[to]; ok && theirs >= mine {
				t.Errorf("%s (layer %d) imports %s (layer %d): imports run from the top down", pkg, mine, to, theirs)
			}
		}
	}
}

// ownHelper admits that the set-up command imports its own package.
func ownHelper(pkg, imp string) bool {
	return pkg == "cmd/tfsetup" && imp == module+"/internal/tfinstall"
}

func matches(pkg, from string) bool {
	return pkg == from || strings.HasSuffix(from, "/") && strings.HasPrefix(pkg, from)
}

// loud is what a library must not do to the program that imports it.
var loud = []struct{ call, why string }{
	{"panic(", "errors are returned"},
	{"os.Exit(", "only commands end the program"},
	{"log.", "nothing is written to the caller's standard error"},
	{"fmt.Print", "nothing is written to the caller's standard output"},
	{"func init()", "nothing happens before it is asked for"},
	{"os.Stderr", "nothing is written to the caller's standard error"},
	{"os.Stdout", "nothing is written to the caller's standard output"},
}

func TestLibraryIsQuiet(t *testing.T) {
	walk(t, func(name string) {
		if strings.HasPrefix(name, "cmd/") || strings.HasPrefix(name, "internal/tfinstall/") {
			return
		}
		b, err := os.ReadFile(filepath.Join("..", "..", name))
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(b), "\n") {
			code, _, _ := strings.Cut(line, "//")
			for _, l := range loud {
				if l.call == "os.Stderr" && path.Dir(name) == "internal/leaktest" {
					continue // says what is left, after the tests
				}
				if j := strings.Index(code, l.call); j >= 0 && (j == 0 || !isWord(code[j-1])) {
					t.Errorf("%s:%d: %s: %s", name, i+1, strings.TrimSpace(line), l.why)
				}
			}
		}
	})
}

func isWord(c byte) bool {
	return c == '_' || c == '.' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}

func TestFilesStaySmall(t *testing.T) {
	const most = 600
	walk(t, func(name string) {
		b, err := os.ReadFile(filepath.Join("..", "..", name))
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(b), "\n"); n > most {
			t.Errorf("%s has %d lines, want at most %d: one idea a file", name, n, most)
		}
	})
}

// packages returns the imports of every package of the module, tests left out.
func packages(t *testing.T) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	walk(t, func(name string) {
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", "..", name), nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		pkg := path.Dir(name)
		if all[pkg] == nil {
			all[pkg] = []string{}
		}
		for _, i := range f.Imports {
			p, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			all[pkg] = append(all[pkg], p)
		}
	})
	if len(all) < 10 {
		t.Fatalf("found %d packages: the walk is broken", len(all))
	}
	return all
}

// walk visits every Go file of the module that is no test, by its path from the root.
func walk(t *testing.T, visit func(name string)) {
	t.Helper()
	root := os.DirFS(filepath.Join("..", ".."))
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name != "." && (strings.HasPrefix(d.Name(), ".") || slices.Contains([]string{"testdata", "bench", "examples", "reference", "bin"}, d.Name())) {
				return fs.SkipDir
			}
			return nil
		}
		if strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") {
			visit(name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
