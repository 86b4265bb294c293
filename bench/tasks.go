package main

import (
	"bufio"
	"context"
	"fmt"
	"image"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/gosight/vision"
	"github.com/gosight/vision/detect"
	"github.com/gosight/vision/face"
	"github.com/gosight/vision/ocr"
	"github.com/gosight/vision/scene"
)

// A taskSet is the work of one measure of a task: models by folder, files, and who does it.
type taskSet struct {
	task   string   // detect, face, ocr, scene
	models []string // names of folders in shared/models; models/scenes is the project's own
	data   string   // what the files are, as it is printed
	files  func(b *bench) ([]string, error)
	peers  []string // beside the library
	rounds int      // at most; 0: as many as asked for
}

func taskSets() []taskSet {
	large := func(b *bench) ([]string, error) { return b.largePhotos("photos", "*.jpg") }
	return []taskSet{
		{"detect", []string{"ssd_mobilenet_v1_coco"}, "large photos", large, []string{"python"}, 0},
		{"detect", []string{"centernet_coco"}, "large photos", large, []string{"python"}, 0},
		{"face", []string{"mtcnn", "mobilefacenet"}, "large photos", func(b *bench) ([]string, error) { return b.largePhotos("photos", "people_*.jpg", "street_10mp.jpg") }, []string{"python"}, 5},
		{"scene", []string{"models/scenes"}, "large photos", large, []string{"python"}, 0},
		{"ocr", []string{"ppocr_det", "ppocr_rec"}, "large photos of receipts", func(b *bench) ([]string, error) { return b.largePhotos("ocr/receipts", "0*.jpg") }, []string{"python"}, 5},
		{"ocr", []string{"ppocr_det", "ppocr_rec"}, "receipts and pages", (*bench).pages, []string{"python", "tesseract"}, 5},
	}
}

// task runs the measures of one task.
func task(name string) func(b *bench) error {
	return func(b *bench) error {
		for _, s := range taskSets() {
			if s.task != name {
				continue
			}
			if err := b.taskSet(s); err != nil {
				return err
			}
		}
		return nil
	}
}

func (b *bench) taskSet(s taskSet) error {
	var dirs []string
	for _, m := range s.models {
		dir := filepath.Join(b.shared, "models", m)
		if m == "models/scenes" {
			dir = filepath.Join(b.root, "models", "scenes", "model")
		}
		if _, err := os.Stat(dir); err != nil {
			fmt.Printf("SKIPPED: %s: %s is not there\n", s.task, dir)
			return nil
		}
		dirs = append(dirs, dir)
	}
	files, err := s.files(b)
	if err != nil {
		return err
	}
	if len(files) == 0 {
		fmt.Printf("SKIPPED: %s on %s: no pictures in %s\n", s.task, s.data, b.shared)
		return nil
	}
	open := request{Op: "open", Model: s.task, Dirs: dirs, Cards: filepath.Join(b.root, "testdata", "cards"), Shared: b.shared}
	work := request{Op: "folder", Model: s.task, Files: files}
	var es []entry
	for _, name := range append([]string{"vision"}, s.peers...) {
		p, err := b.startTask(name)
		if err == nil {
			defer func() { _ = p.close() }()
			if _, err = p.ask(open); err == nil {
				var a answer
				if a, err = p.ask(request{Op: "versions"}); err == nil {
					p.versions = a.Versions
					es = append(es, entry{name, p, work})
					continue
				}
			}
		}
		if name == "vision" {
			return err
		}
		fmt.Printf("SKIPPED: %s of %s: %v\n", name, s.task, err)
	}
	rounds := b.rounds
	if s.rounds > 0 {
		b.rounds = min(rounds, s.rounds)
	}
	defer func() { b.rounds = rounds }()
	return b.alternate(s.task+", "+s.data, strings.Join(s.models, "+"), 1, "ms/picture", es)
}

// startTask starts a process of its own for one task.
func (p places) startTask(name string) (*peer, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, "-serve", name+"-task")
	switch name {
	case "python":
		if p.python == "" {
			return nil, fmt.Errorf("no Python: run make reference, or set VISION_PYTHON")
		}
		cmd = exec.Command(p.python, filepath.Join(p.root, "reference", "bench", "tasks.py"))
	case "tesseract":
		if _, err := exec.LookPath("tesseract"); err != nil {
			return nil, err
		}
	}
	return p.startProcess(name+"-task", cmd)
}

// largePhotos returns the pictures of a folder of the shared data as JPEGs of at least ten megapixels: as they
// are, or enlarged once.
func (b *bench) largePhotos(folder string, patterns ...string) ([]string, error) {
	const pixels = 12_000_000
	var list []string
	for _, pattern := range patterns {
		files, err := filepath.Glob(filepath.Join(b.shared, "data", filepath.FromSlash(folder), pattern))
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			made := filepath.Join(b.root, ".bench", "large", filepath.Base(f))
			large, err := enlarge(f, made, pixels)
			if err != nil {
				return nil, err
			}
			list = append(list, large)
		}
	}
	return list, nil
}

