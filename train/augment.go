package train

import (
	"fmt"
	"math/rand/v2"
)

// augment are the changes to pictures of the training part.
type augment struct {
	Flip      bool    `json:"flip"`
	Pad       int     `json:"pad"`
	Cutout    int     `json:"cutout"`
	Alternate bool    `json:"alternating_flip,omitempty"`
	Reflect   bool    `json:"reflect,omitempty"`      // what Pad moves in is reflected
	Crop      float64 `json:"resized_crop,omitempty"` // the least part of the area
	Jitter    jitter  `json:"color_jitter,omitzero"`
	Mix       mixing  `json:"mix,omitzero"`
}

// check refuses what cannot be, or cannot be together, for a net of size pixels a side.
func (a augment) check(size int) error {
	switch {
	case a.Flip && a.Alternate:
		return &SettingError{"want flip or alternating flip, got both"}
	case a.Mix.Part > 0 && a.Mix.Up == 0 && a.Mix.Cut == 0:
		return &SettingError{"mix part: want mixup or cutmix with it, got neither"}
	case a.Reflect && a.Pad >= size:
		return &SettingError{fmt.Sprintf("reflect-crop: want at most %d pixels for pictures of %d, got %d", size-1, size, a.Pad)}
	case !a.Reflect && a.Pad > size/2:
		return &SettingError{fmt.Sprintf("pad-crop: want at most %d pixels, half of pictures of %d, got %d", size/2, size, a.Pad)}
	case a.Cutout > size:
		return &SettingError{fmt.Sprintf("cutout: want at most %d pixels, the side of the pictures, got %d", size, a.Cutout)}
	}
	return nil
}

// mirrored tells whether alternating flip mirrors picture number of the training part in an epoch, from 0.
func (a augment) mirrored(seed int64, number, epoch int) bool {
	return a.Alternate && (rand.NewPCG(uint64(seed)^saltFlip, uint64(number)).Uint64()&1 == 1) != (epoch%2 == 1)
}

// An augmenter changes the pictures of one net. It does not change itself, so any number of goroutines may use it, each
// with a scratch of its own.
type augmenter struct {
	augment
	size, planes int
	fill         []uint8 // the mean colour
	bgr          bool    // the order of the planes
	seed         int64
}

// A scratch is what one goroutine works with, reused from picture to picture.
type scratch struct {
	stored  []uint8 // as kept
	picture []uint8 // at the size of the net
	values  []float32
	x, y    weights
}

// apply writes s.picture, size x size pixels, changed to dst, and mirrored if told so. What it draws comes from r alone.
func (a *augmenter) apply(dst []uint8, s *scratch, mirrored bool, r *rand.Rand) {
	src, size, planes := s.picture, a.size, a.planes
	if a.Jitter != (jitter{}) {
		a.jitter(src, s, r)
	}
	flip := a.Flip && r.IntN(2) == 1 || mirrored
	var dx, dy int
	if a.Pad > 0 {
		dx, dy = r.IntN(2*a.Pad+1)-a.Pad, r.IntN(2*a.Pad+1)-a.Pad
	}
	row := size * planes
	for y := range size {
		to := dst[y*row : (y+1)*row]
		from := y + dy
		switch {
		case a.Reflect:
			from = reflected(from, size)
			reflectRow(to, src[from*row:(from+1)*row], dx, planes)
		case from < 0 || from >= size:
			paint(to, a.fill)
			continue
		default:
			shift(to, src[from*row:(from+1)*row], dx*planes, a.fill)
		}
		if flip {
			mirror(to, planes)
		}
	}
	if a.Cutout > 0 {
		cx, cy := r.IntN(size), r.IntN(size)
		x0, x1 := max(cx-a.Cutout/2, 0), min(cx-a.Cutout/2+a.Cutout, size)
		y0, y1 := max(cy-a.Cutout/2, 0), min(cy-a.Cutout/2+a.Cutout, size)
		for y := y0; y < y1; y++ {
			paint(dst[y*row+x0*planes:y*row+x1*planes], a.fill)
		}
	}
}

// shift writes src from the value by on; what is not there is painted.
func shift(dst, src []uint8, by int, fill []uint8) {
	n := len(src)
	switch {
	case by >= n || by <= -n:
		paint(dst, fill)
	case by >= 0:
		copy(dst, src[by:])
		paint(dst[n-by:], fill)
	default:
		copy(dst[-by:], src)
		paint(dst[:-by], fill)
	}
}

// reflectRow writes src from the pixel by on; what is not there is the pixel as far within the edge, which is not repeated.
func reflectRow(dst, src []uint8, by, planes int) {
	n := len(src) / planes
	for i := range n {
		from := reflected(i+by, n)
		copy(dst[i*planes:(i+1)*planes], src[from*planes:])
	}
}

// reflected is where the value at i of a row of n comes from: -1 is 1, and n is n-2.
func reflected(i, n int) int {
	if i < 0 {
		i = -i
	}
	if i >= n {
		i = 2*(n-1) - i
	}
	return i
}

func paint(dst, fill []uint8) {
	for len(dst) > 0 {
		dst = dst[copy(dst, fill):]
	}
}

func mirror(row []uint8, planes int) {
	for i, j := 0, len(row)-planes; i < j; i, j = i+planes, j-planes {
		for k := range planes {
			row[i+k], row[j+k] = row[j+k], row[i+k]
		}
	}
}
