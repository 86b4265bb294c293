package tfinstall

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestIncludes(t *testing.T) {
	got := includes("#include <a.h>\n#include \"b.h\"\n  #  include\t\"c/d.h\" // why\n#include \"open.h\n// #include \"e.h\"\n#define X \"f.h\"\n#include MACRO\n")
	if want := []string{"b.h", "c/d.h"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestHeadersThatIncludeEachOther(t *testing.T) {
	es := append(without(wheelEntries(), "tsl_status.h"), entry{
		name: "tensorflow/include/xla/tsl/c/tsl_status.h",
		body: "#include \"tensorflow/c/c_api.h\"\n#include \"xla/tsl/c/tsl_status.h\"\n",
	})
	if _, _, err := Install(t.Context(), options(t, zipOf(t, es))); err != nil {
		t.Error(err)
	}
}

// FuzzUnpack feeds hostile archives: whatever they say, nothing may be written
// outside the folder, and nothing may panic.
func FuzzUnpack(f *testing.F) {
	small := slices.Clone(wheelEntries())
	for i := range small {
		small[i].body = small[i].body[:min(100, len(small[i].body))]
	}
	f.Add(zipOf(f, small))
	f.Add(zipOf(f, append(small, entry{name: "../evil", body: "x"})))
	archive := archiveEntries()
	for i := range archive {
		archive[i].body = archive[i].body[:min(100, len(archive[i].body))]
	}
	f.Add(tgzOf(f, archive))
	f.Add(tgzOf(f, append(archive, entry{name: "include/x", link: "../../.."})))
	b := linuxCPU(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		if z, err := zip.NewReader(bytes.NewReader(data), int64(len(data))); err == nil {
			for _, e := range z.File {
				if e.UncompressedSize64 > 1<<20 {
					t.Skip("SKIPPED, nothing was tested: too large to be worth writing")
				}
			}
		}
		parent := t.TempDir()
		dir := filepath.Join(parent, "tree")
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		tr, err := newTree(t.Context(), dir, nil)
		if err != nil {
			t.Fatal(err)
		}
		err = unpack(tr, file(t, "x", data), b, func(int64, int64) {})
		if cerr := tr.close(); cerr != nil {
			t.Fatal(cerr)
		}
		entries, rerr := os.ReadDir(parent)
		if rerr != nil || len(entries) != 1 {
			t.Fatalf("%d entries beside the folder, %v (unpack: %v)", len(entries), rerr, err)
		}
	})
}
