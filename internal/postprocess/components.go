package postprocess

import "github.com/gosight/vision/internal/geom"

// A run is a piece of a row of a mask: pixels x0 to x1, both in it.
type run struct {
	x0, x1, y int
	label     int // index of a run of the same component; its own: the root
}

// components returns, for each 8-connected component of the pixels of a map of width w that are above
// limit, its outermost pixels: the first and the last of each row, rows downward. The components come
// by their topmost row, from the left. Their outline is what cv2.findContours
// follows from outside; holes have none.
func components(values []float32, w int, limit float32) [][]geom.Point {
	var runs []run
	root := func(i int) int {
		for runs[i].label != i {
			runs[i].label = runs[runs[i].label].label
			i = runs[i].label
		}
		return i
	}
	above := 0 // first run of the row above
	for y := 0; (y+1)*w <= len(values) && w > 0; y++ {
		first := len(runs)
		row := values[y*w : (y+1)*w]
		for x := 0; x < w; x++ {
			if !(row[x] > limit) {
				continue
			}
			r := run{x0: x, y: y, label: len(runs)}
			for x+1 < w && row[x+1] > limit {
				x++
			}
			r.x1 = x
			runs = append(runs, r)
		}
		i := above
		for j := first; j < len(runs); j++ {
			for i < first && runs[i].x1+1 < runs[j].x0 {
				i++
			}
			for k := i; k < first && runs[k].x0 <= runs[j].x1+1; k++ {
				if a, b := root(k), root(j); a < b {
					runs[b].label = a
				} else {
					runs[a].label = b
				}
			}
		}
		above = first
	}
	index := make(map[int]int)
	var found [][]geom.Point
	for i, r := range runs {
		c := root(i)
		n, ok := index[c]
		if !ok {
			n = len(found)
			index[c] = n
			found = append(found, nil)
		}
		p := found[n]
		lo, hi := geom.Point{X: float64(r.x0), Y: float64(r.y)}, geom.Point{X: float64(r.x1), Y: float64(r.y)}
		if len(p) > 0 && p[len(p)-1].Y == hi.Y { // runs of a row come from the left
			p[len(p)-1] = hi
		} else {
			p = append(p, lo, hi)
		}
		found[n] = p
	}
	return found
}
