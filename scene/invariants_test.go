package scene_test

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"slices"
	"sync"
	"testing"

	"github.com/gosight/vision"
	"github.com/gosight/vision/scene"
)

// rounding is the largest difference that it may make in which batch a picture stands.
const rounding = 1e-5

// kinds are the models that every invariant is held to.
func kinds(t testing.TB) map[string]*scene.Model {
	t.Helper()
	std, err := scene.Default()
	if err != nil {
		t.Fatal(err)
	}
	closeAtEnd(t, std)
	return map[string]*scene.Model{"tiny": places(t), "tiny, at most 3 at once": places(t, vision.Batch(3, 0)), "embedded": std}
}

// different are pictures of different content and size.
func different(n int) []image.Image {
	out := make([]image.Image, n)
	for i := range out {
		m := image.NewNRGBA(image.Rect(0, 0, 20+9*i, 90-3*i))
		for y := range m.Rect.Dy() {
			for x := range m.Rect.Dx() {
				m.SetNRGBA(x, y, color.NRGBA{uint8(17*i + x), uint8(x * y / 3), uint8(5 * y), 255})
			}
		}
		out[i] = m
	}
	return out
}

func TestBatchOfNEqualsNSingles(t *testing.T) {
	for name, m := range kinds(t) {
		imgs := different(13)
		all, err := m.DescribeAll(context.Background(), imgs)
		if err != nil || len(all) != len(imgs) {
			t.Fatalf("%s: %d answers, %v", name, len(all), err)
		}
		for i, img := range imgs {
			if d := apart(all[i], describe(t, m, img)); d > rounding {
				t.Errorf("%s: picture %d is apart by %g", name, i, d)
			}
		}
		if apart(all[0], all[1]) < 1e-4 {
			t.Errorf("%s: different pictures have one answer: the test shows nothing", name)
		}
	}
}

func TestEightGoroutines(t *testing.T) {
	for name, m := range kinds(t) {
		imgs := different(8)
		want := make([]scene.Scene, len(imgs))
		for i, img := range imgs {
			want[i] = describe(t, m, img)
		}
		var wg sync.WaitGroup
		for g := range 8 {
			wg.Go(func() {
				for i := range imgs {
					i = (i + g) % len(imgs)
					s, err := m.Describe(context.Background(), imgs[i])
					if d := apart(s, want[i]); err != nil || d > rounding {
						t.Errorf("%s, picture %d: apart by %g, %v", name, i, d, err)
					}
				}
			})
		}
		wg.Wait()
	}
}

func TestPartOfAPictureWithShiftedBounds(t *testing.T) {
	base := different(6)[5]
	framed := image.NewNRGBA(image.Rect(-30, -20, 200, 200))
	draw.Draw(framed, framed.Bounds(), image.NewUniform(color.NRGBA{250, 0, 250, 255}), image.Point{}, draw.Src)
	at := base.Bounds().Add(image.Pt(-7, 11))
	draw.Draw(framed, at, base, image.Point{}, draw.Src)
	for name, m := range kinds(t) {
		if d := apart(describe(t, m, framed.SubImage(at)), describe(t, m, base)); d > rounding {
			t.Errorf("%s: apart by %g", name, d)
		}
	}
}

func TestEightOrientationsAgree(t *testing.T) {
	for name, m := range kinds(t) {
		want := describe(t, m, photo(t, "orient/1.png"))
		for o := 2; o <= 8; o++ {
			if d := apart(describe(t, m, photo(t, fmt.Sprintf("orient/%d.png", o))), want); d > rounding {
				t.Errorf("%s, orientation %d: apart by %g", name, o, d)
			}
		}
	}
}

func TestOddShapes(t *testing.T) {
	for name, m := range kinds(t) {
		for _, c := range []struct {
			why string
			img image.Image
		}{
			{"one pixel", plain(255, 51, 0).SubImage(image.Rect(3, 3, 4, 4))},
			{"one pixel in a JPEG", photo(t, "hostile/one.jpg")},
			{"5000 pixels high", photo(t, "hostile/tall.png")},
			{"flat black", plain(0, 0, 0)},
			{"flat white", plain(255, 255, 255)},
			{"grey", image.NewGray(image.Rect(0, 0, 300, 200))},
		} {
			s, err := m.Describe(context.Background(), c.img)
			if err != nil || len(s.Places) != len(m.Names()) || !(s.IndoorScore >= 0 && s.IndoorScore <= 1) || s.Indoor != (s.IndoorScore > .5) {
				t.Errorf("%s, %s: %v, %v", name, c.why, s, err)
			}
		}
	}
}

func TestAllAndSeqWithABadPictureAmongGood(t *testing.T) {
	m := places(t)
	imgs := different(12)
	imgs[5] = nil
	check := func(i int, s scene.Scene, err error) {
		t.Helper()
		if i == 5 {
			if !is[*vision.FormatError](err) || s.Places != nil {
				t.Errorf("the bad one: %v, %v", s, err)
			}
			return
		}
		if d := apart(s, describe(t, m, imgs[i])); err != nil || d > rounding {
			t.Errorf("picture %d: apart by %g, %v", i, d, err)
		}
	}
	all, err := m.DescribeAll(context.Background(), imgs)
	var be *vision.BatchError
	if !errors.As(err, &be) || be.Total != len(imgs) || len(be.Failures) != 1 || len(all) != len(imgs) {
		t.Fatalf("%d answers, %v", len(all), err)
	}
	for i, s := range all {
		check(i, s, be.At(i))
	}
	i := 0
	for s, err := range m.DescribeSeq(context.Background(), slices.Values(imgs)) {
		check(i, s, err)
		i++
	}
	if i != len(imgs) {
		t.Errorf("%d answers, want %d", i, len(imgs))
	}
	if none, err := m.DescribeAll(context.Background(), nil); len(none) != 0 || err != nil {
		t.Errorf("of nothing: %v, %v", none, err)
	}
}

func TestSeqIsBoundedAndEndsWithItsContext(t *testing.T) {
	m := places(t, vision.Batch(4, 0))
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	taken := 0
	endless := func(yield func(image.Image) bool) {
		for taken++; yield(plain(uint8(taken), 1, 2)); taken++ {
		}
	}
	n, last := 0, error(nil)
	for _, err := range m.DescribeSeq(ctx, endless) {
		if n++; n == 100 {
			cancel()
		}
		if ahead := taken - n; n <= 100 && ahead > 64 {
			t.Fatalf("%d pictures were taken ahead", ahead)
		}
		last = err
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("the sequence ended with %v", last)
	}
}
