package train

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/gosight/vision/internal/card"
	"github.com/gosight/vision/internal/engine"
	"github.com/gosight/vision/internal/nets"
	"github.com/gosight/vision/internal/savedmodel"
)

const modelFile = "saved_model.pb"

// export writes the SavedModel with its card and labels to out, from the variables in folder from. saved_model.pb
// goes first and comes last: a folder that has one has the rest that belongs to it.
func export(n *nets.Net, r recipe, from, out string, result *Result) error {
	meta, err := n.Serving(r.Size, len(r.Classes))
	if err != nil {
		return err
	}
	model, err := savedmodel.Marshal(meta)
	if err != nil {
		return err
	}
	history, err := json.MarshalIndent(result.History, "", " ")
	if err != nil {
		return err
	}
	if err := os.RemoveAll(filepath.Join(out, modelFile)); err != nil {
		return fmt.Errorf("train: model: %w", err)
	}
	if err := os.MkdirAll(filepath.Join(out, "variables"), 0o755); err != nil {
		return fmt.Errorf("train: model: %w", err)
	}
	c := cardOf(n, r, result)
	c.SHA256 = map[string]string{modelFile: sum(model)} // not of the labels, which people may want to reword
	for _, name := range []string{prefix + ".index", prefix + ".data-00000-of-00001"} {
		data, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			return fmt.Errorf("train: model: %w", err)
		}
		if err := writeBeside(filepath.Join(out, "variables", name), data); err != nil {
			return err
		}
		c.SHA256["variables/"+name] = sum(data)
	}
	for _, f := range []struct {
		name string
		data []byte
	}{
		{"labels.txt", []byte(strings.Join(r.Classes, "\n") + "\n")},
		{"card.json", append(engine.CardText(c), '\n')},
		{"history.json", append(history, '\n')},
		{modelFile, model},
	} {
		if err := writeBeside(filepath.Join(out, f.name), f.data); err != nil {
			return err
		}
	}
	return syncFile(out)
}

// sum is the digest of a file as a card holds it.
func sum(data []byte) string {
	s := sha256.Sum256(data)
	return hex.EncodeToString(s[:])
}

// cardOf says what the graph cannot.
func cardOf(n *nets.Net, r recipe, result *Result) *card.Card {
	c := inputCard(n, r.Size)
	c.Name, c.Task = n.Name, "recognize"
	c.Output = card.Output{Name: nets.Output, Scores: "probabilities", Labels: "labels.txt"}
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

// writeBeside writes a file so that there is the old one or the new one, whole.
func writeBeside(name string, data []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(name), unfinished+"*")
	if err != nil {
		return fmt.Errorf("train: write: %w", err)
	}
	defer func() {
		if err != nil {
			f.Close()
			_ = os.Remove(f.Name())
			err = fmt.Errorf("train: write %s: %w", name, err)
		}
	}()
	if _, err = f.Write(data); err != nil {
		return err
	}
	if err = f.Chmod(0o644); err != nil {
		return err
	}
	if err = f.Sync(); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}
