package session

import (
	tf "github.com/wamuir/graft/tensorflow"

	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/option"
)

// Version returns the version of the TensorFlow library in use, "2.18.1".
func Version() string { return tf.Version() }

// Wake makes TensorFlow run a graph of one constant, so that what it does, and writes to
// standard error, once a process is over before a model is opened. It fixes the
// process-wide settings, as the first model does.
func Wake(wish option.Process) error {
	p, err := decide(wish)
	if err != nil {
		return err
	}
	config, err := configure(p, tuning{})
	if err != nil {
		return err
	}
	one, err := tf.NewTensor(float32(1))
	if err != nil {
		return err
	}
	defer free(own(one))
	g := tf.NewGraph()
	defer freeGraph(g)
	op, err := g.AddOperation(tf.OpSpec{Type: "Const", Name: "one", Device: CPU,
		Attrs: map[string]any{"dtype": tf.Float, "value": one}})
	if err != nil {
		return err
	}
	s, err := tf.NewSession(g, &tf.SessionOptions{Config: config})
	if err != nil {
		return &fault.DeviceError{Reason: "TensorFlow cannot start a session", Err: err}
	}
	defer func() { _ = s.Close() }()
	got, err := s.Run(nil, []tf.Output{op.Output(0)}, nil)
	if err != nil {
		return &fault.DeviceError{Device: CPU, Reason: "TensorFlow cannot run a graph", Err: err}
	}
	free(own(got[0]))
	return nil
}
