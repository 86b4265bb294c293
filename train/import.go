package train

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/gosight/vision/internal/card"
	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/nets"
	"github.com/gosight/vision/internal/pretrained"
	"github.com/gosight/vision/internal/savedmodel"
)

// A MismatchError is a weight file of another network than the one that was asked for. It says what differs first,
// and which networks the file is of, if any is known.
type MismatchError = pretrained.MismatchError

// Importable returns the names of the nets that Import takes weights for.
func Importable() []string { return pretrained.Nets() }

// An ImportOption changes one thing about an Import.
type ImportOption func(*importing)

type importing struct{ labels []string }

// Labels names the classes, in the order of the network's output. Without it, 1000 classes are ImageNet's, 1001 are
// ImageNet's behind a background, and those of any other number are called by their numbers.
func Labels(names ...string) ImportOption {
	return func(i *importing) { i.labels = names }
}

// check refuses labels that are not for the classes.
func (s *importing) check(im *Imported) error {
	if s.labels == nil {
		return nil
	}
	if len(s.labels) != im.Classes {
		return &SettingError{fmt.Sprintf("labels: want a name for each of the %d classes of %s, got %d", im.Classes, im.File, len(s.labels))}
	}
	if i := unnamed(s.labels); i >= 0 {
		return &SettingError{fmt.Sprintf("labels: class %d: want a name in UTF-8, got %q", i, s.labels[i])}
	}
	return nil
}

// Imported is what Import found and wrote.
type Imported struct {
	File       string   `json:"file"`
	Net        string   `json:"net"`
	Out        string   `json:"out"`
	Layout     string   `json:"layout"` // keras-h5, tf-checkpoint-v1, tf-checkpoint-v2
	Classes    int      `json:"classes"`
	Parameters int64    `json:"parameters"`          // as Keras counts: what moves with batches, too
	Published  string   `json:"published,omitempty"` // name of the published file that this is by its MD5
	Warnings   []string `json:"warnings,omitempty"`  // what a person should know

	to string // Out without links
}

// Import reads published weights from a file and writes the SavedModel with its card to the folder out, as package recognize opens
// it. The network is the very one that the weights were trained in, which for googlenet is TF-Slim's Inception v1, with
// batch normalisation, and not the one that Fit trains. The file is one of
//
//   - HDF5 as Keras wrote weights or whole models before version 3, and as keras.applications publishes them, with the
//     top: vgg16, vgg19, resnet50, resnet101, resnet152, inception_v3, mobilenet_v2;
//   - a checkpoint of TF-Slim's Inception v1, of either version of TensorFlow's formats: googlenet.
//
// The folder must be new or empty; it is written beside and renamed when it is whole, and nothing of it stays after an error or
// when ctx ends, but folders above it that were made. Values are copied through a buffer of a megabyte and never held in memory, but for
// arrays that HDF5 has in chunks, which Keras does not make, and for checkpoints of version 1.
//
// Errors: *MismatchError for weights of another network; *vision.FormatError for a file that is broken, cut off or has values that
// are no numbers; *vision.UnsupportedError for layouts and nets that are not read, with what to do; *OccupiedError
// for a folder that holds something; *SettingError for a file in its place, or the working folder, which cannot be replaced; those
// of the file system as they are. A symbolic link to a folder stays, and the folder that it names is written.
func Import(ctx context.Context, file string, net Net, out string, opts ...ImportOption) (*Imported, error) {
	var s importing
	for _, o := range opts {
		if o != nil {
			o(&s)
		}
	}
	if !slices.Contains(Importable(), net.String()) {
		return nil, &fault.UnsupportedError{Format: fmt.Sprintf("net %q", net), Reason: "there are weights for " + strings.Join(Importable(), ", ")}
	}
	to, err := destination(out)
	if err != nil {
		return nil, err
	}
	n, err := nets.Published(net.String())
	if err != nil {
		return nil, err
	}
	f, err := pretrained.Open(file)
	if err != nil {
		return nil, imported(err)
	}
	defer func() { _ = f.Close() }()
	im := &Imported{File: file, Net: net.String(), Out: out, Layout: f.Layout, to: to}
	m, err := f.Match(im.Net)
	if err != nil {
		return nil, err
	}
	im.Classes = m.Classes
	if err := s.check(im); err != nil { // before the whole file is read
		return nil, err
	}
	if err := im.recognise(ctx, f); err != nil {
		return nil, err
	}
	im.Warnings = append(im.Warnings, m.Warnings...)
	if err := im.write(ctx, n, m, s); err != nil {
		return nil, err
	}
	return im, nil
}

// recognise tells by the sum of the file which published one it is.
func (im *Imported) recognise(ctx context.Context, f *pretrained.File) error {
	if f.Layout != pretrained.KerasH5 {
		return nil // of others no sums are known
	}
	p, warning, err := pretrained.Recognise(ctx, im.File)
	switch {
	case err != nil:
		return imported(err)
	case warning != "":
		im.Warnings = append(im.Warnings, warning)
	case p != nil && p.Net != im.Net:
		return &MismatchError{File: im.File, Net: im.Net, Reason: "by its MD5 it is " + p.Name + " as Keras publishes it", Fits: []string{p.Net}}
	case p != nil:
		im.Published = p.Name
	}
	return nil
}

