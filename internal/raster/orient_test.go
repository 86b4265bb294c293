package raster

import (
	"bytes"
	"testing"
)

// numbered returns a picture whose pixels are all different.
func numbered(w, h int) *Image {
	m := New(w, h)
	for i := range w * h {
		m.Pix[3*i], m.Pix[3*i+1], m.Pix[3*i+2] = uint8(i), uint8(i>>8), 7
	}
	return m
}

func (m *Image) number(x, y int) int {
	i := 3 * (y*m.W + x)
	return int(m.Pix[i]) | int(m.Pix[i+1])<<8
}

func TestOrientByHand(t *testing.T) {
	// Stored:  0 1 2
	//          3 4 5
	m := numbered(3, 2)
	for o, want := range map[int][]int{ // by the definitions of EXIF 2.32, 4.6.4
		1: {0, 1, 2, 3, 4, 5},
		2: {2, 1, 0, 5, 4, 3},
		3: {5, 4, 3, 2, 1, 0},
		4: {3, 4, 5, 0, 1, 2},
		5: {0, 3, 1, 4, 2, 5},
		6: {3, 0, 4, 1, 5, 2},
		7: {5, 2, 4, 1, 3, 0},
		8: {2, 5, 1, 4, 0, 3},
	} {
		up := m.Orient(o)
		w, h := 3, 2
		if o >= 5 {
			w, h = 2, 3
		}
		if up.W != w || up.H != h {
			t.Errorf("orientation %d: got %d x %d, want %d x %d", o, up.W, up.H, w, h)
			continue
		}
		for i, n := range want {
			if got := up.number(i%w, i/w); got != n {
				t.Errorf("orientation %d: pixel %d is %d, want %d", o, i, got, n)
			}
		}
	}
}

func TestOrientTwiceComesBack(t *testing.T) {
	// Sides beyond one square of the copy and no multiple of it.
	m := numbered(150, 70)
	back := [9]int{0, 1, 2, 3, 4, 5, 8, 7, 6}
	for o := 1; o <= 8; o++ {
		got := m.Orient(o).Orient(back[o])
		if got.W != m.W || !bytes.Equal(got.Pix, m.Pix) {
			t.Errorf("orientation %d, then %d, changes the picture", o, back[o])
		}
	}
}

func TestOrientLeavesUprightAlone(t *testing.T) {
	m := numbered(3, 2)
	for _, o := range []int{-1, 0, 1, 9} {
		if m.Orient(o) != m {
			t.Errorf("orientation %d: got a copy, want the picture itself", o)
		}
	}
	empty := New(0, 0)
	for o := 1; o <= 8; o++ {
		if up := empty.Orient(o); len(up.Pix) != 0 {
			t.Errorf("orientation %d of nothing: %d bytes", o, len(up.Pix))
		}
	}
}

func TestLumaEqualsPillow(t *testing.T) {
	m := &Image{W: 7, H: 1, Pix: []uint8{255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255, 1, 2, 3, 200, 100, 50, 12, 250, 131}}
	want := []uint8{76, 150, 29, 255, 2, 124, 165} // PIL.Image.fromarray(...).convert("L")
	if got := m.Luma(); !bytes.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func BenchmarkOrient(b *testing.B) {
	m := New(1920, 1080)
	for _, o := range []int{2, 3, 6} {
		b.Run(string(rune('0'+o)), func(b *testing.B) {
			b.SetBytes(int64(len(m.Pix)))
			for b.Loop() {
				m.Orient(o)
			}
		})
	}
}
