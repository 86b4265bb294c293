package tfinstall

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestInstallTakesWhatIsNeededAndNoMore(t *testing.T) {
	o := options(t, zipOf(t, wheelEntries()))
	inst, already, err := Install(t.Context(), o)
	if err != nil || already {
		t.Fatalf("got already %v, error %v", already, err)
	}
	if got := paths(t, o.Dir); !slices.Equal(got, installedFiles) {
		t.Errorf("installed %q, want %q", got, installedFiles)
	}
	if got := beside(t, o.Dir); !slices.Equal(got, []string{"tf"}) {
		t.Errorf("left %q beside the installation", got)
	}
	data, err := os.ReadFile(filepath.Join(o.Dir, "lib", "libtensorflow.so"))
	if err != nil || string(data) != wheelEntries()[0].body {
		t.Errorf("libtensorflow.so is not the library: %d bytes, %v", len(data), err)
	}
	loaded, err := Load(o.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if loaded.Target != o.Build.Target || loaded.TensorFlow != Version || loaded.Size() != inst.Size() {
		t.Errorf("loaded %+v", loaded)
	}
	if err := loaded.Verify(nil); err != nil {
		t.Error(err)
	}
}

func TestInstallTwiceTouchesNothing(t *testing.T) {
	o := options(t, zipOf(t, wheelEntries()))
	if _, _, err := Install(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	before, err := os.Stat(o.Dir)
	if err != nil {
		t.Fatal(err)
	}
	o.From = []string{"no such file"} // must not be looked at
	if _, already, err := Install(t.Context(), o); err != nil || !already {
		t.Fatalf("got already %v, error %v", already, err)
	}
	after, err := os.Stat(o.Dir)
	if err != nil || !os.SameFile(before, after) {
		t.Errorf("the folder was replaced: %v", err)
	}
}

func TestInstallRefusesBadFiles(t *testing.T) {
	good := wheelEntries()
	whole := zipOf(t, good)
	flipped := bytes.Clone(whole)
	flipped[1<<19] ^= 1 // inside the library's compressed bytes
	const inc = "tensorflow/include/"
	for _, tt := range []struct {
		name string
		data []byte
		want string // in the error
	}{
		{"empty", nil, "want a wheel"},
		{"text", []byte("<html>not found</html>"), "neither a wheel"},
		{"truncated", whole[:len(whole)/2], "zip"},
		{"one bit flipped", flipped, "libtensorflow_cc"},
		{"no library", zipOf(t, without(good, "libtensorflow_cc.so.2")), "neither tensorflow/libtensorflow_cc.so.2"},
		{"no framework", zipOf(t, without(good, "framework.so.2")), "framework.so.2 is missing"},
		{"no header", zipOf(t, without(good, "eager/c_api.h")), "eager/c_api.h is missing"},
		{"no version", zipOf(t, without(good, "METADATA")), "no version"},
		{"other version", zipOf(t, without(good, "METADATA",
			entry{name: "tensorflow-2.19.0.dist-info/METADATA", body: "Version: 2.19.0\n"})), "holds TensorFlow 2.19.0"},
		{"version that begins alike", zipOf(t, without(good, "METADATA",
			entry{name: "tensorflow-2.180.dist-info/METADATA", body: "Version: 2.180\n"})), "holds TensorFlow 2.180"},
		{"entry above the folder", zipOf(t, append(good, entry{name: "../evil", body: "x"})), "leads out"},
		{"entry at the root", zipOf(t, append(good, entry{name: "/etc/evil", body: "x"})), "leads out"},
		{"entry with a hidden way up", zipOf(t, append(good, entry{name: inc + "a/../../../../evil", body: "x"})), "leads out"},
		{"entry with backslashes", zipOf(t, append(good, entry{name: `..\evil`, body: "x"})), "leads out"},
		{"include of an entry above", zipOf(t, append(without(good, "tsl_status.h"),
			entry{name: inc + "xla/tsl/c/tsl_status.h", body: "#include \"../../evil.h\"\n"},
			entry{name: "tensorflow/include/../../evil.h", body: "x"})), "leads out"},
		{"library is a link", zipOf(t, without(good, "libtensorflow_cc.so.2",
			entry{name: "tensorflow/libtensorflow_cc.so.2", link: "/etc/passwd"})), "not a plain file"},
		{"archive cut", tgzOf(t, archiveEntries())[:1000], "unexpected EOF"},
		{"archive leads out", tgzOf(t, append(archiveEntries(), entry{name: "include/../../evil", body: "x"})), "leads out"},
		{"archive links out", tgzOf(t, append(archiveEntries(), entry{name: "lib/libtensorflow_x.so", link: "../../../etc/passwd"})), "same folder"},
		{"archive writes through a link", tgzOf(t, append(archiveEntries(),
			entry{name: "include/up", link: ".."}, entry{name: "include/up/evil", body: "x"})), "same folder"},
		{"archive of another version", tgzOf(t, append(without(archiveEntries(), "2.18.1"),
			entry{name: "lib/libtensorflow.so.2.15.0", body: "x"})), "holds TensorFlow 2.15.0"},
		{"archive without library", tgzOf(t, without(archiveEntries(), "libtensorflow.so.2.18.1")), "carries a version"},
		{"archive without headers", tgzOf(t, without(archiveEntries(), "c_api.h")), "c_api.h is missing"},
		{"archive with a dangling link", tgzOf(t, without(archiveEntries(), "libtensorflow.so.2",
			entry{name: "lib/libtensorflow.so.2", link: "libtensorflow.so.2.18.9"})), "libtensorflow.so.2 is missing"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := options(t, tt.data)
			_, _, err := Install(t.Context(), o)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got error %v, want one with %q", err, tt.want)
			}
			if left := beside(t, o.Dir); len(left) > 0 {
				t.Errorf("left %q behind", left)
			}
			if _, err := Load(o.Dir); !errors.Is(err, ErrNotInstalled) {
				t.Errorf("load says %v", err)
			}
		})
	}
}

