package leaktest

import (
	"runtime"
	"testing"
)

func TestGoroutinesThatStayAreCounted(t *testing.T) {
	before := runtime.NumGoroutine()
	stay := make(chan struct{})
	for range 2 {
		go func() { <-stay }()
	}
	if n := Goroutines(before); n != 2 {
		t.Errorf("%d goroutines are left, want 2", n)
	}
	close(stay)
	if n := Goroutines(before); n != 0 {
		t.Errorf("%d goroutines are left, want none: both have ended", n)
	}
}
