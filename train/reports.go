package train

import (
	"fmt"
	"image"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/gosight/vision/internal/nets"
	"github.com/gosight/vision/internal/report"
)

// What is in Out for people to look at.
const (
	logsFolder     = "logs" // of it train and validation, which TensorBoard draws over each other
	curvesFile     = "curves.png"
	confusionFile  = "confusion.png"
	confusionTable = "confusion.csv"
	worstFile      = "worst.png"
)

// reports write what people look at. It never ends a run: what could not be written to the end is told beside the result.
// A nil reports writes nothing.
type reports struct {
	out          string
	train, valid *report.Events
	logged       [2]int // epochs that are in the event files of train and validation
	drawn        int    // epochs that the curves show
	drewAt       time.Time
	took         time.Duration // to draw them
	failed       map[string]error
}

// A course is what is told of a training so far.
type course struct {
	name      string
	history   []Epoch
	epochs    int // of all, if it goes to its end
	best      int // the epoch that is pointed out; 0: none is
	validated bool
	perEpoch  int                    // steps
	rate      func(step int) float64 // of learning
}

// newReports goes on behind the epochs that are done.
func newReports(s *settings, done int) *reports {
	if s.plain {
		return nil
	}
	logs := filepath.Join(s.out, logsFolder)
	return &reports{out: s.out, failed: map[string]error{}, logged: [2]int{done, done}, drawn: done,
		train: report.NewEvents(filepath.Join(logs, "train"), done+1), valid: report.NewEvents(filepath.Join(logs, "validation"), done+1)}
}

// epoch tells of an epoch that is the last of the history. It comes before the epoch is in the checkpoint: a run that is
// killed between the two tells it again, and the event files then show it once.
func (p *reports) epoch(c course) {
	if p == nil {
		return
	}
	p.note(filepath.Join(logsFolder, "train"), p.log(p.train, &p.logged[0], c.history, func(e Epoch) []report.Scalar {
		return []report.Scalar{{Tag: "epoch_loss", Value: e.Loss}, {Tag: "epoch_accuracy", Value: e.Accuracy},
			{Tag: "epoch_learning_rate", Value: e.Rate}, {Tag: "epoch_seconds", Value: e.Seconds}}
	}))
	if c.validated {
		p.note(filepath.Join(logsFolder, "validation"), p.log(p.valid, &p.logged[1], c.history, func(e Epoch) []report.Scalar {
			return []report.Scalar{{Tag: "epoch_loss", Value: e.ValidLoss}, {Tag: "epoch_accuracy", Value: e.ValidAccuracy}}
		}))
	}
	// Where epochs take no time, drawing may take a hundredth of it.
	if time.Since(p.drewAt) >= 100*p.took {
		p.curves(c)
	}
}

// log writes the epochs that are not in an event file yet; those that could not be written before come first.
func (p *reports) log(to *report.Events, done *int, history []Epoch, values func(Epoch) []report.Scalar) error {
	for *done < len(history) {
		e := history[*done]
		if err := to.Add(time.Now(), e.Number, values(e)...); err != nil {
			return err
		}
		*done++
	}
	return nil
}

// curves draws what there is.
func (p *reports) curves(c course) {
	began := time.Now()
	data, err := c.chart().PNG()
	p.write(curvesFile, data, err)
	p.drawn, p.drewAt, p.took = len(c.history), time.Now(), time.Since(began)
}

// end draws the curves to their end.
func (p *reports) end(c course) {
	if p == nil {
		return
	}
	if _, err := os.Stat(filepath.Join(p.out, curvesFile)); len(c.history) > 0 && (err != nil || p.drawn < len(c.history)) {
		p.curves(c)
	}
}

// mistakes draws what the model that was written made of the validation part; of gives it.
func (p *reports) mistakes(title string, of func() (*report.Confusion, *report.Worst, error)) {
	if p == nil {
		return
	}
	counts, worst, err := of()
	if err != nil {
		p.note(confusionFile, err)
		return
	}
	data, err := counts.PNG(title)
	p.write(confusionFile, data, err)
	data, err = counts.CSV()
	p.write(confusionTable, data, err)
	data, err = worst.PNG(title)
	p.write(worstFile, data, err)
}

func (p *reports) write(name string, data []byte, err error) {
	if err == nil {
		err = writeBeside(filepath.Join(p.out, name), data)
	}
	p.note(name, err)
}

// note keeps the last that was heard of a file.
func (p *reports) note(name string, err error) {
	if delete(p.failed, name); err != nil {
		p.failed[name] = err
	}
}

