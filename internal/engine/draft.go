package engine

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/gosight/vision/internal/card"
	"github.com/gosight/vision/internal/session"
)

// unanswered marks a field of a draft. No field accepts it, so none can be forgotten.
const unanswered = "?"

// A Draft is a card to be filled in.
type Draft struct {
	Card      json.RawMessage `json:"card"`      // "?" stands where an answer is needed
	Questions []Question      `json:"questions"` // about these fields, and about what was guessed
}

// draft returns a card with what the graph tells, and what it leaves open.
func draft(inputs, outputs []card.Port) *Draft {
	told := &card.Card{Task: "other"}
	_ = told.Complete(inputs, outputs) // what contradicts is asked for below
	task := guess(outputs)
	asks := card.Card{Task: task}
	var qs []Question
	if task == "" {
		asks.Task = "recognize"
		qs = append(qs, Question{"task", oneOf(card.Tasks()), "the outputs do not tell"})
	} else {
		qs = append(qs, Question{"task", oneOf(card.Tasks()), task + " is guessed from the outputs"})
	}
	qs = append(qs, questions(asks.Merge(nil).Complete(inputs, outputs))...)
	if asked(qs, "input.resize.mode") {
		asks.Input.Resize.Mode = "squash" // any, to hear what is asked next
		for _, q := range questions(asks.Complete(inputs, outputs)) {
			if !asked(qs, q.Field) {
				qs = append(qs, q)
			}
		}
	}
	if asked(qs, "input.width") && !asked(qs, "input.height") {
		qs = append(qs, Question{"input.height", "pixels", ""})
	}
	if task == "" { // what the outputs are is another task's question
		qs = slices.DeleteFunc(qs, func(q Question) bool { return strings.HasPrefix(q.Field, "output.") })
	} else if asks.Task == "recognize" {
		qs = append(qs, labelQuestion(scores(outputs)))
	}
	return compose(told, task, qs)
}

// choiceDraft is the draft for a model whose graph or signature cannot be found.
func choiceDraft(graphs []session.Graph) *Draft {
	var tags, sigs []string
	for _, g := range graphs {
		tags = append(tags, "["+strings.Join(g.Tags, ", ")+"]")
		for _, s := range g.Signatures {
			if !slices.Contains(sigs, s.Key) {
				sigs = append(sigs, s.Key)
			}
		}
	}
	qs := []Question{{"task", oneOf(card.Tasks()), "what the model is for"}}
	if len(graphs) > 1 {
		qs = append(qs, Question{"tags", oneOf(tags), "the model has several graphs"})
	}
	if len(sigs) > 1 {
		qs = append(qs, Question{"signature", oneOf(sigs), "the model has several signatures"})
	}
	return compose(&card.Card{}, "", qs)
}

// guess returns the task that outputs suggest, or "".
func guess(outputs []card.Port) string {
	has := func(key string) bool {
		return slices.ContainsFunc(outputs, func(p card.Port) bool { return p.Key == key })
	}
	if has("detection_boxes") && has("detection_scores") {
		return "detect"
	}
	if len(scores(outputs)) > 0 {
		return "recognize"
	}
	return ""
}

// scores returns the number of rows of each output that looks like a classifier's, -1
// where it is not known.
func scores(outputs []card.Port) []int64 {
	var rows []int64
	for _, p := range outputs {
		if s := p.Shape; p.DType == "float32" && (len(s) == 2 || len(s) == 4 && s[1] == 1 && s[2] == 1) {
			rows = append(rows, s[len(s)-1])
		}
	}
	return rows
}

func labelQuestion(scores []int64) Question {
	q := Question{"output.labels", "a file of names, one a line, relative to the card", "without it rows are called by their number"}
	if len(scores) != 1 || scores[0] < 0 {
		return q
	}
	rows := scores[0]
	if rows > 1 {
		q.Want = fmt.Sprintf("a file of %d names, one a line, relative to the card", rows)
	}
	for _, known := range []struct {
		rows  int64
		names string
	}{{1000, "builtin:imagenet-1000"}, {1001, "builtin:imagenet-1001"}, {365, "builtin:places365"}, {10, "builtin:cifar10, builtin:mnist, builtin:fashion-mnist"}} {
		if rows == known.rows {
			q.Want += ", or " + known.names
		}
	}
	return q
}

func asked(qs []Question, field string) bool {
	return slices.ContainsFunc(qs, func(q Question) bool { return q.Field == field })
}

// compose writes what was told and asked as a card, and puts the questions in its order.
func compose(told *card.Card, task string, qs []Question) *Draft {
	values := fields(told)
	for _, q := range qs {
		var v any = unanswered
		if strings.HasPrefix(q.Want, "true") {
			v = true // only one answer is possible
		}
		put(values, q.Field, v)
	}
	if task != "" {
		values["task"] = task
	}
	w := &writer{}
	w.object(values, reflect.TypeFor[card.Card](), "", "")
	slices.SortStableFunc(qs, func(a, b Question) int {
		return slices.Index(w.paths, a.Field) - slices.Index(w.paths, b.Field)
	})
	return &Draft{w.Bytes(), qs}
}

// put sets the field at path "input.resize.mode".
func put(values map[string]any, path string, v any) {
	for {
		head, rest, more := strings.Cut(path, ".")
		if !more {
			values[head] = v
			return
		}
		sub, ok := values[head].(map[string]any)
		if !ok {
			sub = map[string]any{}
			values[head] = sub
		}
		values, path = sub, rest
	}
}

func oneOf(list []string) string {
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	return strings.Join(list[:len(list)-1], ", ") + " or " + list[len(list)-1]
}
