package detector

import (
	"testing"

	"github.com/gosight/vision/internal/card"
	"github.com/gosight/vision/internal/postprocess"
)

// Whatever a card says of anchors, it is refused or makes anchors that are finite and have
// an area, no more than it may.
func FuzzAnchors(f *testing.F) {
	f.Add([]byte(`{"order": "cycxhw", "scales": [10, 10, 5, 5], "list": [[0.25, 0.5, 0.25, 0.5]]}`))
	f.Add([]byte(`{"order": "cxcywh", "scales": [1, 1, 1, 1], "ssd": {"min_scale": 0.2, "max_scale": 0.95, "aspect_ratios": [1, 2], "interpolated_scale_aspect_ratio": 1, "reduce_boxes_in_lowest_layer": true, "grids": [[3, 2], [1, 1]]}}`))
	f.Add([]byte(`{"order": "cycxhw", "scales": [1e-30, 0, -1, 3e38], "ssd": {"grids": [[-1, 1]]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		text := append(append([]byte(`{"task": "detect", "detect": {"head": "separate", "anchors": `), data...), "}}"...)
		c, err := card.Parse(text, "f")
		if err != nil || c.Detect == nil || c.Detect.Anchors == nil {
			return
		}
		a := newAnchors(c.Detect.Anchors)
		if len(a.list) == 0 || len(a.list) > card.MaxAnchors {
			t.Fatalf("%d anchors", len(a.list))
		}
		for _, n := range a.list {
			if !postprocess.Finite([]float32{n.CX, n.CY, n.W, n.H}) || !(n.W > 0 && n.H > 0) {
				t.Fatalf("anchor %v", n)
			}
		}
	})
}
