package train

import (
	"math/rand/v2"
)

// augment are the changes to pictures of the training part.
type augment struct {
	Flip   bool `json:"flip"`
	Pad    int  `json:"pad"`
	Cutout int  `json:"cutout"`
}

// apply writes src, size x size pixels of planes bytes, changed to dst. What it draws comes from r alone.
func (a augment) apply(dst, src []uint8, size, planes int, fill []uint8, r *rand.Rand) {
	flip := a.Flip && r.IntN(2) == 1
	var dx, dy int
	if a.Pad > 0 {
		dx, dy = r.IntN(2*a.Pad+1)-a.Pad, r.IntN(2*a.Pad+1)-a.Pad
	}
	row := size * planes
	for y := range size {
		to := dst[y*row : (y+1)*row]
		from := y + dy
		if from < 0 || from >= size {
			paint(to, fill)
			continue
		}
		shift(to, src[from*row:(from+1)*row], dx*planes, fill)
		if flip {
			mirror(to, planes)
		}
	}
	if a.Cutout > 0 {
		cx, cy := r.IntN(size), r.IntN(size)
		x0, x1 := max(cx-a.Cutout/2, 0), min(cx-a.Cutout/2+a.Cutout, size)
		y0, y1 := max(cy-a.Cutout/2, 0), min(cy-a.Cutout/2+a.Cutout, size)
		for y := y0; y < y1; y++ {
			paint(dst[y*row+x0*planes:y*row+x1*planes], fill)
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
