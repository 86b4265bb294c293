package jpegscale

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"
)

func cpu() time.Duration {
	var r syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

func TestX(t *testing.T) {
	data, err := os.ReadFile("../../../shared/data/photos/" + os.Getenv("X"))
	if err != nil {
		t.Fatal(err)
	}
	ratio, _ := strconv.Atoi(os.Getenv("R"))
	best, wall := time.Hour, time.Hour
	for range 150 {
		c, s := cpu(), time.Now()
		if _, err := Decode(context.Background(), data, ratio, 1); err != nil {
			t.Fatal(err)
		}
		best, wall = min(best, cpu()-c), min(wall, time.Since(s))
	}
	fmt.Println(os.Getenv("X"), ratio, "cpu", best, "wall", wall)
}
