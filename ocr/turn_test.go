package ocr

import (
	"context"
	"errors"
	"testing"

	"github.com/gosight/vision/internal/geom"
)

// When the context has ended nothing is cut any more: there is no picture here to cut from.
func TestNothingIsCutAfterTheEnd(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := &recognizer{cuts: make(chan struct{}, 1)}
	for range 50 { // a place that is free and a context that has ended are ready both
		if _, err := r.readAt(ctx, nil, geom.Quad{{}, {X: 8}, {X: 8, Y: 8}, {Y: 8}}); !errors.Is(err, context.Canceled) {
			t.Fatalf("got %v", err)
		}
	}
	if len(r.cuts) != 0 {
		t.Error("a place was not given back")
	}
}
