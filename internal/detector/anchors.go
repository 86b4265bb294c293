package detector

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"

	"github.com/gosight/vision/internal/engine"
	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/postprocess"
)

// An anchorFile is the content of the file of anchors that stands beside the card; the
// doc of package detect tells of it.
type anchorFile struct {
	Order   string                  `json:"order"`
	Scales  []float32               `json:"scales"`
	Anchors [][4]float32            `json:"anchors"`
	SSD     *postprocess.SSDAnchors `json:"ssd"`
}

// maxAnchors bounds the file and the anchors that it may make.
const (
	maxAnchorBytes = 64 << 20
	maxAnchors     = 1 << 21
)

// anchors are those of a file, ready.
type anchors struct {
	file  string
	swap  bool // y before x
	coder postprocess.BoxCoder
	list  []postprocess.Anchor
}

// readAnchors returns the anchors beside the card, nil if there are none.
func readAnchors(e *engine.Engine) (*anchors, error) {
	data, name, err := e.Beside(".anchors.json", maxAnchorBytes)
	if err != nil {
		return nil, &fault.ModelError{What: "anchors", Err: err}
	}
	if data == nil {
		return nil, nil
	}
	var f anchorFile
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&f); err != nil {
		return nil, &fault.FormatError{Format: "anchors", Reason: name, Err: err}
	}
	return f.ready(name)
}

// ready checks the content of the file.
func (f *anchorFile) ready(name string) (*anchors, error) {
	wrong := func(field, want string, got any) error {
		return &fault.ModelError{What: "anchors", Want: field + " in " + name + " to be " + want, Got: fmt.Sprint(got)}
	}
	a := &anchors{file: name, swap: f.Order == "cycxhw"}
	if f.Order != "cxcywh" && !a.swap {
		return nil, wrong("order", "cxcywh or cycxhw", fmt.Sprintf("%q", f.Order))
	}
	if len(f.Scales) != 4 {
		return nil, wrong("scales", "four numbers", f.Scales)
	}
	for _, s := range f.Scales {
		if !(s > 0) || math.IsInf(float64(s), 0) {
			return nil, wrong("scales", "above 0", f.Scales)
		}
	}
	s := f.Scales
	a.coder = postprocess.BoxCoder{CX: s[0], CY: s[1], W: s[2], H: s[3]}
	if a.swap {
		a.coder = postprocess.BoxCoder{CX: s[1], CY: s[0], W: s[3], H: s[2]}
	}
	if (f.SSD == nil) == (len(f.Anchors) == 0) {
		return nil, wrong("anchors or ssd", "there, one of the two", "both or neither")
	}
	for _, v := range f.Anchors {
		if !postprocess.Finite(v[:]) || !(v[2] > 0 && v[3] > 0) {
			return nil, wrong("anchors", "finite, with sides above 0", v)
		}
		n := postprocess.Anchor{CX: v[0], CY: v[1], W: v[2], H: v[3]}
		if a.swap {
			n = postprocess.Anchor{CX: v[1], CY: v[0], W: v[3], H: v[2]}
		}
		a.list = append(a.list, n)
	}
	if f.SSD != nil {
		if err := checkSSD(f.SSD, wrong); err != nil {
			return nil, err
		}
		a.list = f.SSD.Anchors()
	}
	return a, nil
}

// checkSSD refuses settings that make no anchors, or too many.
func checkSSD(s *postprocess.SSDAnchors, wrong func(field, want string, got any) error) error {
	if !(s.MinScale >= 1e-4 && s.MinScale <= s.MaxScale && s.MaxScale <= 10) {
		return wrong("ssd.min_scale and max_scale", "from 0.0001 and in order", fmt.Sprint(s.MinScale, ", ", s.MaxScale))
	}
	for _, r := range s.AspectRatios {
		if !(r >= 1e-3 && r <= 1e3) {
			return wrong("ssd.aspect_ratios", "0.001 to 1000", r)
		}
	}
	if r := s.Interpolated; r != 0 && !(r >= 1e-3 && r <= 1e3) {
		return wrong("ssd.interpolated_scale_aspect_ratio", "0 for none, or 0.001 to 1000", r)
	}
	total, perCell := 0, len(s.AspectRatios)+3
	for _, g := range s.Grids {
		if g[0] < 1 || g[1] < 1 || g[0] > maxAnchors || g[1] > maxAnchors {
			return wrong("ssd.grids", "rows and columns from 1", g)
		}
		if total += g[0] * g[1]; total > maxAnchors/perCell {
			return wrong("ssd.grids", fmt.Sprintf("of at most %d anchors", maxAnchors), total)
		}
	}
	if total == 0 {
		return wrong("ssd.grids", "rows and columns of each feature map", "nothing")
	}
	return nil
}

// boxes decodes the network's numbers and scales the boxes.
func (a *anchors) boxes(out array, sx, sy float32) ([]postprocess.Box, error) {
	if len(out.v) != 4*len(a.list) {
		return nil, &fault.ModelError{What: "boxes", Want: fmt.Sprintf("one for each of the %d anchors in %s", len(a.list), a.file), Got: fmt.Sprintf("shape %v", out.shape)}
	}
	boxes := make([]postprocess.Box, len(a.list))
	for i, n := range a.list {
		v := out.v[4*i : 4*i+4 : 4*i+4]
		x, y, w, h := v[0], v[1], v[2], v[3]
		if a.swap {
			x, y, w, h = v[1], v[0], v[3], v[2]
		}
		boxes[i] = a.coder.Box(x, y, w, h, n).Scale(sx, sy)
	}
	return boxes, nil
}

// point decodes a position that is relative to the anchor of a row, in units of the anchors.
func (a *anchors) point(x, y float32, row int) (float32, float32) {
	n := a.list[row]
	return x/a.coder.CX*n.W + n.CX, y/a.coder.CY*n.H + n.CY
}
