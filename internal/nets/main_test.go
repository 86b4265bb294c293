package nets

import (
	"fmt"
	"os"
	"testing"

	"github.com/gosight/vision/internal/leaktest"
	"github.com/gosight/vision/internal/option"
	"github.com/gosight/vision/internal/session"
)

// TestMain shows the CPU as three devices, which is settled once a process, and fails if native memory is left when all
// else is well.
func TestMain(m *testing.M) {
	if _, err := session.Devices(option.Process{VirtualCPUs: 3}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(leaktest.Run(m))
}
