package report

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	summary "github.com/wamuir/graft/tensorflow/core/framework/summary_go_proto"
	event "github.com/wamuir/graft/tensorflow/core/util/event_go_proto"
	"google.golang.org/protobuf/proto"

	"github.com/gosight/vision/internal/tfrecord"
)

// Events writes scalars to an event file, the form that TensorBoard reads. One that begins where there are older
// files goes on from them in a file of its own.
//
// It is not safe for concurrent use. Nothing stays open between calls.
type Events struct {
	dir   string
	first int64
	name  string // of the file; "" before the first Add
	size  int64
}

// NewEvents writes to a folder, made with the first Add. What older files there hold of step first and those after
// it, of a run that was resumed from before, is not shown any more.
func NewEvents(dir string, first int) *Events {
	return &Events{dir: dir, first: int64(first)}
}

// A Scalar is a value with its tag. Event files hold float32.
type Scalar struct {
	Tag   string
	Value float64
}

// Add writes the values of a step. They are in the file, or none of them is, when it returns.
func (e *Events) Add(at time.Time, step int, values ...Scalar) error {
	wall := float64(at.Unix()) + float64(at.Nanosecond())/1e9
	var data []byte
	if e.name == "" {
		// A start tells readers to drop what they have of its step and beyond (tensorboard's event_accumulator.py), which
		// they do for this version and newer.
		for _, ev := range []*event.Event{
			{WallTime: wall, What: &event.Event_FileVersion{FileVersion: "brain.Event:2"}},
			{WallTime: wall, Step: e.first, What: &event.Event_SessionLog{SessionLog: &event.SessionLog{Status: event.SessionLog_START}}},
		} {
			var err error
			if data, err = appendEvent(data, ev); err != nil {
				return err
			}
		}
	}
	s := &summary.Summary{}
	for _, v := range values {
		s.Value = append(s.Value, &summary.Summary_Value{Tag: v.Tag, Value: &summary.Summary_Value_SimpleValue{SimpleValue: float32(v.Value)}})
	}
	data, err := appendEvent(data, &event.Event{WallTime: wall, Step: int64(step), What: &event.Event_Summary{Summary: s}})
	if err != nil {
		return err
	}
	return e.write(at, data)
}

// write appends to the file, which is made if there is none yet.
func (e *Events) write(at time.Time, data []byte) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("report: events: %w", err)
		}
	}()
	name, flags := e.name, os.O_WRONLY
	if name == "" {
		if err := os.MkdirAll(e.dir, 0o755); err != nil {
			return err
		}
		if name, err = e.next(at); err != nil {
			return err
		}
		flags |= os.O_CREATE | os.O_EXCL
	}
	f, err := os.OpenFile(name, flags, 0o644)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(data, e.size)
	if err != nil {
		// A record cut short would hide all after it.
		err = errors.Join(err, f.Truncate(e.size))
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		if e.name == "" {
			_ = os.Remove(name)
		}
		return err
	}
	e.name, e.size = name, e.size+int64(len(data))
	return nil
}

const eventFile = "events.out.tfevents."

// next is the name of a new file. Readers go through the files in the order of their names, so it has a later time
// than those that are there, whatever the clock says.
func (e *Events) next(at time.Time) (string, error) {
	stamp := at.Unix()
	list, err := os.ReadDir(e.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	for _, f := range list {
		if rest, ours := strings.CutPrefix(f.Name(), eventFile); ours {
			text, _, _ := strings.Cut(rest, ".")
			if old, err := strconv.ParseInt(text, 10, 64); err == nil && len(text) == 10 {
				stamp = max(stamp, old+1)
			}
		}
	}
	host, err := os.Hostname()
	if err != nil || host == "" || strings.ContainsAny(host, `/\:`) {
		host = "localhost"
	}
	return filepath.Join(e.dir, fmt.Sprintf("%s%010d.%s", eventFile, stamp, host)), nil
}

// appendEvent appends an event's record.
func appendEvent(b []byte, ev *event.Event) ([]byte, error) {
	data, err := proto.Marshal(ev)
	if err != nil {
		return nil, fmt.Errorf("report: event: %w", err)
	}
	return tfrecord.Append(b, data), nil
}
