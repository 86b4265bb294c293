package detector

import (
	"fmt"
	"strconv"

	"github.com/gosight/vision/internal/fault"
)

// landmarks are where the points of boxes are read from.
type landmarks struct {
	fetched int    // which of the fetched outputs holds them
	order   string // of the ten numbers
	anchors *anchors
	scale   func(w, h float32) (sx, sy float32)
}

// canHaveLandmarks refuses a card that names landmarks for a head without them.
func (b *builder) canHaveLandmarks() error {
	if b.detect.Outputs["landmarks"] == "" || b.detect.Head == "separate" || b.detect.Head == "tf-od" {
		return nil
	}
	return b.refuse("card", "detect.outputs.landmarks with head separate or tf-od only", "head "+strconv.Quote(b.detect.Head))
}

// landmarks adds those that the card names to a head with boxes in an output of their own,
// which is the first that it fetches.
func (b *builder) landmarks(h *head) error {
	if b.detect.Outputs["landmarks"] == "" {
		return nil
	}
	out, err := b.need("landmarks", "")
	if err != nil {
		return err
	}
	k, n := int64(-1), int64(2*Points)
	if h.anchors != nil {
		k = int64(len(h.anchors.list))
	}
	forms := [][]int64{{k, n}, {k, 1, n}}
	if o := b.detect.Landmarks; o == "xy-pairs" || o == "yx-pairs" {
		forms = append(forms, []int64{k, Points, 2})
	}
	if err := b.fits(out, "landmarks", forms...); err != nil {
		return err
	}
	h.points = &landmarks{fetched: len(h.fetch), order: b.detect.Landmarks, anchors: h.anchors, scale: b.scale}
	h.fetch = append(h.fetch, out.Key)
	return nil
}

// check refuses landmarks that are not Points for each of so many boxes.
func (l *landmarks) check(a array, boxes int) error {
	if len(a.v) != 2*Points*boxes {
		return &fault.ModelError{What: "landmarks", Want: fmt.Sprintf("%d numbers for each of %d boxes", 2*Points, boxes), Got: fmt.Sprintf("shape %v", a.shape)}
	}
	return nil
}

// of returns the points of one box, in pixels of the network's input of w x h. Relative to
// an anchor, a number n is n/scale * side + centre, the scales being those of a box's centre, as in
// BlazeFace and RetinaFace.
func (l *landmarks) of(a array, row int, w, h float32) [][2]float32 {
	v := a.v[2*Points*row : 2*Points*(row+1)]
	sx, sy := l.scale(w, h)
	points := make([][2]float32, Points)
	for i := range points {
		var x, y float32
		switch l.order {
		case "yx-pairs":
			x, y = v[2*i+1], v[2*i]
		case "x-then-y":
			x, y = v[i], v[Points+i]
		case "y-then-x":
			x, y = v[Points+i], v[i]
		default:
			x, y = v[2*i], v[2*i+1]
		}
		if l.anchors != nil {
			x, y = l.anchors.point(x, y, row)
		}
		points[i] = [2]float32{x * sx, y * sy}
	}
	return points
}
