package preprocess

import (
	"slices"
	"sync"
	"testing"

	"github.com/gosight/vision/internal/card"
	"github.com/gosight/vision/internal/geom"
	"github.com/gosight/vision/internal/raster"
)

func input(mode, sampler string, w, h int) card.Input {
	in := card.Input{Width: w, Height: h, Channels: "RGB", Range: []float64{0, 255}}
	in.Resize = card.Resize{Mode: mode, Shorter: max(w, h) + 3, Fraction: 0.7, Pad: []float64{114}, Resampler: sampler}
	return in
}

// cut returns the part of m at (x, y) of size w x h.
func cut(m *raster.Image, x, y, w, h int) *raster.Image {
	out := raster.New(w, h)
	for r := range h {
		copy(out.Pix[3*r*w:3*(r+1)*w], m.Pix[3*((y+r)*m.W+x):])
	}
	return out
}

func mirrored(m *raster.Image) *raster.Image {
	out := raster.New(m.W, m.H)
	for i := range m.W * m.H {
		x, y := i%m.W, i/m.W
		copy(out.Pix[3*i:3*i+3], m.Pix[3*(y*m.W+m.W-1-x):])
	}
	return out
}

func TestAnyNumberOfWorkersGivesTheSame(t *testing.T) {
	src := picture("random", 67, 90)
	for _, sampler := range Resamplers() {
		for _, mode := range []string{"crop", "letterbox"} {
			for _, channels := range []string{"RGB", "GRAY"} {
				in := input(mode, sampler, 23, 20)
				in.Channels = channels
				var want []float32
				for _, n := range []int{1, 2, 3, 7, 100} {
					p := mustPlan(t, in, Float)
					p.workers = n
					got := feed(t, p, src)
					if want == nil {
						want = got
					}
					if !slices.Equal(got, want) {
						t.Errorf("%s, %s, %s: %d workers give another result than one", sampler, mode, channels, n)
					}
				}
			}
		}
	}
}

// TestCropIsPartOfWhole: resampling only what the crop shows is resampling all
// and cutting.
func TestCropIsPartOfWhole(t *testing.T) {
	for _, size := range [][2]int{{67, 50}, {20, 31}, {40, 130}} {
		src := picture("random", size[0], size[1])
		for _, sampler := range Resamplers() {
			p := mustPlan(t, input("crop", sampler, 23, 20), Float)
			x, y, err := p.axes(src.W, src.H)
			if err != nil {
				t.Fatal(err)
			}
			part := feed(t, p, src)
			all := feed(t, mustPlan(t, input("squash", sampler, x.virtual, y.virtual), Float), src)
			for r := range 20 {
				if !slices.Equal(part[3*23*r:3*23*(r+1)], all[3*((y.skip+r)*x.virtual+x.skip):][:3*23]) {
					t.Errorf("%s, %v: row %d of the crop is not that of the whole", sampler, size, r)
					break
				}
			}
		}
	}
}

// TestCentralIsSquashOfPart: what is cut off must not shine through.
func TestCentralIsSquashOfPart(t *testing.T) {
	src := picture("random", 67, 50)
	for _, sampler := range Resamplers() {
		p := mustPlan(t, input("central", sampler, 23, 20), Float)
		x, y, err := p.axes(src.W, src.H)
		if err != nil {
			t.Fatal(err)
		}
		part := cut(src, x.lo, y.lo, x.hi-x.lo, y.hi-y.lo)
		if !slices.Equal(feed(t, p, src), feed(t, mustPlan(t, input("squash", sampler, 23, 20), Float), part)) {
			t.Errorf("%s: the centre of a picture is not as the centre alone", sampler)
		}
	}
}

// TestMirror: a mirrored picture is fed mirrored, where the arithmetic is exact:
// ratios that are powers of two, and an odd one for nearest.
func TestMirror(t *testing.T) {
	for _, c := range []struct {
		sampler string
		w       int
	}{
		{"pillow-box", 32}, {"pillow-bilinear", 32}, {"pillow-bicubic", 32},
		{"tf-bilinear", 32}, {"tf-bicubic", 32}, {"tf-area", 32},
		{"opencv-linear", 32}, {"opencv-area", 32}, {"opencv-cubic", 32},
		{"pillow-nearest", 24}, {"tf-nearest", 24},
	} {
		src := picture("random", c.w, 24)
		p := mustPlan(t, input("squash", c.sampler, 8, 8), Float)
		a, b := feed(t, p, src), feed(t, p, mirrored(src))
		for i := range 64 {
			x, y := i%8, i/8
			if got, want := b[3*i:3*i+3], a[3*(8*y+7-x):][:3]; !slices.Equal(got, want) {
				t.Errorf("%s: mirrored (%d, %d) is %v, want %v", c.sampler, x, y, got, want)
				break
			}
		}
	}
}

