package tfinstall

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Options say what to install, where, and from what.
type Options struct {
	Build Build
	Dir   string   // the folder to make; its parent is made if need be
	From  []string // wheels, archives, or folders of them; none means pip
	// SHA256 vouches for a file in From that the built-in table does not hold,
	// such as a libtensorflow archive.
	SHA256 string

	// Log gets one line for each step. Progress gets bytes done of total, total
	// being 0 if it is not known. Either may be nil.
	Log      func(line string)
	Progress func(step string, done, total int64)
}

func (o *Options) log(format string, args ...any) {
	if o.Log != nil {
		o.Log(fmt.Sprintf(format, args...))
	}
}

func (o *Options) progress(step string) func(done, total int64) {
	return func(done, total int64) {
		if o.Progress != nil {
			o.Progress(step, done, total)
		}
	}
}

// Install makes o.Dir an installation and says whether it already was one, in
// which case nothing is touched. It may run in any number of processes at once:
// one works, the others wait and find its result. Whenever it is stopped, o.Dir
// is complete, or as it was, or (between the two renames of a replacement) not
// there; the next run clears away what is left.
//
// An installation in o.Dir that is damaged, or of another version or variant, is
// replaced; a folder with anything else in it is refused.
func Install(ctx context.Context, o Options) (inst *Installation, already bool, err error) {
	if inst := o.present(); inst != nil {
		return inst, true, nil
	}
	parent := filepath.Dir(o.Dir)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return nil, false, err
	}
	unlock, err := lock(ctx, o.Dir+".lock", func() { o.log("another tfsetup is at work, waiting for it") })
	if err != nil {
		return nil, false, err
	}
	defer unlock()
	if inst := o.present(); inst != nil {
		return inst, true, nil
	}
	if err := o.mayReplace(); err != nil {
		return nil, false, err
	}
	if err := removeStale(o.Dir); err != nil {
		return nil, false, err
	}
	if err := o.checkSpace(parent); err != nil {
		return nil, false, err
	}
	tmp, err := os.MkdirTemp(parent, filepath.Base(o.Dir)+tempMark)
	if err != nil {
		return nil, false, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(tmp)) }()
	inst, err = o.fill(ctx, tmp)
	if err != nil {
		return nil, false, err
	}
	if err := o.publish(tmp); err != nil {
		return nil, false, err
	}
	inst.Dir = o.Dir
	return inst, false, nil
}

// present gives the installation in o.Dir if it is what o asks for.
func (o *Options) present() *Installation {
	inst, err := Load(o.Dir)
	if err != nil || inst.Target != o.Build.Target || fits(inst.TensorFlow) != nil {
		return nil
	}
	return inst
}

// mayReplace refuses a folder that holds anything but an installation.
func (o *Options) mayReplace() error {
	entries, err := os.ReadDir(o.Dir)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil
	} else if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(o.Dir, manifestName)); err != nil {
		return fmt.Errorf("%s is not empty and was not made by tfsetup; give another folder with -dir", o.Dir)
	}
	if inst, err := Load(o.Dir); err != nil {
		o.log("replacing what is there: %v", err)
	} else {
		o.log("replacing TensorFlow %s for %s in %s", inst.TensorFlow, inst.Target, o.Dir)
	}
	return nil
}

// checkSpace wants room for the download, the unpacked files and a margin.
func (o *Options) checkSpace(parent string) error {
	need := o.Build.Unpacked + 64<<20
	if len(o.From) == 0 {
		for _, w := range o.Build.Wheels {
			// pip holds a wheel twice for a moment, and each is deleted once unpacked.
			need = max(need, o.Build.Unpacked+2*w.Size)
		}
	}
	free, err := freeSpace(parent)
	if err != nil {
		return err
	}
	if free < need {
		return fmt.Errorf("%s has %d MB free, want %d MB; free some or give another place with -dir", parent, free/1e6, need/1e6)
	}
	return nil
}

// fill builds the installation in tmp/tree, manifest last.
func (o *Options) fill(ctx context.Context, tmp string) (*Installation, error) {
	dir := filepath.Join(tmp, "tree")
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil, err
	}
	t, err := newTree(ctx, dir, nil)
	if err != nil {
		return nil, err
	}
	inst := &Installation{
		Target: o.Build.Target, TensorFlow: Version,
		Library: o.Build.Library, Framework: o.Build.Framework,
	}
	if len(o.From) > 0 {
		err = o.fromFiles(t, inst)
	} else {
		err = o.fromPip(ctx, t, inst, filepath.Join(tmp, "download"))
	}
	if err == nil {
		err = finish(t, o.Build, inst)
	}
	if err = errors.Join(err, t.close()); err != nil {
		return nil, err
	}
	inst.Files = t.files
	return inst, inst.write(dir)
}

func (o *Options) fromFiles(t *tree, inst *Installation) error {
	files, err := expand(o.From)
	if err != nil {
		return err
	}
	o.log("checking the SHA-256 of %s", strings.Join(files, ", "))
	have, err := identify(o.Build, files, o.SHA256, o.progress("check"))
	if err != nil {
		return err
	}
	for _, g := range have {
		if err := o.unpack(t, g.file, g.sha256, inst); err != nil {
			return err
		}
	}
	return nil
}

func (o *Options) fromPip(ctx context.Context, t *tree, inst *Installation, dest string) error {
	p, err := findPip(ctx)
	if err != nil {
		return err
	}
	for _, w := range o.Build.Wheels {
		size := ""
		if w.Size > 0 {
			size = fmt.Sprintf(" (%d MB)", w.Size/1e6)
		}
		o.log("fetching %s %s%s with %s", w.Project, w.Version, size, strings.Join(p, " "))
		file, err := p.download(ctx, o.Build, w, dest, o.progress("fetch"))
		if err != nil {
			return err
		}
		sum, err := hashFile(file, func(n int64) { o.progress("check")(n, w.Size) })
		if err != nil {
			return err
		}
		if sum != w.SHA256 {
			return fmt.Errorf("%s is not the original: it has SHA-256 %s, want %s", w.File, sum, w.SHA256)
		}
		o.log("its SHA-256 is right")
		if err := o.unpack(t, file, sum, inst); err != nil {
			return err
		}
		if err := os.RemoveAll(dest); err != nil {
			return err
		}
	}
	return nil
}

func (o *Options) unpack(t *tree, file, sum string, inst *Installation) error {
	o.log("unpacking %s", filepath.Base(file))
	if err := unpack(t, file, o.Build, o.progress("unpack")); err != nil {
		return err
	}
	inst.Sources = append(inst.Sources, Source{filepath.Base(file), sum})
	return nil
}

// finish links the libraries under the linker's names, unless an archive brought
// them under those, and checks that what a program needs is all there.
func finish(t *tree, b Build, inst *Installation) error {
	if !t.has("lib/" + b.Library) { // an archive names it otherwise
		inst.Library = strings.Replace(b.Library, "libtensorflow_cc", "libtensorflow", 1)
	}
	want := []string{"lib/" + inst.Library, "lib/" + inst.Framework, "include/" + roots[0]}
	for name, target := range b.links() {
		name = "lib/" + name
		want = append(want, name)
		if t.has("lib/"+target) && !t.has(name) {
			if err := t.link(name, target); err != nil {
				return err
			}
		}
	}
	for _, f := range want {
		if _, err := t.root.Stat(f); err != nil {
			return fmt.Errorf("%s is missing in what was unpacked", f)
		}
	}
	slices.SortFunc(t.files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return nil
}