// pages are receipts and scanned pages as they are.
func (b *bench) pages() ([]string, error) {
	var list []string
	for _, pattern := range []string{"receipts/*.jpg", "pages/80*.tif", "pages/euro*.tif"} {
		files, err := filepath.Glob(filepath.Join(b.shared, "data", "ocr", filepath.FromSlash(pattern)))
		if err != nil {
			return nil, err
		}
		list = append(list, files...)
	}
	return list, nil
}

// ourTask is the library as its users call it, one task a process. It finds as much as it counts.
type ourTask struct {
	folder func(ctx context.Context, files iter.Seq[image.Image]) (found, answers int, err error)
	found  int
}

func (o *ourTask) Versions() string { return version("github.com/wamuir/graft") }

func (o *ourTask) Open(r request) error {
	cards := vision.Card(r.Cards)
	switch r.Model {
	case "detect":
		m, err := detect.Open(r.Dirs[0], cards)
		if err != nil {
			return err
		}
		o.folder = counted(m.DetectSeq, func(objs detect.Objects) int { return len(objs.Above(0.5)) })
	case "face":
		m, err := face.Open(r.Dirs[0], r.Dirs[1], cards)
		if err != nil {
			return err
		}
		o.folder = counted(m.FindSeq, func(fs face.Faces) int { return len(fs.Above(0.9)) })
	case "scene":
		m, err := scene.Open(r.Dirs[0]) // its card is its own
		if err != nil {
			return err
		}
		o.folder = counted(m.DescribeSeq, func(scene.Scene) int { return 1 })
	case "ocr":
		m, err := ocr.Open(r.Dirs[0], r.Dirs[1], cards)
		if err != nil {
			return err
		}
		o.folder = counted(m.ReadSeq, func(p *ocr.Page) int { return len(strings.Fields(p.Text())) })
	default:
		return fmt.Errorf("no task %q", r.Model)
	}
	return nil
}

// counted goes through a stream of pictures and counts what is found.
func counted[A any](stream func(context.Context, iter.Seq[image.Image]) iter.Seq2[A, error], count func(A) int) func(context.Context, iter.Seq[image.Image]) (int, int, error) {
	return func(ctx context.Context, imgs iter.Seq[image.Image]) (found, answers int, err error) {
		for a, err := range stream(ctx, imgs) {
			if err != nil {
				return found, answers, err
			}
			found += count(a)
			answers++
		}
		return found, answers, nil
	}
}

func (o *ourTask) Folder(_ string, files []string) error {
	var failed error
	found, answers, err := o.folder(context.Background(), pictures(files, &failed))
	switch {
	case err != nil:
		return err
	case failed != nil:
		return failed
	case answers != len(files):
		return fmt.Errorf("%d answers for %d files", answers, len(files))
	}
	o.found = found
	return nil
}

func (o *ourTask) Found() int { return o.found }

// tesseract is the command, once a page.
type tesseract struct{ found int }

func (t *tesseract) Versions() string {
	out, err := exec.Command("tesseract", "--version").Output()
	if err != nil {
		return "tesseract ?"
	}
	line, _, _ := strings.Cut(string(out), "\n")
	return line
}

func (t *tesseract) Open(request) error { return nil }

func (t *tesseract) Folder(_ string, files []string) error {
	t.found = 0
	for _, f := range files {
		cmd := exec.Command("tesseract", f, "stdout")
		out, err := cmd.Output()
		if err != nil {
			return fmt.Errorf("tesseract %s: %w", f, err)
		}
		t.found += len(strings.Fields(string(out)))
	}
	return nil
}

func (t *tesseract) Found() int { return t.found }

// No task is measured on single photos or on tensors.
func (*ourTask) Photo(string, []byte) ([]float32, error)   { return nil, errOnlyFolders }
func (*ourTask) Feed(string, []float32, int) error         { return errOnlyFolders }
func (*ourTask) Tensor(string, int) ([]float32, error)     { return nil, errOnlyFolders }
func (*tesseract) Photo(string, []byte) ([]float32, error) { return nil, errOnlyFolders }
func (*tesseract) Feed(string, []float32, int) error       { return errOnlyFolders }
func (*tesseract) Tensor(string, int) ([]float32, error)   { return nil, errOnlyFolders }

var errOnlyFolders = fmt.Errorf("this contender does folders only")

// startProcess starts a contender's process.
func (p places) startProcess(name string, cmd *exec.Cmd) (*peer, error) {
	log, err := os.Create(filepath.Join(p.root, ".bench", "stderr-"+name+".txt"))
	if err != nil {
		return nil, err
	}
	cmd.Stderr = log
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	c := &peer{name: name, in: in, out: bufio.NewScanner(out), wait: func() error { defer log.Close(); return cmd.Wait() }}
	c.out.Buffer(nil, 1<<24)
	return c, nil
}
