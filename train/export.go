package train

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/gosight/vision/internal/card"
	"github.com/gosight/vision/internal/nets"
	"github.com/gosight/vision/internal/savedmodel"
)

// export writes the SavedModel with its card and labels to out, from the variables in folder from.
func export(n *nets.Net, r recipe, from, out string, result *Result) error {
	meta, err := n.Serving(r.Size, len(r.Classes))
	if err != nil {
		return err
	}
	model, err := savedmodel.Marshal(meta)
	if err != nil {
		return err
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
