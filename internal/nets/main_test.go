package nets

import (
	"fmt"
	"os"
	"runtime"
	"testing"

	"github.com/gosight/vision/internal/option"
	"github.com/gosight/vision/internal/session"
)

// TestMain shows the CPU as three devices, which is settled once a process, and fails if native memory is left when all
// else is well.
func TestMain(m *testing.M) {
	if _, err := session.Devices(option.Process{VirtualCPUs: 3}); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	status := m.Run()
	runtime.GC()
	if models, tensors := session.Live(); status == 0 && (models != 0 || tensors != 0) {
		fmt.Printf("%d models and %d tensors are left\n", models, tensors)
		status = 1
	}
	os.Exit(status)
}
