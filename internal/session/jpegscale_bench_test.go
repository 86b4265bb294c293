package session

import (
	"context"
	"fmt"
	"os"
	"slices"
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
		for _, ratio := range []int{2, 4, 8} {
			var ts [3][]time.Duration
			for range 40 {
				for w := range 3 {
					s := time.Now()
					if w == 0 {
						_, err = d.DecodeJPEG(context.Background(), data, ratio)
					} else {
						_, err = jpegscale.Decode(context.Background(), data, ratio, w)
					}
					if err != nil {
						break
					}
					ts[w] = append(ts[w], time.Since(s))
				}
			}
			fmt.Print(name, " 1:", ratio)
			for w := range 3 {
				if len(ts[w]) > 0 {
					slices.Sort(ts[w])
					fmt.Print("  ", w, ": min ", ts[w][0].Microseconds(), " med ", ts[w][len(ts[w])/2].Microseconds())
				}
			}
			fmt.Println()
		}
	}
}