// errors are of what could not be written, by name.
func (p *reports) errors() []error {
	if p == nil {
		return nil
	}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(p.failed)) {
		errs = append(errs, fmt.Errorf("train: report %s: %w", name, p.failed[name]))
	}
	return errs
}

// chart are the curves: losses, accuracies, and the learning rate of the steps.
func (c course) chart() *report.Chart {
	h := c.history
	curve := func(name string, kind int, value func(Epoch) float64) report.Curve {
		c := report.Curve{Name: name, Kind: kind}
		for _, e := range h {
			c.At = append(c.At, report.Point{X: float64(e.Number), Y: value(e)})
		}
		return c
	}
	loss := []report.Curve{curve("train", 0, func(e Epoch) float64 { return e.Loss })}
	accuracy := []report.Curve{curve("train", 0, func(e Epoch) float64 { return e.Accuracy })}
	chart := &report.Chart{Title: fmt.Sprintf("%s: epoch %d of %d", c.name, len(h), c.epochs), X: "epoch"}
	if c.validated {
		loss = append(loss, curve("validation", 1, func(e Epoch) float64 { return e.ValidLoss }))
		accuracy = append(accuracy, curve("validation", 1, func(e Epoch) float64 { return e.ValidAccuracy }))
		if c.best > 0 {
			chart.Mark, chart.MarkName = float64(c.best), "best"
			chart.Title += fmt.Sprintf(", the best %d with validation accuracy %.4f", c.best, h[c.best-1].ValidAccuracy)
		} else {
			chart.Title += fmt.Sprintf(", validation accuracy %.4f", h[len(h)-1].ValidAccuracy)
		}
	}
	const points = 500
	rate := report.Curve{Kind: 2}
	last := len(h)*c.perEpoch - 1
	for i := range min(points, last+1) {
		step := i * last / max(1, min(points, last+1)-1)
		rate.At = append(rate.At, report.Point{X: float64(step+1) / float64(c.perEpoch), Y: c.rate(step)})
	}
	chart.Panels = []report.Panel{{Y: "loss", Log: true, Curves: loss}, {Y: "accuracy", Rising: true, Curves: accuracy}, {Y: "learning rate", Curves: []report.Curve{rate}}}
	return chart
}

// course is how r goes.
func (r *run) course() course {
	c := course{name: r.net.Name, history: r.state.History, epochs: r.Epochs, validated: r.valid != nil, perEpoch: r.feeder.perStep, rate: r.rate}
	if c.validated {
		c.best = r.state.BestAt
	}
	return c
}

// mistakes are what the best epoch made of the validation part.
func (r *run) mistakes() (*report.Confusion, *report.Worst, error) {
	data, err := os.ReadFile(filepath.Join(r.out, checkpoints, r.state.Best, answersFile))
	if err != nil {
		return nil, nil, fmt.Errorf("train: answers of the best epoch: %w", err)
	}
	said, err := readAnswers(data, r.valid.len(), len(r.Classes))
	if err != nil {
		return nil, nil, err
	}
	return said.mistakes(r.Classes, r.valid.classes, func(i int) (string, func() (image.Image, error)) {
		return r.valid.names[i], func() (image.Image, error) { return prepared(r.net, r.valid, r.Size, i) }
	})
}

// mistakes compares answers with the truth. picture gives the name of a picture and what opens it.
func (a *answers) mistakes(names []string, truths []int, picture func(i int) (string, func() (image.Image, error))) (*report.Confusion, *report.Worst, error) {
	counts, worst := report.NewConfusion(names), &report.Worst{}
	for i, truth := range truths {
		answer := a.classes[i]
		if err := counts.Add(truth, answer); err != nil {
			return nil, nil, err
		}
		if truth == answer {
			worst.Right()
			continue
		}
		name, open := picture(i)
		worst.Wrong(report.Mistake{Name: name, Truth: names[truth], Answer: names[answer], Score: float64(a.scores[i]), Image: open})
	}
	return counts, worst, nil
}

// prepared is a picture as the net sees it.
func prepared(net *nets.Net, p *pictures, size, i int) (image.Image, error) {
	row := make([]byte, p.row)
	if err := p.read(row, i); err != nil {
		return nil, err
	}
	if net.Planes() == 1 {
		return &image.Gray{Pix: row, Stride: size, Rect: image.Rect(0, 0, size, size)}, nil
	}
	m := image.NewNRGBA(image.Rect(0, 0, size, size))
	for j := range size * size {
		a, b := row[3*j], row[3*j+2]
		if net.Channels == "BGR" {
			a, b = b, a
		}
		m.Pix[4*j], m.Pix[4*j+1], m.Pix[4*j+2], m.Pix[4*j+3] = a, row[3*j+1], b, 255
	}
	return m, nil
}
