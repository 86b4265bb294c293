package option

import (
	"testing"
)

func both(cards, presets []string) Option {
	return func(o *Options) error { o.Cards, o.Presets = cards, presets; return nil }
}

func TestOf(t *testing.T) {
	for _, c := range []struct {
		reason       string
		opts         []Option
		i, n         int
		card, preset string
		fails        bool
	}{
		{"one card for all", []Option{func(o *Options) error { o.Card = "dir"; return nil }}, 1, 2, "dir", "", false},
		{"the first of two", []Option{both([]string{"a", "b"}, nil)}, 0, 2, "a", "", false},
		{"the second of two", []Option{both([]string{"a", "b"}, []string{"", "p"})}, 1, 2, "b", "p", false},
		{"three for two", []Option{both([]string{"a", "b", "c"}, nil)}, 1, 2, "", "", true},
		{"three presets for two", []Option{both(nil, []string{"a", "b", "c"})}, 0, 2, "", "", true},
		{"one for the one that is named", []Option{func(o *Options) error { o.Card = "a"; return nil }}, 0, 1, "a", "", false},
		{"two for the one that is named", []Option{both([]string{"a", "b"}, nil)}, 0, 1, "", "", true},
	} {
		o, err := Apply(Of(c.i, c.n, c.opts)...)
		if (err != nil) != c.fails || o.Card != c.card || o.Preset != c.preset {
			t.Errorf("%s: got %q, %q, %v", c.reason, o.Card, o.Preset, err)
		}
		if err == nil && o.Single() != nil {
			t.Errorf("%s: %v", c.reason, o.Single())
		}
	}
	o, _ := Apply(both([]string{"a", "b"}, nil))
	if o.Single() == nil {
		t.Error("two cards for one model are refused")
	}
}
