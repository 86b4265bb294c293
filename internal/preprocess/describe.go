package preprocess

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/gosight/vision/internal/card"
)

// String says what the plan does, for people: "shorter side 256 pillow-bilinear,
// centre 224x224, RGB, -1..1".
func (p *Plan) String() string { return p.desc }

func (p *Plan) describe(in card.Input) string {
	var b strings.Builder
	r := p.resize
	switch p.mode {
	case "crop":
		fmt.Fprintf(&b, "shorter side %d %s, centre %dx%d", r.Shorter, p.sampler.name, p.width, p.height)
		if r.Rounding != "" && r.Rounding != "torchvision" {
			fmt.Fprintf(&b, " (%s)", r.Rounding)
		}
	case "central":
		fmt.Fprintf(&b, "central %s, squashed to %dx%d %s", num(r.Fraction), p.width, p.height, p.sampler.name)
	case "squash":
		fmt.Fprintf(&b, "squashed to %dx%d %s", p.width, p.height, p.sampler.name)
	case "letterbox":
		anchor := r.Anchor
		if anchor == "" {
			anchor = "center"
		}
		fmt.Fprintf(&b, "letterboxed to %dx%d %s, %s, padded with %s", p.width, p.height, p.sampler.name, anchor, nums(in.Resize.Pad))
		if r.Rounding == "floor" {
			b.WriteString(" (floor)")
		}
	case "height":
		fmt.Fprintf(&b, "height %d %s, own width", p.height, p.sampler.name)
		if r.MaxSide > 0 {
			fmt.Fprintf(&b, " up to %d", r.MaxSide)
		}
		if r.MinSide > 0 {
			fmt.Fprintf(&b, ", padded to %d", r.MinSide)
		}
		if r.Multiple > 0 {
			fmt.Fprintf(&b, ", padded to multiples of %d", r.Multiple)
		}
		fmt.Fprintf(&b, ", padded with %s", nums(in.Resize.Pad))
	default:
		b.WriteString("own size")
		if r.MinSide > 0 {
			fmt.Fprintf(&b, ", sides at least %d", r.MinSide)
		}
		if r.MaxSide > 0 {
			fmt.Fprintf(&b, ", sides at most %d", r.MaxSide)
		}
		if r.Multiple > 0 {
			fmt.Fprintf(&b, ", multiples of %d", r.Multiple)
		}
		if p.sampler.name != "" {
			b.WriteString(", " + p.sampler.name)
		}
	}
	b.WriteString(", " + p.channels)
	if in.Layout == "NCHW" {
		b.WriteString(" planes")
	}
	if p.elem == Byte {
		b.WriteString(", bytes")
		return b.String()
	}
	fmt.Fprintf(&b, ", %s..%s", num(in.Range[0]), num(in.Range[1]))
	if any0(in.Mean, 0) {
		b.WriteString(" minus " + nums(in.Mean))
	}
	if any0(in.Std, 1) {
		b.WriteString(" over " + nums(in.Std))
	}
	if p.standardize {
		b.WriteString(" standardized")
	}
	return b.String()
}

func num(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

func nums(v []float64) string {
	s := make([]string, len(v))
	for i, x := range v {
		s[i] = num(x)
	}
	return strings.Join(s, "/")
}
