package train

import "math/rand/v2"

// jitter is how far colours may move; see ColorJitter.
type jitter struct {
	Brightness float64 `json:"brightness"`
	Contrast   float64 `json:"contrast"`
	Saturation float64 `json:"saturation"`
	Hue        float64 `json:"hue"`
}

// jitter changes the colours of one picture: brightness, contrast, saturation and hue, in an order that is drawn.
func (a *augmenter) jitter(pix []uint8, s *scratch, r *rand.Rand) {
	order := r.Perm(4)
	var by [4]float64
	for i, most := range []float64{a.Jitter.Brightness, a.Jitter.Contrast, a.Jitter.Saturation} {
		lo := max(1-most, 0)
		by[i] = lo + r.Float64()*(1+most-lo)
	}
	by[3] = (2*r.Float64() - 1) * a.Jitter.Hue
	c := colours{s.floats(len(pix)), a.planes, a.bgr}
	for i, v := range pix {
		c.pix[i] = float32(v)
	}
	for _, what := range order {
		f := float32(by[what])
		switch {
		case what == 0 && a.Jitter.Brightness > 0:
			c.brightness(f)
		case what == 1 && a.Jitter.Contrast > 0:
			c.contrast(f)
		case what == 2 && a.Jitter.Saturation > 0:
			c.saturation(f)
		case what == 3 && a.Jitter.Hue > 0:
			c.hue(f)
		}
	}
	for i, v := range c.pix {
		pix[i] = uint8(v + 0.5)
	}
}

func (s *scratch) floats(n int) []float32 {
	if cap(s.values) < n {
		s.values = make([]float32, n)
	}
	return s.values[:n]
}

// colours are pixels of values in 0..255. The formulas are those of torchvision's ColorJitter, without its rounding
// between them.
type colours struct {
	pix    []float32
	planes int // 3, or 1, which has neither saturation nor hue
	bgr    bool
}

// brightness multiplies each value by f.
func (c colours) brightness(f float32) { c.blend(0, f) }

// contrast moves each value away from the mean grey value of the picture, by the factor f.
func (c colours) contrast(f float32) {
	sum := 0.0
	for i := 0; i < len(c.pix); i += c.planes {
		sum += float64(c.grey(i))
	}
	c.blend(float32(sum/float64(len(c.pix)/c.planes)), f)
}

func (c colours) blend(with, f float32) {
	for i, v := range c.pix {
		c.pix[i] = clamp(with + (v-with)*f)
	}
}

// saturation moves each pixel away from its grey value, by the factor f.
func (c colours) saturation(f float32) {
	if c.planes < 3 {
		return
	}
	for i := 0; i < len(c.pix); i += 3 {
		g := c.grey(i)
		for k := i; k < i+3; k++ {
			c.pix[k] = clamp(g + (c.pix[k]-g)*f)
		}
	}
}

// grey is the luma of the pixel at i, of ITU-R BT.601.
func (c colours) grey(i int) float32 {
	if c.planes < 3 {
		return c.pix[i]
	}
	r, g, b := c.rgb(i)
	return 0.299*c.pix[r] + 0.587*c.pix[g] + 0.114*c.pix[b]
}

// rgb returns where the pixel at i has its red, green and blue.
func (c colours) rgb(i int) (r, g, b int) {
	if c.bgr {
		return i + 2, i + 1, i
	}
	return i, i + 1, i + 2
}

// hue turns each pixel's hue by so many turns, with its value and saturation of HSV as they are (Smith, "Color gamut
// transform pairs", 1978).
func (c colours) hue(turns float32) {
	if c.planes < 3 {
		return
	}
	for i := 0; i < len(c.pix); i += 3 {
		ri, gi, bi := c.rgb(i)
		r, g, b := c.pix[ri], c.pix[gi], c.pix[bi]
		hi, lo := max(r, g, b), min(r, g, b)
		d := hi - lo
		if d == 0 {
			continue
		}
		var h float32 // in sixths of a turn, from red
		switch hi {
		case r:
			h = (g - b) / d
		case g:
			h = 2 + (b-r)/d
		default:
			h = 4 + (r-g)/d
		}
		for h += 6 * turns; h < 0; {
			h += 6
		}
		for h >= 6 {
			h -= 6
		}
		sector := int(h)
		up := d * (h - float32(sector))
		switch sector {
		case 0:
			r, g, b = hi, lo+up, lo
		case 1:
			r, g, b = hi-up, hi, lo
		case 2:
			r, g, b = lo, hi, lo+up
		case 3:
			r, g, b = lo, hi-up, hi
		case 4:
			r, g, b = lo+up, lo, hi
		default:
			r, g, b = hi, lo, hi-up
		}
		c.pix[ri], c.pix[gi], c.pix[bi] = r, g, b
	}
}

func clamp(v float32) float32 { return min(max(v, 0), 255) }
