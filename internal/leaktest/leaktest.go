// Package leaktest ends the tests of a package that opens models: nothing may be left of them. Tests import it,
// nothing else.
package leaktest

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/gosight/vision/internal/session"
)

// Run runs the tests, then each of tidy, which closes what examples leave open, and returns the exit status: not 0 if a test failed, if tidying did,
// or if a model, a native tensor or a goroutine is left. What is left is said on standard error, with stacks.
func Run(m *testing.M, tidy ...func() error) int {
	before := runtime.NumGoroutine()
	status := m.Run()
	if f := flag.Lookup("test.fuzz"); f != nil && f.Value.String() != "" {
		before++ // the fuzzer leaves one of its own
	}
	for _, f := range tidy {
		if err := f(); err != nil {
			fmt.Fprintln(os.Stderr, "after all tests, tidying up:", err)
			status = 1
		}
	}
	if models, tensors := session.Live(); models != 0 || tensors != 0 {
		fmt.Fprintf(os.Stderr, "%d models and %d tensors are still live after all tests\n", models, tensors)
		status = 1
	}
	if left := Goroutines(before); left > 0 {
		stacks := make([]byte, 1<<16)
		fmt.Fprintf(os.Stderr, "%d goroutines are left:\n%s\n", left, stacks[:runtime.Stack(stacks, true)])
		status = 1
	}
	return status
}

// Goroutines returns how many more goroutines there are than before. One that has done its work may still be on its way
// out, so it waits two seconds at most.
func Goroutines(before int) int {
	left := 0
	for range 100 {
		if left = runtime.NumGoroutine() - before; left <= 0 {
			return 0
		}
		time.Sleep(20 * time.Millisecond)
	}
	return left
}
