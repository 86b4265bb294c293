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

// newReports goes on behind the epochs of the run's history.
func newReports(r *run) *reports {
	if r.plain {
		return nil
	}
	done, logs := len(r.state.History), filepath.Join(r.out, logsFolder)
	return &reports{out: r.out, failed: map[string]error{}, logged: [2]int{done, done}, drawn: done,
		train: report.NewEvents(filepath.Join(logs, "train"), done+1), valid: report.NewEvents(filepath.Join(logs, "validation"), done+1)}
}

// epoch tells of an epoch that is the last of the history. It comes before the epoch is in the checkpoint: a run that is
// killed between the two tells it again, and the event files then show it once.
func (p *reports) epoch(r *run) {
	if p == nil {
		return
	}
	p.note(filepath.Join(logsFolder, "train"), p.log(p.train, &p.logged[0], r.state.History, func(e Epoch) []report.Scalar {
		return []report.Scalar{{Tag: "epoch_loss", Value: e.Loss}, {Tag: "epoch_accuracy", Value: e.Accuracy},
			{Tag: "epoch_learning_rate", Value: e.Rate}, {Tag: "epoch_seconds", Value: e.Seconds}}
	}))
	if r.valid != nil {
		p.note(filepath.Join(logsFolder, "validation"), p.log(p.valid, &p.logged[1], r.state.History, func(e Epoch) []report.Scalar {
			return []report.Scalar{{Tag: "epoch_loss", Value: e.ValidLoss}, {Tag: "epoch_accuracy", Value: e.ValidAccuracy}}
		}))
	}
	// Where epochs take no time, drawing may take a hundredth of it.
	if time.Since(p.drewAt) >= 100*p.took {
		p.curves(r)
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
func (p *reports) curves(r *run) {
	began := time.Now()
	data, err := chartOf(r).PNG()
	p.write(curvesFile, data, err)
	p.drawn, p.drewAt, p.took = len(r.state.History), time.Now(), time.Since(began)
}

// end draws what is drawn once: all of it if the model was written, else the curves so far.
func (p *reports) end(r *run, whole bool) {
	if p == nil {
		return
	}
	if _, err := os.Stat(filepath.Join(p.out, curvesFile)); len(r.state.History) > 0 && (err != nil || p.drawn < len(r.state.History)) {
		p.curves(r)
	}
	if !whole || r.valid == nil {
		return
	}
	counts, worst, err := mistakes(r)
	if err != nil {
		p.note(confusionFile, err)
		return
	}
	title := fmt.Sprintf("%s, epoch %d", r.net.Name, r.state.BestAt)
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

// chartOf are the curves of a run so far: losses, accuracies, and the learning rate of its steps.
func chartOf(r *run) *report.Chart {
	h := r.state.History
	curve := func(name string, kind int, value func(Epoch) float64) report.Curve {
		c := report.Curve{Name: name, Kind: kind}
		for _, e := range h {
			c.At = append(c.At, report.Point{X: float64(e.Number), Y: value(e)})
		}
		return c
	}
	loss := []report.Curve{curve("train", 0, func(e Epoch) float64 { return e.Loss })}
	accuracy := []report.Curve{curve("train", 0, func(e Epoch) float64 { return e.Accuracy })}
	c := &report.Chart{Title: fmt.Sprintf("%s: epoch %d of %d", r.net.Name, len(h), r.Epochs), X: "epoch"}
	if r.valid != nil {
		loss = append(loss, curve("validation", 1, func(e Epoch) float64 { return e.ValidLoss }))
		accuracy = append(accuracy, curve("validation", 1, func(e Epoch) float64 { return e.ValidAccuracy }))
		c.Mark, c.MarkName = float64(r.state.BestAt), "best"
		c.Title += fmt.Sprintf(", the best %d with validation accuracy %.4f", r.state.BestAt, h[r.state.BestAt-1].ValidAccuracy)
	}
	const points = 500
	rate := report.Curve{Kind: 2}
	last := len(h)*r.feeder.perStep - 1
	for i := range min(points, last+1) {
		step := i * last / max(1, min(points, last+1)-1)
		rate.At = append(rate.At, report.Point{X: float64(step+1) / float64(r.feeder.perStep), Y: r.rate(step)})
	}
	c.Panels = []report.Panel{{Y: "loss", Log: true, Curves: loss}, {Y: "accuracy", Rising: true, Curves: accuracy}, {Y: "learning rate", Curves: []report.Curve{rate}}}
	return c
}

// mistakes are what the best epoch made of the validation part.
func mistakes(r *run) (*report.Confusion, *report.Worst, error) {
	data, err := os.ReadFile(filepath.Join(r.out, checkpoints, r.state.Best, answersFile))
	if err != nil {
		return nil, nil, fmt.Errorf("train: answers of the best epoch: %w", err)
	}
	said, err := readAnswers(data, r.valid.len(), len(r.Classes))
	if err != nil {
		return nil, nil, err
	}
	counts, worst := report.NewConfusion(r.Classes), &report.Worst{}
	for i, truth := range r.valid.classes {
		answer := said.classes[i]
		if err := counts.Add(truth, answer); err != nil {
			return nil, nil, err
		}
		if truth == answer {
			worst.Right()
			continue
		}
		worst.Wrong(report.Mistake{Name: r.valid.names[i], Truth: r.Classes[truth], Answer: r.Classes[answer], Score: float64(said.scores[i]),
			Image: func() (image.Image, error) { return prepared(r.net, r.valid, r.Size, i) }})
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
