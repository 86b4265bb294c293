package session

import (
	"context"
	"fmt"
	"os"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/gosight/vision/internal/jpegscale"
)

func TestTimes(t *testing.T) {
	d := newJPEG(t)
	for _, name := range []string{"photos/street_10mp.jpg", "photos/people_sample1.jpg", "photos/kite_and_cold.jpg", "photos/cat_1080p.jpg"} {
		data, err := os.ReadFile("../../../shared/data/" + name)
		if err != nil {
			t.Fatal(err)
		}
		for _, ratio := range []int{4, 8} {
			var ts, cs [3][]time.Duration
			for range 40 {
				for w := range 3 {
					s, c := time.Now(), usage()
					if w == 0 {
						_, err = d.DecodeJPEG(context.Background(), data, ratio)
					} else {
						_, err = jpegscale.Decode(context.Background(), data, ratio, w)
					}
					if err != nil {
						break
					}
					ts[w] = append(ts[w], time.Since(s))
					cs[w] = append(cs[w], usage()-c)
				}
			}
			fmt.Print(name, " 1:", ratio)
			for w := range 3 {
				if len(ts[w]) > 0 {
					slices.Sort(ts[w])
					slices.Sort(cs[w])
					fmt.Print("  ", w, ": min ", ts[w][0].Microseconds(), " med ", ts[w][len(ts[w])/2].Microseconds(), " cpu ", cs[w][0].Microseconds())
				}
			}
			fmt.Println()
		}
	}
}

func usage() time.Duration {
	var r syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
