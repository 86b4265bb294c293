package metric

import (
	"cmp"
	"maps"
	"math"
	"slices"
)

// A Box is a rectangle in pixels: left and top edge, width and height.
type Box struct {
	X, Y, W, H float64
}

// A COCOTruth is one annotated object. Image and Category are any numbers that tell
// pictures and categories apart.
//
// Area is the annotation's own, in square pixels: for COCO the area of the outline,
// not of the box. It alone says whether the object is small or large. Crowd marks a
// group that is annotated as one: it is never counted as missed, and any number of
// detections may fall into it. An "ignore" flag in a file means nothing: COCOeval
// overwrites it with iscrowd.
type COCOTruth struct {
	Image, Category int64
	Box             Box
	Area            float64
	Crowd           bool
}

// A COCODetection is one box that a detector found.
type COCODetection struct {
	Image, Category int64
	Box             Box
	Score           float64
}

// A COCOResult holds the twelve numbers that COCOeval.summarize prints: averages of
// precision and recall in [0, 1] over the IoU thresholds 0.50 to 0.95 in steps of
// 0.05 and over the categories. -1 stands where there is nothing to average.
type COCOResult struct {
	AP       float64 `json:"ap"`
	AP50     float64 `json:"ap50"`      // IoU 0.50 only
	AP75     float64 `json:"ap75"`      // IoU 0.75 only
	APSmall  float64 `json:"ap_small"`  // area up to 32 x 32
	APMedium float64 `json:"ap_medium"` // area 32 x 32 to 96 x 96
	APLarge  float64 `json:"ap_large"`  // area from 96 x 96
	AR1      float64 `json:"ar1"`       // one detection a picture and category
	AR10     float64 `json:"ar10"`
	AR100    float64 `json:"ar100"`
	ARSmall  float64 `json:"ar_small"`
	ARMedium float64 `json:"ar_medium"`
	ARLarge  float64 `json:"ar_large"`

	// Categories that have objects, by number.
	Categories []COCOCategory `json:"-"`
}

// A COCOCategory is the average precision of one category; -1 if all its objects
// are crowds.
type COCOCategory struct {
	Category int64
	Truths   int // annotations, crowds left out
	AP, AP50 float64
}

const (
	cocoThresholds = 10  // IoU 0.50, 0.55, ... 0.95
	cocoRecalls    = 101 // recall 0, 0.01, ... 1
	cocoMost       = 100 // detections a picture and category
)

// cocoAreas are the ranges all, small, medium and large; both bounds are in.
func cocoAreas() [4][2]float64 {
	return [4][2]float64{{0, 1e5 * 1e5}, {0, 32 * 32}, {32 * 32, 96 * 96}, {96 * 96, 1e5 * 1e5}}
}

