package train

import (
	"math"
	"math/rand/v2"
)

// Pictures that crops are cut out of are kept whole, as squares: a crop is stretched to a square anyway, so a picture of
// any ratio takes as much room. keptSide is the most pixels a side, for a net of size: a crop of 9/16 of the area is not
// enlarged. A smaller picture is kept as it is.
func keptSide(size int) int { return (4*size + 2) / 3 }

// A kept is a picture that is kept whole.
type kept struct {
	w, h         int32 // pixels kept
	fullW, fullH int32 // the picture's own, which crops are drawn from
	at           int64 // first byte
}

// A region is part of a picture, in pixels.
type region struct{ x, y, w, h float64 }

// drawCrop draws a part of a picture of w x h pixels, in whole pixels: its area evenly from least of the picture's to
// all, the logarithm of its ratio evenly from that of 3/4 to that of 4/3. What does not fit is drawn again; after ten
// times it is the centre, as large as the ratios allow. (Szegedy and others, "Going deeper with convolutions", 2014, as
// torchvision's RandomResizedCrop.get_params.)
func drawCrop(w, h int, least float64, r *rand.Rand) region {
	const narrow, wide = 3.0 / 4, 4.0 / 3
	for range 10 {
		area := float64(w) * float64(h) * (least + r.Float64()*(1-least))
		ratio := math.Exp(math.Log(narrow) + r.Float64()*(math.Log(wide)-math.Log(narrow)))
		cw, ch := int(math.RoundToEven(math.Sqrt(area*ratio))), int(math.RoundToEven(math.Sqrt(area/ratio)))
		if cw > 0 && cw <= w && ch > 0 && ch <= h {
			y, x := r.IntN(h-ch+1), r.IntN(w-cw+1)
			return region{float64(x), float64(y), float64(cw), float64(ch)}
		}
	}
	cw, ch := w, h
	if ratio := float64(w) / float64(h); ratio < narrow {
		ch = max(int(math.RoundToEven(float64(w)/narrow)), 1)
	} else if ratio > wide {
		cw = max(int(math.RoundToEven(float64(h)*wide)), 1)
	}
	return region{float64((w - cw) / 2), float64((h - ch) / 2), float64(cw), float64(ch)}
}

// crop draws a crop of the stored picture k and writes it to s.picture at the size of the net.
func (a *augmenter) crop(s *scratch, k kept, r *rand.Rand) {
	at := drawCrop(int(k.fullW), int(k.fullH), a.Crop, r)
	fx, fy := float64(k.w)/float64(k.fullW), float64(k.h)/float64(k.fullH)
	s.resample(s.picture, a.size, s.stored, int(k.w), int(k.h), a.planes, region{at.x * fx, at.y * fy, at.w * fx, at.h * fy})
}

// weights say which pixels of a line become each of the new ones, and in what parts.
type weights struct {
	first []int // pixel, for each new one
	count []int
	part  []float32 // most for each
	most  int
}

// set makes the weights of a triangle filter that widens when shrinking, as Pillow's resize with BILINEAR and a box: the
// part from lo on, span pixels long, of a line of n becomes size pixels.
func (w *weights) set(n int, lo, span float64, size int) {
	scale := span / float64(size)
	wide := max(scale, 1)
	w.most = int(math.Ceil(wide))*2 + 1
	if cap(w.first) < size {
		w.first, w.count = make([]int, size), make([]int, size)
	}
	if cap(w.part) < size*w.most {
		w.part = make([]float32, size*w.most)
	}
	w.first, w.count, w.part = w.first[:size], w.count[:size], w.part[:size*w.most]
	for i := range size {
		centre := lo + (float64(i)+0.5)*scale
		first, end := max(int(centre-wide+0.5), 0), min(int(centre+wide+0.5), n)
		part, sum := w.part[i*w.most:(i+1)*w.most], 0.0
		for j := first; j < end; j++ {
			sum += max(1-math.Abs(float64(j)+0.5-centre)/wide, 0)
		}
		for j := first; j < end; j++ {
			part[j-first] = float32(max(1-math.Abs(float64(j)+0.5-centre)/wide, 0) / sum)
		}
		w.first[i], w.count[i] = first, end-first
	}
}

// resample writes a part of src, w x h pixels, to dst, size x size pixels.
func (s *scratch) resample(dst []uint8, size int, src []uint8, w, h, planes int, at region) {
	s.x.set(w, at.x, at.w, size)
	s.y.set(h, at.y, at.h, size)
	top, bottom := s.y.first[0], s.y.first[size-1]+s.y.count[size-1]
	row := size * planes
	lines := s.floats((bottom - top) * row) // as wide as they shall be, as high as they were
	for y := top; y < bottom; y++ {
		s.x.across(lines[(y-top)*row:(y-top+1)*row], src[y*w*planes:(y+1)*w*planes], planes)
	}
	for y := range size {
		to := dst[y*row : (y+1)*row]
		part, first := s.y.part[y*s.y.most:], s.y.first[y]-top
		for i := range to {
			sum, at := float32(0.5), first*row+i
			for _, p := range part[:s.y.count[y]] {
				sum += p * lines[at]
				at += row
			}
			to[i] = uint8(sum)
		}
	}
}

// across joins the pixels of a row.
func (w *weights) across(dst []float32, src []uint8, planes int) {
	for i, first := range w.first {
		part := w.part[i*w.most:][:w.count[i]]
		if planes == 3 {
			var a, b, c float32
			from := src[first*3:][:len(part)*3]
			for j, p := range part {
				a += p * float32(from[3*j])
				b += p * float32(from[3*j+1])
				c += p * float32(from[3*j+2])
			}
			dst[3*i], dst[3*i+1], dst[3*i+2] = a, b, c
			continue
		}
		for k := range planes {
			var a float32
			for j, p := range part {
				a += p * float32(src[(first+j)*planes+k])
			}
			dst[i*planes+k] = a
		}
	}
}
