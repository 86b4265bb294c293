package train

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/gosight/vision/internal/nets"
	"github.com/gosight/vision/internal/session"
)

// endEpoch writes the checkpoint of an epoch's last step, validates, notes the epoch, and writes what it noted over the
// checkpoint's state. If it does not come to its end, the next run does it again; see state.ending.
func (r *run) endEpoch(ctx context.Context, rate float64) (*Epoch, error) {
	s := r.state
	if err := r.save(); err != nil {
		return nil, err
	}
	e := Epoch{Number: s.Step / r.feeder.perStep, Rate: rate, Loss: s.Sum / float64(r.feeder.perStep), Accuracy: float64(s.Right) / float64(s.Seen)}
	if r.valid != nil {
		var err error
		if e.ValidLoss, e.ValidAccuracy, err = r.validate(ctx); err != nil {
			return nil, err
		}
		if math.IsNaN(e.ValidLoss) || math.IsInf(e.ValidLoss, 0) { // the last step did it
			return nil, &DivergedError{Epoch: e.Number, Step: s.Step, Loss: e.ValidLoss}
		}
		e.Tested = r.valid.len()
	}
	e.Seconds = time.Since(r.epochBegan).Seconds()
	r.epochBegan = time.Now()
	better := s.Best == "" || r.valid == nil || e.better(s.History[s.BestAt-1])
	s.History = append(s.History, e)
	s.Sum, s.Right, s.Seen = 0, 0, 0
	if better {
		name := fmt.Sprintf("%s%012d", best, s.Step)
		var files map[string][]byte
		if r.valid != nil {
			files = map[string][]byte{answersFile: r.said.bytes()}
		}
		if err := writeFolder(r.program, r.out, name, nets.Export, files); err != nil {
			return nil, err
		}
		s.Best, s.BestAt, s.Temperature = name, e.Number, 0
		if r.sample != nil {
			s.Temperature = r.sample.temperature()
		}
	}
	r.reports.epoch(r.course())
	return &e, rewriteState(r.out, s)
}

// validate returns loss and accuracy of the validation part.
func (r *run) validate(ctx context.Context) (loss, accuracy float64, err error) {
	p, size := r.valid, int64(r.Size)
	hits := 0
	r.said = answers{}
	if r.sample = nil; r.calibrates {
		r.sample = newSample(p.len())
	}
	for at := 0; at < p.len(); at += r.Batch {
		if err := ctx.Err(); err != nil {
			return 0, 0, err
		}
		classes := p.classes[at:min(at+r.Batch, p.len())]
		rows := max(len(classes), len(r.where.Devices)) // blank ones at the end: each device wants one
		images := make([]byte, rows*p.row)
		for i := range classes {
			if err := p.read(images[i*p.row:(i+1)*p.row], at+i); err != nil {
				return 0, 0, err
			}
		}
		got, err := r.program.Run(map[string]session.Tensor{nets.Images: {Shape: []int64{int64(rows), size, size, int64(r.net.Planes())}, Data: images}},
			[]string{nets.Tested}, nil)
		if err != nil {
			return 0, 0, fmt.Errorf("train: validation: %w", err)
		}
		scores, err := got[0].Floats()
		if err != nil {
			return 0, 0, err
		}
		scores = scores[:len(classes)*len(r.Classes)]
		hits += right(scores, classes)
		loss += crossEntropy(scores, classes)
		r.said.add(scores, len(classes))
		if r.sample != nil {
			r.sample.add(scores, classes)
		}
	}
	return loss / float64(p.len()), float64(hits) / float64(p.len()), nil
}

// crossEntropy sums -log p(class) over rows of logits.
func crossEntropy(logits []float32, classes []int) float64 {
	sum, k := 0.0, len(logits)/max(len(classes), 1)
	for i, c := range classes {
		row := logits[i*k : (i+1)*k]
		top := row[0]
		for _, v := range row {
			top = max(top, v)
		}
		z := 0.0
		for _, v := range row {
			z += math.Exp(float64(v - top))
		}
		sum += math.Log(z) - float64(row[c]-top)
	}
	return sum
}
