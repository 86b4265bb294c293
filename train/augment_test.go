package train

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// As numpy.pad([1, 2, 3, 4, 5], (4, 4), mode="reflect"), which is 5 4 3 2 1 2 3 4 5 4 3 2 1.
func TestReflectIsNumpys(t *testing.T) {
	padded := []uint8{5, 4, 3, 2, 1, 2, 3, 4, 5, 4, 3, 2, 1}
	src := []uint8{1, 101, 2, 102, 3, 103, 4, 104, 5, 105} // of two planes
	for by := -4; by <= 4; by++ {
		dst := make([]uint8, 10)
		reflectRow(dst, src, by, 2)
		for i := range 5 {
			want := padded[4+by+i]
			if dst[2*i] != want || dst[2*i+1] != 100+want {
				t.Errorf("by %d: pixel %d is %d, want %d and 100 more", by, i, dst[2*i:2*i+2], want)
			}
		}
	}
}

// A crop of the padded picture, computed the plain way, is among what ReflectCrop gives, and nothing else is.
func TestReflectCropIsACropOfThePaddedPicture(t *testing.T) {
	const size, pad = 7, 6
	r := rand.New(rand.NewPCG(3, 3))
	src := make([]uint8, size*size)
	for i := range src {
		src[i] = uint8(r.IntN(256))
	}
	crops := map[string]bool{}
	for oy := -pad; oy <= pad; oy++ {
		for ox := -pad; ox <= pad; ox++ {
			crop := make([]uint8, 0, size*size)
			for y := range size {
				for x := range size {
					fold := func(i int) int { return size - 1 - abs(size-1-abs(i)) } // a triangle wave
					crop = append(crop, src[fold(y+oy)*size+fold(x+ox)])
				}
			}
			crops[string(crop)] = false
		}
	}
	a := &augmenter{augment: augment{Pad: pad, Reflect: true}, size: size, planes: 1}
	dst := make([]uint8, size*size)
	for i := range 4000 {
		a.apply(dst, &scratch{picture: src}, false, rand.New(rand.NewPCG(1, uint64(i))))
		if _, ok := crops[string(dst)]; !ok {
			t.Fatalf("draw %d: %v is no crop of the padded picture", i, dst)
		}
		crops[string(dst)] = true
	}
	for _, seen := range crops {
		if !seen {
			t.Fatal("a crop was never drawn in 4000")
		}
	}
}

func abs(i int) int { return max(i, -i) }

func TestAlternatingFlip(t *testing.T) {
	a := augment{Alternate: true}
	first := 0
	for i := range 10000 {
		m := a.mirrored(1, i, 0)
		if m {
			first++
		}
		for e := range 6 {
			if want := m != (e%2 == 1); a.mirrored(1, i, e) != want {
				t.Fatalf("picture %d, epoch %d: mirrored is %v, want every other epoch", i, e, !want)
			}
		}
	}
	if first < 4800 || first > 5200 { // 4 standard deviations
		t.Errorf("%d of 10000 are mirrored in the first epoch, want about half", first)
	}
	src := []uint8{1, 2, 3, 4, 5, 6, 7, 8, 9}
	dst := make([]uint8, 9)
	(&augmenter{augment: a, size: 3, planes: 1}).apply(dst, &scratch{picture: src}, true, rand.New(rand.NewPCG(1, 1)))
	if want := []uint8{3, 2, 1, 6, 5, 4, 9, 8, 7}; !slices.Equal(dst, want) {
		t.Errorf("mirrored: %v, want %v", dst, want)
	}
}
