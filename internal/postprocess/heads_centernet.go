package postprocess

import (
	"fmt"

	"github.com/gosight/vision/internal/fault"
)

// A Plane is a stack of maps of H rows and W columns; the number of map c at (x, y) is at
// Data[y*YStep + x*XStep + c*CStep].
type Plane struct {
	Data                []float32
	W, H, C             int
	YStep, XStep, CStep int
}

// NewPlane returns data of shape [h, w, c], or [c, h, w] if planar.
func NewPlane(data []float32, h, w, c int, planar bool) Plane {
	if planar {
		return Plane{data, w, h, c, w, 1, w * h}
	}
	return Plane{data, w, h, c, w * c, c, 1}
}

// At returns one number.
func (p Plane) At(x, y, c int) float32 { return p.Data[y*p.YStep+x*p.XStep+c*p.CStep] }

// Extent says what a centre-point network gives beside the heat map.
type Extent int

// The extents.
const (
	Size       Extent = iota // width, height around the centre
	OffsetSize               // centre offset x, y in cells, then width, height
	Distances                // from the centre to left, top, right, bottom, as TTFNet
)

// CentreNet are the raw outputs of a network that marks the centres of objects ("Objects
// as Points", Zhou et al. 2019).
type CentreNet struct {
	Heat    Plane
	Sizes   Plane  // 2 or 4 maps, in input pixels after SizeX, SizeY
	Extent  Extent // meaning of Sizes
	Offsets *Plane // centre offset x, y in cells; nil if there is none
	// Pixels of the network's input a cell of the heat map, and a unit of Sizes.
	CellX, CellY float32
	SizeX, SizeY float32
}

// Candidates returns the peaks of the heat map, best first, at most most: the places
// where no neighbour among the eight has a higher value of the same class, which is what a
// 3x3 max pool and TopKV2 find. Equal scores stand in the order of rows, columns, classes.
// Boxes are in pixels of the network's input.
func (n CentreNet) Candidates(rule Scores, most int) ([]Candidate, error) {
	for _, v := range n.Heat.Data {
		if _, ok := (Scores{}).probability(v); !ok && (!rule.Logits || v-v != 0) {
			return nil, wrong(v)
		}
	}
	var peaks []Candidate
	h := n.Heat
	for y := range h.H {
		for x := range h.W {
			for c := range h.C {
				v := h.At(x, y, c)
				if !rule.Logits && !rule.counts(v) || !h.peak(x, y, c, v) {
					continue
				}
				if p, _ := rule.probability(v); rule.counts(p) {
					peaks = append(peaks, Candidate{Score: p, Class: c, Row: y*h.W + x})
				}
			}
		}
	}
	Sort(peaks)
	if most > 0 && len(peaks) > most {
		peaks = peaks[:most:most]
	}
	for i := range peaks {
		p := &peaks[i]
		p.Box = n.box(p.Row%h.W, p.Row/h.W)
	}
	return peaks, nil
}

// peak reports whether no neighbour of (x, y) in map c is above v.
func (p Plane) peak(x, y, c int, v float32) bool {
	for ny := max(y-1, 0); ny <= min(y+1, p.H-1); ny++ {
		for nx := max(x-1, 0); nx <= min(x+1, p.W-1); nx++ {
			if p.At(nx, ny, c) > v {
				return false
			}
		}
	}
	return true
}

// box returns the box of the object whose centre is in cell (x, y).
func (n CentreNet) box(x, y int) Box {
	cx, cy := float32(x), float32(y)
	if n.Offsets != nil {
		cx, cy = cx+n.Offsets.At(x, y, 0), cy+n.Offsets.At(x, y, 1)
	}
	at := func(c int) float32 { return n.Sizes.At(x, y, c) }
	switch n.Extent {
	case Distances:
		cx, cy = cx*n.CellX, cy*n.CellY
		return Box{cx - at(0)*n.SizeX, cy - at(1)*n.SizeY, cx + at(2)*n.SizeX, cy + at(3)*n.SizeY}
	case OffsetSize:
		return CXCYWH.Box((cx+at(0))*n.CellX, (cy+at(1))*n.CellY, at(2)*n.SizeX, at(3)*n.SizeY)
	}
	return CXCYWH.Box(cx*n.CellX, cy*n.CellY, at(0)*n.SizeX, at(1)*n.SizeY)
}

// Check refuses maps that do not fit each other.
func (n CentreNet) Check() error {
	want := 2
	if n.Extent != Size {
		want = 4
	}
	planes := []struct {
		name string
		p    *Plane
		c    int
	}{{"heatmap", &n.Heat, n.Heat.C}, {"sizes", &n.Sizes, want}, {"offsets", n.Offsets, 2}}
	for _, m := range planes {
		if m.p == nil {
			continue
		}
		if m.p.W != n.Heat.W || m.p.H != n.Heat.H || m.p.C != m.c || len(m.p.Data) != m.p.W*m.p.H*m.p.C {
			return &fault.ModelError{What: "output of role " + m.name, Want: fmt.Sprintf("%d maps of %d x %d", m.c, n.Heat.W, n.Heat.H),
				Got: fmt.Sprintf("%d of %d x %d", m.p.C, m.p.W, m.p.H)}
		}
	}
	return nil
}
