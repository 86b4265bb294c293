package train

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/gosight/vision/internal/backbone"
	"github.com/gosight/vision/internal/card"
	"github.com/gosight/vision/internal/engine"
)

// export writes the SavedModel: base and head in one graph, all weights constants. As in Fit saved_model.pb goes first and comes last.
func (t *tuning) export() error {
	layers, err := t.layers()
	if err != nil {
		return fmt.Errorf("train: weights of the head: %w", err)
	}
	model, err := marshal(t.trunk.Classifier(backbone.Head{Mean: t.head.Mean, Scale: t.head.Scale, Layers: layers}))
	if err != nil {
		return err
	}
	c := t.card()
	c.SHA256 = map[string]string{modelFile: sum(model)} // not of the labels, as in Fit
	history, err := json.MarshalIndent(t.history, "", " ")
	if err != nil {
		return err
	}
	if err := os.RemoveAll(filepath.Join(t.out, modelFile)); err != nil {
		return fmt.Errorf("train: model: %w", err)
	}
	for _, f := range []struct {
		name string
		data []byte
	}{
		{"labels.txt", []byte(strings.Join(t.Classes, "\n") + "\n")},
		{"card.json", append(engine.CardText(c), '\n')},
		{"history.json", append(history, '\n')},
		{modelFile, model},
	} {
		if err := writeBeside(filepath.Join(t.out, f.name), f.data); err != nil {
			return err
		}
	}
	return syncFile(t.out)
}

// card is that of the base, as far as it speaks of pictures.
func (t *tuning) card() *card.Card {
	base := t.trunk.card
	name := base.Name
	if name == "" {
		name = t.trunk.name
	}
	c := &card.Card{
		Name: fmt.Sprintf("%d classes on %s", len(t.Classes), name), Task: "recognize", Input: base.Input, Constants: base.Constants, Licence: base.Licence,
		Output: card.Output{Name: backbone.Output, Scores: "probabilities", Labels: "labels.txt"},
	}
	c.Source = fmt.Sprintf("%d pictures, a head on %d features of %s", t.train.len(), t.train.count, name)
	if base.Source != "" {
		c.Source += " (" + base.Source + ")"
	}
	if b := t.result().Best; b.Tested > 0 {
		c.Accuracy = []card.Accuracy{{Metric: "top-1", Value: b.ValidAccuracy, Data: fmt.Sprintf("%d pictures of validation, which chose nothing", b.Tested)}}
	}
	return c
}