// TestReducedConstant: a reduced decode of one colour stays that colour, up to
// the border, whatever the step and however its size was rounded.
func TestReducedConstant(t *testing.T) {
	for _, sampler := range Resamplers() {
		for _, mode := range []string{"crop", "central", "squash", "letterbox"} {
			p := mustPlan(t, input(mode, sampler, 9, 7), Float)
			for _, c := range []struct {
				w, h, srcW, srcH int
				step             float64
			}{{45, 35, 23, 18, 2}, {45, 35, 22, 17, 2}, {45, 35, 12, 9, 4}, {45, 35, 11, 8, 4}, {45, 35, 6, 5, 8}, {5, 3, 1, 1, 4}, {45, 35, 13, 10, 3.5}} {
				src := picture("constant", c.srcW, c.srcH)
				dst := make([]float32, p.RowLen(c.w, c.h))
				if _, err := p.Float32(dst, src, c.w, c.h, geom.Map{ScaleX: c.step, ScaleY: c.step}); err != nil {
					t.Fatalf("%s, %s, %v: %v", sampler, mode, c, err)
				}
				for i, v := range dst {
					want := []float32{200, 3, 255}[i%3]
					if mode == "letterbox" && v == 114 {
						continue
					}
					if v < want-0.01 || v > want+0.01 {
						t.Errorf("%s, %s, %v: value %d is %v, want %v", sampler, mode, c, i, v, want)
						break
					}
				}
			}
		}
	}
}

// TestPlanIsShared: many goroutines, pictures of many sizes, one plan; the state
// that is reused must not show.
func TestPlanIsShared(t *testing.T) {
	shared := mustPlan(t, input("crop", "pillow-lanczos", 23, 20), Float)
	var wait sync.WaitGroup
	for g := range 4 {
		wait.Go(func() {
			for i := range 12 {
				src := picture("random", 20+7*(i%5), 25+g+i%3)
				fresh, err := New(input("crop", "pillow-lanczos", 23, 20), Float)
				if err != nil {
					t.Error(err)
					return
				}
				fresh.workers = 1
				want, got := make([]float32, 3*23*20), make([]float32, 3*23*20)
				_, err1 := fresh.Float32(want, src, src.W, src.H, geom.Identity)
				_, err2 := shared.Float32(got, src, src.W, src.H, geom.Identity)
				if err1 != nil || err2 != nil || !slices.Equal(got, want) {
					t.Errorf("%dx%d: a shared plan gives another result (%v, %v)", src.W, src.H, err1, err2)
				}
			}
		})
	}
	wait.Wait()
}

func TestAllocatesNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("SKIPPED, nothing was tested: the race detector makes sync.Pool drop what it holds, so allocations cannot be counted")
	}
	src := picture("gradient", 90, 70)
	for _, sampler := range Resamplers() {
		for _, mode := range []string{"crop", "squash", "letterbox"} {
			for _, channels := range []string{"RGB", "GRAY"} {
				in := input(mode, sampler, 24, 24)
				in.Channels = channels
				p := mustPlan(t, in, Float)
				p.workers = 3
				dst := make([]float32, p.RowLen(90, 70))
				other := picture("gradient", 80, 75)
				n := testing.AllocsPerRun(5, func() {
					_, err1 := p.Float32(dst, src, 90, 70, geom.Identity)
					_, err2 := p.Float32(dst, other, 80, 75, geom.Identity) // another size: new tables, same memory
					if err1 != nil || err2 != nil {
						t.Fatal(err1, err2)
					}
				})
				if n != 0 {
					t.Errorf("%s, %s, %s: %v allocations a picture", sampler, mode, channels, n)
				}
			}
		}
	}
}
