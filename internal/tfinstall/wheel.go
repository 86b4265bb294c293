package tfinstall

import (
	"archive/zip"
	"bufio"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
)

// roots are the headers of the C API; what they include comes with them.
var roots = [...]string{
	"tensorflow/c/c_api.h",
	"tensorflow/c/c_api_experimental.h",
	"tensorflow/c/eager/c_api.h",
	"tensorflow/core/platform/ctstring.h",
}

// An extraction is one entry of an archive and its name in the installation.
type extraction struct {
	from *zip.File
	to   string
	mode uint32
}

// planWheel chooses what to take from a wheel, TensorFlow's or NVIDIA's.
func planWheel(z *zip.Reader, b Build) ([]extraction, error) {
	entries := make(map[string]*zip.File, len(z.File))
	for _, f := range z.File {
		if err := local(strings.TrimSuffix(f.Name, "/")); err != nil {
			return nil, err
		}
		entries[f.Name] = f
	}
	if _, ok := entries["tensorflow/"+b.Library]; ok {
		return planTensorFlow(entries, b)
	}
	if p := planNVIDIA(z); len(p) > 0 {
		return p, nil
	}
	return nil, fmt.Errorf("it holds neither tensorflow/%s nor a folder nvidia", b.Library)
}

func planTensorFlow(entries map[string]*zip.File, b Build) ([]extraction, error) {
	if err := checkVersion(entries); err != nil {
		return nil, err
	}
	var plan []extraction
	for _, lib := range []string{b.Library, b.Framework} {
		f, ok := entries["tensorflow/"+lib]
		if !ok {
			return nil, fmt.Errorf("tensorflow/%s is missing", lib)
		}
		plan = append(plan, extraction{f, "lib/" + lib, 0o755})
	}
	headers, err := closure(entries)
	if err != nil {
		return nil, err
	}
	for _, h := range headers {
		plan = append(plan, extraction{entries["tensorflow/include/"+h], "include/" + h, 0o644})
	}
	for _, l := range []string{"tensorflow/include/LICENSE", "tensorflow/THIRD_PARTY_NOTICES.txt"} {
		if f, ok := entries[l]; ok {
			plan = append(plan, extraction{f, "licenses/" + path.Base(l), 0o644})
		}
	}
	return plan, nil
}

// planNVIDIA takes what a running program loads: no headers, no static libraries.
func planNVIDIA(z *zip.Reader) []extraction {
	var plan []extraction
	var licence *zip.File
	for _, f := range z.File {
		dir, base := path.Split(f.Name)
		switch {
		case strings.HasSuffix(f.Name, "/"):
		case strings.HasSuffix(path.Clean(dir), ".dist-info"):
			if strings.EqualFold(base, "License.txt") {
				licence = f
			}
		case !strings.HasPrefix(f.Name, "nvidia/") || strings.Contains(f.Name, "/include/"):
		case strings.HasSuffix(base, ".py") || strings.HasSuffix(base, ".a"):
		default:
			plan = append(plan, extraction{f, f.Name, 0o755})
		}
	}
	if len(plan) > 0 && licence != nil {
		name, _, _ := strings.Cut(licence.Name, "-")
		plan = append(plan, extraction{licence, "licenses/" + name + ".txt", 0o644})
	}
	return plan
}

// checkVersion reads the version that the wheel states of itself.
func checkVersion(entries map[string]*zip.File) error {
	for name, f := range entries {
		if ok, _ := path.Match("tensorflow*.dist-info/METADATA", name); !ok {
			continue
		}
		data, err := readEntry(f)
		if err != nil {
			return err
		}
		for line := range strings.Lines(data) {
			if v, ok := strings.CutPrefix(line, "Version: "); ok {
				return fits(strings.TrimSpace(v))
			}
		}
	}
	return fmt.Errorf("it states no version of TensorFlow")
}

// fits compares a version of the library with that of the bindings.
func fits(version string) error {
	if version == MinorVersion || strings.HasPrefix(version, MinorVersion+".") {
		return nil
	}
	return fmt.Errorf("it holds TensorFlow %s, and the Go bindings need %s", version, MinorVersion)
}

// closure follows #include "..." from the roots. Names that the wheel lacks (C++
// behind #ifdef, generated files) are left to the compiler to miss.
func closure(entries map[string]*zip.File) ([]string, error) {
	todo := slices.Clone(roots[:])
	seen := map[string]bool{}
	for len(todo) > 0 {
		h := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		f, ok := entries["tensorflow/include/"+h]
		if !ok && slices.Contains(roots[:], h) {
			return nil, fmt.Errorf("tensorflow/include/%s is missing", h)
		}
		if !ok || seen[h] {
			continue
		}
		seen[h] = true
		text, err := readEntry(f)
		if err != nil {
			return nil, err
		}
		todo = append(todo, includes(text)...)
	}
	var hs []string
	for h := range seen {
		hs = append(hs, h)
	}
	slices.Sort(hs)
	return hs, nil
}

// includes lists the names of the #include "name" lines of a header.
func includes(text string) []string {
	var names []string
	sc := bufio.NewScanner(strings.NewReader(text))
	for sc.Scan() {
		rest, ok := strings.CutPrefix(strings.TrimSpace(sc.Text()), "#")
		if !ok {
			continue
		}
		if rest, ok = strings.CutPrefix(strings.TrimSpace(rest), "include"); !ok {
			continue
		}
		if name, ok := strings.CutPrefix(strings.TrimSpace(rest), `"`); ok {
			if name, _, ok = strings.Cut(name, `"`); ok {
				names = append(names, name)
			}
		}
	}
	return names
}

// readEntry reads a small text entry; one past 4 MiB is refused.
func readEntry(f *zip.File) (string, error) {
	const limit = 4 << 20
	if f.UncompressedSize64 > limit {
		return "", fmt.Errorf("%s has %d bytes, want at most %d", f.Name, f.UncompressedSize64, limit)
	}
	r, err := f.Open()
	if err != nil {
		return "", err
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, limit))
	if err != nil {
		return "", fmt.Errorf("%s: %w", f.Name, err)
	}
	return string(data), nil
}
