package session

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	tf "github.com/wamuir/graft/tensorflow"

	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/option"
)

// A Place is where a graph that was built in Go runs.
type Place struct {
	Target  string         // of the server, "grpc://host:port"; empty: this process
	Devices []string       // by TensorFlow's names; one of no name leaves the choice to the server
	Process option.Process // as it was asked for
}

// Where finds the devices that o names; none is the CPU. Options that are about SavedModels or pictures are refused.
func Where(o option.Options) (Place, error) {
	rest := o
	rest.Devices, rest.PreferGPU, rest.Target, rest.Process, rest.BF16 = nil, false, "", option.Process{}, false
	if !reflect.ValueOf(rest).IsZero() {
		return Place{}, &fault.DeviceError{Device: "options", Reason: "want such as say where and on how many threads to compute, got one about a model or a picture"}
	}
	p, err := decide(o.Process)
	if err != nil {
		return Place{}, err
	}
	devices, _, err := place(o, p)
	if err != nil {
		return Place{}, err
	}
	w := Place{Target: o.Target, Devices: devices, Process: o.Process}
	if o.BF16 {
		err = w.takesBF16()
	}
	return w, err
}

// takesBF16 refuses what TensorFlow's rewriter has no bfloat16 for.
func (w Place) takesBF16() error {
	if w.Target != "" {
		return &fault.DeviceError{Device: w.Target, Reason: "bfloat16 was asked for, which is for CPUs of this machine"}
	}
	if i := slices.IndexFunc(w.Devices, func(d string) bool { return !strings.Contains(d, "/device:CPU:") }); i >= 0 {
		return &fault.DeviceError{Device: w.Devices[i], Reason: "bfloat16 was asked for, which is for CPUs"}
	}
	if !hasBF16() {
		return &fault.DeviceError{Device: CPU, Reason: "bfloat16 was asked for; this CPU has no AVX512-BF16"}
	}
	return nil
}

// remoteStep bounds a run of a program on a server elsewhere: steps of training may take minutes, and TensorFlow waits
// for a server that has died for ever.
const remoteStep = 10 * time.Minute

// closeSession closes a session at a target, empty for this process.
func closeSession(s *tf.Session, target, what string) error {
	if target == "" {
		if err := s.Close(); err != nil {
			return fmt.Errorf("vision: close %s: %w", what, err)
		}
		return nil
	}
	closed := make(chan error, 1)
	go func() { closed <- s.Close() }()
	select {
	case err := <-closed:
		if err != nil {
			return &fault.DeviceError{Device: target, Reason: "the server did not close the session", Err: err}
		}
		return nil
	case <-time.After(remoteClose):
		return &fault.DeviceError{Device: target, Reason: fmt.Sprintf("the server did not answer within %v when the session was closed", remoteClose)}
	}
}
