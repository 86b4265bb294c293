package session

import (
	"fmt"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	tf "github.com/wamuir/graft/tensorflow"

	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/option"
)

// A Device is one that TensorFlow sees in this process.
type Device struct {
	Name   string `json:"name"`   // "/device:GPU:0"
	Type   string `json:"type"`   // "CPU", "GPU"
	Memory int64  `json:"memory"` // bytes that TensorFlow may use there
}

// CPU is the device that models run on unless told otherwise.
const CPU = "/device:CPU:0"

// Devices returns the devices that TensorFlow sees, CPUs first. It fixes the
// process-wide settings, as the first model does.
func Devices(wish option.Process) ([]Device, error) {
	p, err := decide(wish)
	if err != nil {
		return nil, err
	}
	return devices(p)
}

// present remembers the devices: they are fixed once TensorFlow has looked.
var present struct {
	sync.Mutex
	devices []Device
}

func devices(p option.Process) ([]Device, error) {
	present.Lock()
	defer present.Unlock()
	if present.devices != nil {
		return slices.Clone(present.devices), nil
	}
	found, err := list("", p)
	if err != nil {
		return nil, err
	}
	present.devices = found
	return slices.Clone(found), nil
}

// list asks a session for its devices; target "" is this process.
func list(target string, p option.Process) ([]Device, error) {
	config, err := configure(p, tuning{remote: target != ""})
	if err != nil {
		return nil, err
	}
	g := tf.NewGraph()
	defer freeGraph(g)
	s, err := tf.NewSession(g, &tf.SessionOptions{Target: target, Config: config})
	if err != nil {
		return nil, &fault.DeviceError{Device: target, Reason: "TensorFlow cannot start a session", Err: err}
	}
	defer func() { _ = s.Close() }()
	ds, err := s.ListDevices()
	if err != nil {
		return nil, &fault.DeviceError{Device: target, Reason: "TensorFlow does not list its devices", Err: err}
	}
	var out []Device
	for _, d := range ds {
		if d.Type != "CPU" && d.Type != "GPU" && d.Type != "TPU" {
			continue // compilation pseudo-devices
		}
		out = append(out, Device{Name: short(d.Name, target != ""), Type: d.Type, Memory: d.MemoryLimitBytes})
	}
	slices.SortStableFunc(out, func(a, b Device) int { return strings.Compare(a.Type, b.Type) })
	return out, nil
}

// short drops the job, replica and task of a local device.
func short(name string, keep bool) string {
	if i := strings.Index(name, "/device:"); i >= 0 && !keep {
		return name[i:]
	}
	return name
}

var spoken = regexp.MustCompile(`^(?i)(?:(/job:[^/]+(?:/replica:\d+)?(?:/task:\d+)?))?/?(?:device:)?(cpu|gpu|tpu)(?::(\d+))?$`)

// DeviceName returns TensorFlow's spelling of "cpu", "gpu:1" or "/device:CPU:2".
func DeviceName(s string) (string, error) {
	m := spoken.FindStringSubmatch(s)
	if m == nil {
		return "", &fault.DeviceError{Device: strconv.Quote(s), Reason: `not a device name: want "cpu", "gpu:1" or "/device:CPU:2"`}
	}
	if m[3] == "" {
		m[3] = "0"
	}
	return m[1] + "/device:" + strings.ToUpper(m[2]) + ":" + m[3], nil
}

// place returns the devices that o asks for and, where it had to fall back, why.
func place(o option.Options, p option.Process) (names []string, note string, err error) {
	if o.Target != "" {
		if err := reach(o.Target); err != nil {
			return nil, "", err
		}
		return placeRemote(o, p)
	}
	if len(o.Devices) == 0 && !o.PreferGPU {
		return []string{CPU}, "", nil
	}
	have, err := devices(p)
	if err != nil {
		return nil, "", err
	}
	if o.PreferGPU {
		for _, d := range have {
			if d.Type == "GPU" {
				return []string{d.Name}, "", nil
			}
		}
		return []string{CPU}, "no GPU is present: " + strings.Join(describe(have), ", "), nil
	}
	for _, s := range o.Devices {
		name, err := DeviceName(s)
		if err != nil {
			return nil, "", err
		}
		if !slices.ContainsFunc(have, func(d Device) bool { return d.Name == short(name, false) }) {
			return nil, "", &fault.DeviceError{Device: name, Reason: "not present", Have: describe(have)}
		}
		names = append(names, name)
	}
	return names, "", nil
}

// reachTime bounds how long a server is looked for.
const reachTime = 5 * time.Second

// reach makes sure that somebody listens at a target: TensorFlow waits for ever for
// one that is not there.
func reach(target string) error {
	host, ok := strings.CutPrefix(target, "grpc://")
	if !ok {
		return &fault.DeviceError{Device: target, Reason: `want a target of the form "grpc://host:port"`}
	}
	c, err := net.DialTimeout("tcp", host, reachTime)
	if err != nil {
		return &fault.DeviceError{Device: target, Reason: "no server answers", Err: err}
	}
	return c.Close()
}

// placeRemote leaves the choice within a remote server to the server unless a
// device is named.
func placeRemote(o option.Options, p option.Process) ([]string, string, error) {
	if len(o.Devices) == 0 {
		return []string{""}, "", nil
	}
	have, err := list(o.Target, p)
	if err != nil {
		return nil, "", err
	}
	var names []string
	for _, s := range o.Devices {
		name, err := DeviceName(s)
		if err != nil {
			return nil, "", err
		}
		if !slices.ContainsFunc(have, func(d Device) bool { return strings.HasSuffix(d.Name, name) }) {
			return nil, "", &fault.DeviceError{Device: name, Reason: "not present at " + o.Target, Have: describe(have)}
		}
		names = append(names, name)
	}
	return names, "", nil
}

func describe(ds []Device) []string {
	out := make([]string, len(ds))
	for i, d := range ds {
		out[i] = d.Name
	}
	return out
}

func (d Device) String() string {
	return fmt.Sprintf("%s (%s, %d MiB)", d.Name, d.Type, d.Memory>>20)
}
