package train

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"

	"github.com/x448/float16"

	"github.com/gosight/vision/internal/card"
	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/nets"
	"github.com/gosight/vision/internal/savedmodel"
)

// export writes the SavedModel with its card and labels to out, from the variables in folder from.
func export(n *nets.Net, r recipe, from, out string, form nets.Form, result *Result) error {
	meta, err := n.Serving(r.Size, len(r.Classes), form)
	if err != nil {
		return err
	}
	model, err := savedmodel.Marshal(meta)
	if err != nil {
		return err
	}
	if form.Half { // before a model that is there is touched
		scratch, err := os.MkdirTemp(filepath.Join(out, checkpoints), unfinished+"*")
		if err != nil {
			return fmt.Errorf("train: model: %w", err)
		}
		defer func() { _ = os.RemoveAll(scratch) }()
		if err := halved(from, scratch); err != nil {
			return fmt.Errorf("train: model: %w", err)
		}
		from = scratch
	}
	variables := func(dir string) (map[string]string, error) {
		sums := map[string]string{}
		for _, name := range []string{prefix + ".index", prefix + ".data-00000-of-00001"} {
			data, err := os.ReadFile(filepath.Join(from, name))
			if err != nil {
				return nil, fmt.Errorf("train: model: %w", err)
			}
			if err := writeBeside(filepath.Join(dir, name), data); err != nil {
				return nil, err
			}
			sums[name] = sum(data)
		}
		return sums, nil
	}
	s := saved{model: model, card: cardOf(n, r, result), labels: r.Classes, history: result.History, variables: variables}
	return s.write(out, syncFile)
}

// halved copies a checkpoint, with kernels as float16: see nets.StoredHalf.
func halved(from, to string) error {
	old, err := savedmodel.OpenBundle(os.DirFS(from), prefix)
	if err != nil {
		return err
	}
	w, err := savedmodel.NewBundleWriter(filepath.Join(to, prefix))
	if err != nil {
		return err
	}
	for _, key := range old.Keys() {
		values, err := old.Floats(key)
		if err != nil {
			return errors.Join(err, w.Close())
		}
		e, _ := old.Lookup(key)
		add, content := w.Float32, make([]byte, 0, 4*len(values))
		if nets.StoredHalf(e.Shape) {
			add = w.Float16
		}
		for _, v := range values {
			if !nets.StoredHalf(e.Shape) {
				content = binary.LittleEndian.AppendUint32(content, math.Float32bits(v))
				continue
			}
			h := float16.Fromfloat32(v)
			if !h.IsFinite() {
				err := &fault.UnsupportedError{Format: "float16", Reason: fmt.Sprintf("want weights within 65504, got %g in %s", v, key)}
				return errors.Join(err, w.Close())
			}
			content = binary.LittleEndian.AppendUint16(content, h.Bits())
		}
		if err := add(key, e.Shape, func(out io.Writer) error { _, err := out.Write(content); return err }); err != nil {
			return errors.Join(err, w.Close())
		}
	}
	return w.Close()
}

// cardOf says what the graph cannot.
func cardOf(n *nets.Net, r recipe, result *Result) *card.Card {
	c := inputCard(n, r.Size)
	c.Name, c.Task = n.Name, "recognize"
	c.Output = card.Output{Name: nets.Output, Scores: "probabilities", Labels: labelFile}
	if b := result.Best; b.Tested > 0 {
		c.Accuracy = []card.Accuracy{{Metric: "top-1", Value: b.ValidAccuracy,
			Data: fmt.Sprintf("the %d pictures that this model was chosen by, epoch %d of %d", b.Tested, b.Number, len(result.History))}}
	}
	return c
}

// inputCard is the preprocessing of a net.
func inputCard(n *nets.Net, size int) *card.Card {
	in := card.Input{Name: nets.Input, Width: size, Height: size, Layout: "NHWC", Channels: n.Channels, Range: n.Range, Mean: n.Mean, Std: n.Std,
		Resize: card.Resize{Mode: n.Resize, Resampler: "pillow-bilinear"}}
	if n.Resize == "crop" {
		in.Resize.Shorter = (size*8 + 6) / 7 // 256 for 224
	}
	return &card.Card{Input: in}
}
