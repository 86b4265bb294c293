package card

import (
	"fmt"
)

// MaxAnchors is how many anchors a card may make.
const MaxAnchors = 1 << 21

func (a *BoxAnchors) check(p *problems) {
	word(p, "detect.anchors.order", a.Order)
	if a.Order == "" {
		p.add("detect.anchors.order", "one of "+oneOf(anchorOrders()), "nothing")
	}
	if len(a.Scales) != 4 {
		p.add("detect.anchors.scales", "four numbers, 10, 10, 5 and 5 mostly", fmt.Sprint(a.Scales))
	}
	for _, s := range a.Scales {
		if !(s >= 1e-6 && s <= 1e6) {
			p.add("detect.anchors.scales", "0.000001 to 1000000", num(s))
		}
	}
	if (a.SSD == nil) == (len(a.List) == 0) {
		p.say("detect.anchors: want one of list and ssd, got both or neither")
	}
	if len(a.List) > MaxAnchors {
		p.add("detect.anchors.list", fmt.Sprintf("at most %d anchors", MaxAnchors), fmt.Sprint(len(a.List)))
	}
	for i, v := range a.List {
		ok := len(v) == 4
		for j := 0; ok && j < 4; j++ {
			// Both orders end with the sides.
			ok = v[j] >= -1e6 && v[j] <= 1e6 && (j < 2 || v[j] >= 1e-6)
		}
		if !ok {
			p.add(fmt.Sprintf("detect.anchors.list[%d]", i), "a centre and two sides above 0", fmt.Sprint(v))
			break // the others are mostly as wrong
		}
	}
	if a.SSD != nil {
		a.SSD.check(p)
	}
}

// check refuses settings that make no anchors, or too many.
func (s *SSDAnchors) check(p *problems) {
	ratio := func(path string, r float64) {
		if !(r >= 1e-3 && r <= 1e3) {
			p.add(path, "0.001 to 1000", num(r))
		}
	}
	if !(s.MinScale >= 1e-4 && s.MinScale <= s.MaxScale && s.MaxScale <= 10) {
		p.add("detect.anchors.ssd.min_scale and max_scale", "0.0001 to 10 and in order", num(s.MinScale)+", "+num(s.MaxScale))
	}
	for _, r := range s.AspectRatios {
		ratio("detect.anchors.ssd.aspect_ratios", r)
	}
	if s.Interpolated != 0 {
		ratio("detect.anchors.ssd.interpolated_scale_aspect_ratio", s.Interpolated)
	}
	if len(s.AspectRatios) == 0 && s.Interpolated == 0 && !s.Reduce {
		p.add("detect.anchors.ssd.aspect_ratios", "at least one", "nothing")
	}
	total, perCell := 0, len(s.AspectRatios)+3
	for _, g := range s.Grids {
		if len(g) != 2 || g[0] < 1 || g[1] < 1 || g[0] > MaxAnchors || g[1] > MaxAnchors {
			p.add("detect.anchors.ssd.grids", "rows and columns of each feature map, from 1", fmt.Sprint(g))
			return
		}
		if total += g[0] * g[1]; total > MaxAnchors/perCell {
			p.add("detect.anchors.ssd.grids", fmt.Sprintf("grids of at most %d anchors", MaxAnchors), fmt.Sprintf("%d cells or more", total))
			return
		}
	}
	if total == 0 {
		p.add("detect.anchors.ssd.grids", "rows and columns of each feature map", "nothing")
	}
}
