package train

import (
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gosight/vision"
)

// genuine is a state.json of a run of two epochs of three steps that ended, by field, and its folder.
func genuine(t *testing.T) (out, name string, fields map[string]any, data Data) {
	t.Helper()
	data, out = digits(t, blocks(t, 60)), t.TempDir()
	if _, err := Fit(t.Context(), net(t, "lenet5"), data, Out(out), Epochs(2), Batch(20), Plain()); err != nil {
		t.Fatal(err)
	}
	dir, _, err := newestState(out)
	if err != nil {
		t.Fatal(err)
	}
	name = filepath.Join(dir, stateFile)
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &fields); err != nil {
		t.Fatal(err)
	}
	return out, name, fields, data
}

func put(t *testing.T, name string, fields map[string]any, change map[string]any) {
	t.Helper()
	fields = maps.Clone(fields)
	recipe := maps.Clone(fields["recipe"].(map[string]any))
	fields["recipe"] = recipe
	for key, v := range change {
		if of, ok := strings.CutPrefix(key, "recipe."); ok {
			recipe[of] = v
		} else {
			fields[key] = v
		}
		if v == nil {
			delete(recipe, strings.TrimPrefix(key, "recipe."))
		}
	}
	text, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	write(t, name, text)
}

// A state whose numbers do not go together is broken; it is not gone on with, and nothing panics.
func TestDamagedState(t *testing.T) {
	out, name, fields, data := genuine(t)
	history := fields["history"].([]any)
	for why, c := range map[string]struct {
		change map[string]any
		want   string
	}{
		"a best epoch that has not been":  {map[string]any{"best_epoch": 7}, "want a best epoch of the 2 in the history"},
		"a best epoch below none":         {map[string]any{"best_epoch": -1}, "want a best epoch of the 2"},
		"no best epoch":                   {map[string]any{"best_epoch": 0}, "want a best epoch of the 2"},
		"no best folder":                  {map[string]any{"best": ""}, "want a best epoch of the 2"},
		"a best folder elsewhere":         {map[string]any{"best": "../../best-1"}, "called best-STEP"},
		"one below":                       {map[string]any{"best": "best-/../../x"}, "called best-STEP"},
		"a negative step":                 {map[string]any{"step": -1}, "want a step of 0 to the last"},
		"a step beyond the last":          {map[string]any{"step": 7}, "want a step of 0 to the last of 2 epochs of 3"},
		"a step of an epoch before":       {map[string]any{"step": 2}, "history of the 0 epochs before step 2, got 2"},
		"a history cut off":               {map[string]any{"history": history[:0]}, "history of the 2 epochs"},
		"one epoch cut off, nothing seen": {map[string]any{"history": history[:1]}, "want 60 pictures seen"},
		"an epoch twice":                  {map[string]any{"history": []any{history[0], history[0]}}, "want epoch 2 of the history"},
		"seen without a step":             {map[string]any{"seen": 20}, "want 0 pictures seen"},
		"fewer than none seen":            {map[string]any{"seen": -20}, "want 0 pictures seen"},
		"right without seen":              {map[string]any{"right": 1}, "want 0 to 0 pictures right"},
		"another version":                 {map[string]any{"version": 2}, "want version 1, got 2"},
		"no batch":                        {map[string]any{"recipe.batch": 0}, "want pictures, a batch and epochs of at least 1"},
		"the state of another step":       {map[string]any{"step": 3, "history": history[:1], "best_epoch": 1}, "got that of step 3"},
	} {
		put(t, name, fields, c.change)
		var broken *vision.FormatError
		if _, _, err := newestState(out); !errors.As(err, &broken) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v, want a *FormatError with %q", why, err, c.want)
		}
	}
	put(t, name, fields, map[string]any{"best_epoch": 7})
	var broken *vision.FormatError
	if _, err := Fit(t.Context(), net(t, "lenet5"), data, Out(out), Epochs(2), Batch(20), Plain(), Resume()); !errors.As(err, &broken) {
		t.Errorf("Fit: got %v", err)
	}
	// An older version did not note the validation part.
	put(t, name, fields, map[string]any{"recipe.valid_checksum": nil})
	if _, err := Fit(t.Context(), net(t, "lenet5"), data, Out(out), Epochs(2), Batch(20), Plain(), Resume()); err != nil {
		t.Errorf("without the checksum of the validation part: %v", err)
	}
}

// A run whose epochs had no validation does not go on with one: what its best epoch was could not be told.
func TestValidationThatComesLater(t *testing.T) {
	data, out := digits(t, blocks(t, 60)), t.TempDir()
	opts := []Option{Out(out), Epochs(1), Batch(20), Plain(), Resume()}
	if _, err := Fit(t.Context(), net(t, "lenet5"), Data{Train: data.Train}, opts...); err != nil {
		t.Fatal(err)
	}
	if _, err := Fit(t.Context(), net(t, "lenet5"), data, opts...); err == nil || !strings.Contains(err.Error(), "valid_checksum was 0 and is ") {
		t.Errorf("got %v", err)
	}
}

// What readState returns is whole: it can be asked whatever a run asks, and is read again as it is written.
func FuzzReadState(f *testing.F) {
	for _, s := range []state{
		{Version: 1, Recipe: recipe{Pictures: 60, Batch: 20, Epochs: 2}, Step: 6, History: []Epoch{{Number: 1, Tested: 9}, {Number: 2, Tested: 9}}, Best: "best-000000000006", BestAt: 2},
		{Version: 1, Recipe: recipe{Pictures: 60, Batch: 20, Epochs: 2}, Step: 3, Seen: 60, Right: 7},
		{Version: 1, Recipe: recipe{Pictures: 7, Batch: 20, Epochs: 2, Patience: patience{Epochs: 1}}},
	} {
		text, err := json.Marshal(s)
		if err != nil {
			f.Fatal(err)
		}
		if _, err := readState(text); err != nil {
			f.Fatalf("%s: %v", text, err)
		}
		f.Add(text)
	}
	f.Add([]byte(`{"version":1,"recipe":{"pictures":9223372036854775807,"batch":1,"epochs":9223372036854775807},"step":-9223372036854775808}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := readState(data)
		if err != nil {
			return
		}
		perEpoch := s.Recipe.Pictures / min(s.Recipe.Batch, s.Recipe.Pictures)
		if left := s.Step - len(s.History)*perEpoch; left < 0 || left > perEpoch || s.ending(perEpoch) != (left == perEpoch) {
			t.Errorf("%d steps since the last epoch of %d ended; ending: %v", left, perEpoch, s.ending(perEpoch))
		}
		if s.BestAt > 0 && s.History[s.BestAt-1].Number != s.BestAt || (s.BestAt > 0) != (len(s.History) > 0) {
			t.Errorf("the best epoch is %d", s.BestAt)
		}
		if out := t.TempDir(); s.Best != "" && filepath.Dir(filepath.Join(out, s.Best)) != out {
			t.Errorf("the best weights are in %q", s.Best)
		}
		s.Recipe.Patience.over(s.History)
		text, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := readState(text); err != nil {
			t.Errorf("written and read again: %v", err)
		}
	})
}
