package main

// #cgo LDFLAGS: -ltensorflow
// #include "tensorflow/c/c_api.h"
import "C"

import (
	"bytes"
	"context"
	"fmt"
	"time"

	tf "github.com/wamuir/graft/tensorflow"

	"github.com/gosight/vision/internal/batch"
	"github.com/gosight/vision/internal/freeze"
	"github.com/gosight/vision/internal/label"
	"github.com/gosight/vision/internal/postprocess"
	"github.com/gosight/vision/internal/savedmodel"
	"github.com/gosight/vision/internal/session"
)

// overhead alternates three ways to run the same frozen graph on the same values:
// Bare, graft's Session.Run on a tensor that is ready, its answer left in TensorFlow; MS,
// the library's session, with its copies in and out; Task, the library's queue, session
// and ranking of labels, which is all that Classify does after preprocessing.
func (o *ours) overhead(r request, feed func(request) error) (answer, error) {
	if err := feed(r); err != nil {
		return answer{}, err
	}
	m := o.models[r.Model]
	bare, err := m.bare(r.Batch)
	if err != nil {
		return answer{}, err
	}
	q := batch.New(1, 1, 0, func(_ int, in []session.Tensor) ([][]session.Tensor, error) {
		got, err := m.raw.Run(0, map[string]session.Tensor{m.in: in[0]}, m.out)
		return [][]session.Tensor{got}, err
	})
	defer q.Close()
	task := func() error {
		got, err := q.Do(context.Background(), m.feed[r.Batch])
		if err != nil {
			return err
		}
		_, err = ranked(got[0], m.Names())
		return err
	}
	var a answer
	for range r.N {
		for _, way := range []struct {
			times *[]float64
			run   func() error
		}{
			{&a.Bare, bare},
			{&a.MS, func() error { _, err := o.Tensor(r.Model, r.Batch); return err }},
			{&a.Task, task},
		} {
			start := time.Now()
			if err := way.run(); err != nil {
				return answer{}, err
			}
			*way.times = append(*way.times, ms(time.Since(start)))
		}
	}
	return a, nil
}

// ranked does for the first row what Classify does.
func ranked(t session.Tensor, names []string) (label.Labels, error) {
	first, err := t.Row(0)
	if err != nil {
		return nil, err
	}
	row, err := first.Floats()
	if err != nil {
		return nil, err
	}
	if !postprocess.Finite(row) {
		return nil, fmt.Errorf("the network answers NaN")
	}
	return postprocess.Rank(row, names), nil
}

// bare loads the graph that the library runs into a session of its own.
func (m *ourModel) bare(batch int) (func() error, error) {
	graph, err := m.frozen()
	if err != nil {
		return nil, err
	}
	def, err := graph.Marshal()
	if err != nil {
		return nil, err
	}
	g := tf.NewGraph()
	if err := g.Import(def, ""); err != nil {
		return nil, err
	}
	s, err := tf.NewSession(g, nil)
	if err != nil {
		return nil, err
	}
	if err := assign(g, s, graph.Weights); err != nil {
		return nil, err
	}
	in, err := named(g, graph.Inputs[m.in])
	if err != nil {
		return nil, err
	}
	out, err := named(g, graph.Outputs[m.out])
	if err != nil {
		return nil, err
	}
	rows, err := m.feed[batch].Floats()
	if err != nil {
		return nil, err
	}
	t, err := floatTensor(rows, int64(batch), int64(m.size))
	if err != nil {
		return nil, err
	}
	feeds, fetches := map[tf.Output]*tf.Tensor{in: t}, []tf.Output{out}
	return func() error { _, err := s.Run(feeds, fetches, nil); return err }, nil
}

// assign gives the graph's variables their values.
func assign(g *tf.Graph, s *tf.Session, weights []freeze.Weight) error {
	feeds, targets := map[tf.Output]*tf.Tensor{}, []*tf.Operation{}
	for i := range weights {
		w := &weights[i]
		data := make([]byte, w.Size)
		if err := w.Fill(data); err != nil {
			return err
		}
		t, err := tf.ReadTensor(tf.DataType(w.DType), w.Shape, bytes.NewReader(data))
		if err != nil {
			return err
		}
		feed, err := named(g, w.Feed)
		if err != nil {
			return err
		}
		set := g.Operation(w.Assign)
		if set == nil {
			return fmt.Errorf("no operation %s", w.Assign)
		}
		feeds[feed], targets = t, append(targets, set)
	}
	_, err := s.Run(feeds, nil, targets)
	return err
}

// frozen freezes as the session did: with the options that give the same report.
func (m *ourModel) frozen() (*freeze.Graph, error) {
	want := m.raw.Info()
	if !want.Frozen {
		return nil, fmt.Errorf("the model is not frozen: %s", want.Why)
	}
	src := source(m.dir)
	saved, err := savedmodel.Read(src.FS, src.Dir)
	if err != nil {
		return nil, err
	}
	graph, sig, err := saved.Choose(want.Tags, want.Signature)
	if err != nil {
		return nil, err
	}
	for _, oneDNN := range []bool{true, false} {
		g, err := freeze.Freeze(saved, graph, sig, freeze.Options{Optimize: true, Ops: ops(), CPU: true, OneDNN: oneDNN, Variables: true})
		if err != nil {
			return nil, err
		}
		if g.Report == want.Report {
			return g, nil
		}
	}
	return nil, fmt.Errorf("no way of freezing gives the graph that the session runs")
}

// ops is the list of TensorFlow's operations, which freezing needs.
func ops() []byte {
	buf := C.TF_GetAllOpList()
	if buf == nil {
		return nil
	}
	defer C.TF_DeleteBuffer(buf)
	return C.GoBytes(buf.data, C.int(buf.length))
}
