package ocr

import (
	"math"
	"slices"

	"github.com/gosight/vision/internal/geom"
	"github.com/gosight/vision/internal/postprocess"
	"github.com/gosight/vision/internal/raster"
)

// A picture more than slim times as long as wide is looked at in bands twice as long as wide, or as
// long as the network takes if that is more. Neighbours share overlap of a band.
const (
	slim    = 3
	overlap = 1.0 / 8
	thin    = 8 // pixels: in a narrower picture there is no text to be found
)

// A band is a part of a picture over its whole width, or height.
type band struct {
	from, to int
	across   bool // from left to right
}

// bandsOf returns the bands of a w x h picture for a network that shrinks sides over side.
func bandsOf(w, h, side int) []band {
	long, short := max(w, h), min(w, h)
	if side == 0 || long <= side || long <= slim*short || short < thin {
		return []band{{0, h, false}}
	}
	length := min(max(side, 2*short), long)
	step := float64(length) * (1 - overlap)
	n := 1 + int(math.Ceil(float64(long-length)/step))
	bands := make([]band, n)
	for i := range bands { // evenly, the last at the end
		from := 0
		if n > 1 {
			from = int(math.Round(float64(long-length) * float64(i) / float64(n-1)))
		}
		bands[i] = band{from, from + length, w > h}
	}
	return bands
}

// cut returns the band's pixels; those of bands below each other are shared.
func (b band) cut(pic *raster.Image) *raster.Image {
	if !b.across {
		return &raster.Image{W: pic.W, H: b.to - b.from, Pix: pic.Pix[3*pic.W*b.from : 3*pic.W*b.to]}
	}
	part := raster.New(b.to-b.from, pic.H)
	for y := range pic.H {
		copy(part.Pix[3*y*part.W:], pic.Pix[3*(y*pic.W+b.from):3*(y*pic.W+b.to)])
	}
	return part
}

// joinBands brings what was found in bands to the picture. What two bands found is one: the larger, or
// if each saw what the other did not, the rectangle around both.
func joinBands(bands []band, found [][]postprocess.TextBox) []postprocess.TextBox {
	var all []postprocess.TextBox
	for i, boxes := range found {
		before := len(all) // those of bands before
		for _, b := range boxes {
			for k := range b.Quad {
				if bands[i].across {
					b.Quad[k].X += float64(bands[i].from)
				} else {
					b.Quad[k].Y += float64(bands[i].from)
				}
			}
			same := slices.IndexFunc(all[:before], func(o postprocess.TextBox) bool {
				return shared(o.Quad, b.Quad) > 0.5 || bands[i].cuts(b.Quad) && continues(o.Quad, b.Quad, bands[i].across)
			})
			if same < 0 {
				all = append(all, b)
				continue
			}
			o := &all[same]
			r := postprocess.MinAreaRect(append(slices.Clone(o.Quad[:]), b.Quad[:]...))
			large, small := o.Quad, b.Quad
			if area(small) > area(large) {
				large, small = small, large
			}
			if r.W*r.H > area(large)+0.1*area(small) {
				large = r.Quad()
			}
			o.Quad, o.Score = large, max(o.Score, b.Score)
		}
	}
	return all
}

// cuts reports whether a quad of the picture begins where the band does: the band before saw more of it.
func (b band) cuts(q geom.Quad) bool {
	const near = 4 // pixels that boxes end short of an edge
	at := q.Bounds().Min.Y
	if b.across {
		at = q.Bounds().Min.X
	}
	return at <= b.from+near
}

// continues reports whether b goes on where a ends, in the direction of the bands.
func continues(a, b geom.Quad, across bool) bool {
	p, q := a.Bounds(), b.Bounds()
	i := p.Intersect(q)
	if across {
		return !i.Empty() && 5*i.Dy() > 3*max(p.Dy(), q.Dy())
	}
	return !i.Empty() && 5*i.Dx() > 3*max(p.Dx(), q.Dx())
}

// shared is the part of the smaller quad's bounds that the other's cover.
func shared(a, b geom.Quad) float64 {
	p, q := a.Bounds(), b.Bounds()
	i := p.Intersect(q)
	least := min(p.Dx()*p.Dy(), q.Dx()*q.Dy())
	if least == 0 {
		return 0
	}
	return float64(i.Dx()*i.Dy()) / float64(least)
}

func area(q geom.Quad) float64 { return distance(q[0], q[1]) * distance(q[0], q[3]) }
