package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gosight/vision/internal/card"
	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/option"
	"github.com/gosight/vision/internal/session"
)

// open opens a model. Opening cannot be stopped: when ctx ends it is left behind, as the
// process is about to end.
func open[M any](ctx context.Context, do func() (M, error)) (M, error) {
	type result struct {
		m   M
		err error
	}
	done := make(chan result, 1)
	go func() {
		var r result
		if r.err = wake(); r.err == nil {
			r.m, r.err = do()
		}
		done <- r
	}()
	select {
	case r := <-done:
		if r.err != nil {
			return r.m, &openError{r.err}
		}
		return r.m, nil
	case <-ctx.Done():
		var none M
		return none, ctx.Err()
	}
}

// openModel is open for the model in folder dir, whose name it puts before errors that do not
// tell it, and its flags where an option of the library is the remedy.
func openModel[M any](ctx context.Context, dir string, do func() (M, error)) (M, error) {
	return openModels(ctx, []string{dir}, do)
}

// openModels is openModel for a task that opens several models.
func openModels[M any](ctx context.Context, dirs []string, do func() (M, error)) (M, error) {
	m, err := open(ctx, do)
	var failed *openError
	if !errors.As(err, &failed) {
		return m, err
	}
	var device *fault.DeviceError
	var model *fault.ModelError
	var shown []string
	for _, dir := range dirs {
		shown = append(shown, filepath.ToSlash(filepath.Clean(dir)))
	}
	dir := strings.Join(shown, ", ")
	text := plain(err)
	told := slices.ContainsFunc(shown, func(dir string) bool { return strings.HasPrefix(text, "model "+dir) })
	switch {
	case errors.As(err, &device):
		return m, notADevice(err, device)
	case errors.As(err, &model) && model.What == "card" && model.Got == "none" && slices.Contains(shown, model.Model):
		dir = model.Model
		err = fmt.Errorf("model %s has no card: put card.json beside saved_model.pb, or name one with -card, or a family with -preset; \"vision models inspect %s\" drafts one", dir, dir)
	case !told && !strings.HasPrefix(text, "card: "): // which is of -preset
		err = fmt.Errorf("model %s: %w", dir, err)
	}
	return m, &openError{err}
}

// notADevice says of a device that cannot be used what else -device takes.
func notADevice(err error, device *fault.DeviceError) error {
	if strings.Contains(device.Reason, "not a device name") {
		err = fmt.Errorf("%w, or grpc://host:port for a server", err)
	}
	return &openError{err}
}

// nameless reports whether neither the card nor the preset of a model that opened names its
// classes, so that numbers stand for them.
func (f *modelFlags) nameless() bool {
	if f.model == "" {
		return false
	}
	var c *card.Card
	if f.preset != "" {
		c, _ = card.Preset(f.preset) // it opened with it
	}
	if name, err := card.Find(f.card, f.model); err == nil && name != "" {
		if c, err = card.ReadOver(c, card.Disk(), filepath.ToSlash(name)); err != nil {
			return false
		}
	}
	return c != nil && c.Output.Labels == "" && c.Output.LabelNames == nil
}

// wake starts TensorFlow without its chatter.
func wake() error {
	return quietly(func() error { return session.Wake(option.Process{}) })
}
