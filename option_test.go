package vision_test

import (
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gosight/vision"
	"github.com/gosight/vision/internal/option"
)

// The tests see the CPU as two devices.
func TestMain(m *testing.M) {
	if _, err := vision.Devices(vision.VirtualCPUs(2)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func TestOptionsSetWhatTheySay(t *testing.T) {
	for _, c := range []struct {
		why  string
		opts []vision.Option
		want option.Options
	}{
		{"nothing", nil, option.Options{}},
		{"a nil option", []vision.Option{nil}, option.Options{}},
		{"OnCPU", []vision.Option{vision.OnCPU()}, option.Options{Devices: []string{"/device:CPU:0"}}},
		{"OnGPU", []vision.Option{vision.OnGPU(1)}, option.Options{Devices: []string{"/device:GPU:1"}}},
		{"OnGPUs", []vision.Option{vision.OnGPUs(0, 2)}, option.Options{Devices: []string{"/device:GPU:0", "/device:GPU:2"}}},
		{"OnDevice", []vision.Option{vision.OnDevice("cpu:2")}, option.Options{Devices: []string{"cpu:2"}}},
		{"the later device wins", []vision.Option{vision.OnGPU(1), vision.PreferGPU()}, option.Options{PreferGPU: true}},
		{"and the other way round", []vision.Option{vision.PreferGPU(), vision.OnGPU(1)}, option.Options{Devices: []string{"/device:GPU:1"}}},
		{"OnTarget with a device", []vision.Option{vision.OnTarget("grpc://h:1"), vision.OnDevice("gpu")}, option.Options{Target: "grpc://h:1", Devices: []string{"gpu"}}},
		{"process-wide", []vision.Option{vision.MemoryGrowth(), vision.MemoryFraction(.5), vision.Threads(3, 2), vision.VirtualCPUs(4)},
			option.Options{Process: option.Process{MemoryGrowth: true, MemoryFraction: .5, IntraOp: 3, InterOp: 2, VirtualCPUs: 4}}},
		{"the model's words", []vision.Option{vision.Card("c"), vision.Preset("p"), vision.Tags("a", "b"), vision.Signature("s")},
			option.Options{Card: "c", Preset: "p", Tags: []string{"a", "b"}, Sig: "s"}},
		{"no tags is a wish too", []vision.Option{vision.Tags()}, option.Options{Tags: []string{}}},
		{"how it runs", []vision.Option{vision.BFloat16(), vision.Exact(), vision.NoFreeze(), vision.NoWarmUp(), vision.AllowIO(), vision.Batch(7, time.Second)},
			option.Options{BF16: true, Exact: true, NoFreeze: true, NoWarmUp: true, AllowIO: true, MaxBatch: 7, Wait: time.Second}},
		{"pictures", []vision.Option{vision.MaxPixels(5), vision.AsStored()}, option.Options{MaxPixels: 5, AsStored: true}},
	} {
		got, err := option.Apply(c.opts...)
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, %v\nwant %+v", c.why, got, err, c.want)
		}
	}
}

func TestOptionsRefuseWhatMakesNoSense(t *testing.T) {
	for _, c := range []struct {
		opt  vision.Option
		says string
	}{
		{vision.OnDevices(), "at least one device"},
		{vision.OnGPUs(), "at least one device"},
		{vision.MemoryFraction(0), "more than 0 and at most 1, got 0"},
		{vision.MemoryFraction(1.5), "got 1.5"},
		{vision.Threads(-1, 0), "got -1 and 0"},
		{vision.VirtualCPUs(0), "at least 1, got 0"},
		{vision.Batch(0, 0), "got 0"},
		{vision.Batch(4, -1), "got 4, -1ns"},
		{vision.MaxPixels(0), "MaxPixels: want at least 1, got 0"},
	} {
		for _, use := range []func(...vision.Option) error{
			func(o ...vision.Option) error { _, err := vision.NewPhoto(nil, o...); return err },
			func(o ...vision.Option) error { _, err := vision.Devices(o...); return err },
		} {
			if err := use(c.opt); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v does not say %q", err, c.says)
			}
		}
	}
}

func TestDevices(t *testing.T) {
	ds, err := vision.Devices()
	if err != nil || len(ds) < 2 || ds[0].Name != "/device:CPU:0" || ds[1].Name != "/device:CPU:1" || ds[0].Type != "CPU" {
		t.Errorf("%v, %v, want two CPUs first", ds, err)
	}
	if _, err := vision.Devices(vision.VirtualCPUs(5)); !is[*vision.DeviceError](err) || !strings.Contains(err.Error(), "once a process") {
		t.Errorf("another wish: %v", err)
	}
	if models, tensors := vision.Live(); models != 0 || tensors != 0 {
		t.Errorf("%d models and %d tensors are live, and none was opened", models, tensors)
	}
}
