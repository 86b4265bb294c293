package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"

	"github.com/gosight/vision/internal/nets"
)

func (r *run) fit(ctx context.Context) error {
	r.reports = newReports(&r.settings, len(r.state.History))
	err := r.modelled(ctx)
	r.reports.end(r.course())
	if err == nil && r.valid != nil {
		r.reports.mistakes(fmt.Sprintf("%s, epoch %d", r.net.Name, r.state.BestAt), r.mistakes)
	}
	return err
}

// modelled makes the steps and writes the model.
func (r *run) modelled(ctx context.Context) error {
	err := r.fitted(ctx)
	if err == nil {
		err = r.steps(ctx)
	}
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		if e := r.save(); e != nil {
			return &UnsavedError{err, e}
		}
	}
	if err != nil {
		return err
	}
	from := filepath.Join(r.out, checkpoints, r.state.Best)
	res := r.result()
	return export(r.net, r.recipe, from, r.out, nets.Form{Half: r.half, Temperature: res.Temperature}, res)
}

// steps makes all that is left. If ctx ends, it returns the context's error, between two steps.
func (r *run) steps(ctx context.Context) error {
	if r.state.ending(r.feeder.perStep) {
		if err := r.afterStep(ctx); err != nil {
			return err
		}
	}
	if r.Patience.over(r.state.History) {
		return nil
	}
	for m, err := range r.feeder.batches(ctx, r.state.Step, r.total) {
		if ctx.Err() != nil {
			break
		}
		if err != nil {
			return err
		}
		if err := r.step(m); err != nil {
			return err
		}
		if err := r.afterStep(ctx); err != nil {
			return err
		}
		if r.state.Seen == 0 && r.Patience.over(r.state.History) {
			return nil
		}
	}
	return ctx.Err()
}

// afterStep does what is due after a step, and reports both.
func (r *run) afterStep(ctx context.Context) error {
	var done *Epoch
	var err error
	at := r.state.Step
	rate := r.rate(at - 1)
	if at%r.feeder.perStep == 0 {
		done, err = r.endEpoch(ctx, rate)
	} else if r.every > 0 && at%r.every == 0 {
		err = r.save()
	}
	if err != nil {
		return err
	}
	r.report(rate, done)
	return nil
}

// rate is that of a step, from 0.
func (r *run) rate(step int) float64 {
	return r.Rate * r.Schedule.at(step, r.total, r.feeder.perStep)
}

// save writes a checkpoint, if there is none of this step.
func (r *run) save() error {
	if r.state.Step == r.saved {
		return nil
	}
	if err := writeLast(r.program, r.out, r.state); err != nil {
		return err
	}
	r.saved = r.state.Step
	return nil
}

// step makes one step.
func (r *run) step(m *mini) error {
	got, err := r.program.Run(r.feeder.feeds(m, r.rate(m.step)), []string{nets.Loss, nets.Scores}, []string{nets.Train})
	if err != nil {
		return fmt.Errorf("train: step %d: %w", m.step+1, err)
	}
	loss, err := got[0].Floats()
	if err != nil {
		return err
	}
	scores, err := got[1].Floats()
	if err != nil {
		return err
	}
	l := float64(loss[0])
	if math.IsNaN(l) || math.IsInf(l, 0) {
		return &DivergedError{Epoch: m.step/r.feeder.perStep + 1, Step: m.step + 1, Loss: l}
	}
	r.state.Step++
	r.state.Loss = l
	r.state.Sum += l
	r.state.Right += right(scores, m.classes)
	r.state.Seen += len(m.classes)
	return nil
}
