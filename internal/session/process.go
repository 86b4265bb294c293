package session

import (
	"fmt"
	"maps"
	"sync"

	corepb "github.com/wamuir/graft/tensorflow/core/protobuf/for_core_protos_go_proto"
	"google.golang.org/protobuf/proto"

	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/option"
)

// Thread counts, GPU memory rules and the number of CPU devices belong to the
// process in TensorFlow: the first session decides, and what later sessions ask for is
// silently ignored. So the first model decides here too, and a later model that wishes
// otherwise is refused. A zero field of a later wish means "as it is".
var process struct {
	sync.Mutex
	decided bool
	option.Process
}

// decide fixes the process-wide settings at the first call, and afterwards checks
// that wish does not contradict them.
func decide(wish option.Process) (option.Process, error) {
	process.Lock()
	defer process.Unlock()
	if !process.decided {
		process.decided, process.Process = true, wish
		keepPages()
		return wish, nil
	}
	in := process.Process
	contradiction := func(what string, want, have any) error {
		return &fault.DeviceError{Device: what, Reason: fmt.Sprintf(
			"want %v, but the first model of this process has set %v, and TensorFlow takes this setting once a process", want, have)}
	}
	switch {
	case wish.IntraOp != 0 && wish.IntraOp != in.IntraOp:
		return in, contradiction("intra-op threads", wish.IntraOp, in.IntraOp)
	case wish.InterOp != 0 && wish.InterOp != in.InterOp:
		return in, contradiction("inter-op threads", wish.InterOp, in.InterOp)
	case wish.VirtualCPUs != 0 && wish.VirtualCPUs != in.VirtualCPUs:
		return in, contradiction("CPU devices", wish.VirtualCPUs, in.VirtualCPUs)
	case wish.MemoryGrowth && !in.MemoryGrowth:
		return in, contradiction("memory growth", true, false)
	case wish.MemoryFraction != 0 && wish.MemoryFraction != in.MemoryFraction:
		return in, contradiction("memory fraction", wish.MemoryFraction, in.MemoryFraction)
	}
	return in, nil
}

// A tuning is how TensorFlow should treat one graph.
type tuning struct {
	bf16    bool
	rewrite bool // let TensorFlow's own graph rewriter work too
	saved   bool // the graph is a SavedModel's own, with functions
	remote  bool // a server elsewhere, which may die
	own     bool // variables that no other session of that server sees, and steps that take long
	soft    bool // an op without a kernel for its device may run on the CPU; absent devices were refused before
}

// configure returns a serialised ConfigProto.
func configure(p option.Process, t tuning) ([]byte, error) {
	c := &corepb.ConfigProto{
		IntraOpParallelismThreads: int32(p.IntraOp),
		InterOpParallelismThreads: int32(p.InterOp),
		DeviceCount:               maps.Collect(cpus(p.VirtualCPUs)),
		AllowSoftPlacement:        t.soft,
		LogDevicePlacement:        p.LogPlacement,
		GpuOptions: &corepb.GPUOptions{
			AllowGrowth:                 p.MemoryGrowth,
			PerProcessGpuMemoryFraction: p.MemoryFraction,
		},
		GraphOptions: &corepb.GraphOptions{RewriteOptions: &corepb.RewriterConfig{
			// Aggressive remapping crashes the process on some graphs, so it is never asked for.
			DisableMetaOptimizer: !t.rewrite,
		}},
	}
	if t.saved {
		// On functions, TensorFlow's remapper crashes the process on some graphs, and moves the
		// answers of others by a thousandth, where the CPU has AVX512.
		c.GraphOptions.RewriteOptions.Remapping = corepb.RewriterConfig_OFF
	}
	if !t.rewrite && !t.bf16 { // what the rewriter and partial runs need is not kept
		c.Experimental = &corepb.ConfigProto_Experimental{OptimizeForStaticGraph: true, DisableOutputPartitionGraphs: true}
	}
	if t.remote {
		c.OperationTimeoutInMs = remoteRun.Milliseconds()
	}
	if t.own {
		c.IsolateSessionState = true
		c.OperationTimeoutInMs = remoteStep.Milliseconds()
	}
	if t.bf16 {
		c.GraphOptions.RewriteOptions.DisableMetaOptimizer = false
		c.GraphOptions.RewriteOptions.AutoMixedPrecisionOnednnBfloat16 = corepb.RewriterConfig_ON
	}
	return proto.Marshal(c)
}

func cpus(n int) func(func(string, int32) bool) {
	return func(yield func(string, int32) bool) {
		if n > 0 {
			yield("CPU", int32(n))
		}
	}
}
