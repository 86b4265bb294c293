package preprocess

import (
	"maps"
	"math"
	"slices"
)

// A family is the library whose behaviour a resampler repeats.
type family uint8

const (
	pillow family = iota
	tensorflow
	opencv
)

// A method is how the pixels of a row and then of a column are joined.
type method uint8

const (
	methodNearest  method = iota // one pixel each
	methodFixed                  // Pillow: 22-bit weights, 8 bits between the passes
	methodDown                   // methodFixed, columns first
	methodLerp                   // TensorFlow: float32, two pixels
	methodFloat                  // TensorFlow: float32, any number of pixels
	methodLinear                 // OpenCV: 11-bit weights, two pixels
	methodCubic                  // OpenCV: 11-bit weights, four pixels
	methodArea                   // OpenCV: float32 weights, rounded at the end
	methodAreaFast               // OpenCV: whole pixels, summed
)

// A resampler is one of the named ways to resize.
type resampler struct {
	name      string
	family    family
	method    method
	antialias bool // the filter widens when shrinking
	// filter weighs a pixel by its distance from the output pixel's centre, in
	// pixels of the larger of input and output; 0 from radius on.
	filter func(float64) float64
	radius float64
}

// Resamplers returns the names that Resize.Resampler of a card may have.
func Resamplers() []string {
	return slices.Sorted(maps.Keys(samplers))
}

var samplers = func() map[string]resampler { //nolint:gochecknoglobals // a table that never changes
	m := map[string]resampler{}
	for _, r := range []resampler{
		{name: "pillow-nearest", method: methodNearest},
		{name: "pillow-box", method: methodFixed, filter: box, radius: 0.5},
		{name: "pillow-bilinear", method: methodFixed, filter: triangle, radius: 1},
		{name: "pillow-hamming", method: methodFixed, filter: hamming, radius: 1},
		{name: "pillow-bicubic", method: methodFixed, filter: keys, radius: 2},
		{name: "pillow-lanczos", method: methodFixed, filter: lanczos3, radius: 3},

		{name: "tf-nearest", family: tensorflow, method: methodNearest},
		{name: "tf-bilinear", family: tensorflow, method: methodLerp},
		{name: "tf-bicubic", family: tensorflow, method: methodFloat},
		{name: "tf-area", family: tensorflow, method: methodFloat},
		{name: "tf-lanczos3", family: tensorflow, method: methodFloat, filter: lanczos3, radius: 3},
		{name: "tf-lanczos5", family: tensorflow, method: methodFloat, filter: lanczos5, radius: 5},
		{name: "tf-gaussian", family: tensorflow, method: methodFloat, filter: gaussian, radius: 1.5},
		{name: "tf-mitchellcubic", family: tensorflow, method: methodFloat, filter: mitchell, radius: 2},
		{name: "tf-bilinear-antialias", family: tensorflow, method: methodFloat, antialias: true, filter: triangle, radius: 1},
		{name: "tf-bicubic-antialias", family: tensorflow, method: methodFloat, antialias: true, filter: keys, radius: 2},
		{name: "tf-lanczos3-antialias", family: tensorflow, method: methodFloat, antialias: true, filter: lanczos3, radius: 3},
		{name: "tf-lanczos5-antialias", family: tensorflow, method: methodFloat, antialias: true, filter: lanczos5, radius: 5},
		{name: "tf-gaussian-antialias", family: tensorflow, method: methodFloat, antialias: true, filter: gaussian, radius: 1.5},
		{name: "tf-mitchellcubic-antialias", family: tensorflow, method: methodFloat, antialias: true, filter: mitchell, radius: 2},

		{name: "opencv-nearest", family: opencv, method: methodNearest},
		{name: "opencv-linear", family: opencv, method: methodLinear},
		{name: "opencv-cubic", family: opencv, method: methodCubic},
		{name: "opencv-area", family: opencv, method: methodArea},
	} {
		m[r.name] = r
	}
	return m
}()

// The filters of Pillow and of TensorFlow's ScaleAndTranslate have the same
// definitions where they share a name.

// box is open on the left, so that a pixel on the border counts once.
func box(x float64) float64 {
	if x > -0.5 && x <= 0.5 {
		return 1
	}
	return 0
}

func triangle(x float64) float64 {
	return max(1-math.Abs(x), 0)
}

func hamming(x float64) float64 {
	x = math.Abs(x)
	if x == 0 {
		return 1
	}
	if x >= 1 {
		return 0
	}
	x *= math.Pi
	return math.Sin(x) / x * (0.54 + 0.46*math.Cos(x))
}

// keys is Keys' cubic with a = -0.5 (Cubic Convolution Interpolation for Digital
// Image Processing, 1981).
func keys(x float64) float64 {
	const a = -0.5
	x = math.Abs(x)
	switch {
	case x < 1:
		return ((a+2)*x-(a+3))*x*x + 1
	case x < 2:
		return (((x-5)*x+8)*x - 4) * a
	}
	return 0
}

// mitchell is the cubic of Mitchell and Netravali with B = C = 1/3
// (Reconstruction Filters in Computer Graphics, 1988).
func mitchell(x float64) float64 {
	x = math.Abs(x)
	switch {
	case x < 1:
		return (7.0/6*x-2)*x*x + 8.0/9
	case x < 2:
		return ((-7.0/18*x+2)*x-10.0/3)*x + 16.0/9
	}
	return 0
}

// gaussian has a standard deviation of 0.5.
func gaussian(x float64) float64 {
	if math.Abs(x) >= 1.5 {
		return 0
	}
	return math.Exp(-2 * x * x)
}

func lanczos3(x float64) float64 { return lanczos(x, 3) }
func lanczos5(x float64) float64 { return lanczos(x, 5) }

func lanczos(x, a float64) float64 {
	if -a <= x && x < a {
		return sinc(x) * sinc(x/a)
	}
	return 0
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	x *= math.Pi
	return math.Sin(x) / x
}