func TestInstallRefusesUnknownDigests(t *testing.T) {
	data := zipOf(t, wheelEntries())
	b := linuxCPU(t)
	for _, tt := range []struct {
		name, file, vouched, want string
	}{
		{"not vouched for", "x.whl", "", "is not known: it has SHA-256 " + sum(data)},
		{"right name, wrong content", b.Wheels[0].File, "", "damaged or not the original"},
		{"another digest vouched for", "x.whl", strings.Repeat("0", 64), "as given"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := options(t, data)
			o.From, o.SHA256 = []string{file(t, tt.file, data)}, tt.vouched
			_, _, err := Install(t.Context(), o)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got error %v, want one with %q", err, tt.want)
			}
			if left := beside(t, o.Dir); len(left) > 0 {
				t.Errorf("left %q behind", left)
			}
		})
	}
}

// archiveEntries are those of a libtensorflow archive as TensorFlow lays it out.
func archiveEntries() []entry {
	return []entry{
		{name: "./"},
		{name: "./LICENSE", body: "Apache"},
		{name: "./THIRD_PARTY_TF_C_LICENSES", body: "others"},
		{name: "./include/tensorflow/c/c_api.h", body: "int x;\n"},
		{name: "./lib/libtensorflow.so", link: "libtensorflow.so.2"},
		{name: "./lib/libtensorflow.so.2", link: "libtensorflow.so.2.18.1"},
		{name: "./lib/libtensorflow.so.2.18.1", body: noise(1 << 16)},
		{name: "./lib/libtensorflow_framework.so.2", link: "libtensorflow_framework.so.2.18.1"},
		{name: "./lib/libtensorflow_framework.so.2.18.1", body: noise(1 << 15)},
		{name: "./share/doc", body: "not needed"},
	}
}

func TestInstallFromArchive(t *testing.T) {
	o := options(t, tgzOf(t, archiveEntries()))
	inst, _, err := Install(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"include/tensorflow/c/c_api.h",
		"lib/libtensorflow.so", "lib/libtensorflow.so.2", "lib/libtensorflow.so.2.18.1",
		"lib/libtensorflow_framework.so", "lib/libtensorflow_framework.so.2", "lib/libtensorflow_framework.so.2.18.1",
		"licenses/LICENSE", "licenses/THIRD_PARTY_TF_C_LICENSES",
	}
	if got := paths(t, o.Dir); !slices.Equal(got, want) {
		t.Errorf("installed %q, want %q", got, want)
	}
	if inst.Library != "libtensorflow.so.2" || inst.Framework != "libtensorflow_framework.so.2" {
		t.Errorf("the libraries are %s and %s", inst.Library, inst.Framework)
	}
}

func TestInstallGPUWantsEveryWheel(t *testing.T) {
	tf := zipOf(t, wheelEntries())
	cublas := zipOf(t, []entry{
		{name: "nvidia/__init__.py"},
		{name: "nvidia/cublas/include/cublas.h", body: "x"},
		{name: "nvidia/cublas/lib/__init__.py"},
		{name: "nvidia/cublas/lib/libcublas.so.12", body: noise(1 << 12)},
		{name: "nvidia_cublas_cu12-1.0.dist-info/License.txt", body: "terms"},
		{name: "nvidia_cublas_cu12-1.0.dist-info/METADATA", body: "Version: 1.0\n"},
	})
	b := linuxCPU(t)
	b.Variant = "gpu"
	b.Wheels = []Wheel{
		{Project: "tensorflow", Version: Version, File: "tf.whl", SHA256: sum(tf)},
		{Project: "nvidia_cublas_cu12", Version: "1.0", File: "cublas.whl", SHA256: sum(cublas)},
	}
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "renamed.whl"), tf, 0o600); err != nil {
		t.Fatal(err)
	}
	o := Options{Build: b, Dir: filepath.Join(t.TempDir(), "tf"), From: []string{folder}}
	if _, _, err := Install(t.Context(), o); err == nil || !strings.Contains(err.Error(), "missing for linux amd64 gpu: cublas.whl") {
		t.Fatalf("without a wheel: %v", err)
	}
	if err := os.WriteFile(filepath.Join(folder, "cublas.whl"), cublas, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Install(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	want := append(slices.Clone(installedFiles), "licenses/nvidia_cublas_cu12.txt", "nvidia/cublas/lib/libcublas.so.12")
	slices.Sort(want)
	if got := paths(t, o.Dir); !slices.Equal(got, want) {
		t.Errorf("installed %q, want %q", got, want)
	}
}

func TestInstallCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	o := options(t, zipOf(t, wheelEntries()))
	o.Progress = func(step string, done, _ int64) {
		if step == "unpack" && done > 0 {
			cancel()
		}
	}
	if _, _, err := Install(ctx, o); !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v", err)
	}
	if left := beside(t, o.Dir); len(left) > 0 {
		t.Errorf("left %q behind", left)
	}
}
