package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gosight/vision/internal/engine"
	"github.com/gosight/vision/internal/session"
)

func inspectCommand() *command {
	c := newCommand("models inspect", "DIR", "tell what a SavedModel has, needs and gives")
	c.more = `It prints the tags, signatures and shapes, the card completed from the graph, what would be fed,
and whether the graph is frozen or why not. For a model without a card it prints one to fill in; doc/cards.md
explains the fields. With -json it is one JSON object.

Exit status 2 if the folder holds no SavedModel that can be read, or if a card is there and the model does
not open with it; what could be found is printed all the same.`
	m := addModelFlags(c.flags)
	asJSON := jsonFlag(c.flags)
	c.run = func(ctx context.Context, a *app, args []string) error {
		if len(args) != 1 {
			return usagef("want one folder of a model, got %d arguments", len(args))
		}
		opts, err := m.options()
		if err != nil {
			return err
		}
		in, err := openModel(ctx, args[0], func() (*engine.Inspection, error) { return engine.Inspect(args[0], opts...) })
		if err != nil {
			return err
		}
		if *asJSON {
			err = writeJSON(a, in)
		} else {
			err = write(a, describe(in))
		}
		if err == nil && len(in.Problems) > 0 && in.Draft == nil {
			return &openError{errors.New(refusal(in))}
		}
		return err
	}
	return c
}

// refusal says why a model does not open: what all problems are of once, and a line for each if
// there are several.
func refusal(in *engine.Inspection) string {
	subject, list := "", slices.Clone(in.Problems)
	if i := strings.Index(list[0], ": "); i >= 0 {
		subject = list[0][:i+2]
	}
	for _, p := range list {
		if !strings.HasPrefix(p, subject) {
			subject = ""
		}
	}
	for i := range list {
		list[i] = strings.TrimPrefix(list[i], subject)
	}
	head := "model " + in.Name + ": "
	if subject == head {
		subject = ""
	}
	if len(list) == 1 {
		return head + subject + list[0]
	}
	return fmt.Sprintf("%s%s%d problems:\n  %s", head, subject, len(list), strings.Join(list, "\n  "))
}

// describe writes an inspection for people.
func describe(in *engine.Inspection) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", in.Name)
	for _, g := range in.Graphs {
		fmt.Fprintf(&b, "\ngraph with tags %s\n", set(g.Tags))
		var rows [][]string
		for _, s := range g.Signatures {
			rows = append(rows, []string{"signature " + s.Key})
			for _, p := range s.Inputs {
				rows = append(rows, []string{"", "in", p.Key, p.DType, session.ShapeString(p.Shape)})
			}
			for _, p := range s.Outputs {
				rows = append(rows, []string{"", "out", p.Key, p.DType, session.ShapeString(p.Shape)})
			}
		}
		if rows == nil {
			rows = [][]string{{"no signature"}}
		}
		b.WriteString(indented(rows))
	}
	if in.Info != nil {
		b.WriteString("\nopened\n" + columns("  ", inForce(in)))
	}
	if in.Card != nil {
		head := "card, completed from the graph"
		if in.Info != nil && in.Info.Task == "" {
			head = "card"
		}
		fmt.Fprintf(&b, "\n%s\n%s\n", head, engine.CardText(in.Card))
	}
	if in.Draft != nil {
		b.WriteString(drafted(in))
	}
	return b.String()
}

// indented lines up rows under headings, which are rows of one cell.
func indented(rows [][]string) string {
	var b strings.Builder
	for len(rows) > 0 {
		if len(rows[0]) == 1 {
			b.WriteString("  " + rows[0][0] + "\n")
			rows = rows[1:]
			continue
		}
		n := slices.IndexFunc(rows, func(r []string) bool { return len(r) == 1 })
		if n < 0 {
			n = len(rows)
		}
		b.WriteString(columns("  ", rows[:n]))
		rows = rows[n:]
	}
	return b.String()
}

func set(tags []string) string { return "{" + strings.Join(tags, ", ") + "}" }

// inForce returns what is in force for the open model.
func inForce(in *engine.Inspection) [][]string {
	i := in.Info
	rows := [][]string{{"signature", i.Signature + " of " + set(i.Tags)}}
	add := func(name, value string) {
		if value != "" {
			rows = append(rows, []string{name, value})
		}
	}
	if i.Frozen {
		r := i.Report
		add("frozen", fmt.Sprintf("yes; variables: %d, nodes folded: %d, fused: %d, left: %d", r.Variables, r.Folded, r.Fused, r.Nodes))
		add("weights", size(i.Weights))
	} else {
		add("frozen", "no: "+i.Why)
	}
	add("runs on", strings.Join(i.Devices, ", "))
	add("", i.DeviceNote)
	add("server", i.Target)
	add("precision", i.Precision)
	if in.Card != nil && i.Task == "" {
		add("task", in.Card.Task+", which no package runs: it is loaded alone")
	} else if in.Card != nil {
		add("task", i.Task)
		add("card", i.Card)
		add("is fed", i.Preprocess)
		add("batch", fmt.Sprintf("up to %d", i.MaxBatch))
	}
	if n := len(in.Labels); n > 4 {
		add("labels", fmt.Sprintf("%d: %s, %s, ... %s", n, in.Labels[0], in.Labels[1], in.Labels[n-1]))
	} else if n > 0 {
		add("labels", fmt.Sprintf("%d: %s", n, strings.Join(in.Labels, ", ")))
	}
	switch f := in.Features; {
	case f == nil:
	case f.Why != "":
		add("features", "none: "+f.Why)
	case f.Shape == nil:
		add("features", f.Tensor)
	default:
		add("features", f.Tensor+" "+session.ShapeString(f.Shape))
	}
	return rows
}

func size(n int64) string {
	if n < 1e6 {
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}

// drafted writes the card to fill in, and its questions.
func drafted(in *engine.Inspection) string {
	var b strings.Builder
	for _, p := range in.Problems {
		p = strings.TrimPrefix(p, "model "+in.Name+": ")
		fmt.Fprintf(&b, "\n%s\n", strings.Join(wrap("It does not open by itself: "+p, width), "\n"))
	}
	fmt.Fprintf(&b, "\nThere is no card, which says what the graph cannot: how pictures were prepared when\n"+
		"the model was trained, and what its numbers mean. One to begin with:\n\n%s\n\n"+
		"Answer every \"?\", save it as %s/card.json or name it with\n-card, and inspect again.\n\n", in.Draft.Card, in.Name)
	longest := 0
	for _, q := range in.Draft.Questions {
		longest = max(longest, len(q.Field))
	}
	room := max(width-longest-4, 40)
	var rows [][]string
	for _, q := range in.Draft.Questions {
		name := q.Field
		for _, line := range append(wrap(q.Want, room), wrap("("+q.Why+")", room)...) {
			if line != "()" {
				rows = append(rows, []string{name, line})
				name = ""
			}
		}
	}
	b.WriteString(columns("  ", rows))
	fmt.Fprintf(&b, "\ndoc/cards.md tells where the answers are found, and which presets (-preset) give them.\n")
	return b.String()
}