// COCO measures detections as pycocotools' COCOeval does for boxes with its
// default parameters, within rounding.
//
//   - In each picture and category the 100 best detections count; equal scores keep
//     the caller's order, and between pictures the order of their numbers.
//   - A detection takes the free object with which its IoU is highest, from the
//     threshold on; a crowd's IoU is the part of the detection inside it.
//   - Detections that take a crowd, or an object outside the range of areas, and those
//     that take nothing and are themselves outside it, do not count.
//   - A category without objects is left out, its detections too.
//
// COCOeval takes a match with the annotation whose id is 0 for no match, so that the
// detection counts as wrong. Here annotations have no id and every match counts: the
// result is what COCOeval gives when no id is 0.
//
// Boxes, areas and scores must be finite, widths, heights and areas not negative.
func COCO(truths []COCOTruth, found []COCODetection) (COCOResult, error) {
	groups := map[int64]map[int64]*cocoPicture{} // by category, then picture
	at := func(category, image int64) *cocoPicture {
		g := groups[category]
		if g[image] == nil {
			g[image] = &cocoPicture{}
		}
		return g[image]
	}
	for i, t := range truths {
		if !t.Box.valid() || !(t.Area >= 0) || math.IsInf(t.Area, 0) {
			return COCOResult{}, broken("truth", "object %d: want a finite box and area, got %v and %v", i, t.Box, t.Area)
		}
		if groups[t.Category] == nil {
			groups[t.Category] = map[int64]*cocoPicture{}
		}
		p := at(t.Category, t.Image)
		p.truths = append(p.truths, t)
	}
	for i, d := range found {
		if !d.Box.valid() || math.IsNaN(d.Score) || math.IsInf(d.Score, 0) {
			return COCOResult{}, broken("detections", "detection %d: want a finite box and score, got %v and %v", i, d.Box, d.Score)
		}
		if groups[d.Category] != nil {
			p := at(d.Category, d.Image)
			p.found = append(p.found, d)
		}
	}
	var all cocoMeans
	var r COCOResult
	for _, category := range slices.Sorted(maps.Keys(groups)) {
		var pictures []*cocoPicture
		for _, image := range slices.Sorted(maps.Keys(groups[category])) {
			pictures = append(pictures, groups[category][image])
		}
		one := cocoOf(pictures)
		all.add(&one)
		c := COCOCategory{Category: category, AP: one.ap[0].value(), AP50: one.ap50.value()}
		for _, p := range pictures {
			for _, t := range p.truths {
				if !t.Crowd {
					c.Truths++
				}
			}
		}
		r.Categories = append(r.Categories, c)
	}
	r.AP, r.AP50, r.AP75 = all.ap[0].value(), all.ap50.value(), all.ap75.value()
	r.APSmall, r.APMedium, r.APLarge = all.ap[1].value(), all.ap[2].value(), all.ap[3].value()
	r.AR1, r.AR10, r.AR100 = all.ar1.value(), all.ar10.value(), all.ar[0].value()
	r.ARSmall, r.ARMedium, r.ARLarge = all.ar[1].value(), all.ar[2].value(), all.ar[3].value()
	return r, nil
}

func (b Box) valid() bool {
	for _, v := range [4]float64{b.X, b.Y, b.W, b.H} {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return false
		}
	}
	return b.W >= 0 && b.H >= 0
}

// A mean is a sum that knows its count.
type mean struct {
	sum float64
	n   int
}

func (m *mean) add(o mean) { m.sum += o.sum; m.n += o.n }

func (m mean) value() float64 {
	if m.n == 0 {
		return -1
	}
	return m.sum / float64(m.n)
}

// cocoMeans are the numbers of a result before they are divided; ap and ar by area.
type cocoMeans struct {
	ap, ar                [4]mean
	ap50, ap75, ar1, ar10 mean
}

func (m *cocoMeans) add(o *cocoMeans) {
	for i := range m.ap {
		m.ap[i].add(o.ap[i])
		m.ar[i].add(o.ar[i])
	}
	m.ap50.add(o.ap50)
	m.ap75.add(o.ap75)
	m.ar1.add(o.ar1)
	m.ar10.add(o.ar10)
}

// cocoOf measures one category.
func cocoOf(pictures []*cocoPicture) cocoMeans {
	var m cocoMeans
	for _, p := range pictures {
		slices.SortStableFunc(p.found, func(a, b COCODetection) int { return cmp.Compare(b.Score, a.Score) })
		p.found = p.found[:min(len(p.found), cocoMost)]
		p.overlap()
	}
	for a, area := range cocoAreas() {
		matched := make([]cocoMatch, len(pictures))
		wanted := 0
		for i, p := range pictures {
			matched[i] = p.match(area)
			wanted += matched[i].wanted
		}
		if wanted == 0 {
			continue
		}
		for t := range cocoThresholds {
			precision, recall := cocoCurve(pictures, matched, t, cocoMost, wanted)
			m.ap[a].add(precision)
			m.ar[a].add(recall)
			if a > 0 {
				continue
			}
			switch t {
			case 0:
				m.ap50.add(precision)
			case 5:
				m.ap75.add(precision)
			}
			_, recall = cocoCurve(pictures, matched, t, 1, wanted)
			m.ar1.add(recall)
			_, recall = cocoCurve(pictures, matched, t, 10, wanted)
			m.ar10.add(recall)
		}
	}
	return m
}
