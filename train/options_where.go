package train

import (
	"strconv"

	"github.com/gosight/vision/internal/option"
	"github.com/gosight/vision/internal/session"
)

// On says where to compute, in the words in which models are opened: vision.OnGPUs, OnGPU, OnDevice, OnDevices, PreferGPU,
// OnTarget, and Threads, MemoryGrowth, MemoryFraction, VirtualCPUs, BFloat16. The default is the CPU. A device that is not
// there, and an option of another kind, are a *vision.DeviceError. FineTune takes such options with From.
//
// On several devices each batch is split evenly, in its order; each device computes loss and gradients of its part with
// the same weights; then all gradients together make one step. That is the step of one device on the whole batch, up
// to rounding, but for batch normalisation, which sees the part of its device (its moving statistics go towards
// the mean of the devices'), and dropout, which draws for each device. The weights are on the first device.
// A resumed run must have as many devices, not the same ones.
//
// With vision.OnTarget variables and steps are on a TensorFlow server: on what it chooses, or on its devices that are
// named. A server that is part of a cluster takes those of all its machines by their full names,
// "/job:worker/replica:0/task:1/device:GPU:0". Pictures, checkpoints and the model stay on this machine: each step sends its batch,
// each checkpoint fetches the variables.
func On(where ...option.Option) Option {
	return func(s *settings) error {
		for _, o := range where {
			if o == nil {
				continue
			}
			if err := o(&s.on); err != nil {
				return err
			}
		}
		s.BF16 = s.BF16 || s.on.BF16
		return nil
	}
}

// deviceCount is the number of devices in a recipe, where 0 is one.
type deviceCount int

func (n deviceCount) String() string { return strconv.Itoa(max(int(n), 1)) }

// findDevices looks for the devices and completes the settings by them.
func (s *settings) findDevices() (err error) {
	on := s.on
	on.BF16 = s.BF16
	if s.where, err = session.Where(on); err != nil {
		return err
	}
	if n := len(s.where.Devices); n > 1 {
		s.Devices = deviceCount(n)
	}
	return nil
}

// named are the devices to be written into a graph; nil if a server chooses.
func (s *settings) named() []string {
	if s.where.Target != "" && len(s.on.Devices) == 0 {
		return nil
	}
	return s.where.Devices
}
