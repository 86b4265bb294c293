package engine

import (
	"io/fs"
	"path"

	"github.com/gosight/vision/internal/card"
	"github.com/gosight/vision/internal/option"
)

// A cardFile is where a model's card was found; path is empty if there is none.
type cardFile struct {
	fsys fs.FS
	path string
}

// card reads the card, nil if there is none; the caller's preset lies under it.
func (f cardFile) card(o option.Options) (*card.Card, error) {
	var c *card.Card
	if o.Preset != "" {
		base, err := card.Preset(o.Preset)
		if err != nil {
			return nil, err
		}
		c = base
	}
	if f.path != "" {
		over, err := card.ReadOver(c, f.fsys, f.path)
		if err != nil {
			return nil, err
		}
		c = over
	}
	if c == nil {
		return nil, nil
	}
	return c.Merge(nil), nil // a copy of our own, to be completed
}

// String says where the card came from.
func (f cardFile) String(o option.Options) string {
	switch {
	case f.path != "" && o.Preset != "":
		return f.path + " over preset " + o.Preset
	case f.path != "":
		return f.path
	}
	return "preset " + o.Preset
}

// Labels returns the names of the output's rows.
func (e *Engine) Labels(rows int) ([]string, error) {
	return e.Card.Labels(e.cardFS, path.Dir(e.cardPath), rows)
}

// Sides returns where the classes of these names lie, indoors or outdoors.
func (e *Engine) Sides(names []string) ([]card.Side, error) {
	return e.Card.Sides(e.cardFS, path.Dir(e.cardPath), names)
}

// Rows returns the number of classes of the output, 0 if the graph does not say.
func (e *Engine) Rows() int { return e.Card.Rows(ports(e.info.Outputs)) }
