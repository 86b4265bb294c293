package jpegscale

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/gosight/vision/internal/raster"
)

func TestPhase(t *testing.T) {
	data, err := os.ReadFile("../../../shared/data/photos/" + os.Getenv("X"))
	if err != nil {
		t.Fatal(err)
	}
	ratio, _ := strconv.Atoi(os.Getenv("R"))
	b := new(bench)
	f := &b.frame
	var best [6]time.Duration
	for i := range best {
		best[i] = time.Hour
	}
	m := &raster.Image{}
	rough := 0
	for range 150 {
		c := cpu()
		lap := func(i int) { n := cpu(); best[i] = min(best[i], n-c); c = n }
		h, _ := parse(data)
		f.lay(h, ratio)
		lap(0)
		b.stream, b.stretches, _ = clean(b.stream[:0], h.scan, false, b.stretches[:0])
		f.stream, f.stretches = b.stream, b.stretches
		lap(1)
		parts, err := b.decode(context.Background(), 1)
		if err != nil {
			t.Fatal(err)
		}
		lap(2)
		m = raster.New(f.ow, f.oh)
		lap(3)
		f.paint(context.Background(), m, parts, 0, f.down)
		lap(4)
		rough = 0
		s := parts[0].samples
		for i := f.unit - 1; i < len(s); i += f.unit {
			rough += int(s[i])
		}
	}
	fmt.Println("tables, clean, decode, new, paint:", best, "rough", rough, f.total, cap(b.stream), "syms", os.Getenv("X"))
}
