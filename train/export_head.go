package train

import (
	"fmt"

	"github.com/gosight/vision/internal/backbone"
	"github.com/gosight/vision/internal/card"
)

// export writes the SavedModel: base and head in one graph, all weights constants.
func (t *tuning) export() error {
	layers, err := t.layers()
	if err != nil {
		return fmt.Errorf("train: weights of the head: %w", err)
	}
	model, err := marshal(t.trunk.Classifier(backbone.Head{Mean: t.head.Mean, Scale: t.head.Scale, Layers: layers}))
	if err != nil {
		return err
	}
	s := saved{model: model, card: t.card(), labels: t.Classes, history: t.history}
	return s.write(t.out, syncFile)
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
		Output: card.Output{Name: backbone.Output, Scores: "probabilities", Labels: labelFile},
	}
	c.Source = fmt.Sprintf("%d pictures, a head on %d features of %s", t.train.len(), t.train.count, name)
	if base.Source != "" {
		c.Source += " (" + base.Source + ")"
	}
	if b := t.result().Best; b.Tested > 0 {
		c.Accuracy = []card.Accuracy{{Metric: "top-1", Value: b.ValidAccuracy, Data: fmt.Sprintf("%d pictures of validation", b.Tested)}}
	}
	return c
}
