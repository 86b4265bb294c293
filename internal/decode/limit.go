package decode

import (
	"math"

	"github.com/gosight/vision/internal/fault"
)

// checkPixels returns a *fault.LimitError if w*h is over limit. Neither side is
// negative.
func checkPixels(w, h, limit int64) error {
	if w == 0 || h == 0 {
		return nil
	}
	n := int64(math.MaxInt64)
	if w <= math.MaxInt64/h {
		n = w * h
	}
	if n > limit {
		return &fault.LimitError{What: "pixels", Got: n, Max: limit}
	}
	return nil
}
