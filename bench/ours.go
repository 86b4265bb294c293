package main

import (
	"context"
	"fmt"
	"image"
	"iter"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gosight/vision"
	"github.com/gosight/vision/internal/option"
	"github.com/gosight/vision/internal/session"
	"github.com/gosight/vision/recognize"
)

// ours is this library as its users call it. The model alone is measured on
// internal/session, the layer that a task calls, from flat values in Go memory to flat
// values in Go memory; so its times hold the copy into TensorFlow and back, which
// those of the others do not.
type ours struct {
	bf16   bool
	models map[string]*ourModel
}

type ourModel struct {
	*recognize.Model
	dir  string
	size int
	raw  *session.Model // opened when the model alone is measured
	in   string
	out  string
	feed map[int]session.Tensor
}

func newOurs(bf16 bool) *ours { return &ours{bf16: bf16, models: map[string]*ourModel{}} }

func (o *ours) Versions() string { return version("github.com/wamuir/graft") }

func (o *ours) options() []vision.Option {
	if o.bf16 {
		return []vision.Option{vision.BFloat16()}
	}
	return nil
}

func (o *ours) Open(r request) error {
	m, err := recognize.Open(r.Dir, o.options()...)
	if err != nil {
		return err
	}
	o.models[r.Model] = &ourModel{Model: m, dir: r.Dir, size: r.Size, feed: map[int]session.Tensor{}}
	return nil
}

func (o *ours) Photo(model string, jpeg []byte) ([]float32, error) {
	labels, err := o.classify(context.Background(), model, jpeg)
	if err != nil {
		return nil, err
	}
	// Already ranked; put back as a row so that all contenders answer alike.
	row := make([]float32, labels[0].Index+1)
	row[labels[0].Index] = float32(labels[0].Score)
	return row, nil
}

func (o *ours) classify(ctx context.Context, model string, jpeg []byte) (vision.Labels, error) {
	img, err := vision.NewPhoto(jpeg)
	if err != nil {
		return nil, err
	}
	return o.models[model].Classify(ctx, img)
}

func (o *ours) Feed(model string, rows []float32, batch int) error {
	m := o.models[model]
	if m.raw == nil {
		saved, err := session.Read(source(m.dir), nil, "")
		if err != nil {
			return err
		}
		opts, err := option.Apply(o.options()...)
		if err != nil {
			return err
		}
		if m.raw, err = saved.Start(session.Config{Options: opts}); err != nil {
			return err
		}
		m.in, m.out = saved.Inputs()[0].Key, saved.Outputs()[0].Key
	}
	m.feed[batch] = session.Tensor{Shape: []int64{int64(batch), int64(m.size), int64(m.size), 3}, Data: rows}
	return nil
}

func (o *ours) Tensor(model string, batch int) ([]float32, error) {
	m := o.models[model]
	got, err := m.raw.Run(0, map[string]session.Tensor{m.in: m.feed[batch]}, m.out)
	if err != nil {
		return nil, err
	}
	first, err := got[0].Row(0)
	if err != nil {
		return nil, err
	}
	return first.Floats()
}

// Folder reads and classifies files as a program with a folder of photos does.
func (o *ours) Folder(model string, files []string) error {
	var failed error
	n := 0
	for _, err := range o.models[model].ClassifySeq(context.Background(), pictures(files, &failed)) {
		if err != nil {
			return err
		}
		n++
	}
	if failed == nil && n != len(files) {
		failed = fmt.Errorf("%d answers for %d files", n, len(files))
	}
	return failed
}

// pictures reads files one after the other, as they are asked for, until one fails.
func pictures(files []string, failed *error) iter.Seq[image.Image] {
	return func(yield func(image.Image) bool) {
		for _, f := range files {
			img, err := vision.ReadFile(f)
			if err != nil {
				*failed = err
				return
			}
			if !yield(img) {
				return
			}
		}
	}
}

// source is a SavedModel on the machine's own file system.
func source(dir string) session.Source {
	return session.Source{FS: os.DirFS(dir), Dir: ".", Host: dir, Name: dir}
}

// throughput classifies r.N pictures through r.Goroutines goroutines and gives the time a
// picture.
func (o *ours) throughput(r request) (answer, error) {
	data := make([][]byte, len(r.Files))
	for i, f := range r.Files {
		var err error
		if data[i], err = os.ReadFile(f); err != nil {
			return answer{}, err
		}
	}
	var next atomic.Int64
	errs := make(chan error, r.Goroutines)
	var wg sync.WaitGroup
	start := time.Now()
	for range r.Goroutines {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= r.N {
					return
				}
				if _, err := o.classify(context.Background(), r.Model, data[i%len(data)]); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	wg.Wait()
	took := time.Since(start)
	select {
	case err := <-errs:
		return answer{}, err
	default:
		return answer{MS: []float64{ms(took) / float64(r.N)}}, nil
	}
}
