package main

import (
	"fmt"
	"os"
	"strings"
)

// chart draws resident memory and Go's heap over the pictures as an SVG.
func chart(path string, samples []sample) error {
	const w, h, left, bottom = 720.0, 320.0, 60.0, 40.0
	top := 0.0
	for _, s := range samples {
		top = max(top, s.rss)
	}
	top *= 1.1
	end := float64(samples[len(samples)-1].pictures)
	x := func(n float64) float64 { return left + (w-left-20)*n/end }
	y := func(mb float64) float64 { return h - bottom - (h-bottom-20)*mb/top }
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" font-family="sans-serif" font-size="12">`+"\n", w, h)
	fmt.Fprintf(&b, `<rect width="%g" height="%g" fill="white"/>`+"\n", w, h)
	for i := range 5 {
		mb, n := top*float64(i)/4, end*float64(i)/4
		fmt.Fprintf(&b, `<path d="M%.1f %.1fH%.1f" stroke="#ddd"/><text x="%.1f" y="%.1f" text-anchor="end">%.0f</text>`+"\n", left, y(mb), w-20, left-6, y(mb)+4, mb)
		fmt.Fprintf(&b, `<text x="%.1f" y="%.1f" text-anchor="middle">%.0f</text>`+"\n", x(n), h-bottom+18, n)
	}
	line := func(colour string, value func(sample) float64) {
		fmt.Fprintf(&b, `<polyline fill="none" stroke="%s" stroke-width="1.5" points="`, colour)
		for _, s := range samples {
			fmt.Fprintf(&b, "%.1f,%.1f ", x(float64(s.pictures)), y(value(s)))
		}
		b.WriteString(`"/>` + "\n")
	}
	line("#1f5fa8", func(s sample) float64 { return s.rss })
	line("#b0571a", func(s sample) float64 { return s.heap })
	fmt.Fprintf(&b, `<text x="%.1f" y="14" fill="#1f5fa8">resident memory, MB</text><text x="%.1f" y="14" fill="#b0571a">Go heap, MB</text>`+"\n", left, left+160)
	fmt.Fprintf(&b, `<text x="%.1f" y="%.1f" text-anchor="middle">pictures classified</text>`+"\n</svg>\n", (left+w)/2, h-6)
	return os.WriteFile(path, []byte(b.String()), 0o644)
}