// destination returns the path of a folder without symbolic links, once it may be written to: it is not there, or is
// empty, and can be replaced.
func destination(out string) (string, error) {
	if out == "" {
		return "", &SettingError{"want a folder to write to"}
	}
	to, err := filepath.Abs(out)
	if err != nil {
		return "", fmt.Errorf("train: import: %w", err)
	}
	switch real, err := filepath.EvalSymlinks(to); {
	case err == nil:
		to = real
	case !errors.Is(err, fs.ErrNotExist):
		return "", unusable(out, err)
	default: // it is new, or a link to nothing
		if _, err := os.Lstat(to); err == nil {
			return "", &SettingError{fmt.Sprintf("out %s: want a folder, got a symbolic link to nothing", out)}
		}
		return to, nil
	}
	info, err := os.Stat(to)
	if err != nil {
		return "", unusable(out, err)
	}
	if !info.IsDir() {
		return "", &SettingError{fmt.Sprintf("out %s: want a folder, got a file", out)}
	}
	names, err := os.ReadDir(to)
	if err != nil {
		return "", unusable(out, err)
	}
	if len(names) > 0 {
		return "", &OccupiedError{Dir: out, Foreign: true}
	}
	if here, err := os.Stat("."); err == nil && os.SameFile(info, here) {
		return "", &SettingError{fmt.Sprintf("out %s: want a new folder or one beside others, got the working folder, which cannot be replaced", out)}
	}
	return to, nil
}

// unusable says why a folder cannot be written to: a file where one of its folders should be, or what the file system says.
func unusable(out string, err error) error {
	if errors.Is(err, syscall.ENOTDIR) {
		return &SettingError{fmt.Sprintf("out %s: want a folder, got a path through a file", out)}
	}
	return fmt.Errorf("train: import: %w", err)
}

// write writes all into a folder beside, which gets its name at the end.
func (im *Imported) write(ctx context.Context, n *nets.Net, m *pretrained.Match, s importing) (err error) {
	vars, total, err := n.Parameters(n.Size, m.Classes)
	if err != nil {
		return err
	}
	im.Parameters = total
	tensors := make([]pretrained.Tensor, len(vars))
	for i, v := range vars {
		if tensors[i], err = im.find(m, v); err != nil {
			return err
		}
	}
	c := im.card(n, s)
	meta, err := n.Serving(n.Size, m.Classes, nets.Form{})
	if err != nil {
		return err
	}
	model, err := savedmodel.Marshal(meta)
	if err != nil {
		return err
	}
	out := im.to
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return fmt.Errorf("train: import: %w", err)
	}
	dir, err := os.MkdirTemp(filepath.Dir(out), ".import-*") // a run of Fit in that folder removes what is called unfinished
	if err != nil {
		return fmt.Errorf("train: import: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.RemoveAll(dir)
			err = imported(err)
		}
	}()
	variables := func(dir string) (map[string]string, error) { // no digests: the bytes are not held, and would be read again
		return nil, copyWeights(ctx, filepath.Join(dir, prefix), vars, tensors)
	}
	if err := (&saved{model: model, card: c, labels: s.labels, variables: variables}).write(dir, syncFile); err != nil {
		return err
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := os.Remove(out); err != nil && !errors.Is(err, os.ErrNotExist) { // an empty folder
		return err
	}
	if err := os.Rename(dir, out); err != nil {
		return err
	}
	return syncFile(filepath.Dir(out))
}

// imported says what was being done, unless the error is of a kind that says what was wanted and what came.
func imported(err error) error {
	var format *fault.FormatError
	var unsupported *fault.UnsupportedError
	var limit *fault.LimitError
	var mismatch *MismatchError
	var setting *SettingError
	if errors.As(err, &format) || errors.As(err, &unsupported) || errors.As(err, &limit) || errors.As(err, &mismatch) || errors.As(err, &setting) {
		return err
	}
	return fmt.Errorf("train: import: %w", err)
}

// find returns what the file has for a variable.
func (im *Imported) find(m *pretrained.Match, v nets.Variable) (pretrained.Tensor, error) {
	t, ok := m.Tensor(v.Name)
	switch {
	case !ok:
		return t, &MismatchError{File: im.File, Net: im.Net, Reason: fmt.Sprintf("want %s of %v, got nothing of that name", t.Name, v.Shape)}
	case !slices.Equal(t.Shape, v.Shape):
		return t, &MismatchError{File: im.File, Net: im.Net, Reason: fmt.Sprintf("%s: want %v, got %v", t.Name, v.Shape, t.Shape)}
	}
	return t, nil
}

// copyWeights writes the checkpoint.
func copyWeights(ctx context.Context, to string, vars []nets.Variable, tensors []pretrained.Tensor) error {
	w, err := savedmodel.NewBundleWriter(to)
	if err != nil {
		return err
	}
	for i, v := range vars {
		err := w.Float32(v.Name, v.Shape, func(out io.Writer) error {
			return tensors[i].Write(&stopping{ctx, out})
		})
		if err != nil {
			_ = w.Close() // returns the same error
			return err
		}
	}
	return w.Close()
}

// stopping ends when its context does.
type stopping struct {
	ctx context.Context
	w   io.Writer
}

func (s *stopping) Write(b []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.w.Write(b)
}

// card says what the graph cannot.
func (im *Imported) card(n *nets.Net, s importing) *card.Card {
	const imageNet = "builtin:imagenet-1000"
	c := inputCard(n, n.Size)
	if im.Layout != pretrained.KerasH5 { // as Slim's preprocess_for_eval
		c.Input.Resize = card.Resize{Mode: "central", Fraction: 0.875, Resampler: "tf-bilinear"}
	}
	c.Name, c.Task = im.Net, "recognize"
	c.Source = "weights of " + filepath.Base(im.File)
	if im.Published != "" {
		c.Source = "weights of " + im.Published + ", as Keras publishes it"
	}
	c.Output = card.Output{Name: nets.Output, Scores: "probabilities"}
	switch {
	case s.labels != nil:
		c.Output.Labels = labelFile
	case im.Classes == 1000:
		c.Output.Labels = imageNet
	case im.Classes == 1001:
		c.Output.Labels, c.Output.LabelOffset = imageNet, 1
	}
	return c
}
