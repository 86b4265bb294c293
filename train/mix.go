package train

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat/distuv"
)

// mixing is how pictures of a batch are mixed; see Mixup and CutMix.
type mixing struct {
	Up   float64 `json:"mixup,omitempty"`  // a of Beta(a, a); 0: none
	Cut  float64 `json:"cutmix,omitempty"` // likewise
	Part float64 `json:"part,omitempty"`   // of the batches that are mixed; 0: all
}

// A mixture is how the pictures of one batch are mixed: the part own of each stays, and the rest comes from another, all
// over the picture or within a box.
type mixture struct {
	own  float64
	with []int // by place in the batch
	box  *box
}

// A box is a part of a picture in whole pixels, from x0 to before x1.
type box struct{ x0, y0, x1, y1 int }

// draw draws the mixture of a batch of n pictures of size pixels a side; nil: none.
func (m mixing) draw(n, size int, r *rand.Rand, src rand.Source) *mixture {
	if m.Up == 0 && m.Cut == 0 || m.Part > 0 && r.Float64() >= m.Part {
		return nil
	}
	alpha, cut := m.Up, false
	if m.Up == 0 || m.Cut > 0 && r.IntN(2) == 1 {
		alpha, cut = m.Cut, true
	}
	x := &mixture{own: distuv.Beta{Alpha: alpha, Beta: alpha, Src: src}.Rand(), with: r.Perm(n)}
	if cut {
		x.box, x.own = drawBox(x.own, size, r)
	}
	return x
}

// drawBox draws a box around an even point, of 1-own of the area where it does not reach beyond the picture, and
// returns what part is outside of it, counted in pixels.
func drawBox(own float64, size int, r *rand.Rand) (*box, float64) {
	side := int(float64(size) * math.Sqrt(1-own))
	cx, cy := r.IntN(size), r.IntN(size)
	b := &box{max(cx-side/2, 0), max(cy-side/2, 0), min(cx+side/2, size), min(cy+side/2, size)}
	return b, 1 - float64((b.x1-b.x0)*(b.y1-b.y0))/float64(size*size)
}

// pictures mixes images, of row bytes a picture and size pixels a side.
func (x *mixture) pictures(images []byte, row, size int) {
	from := append([]byte(nil), images...)
	own := float32(x.own)
	for i, j := range x.with {
		if i == j {
			continue
		}
		to, other := images[i*row:(i+1)*row], from[j*row:(j+1)*row]
		if x.box == nil {
			for k, v := range to {
				to[k] = uint8(own*float32(v) + (1-own)*float32(other[k]) + 0.5)
			}
			continue
		}
		planes := row / (size * size)
		for y := x.box.y0; y < x.box.y1; y++ {
			a, b := (y*size+x.box.x0)*planes, (y*size+x.box.x1)*planes
			copy(to[a:b], other[a:b])
		}
	}
}
