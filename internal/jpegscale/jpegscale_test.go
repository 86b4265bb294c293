package jpegscale

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"strings"
	"sync"
	"testing"
)

// That the pixels are those of libjpeg is tested in internal/session, where there is one.

// large is a JPEG of some hundred kilobytes: one worker a part is worth it.
func large(t testing.TB, grey bool) []byte {
	t.Helper()
	const w, h = 1203, 899
	rgb, g := image.NewRGBA(image.Rect(0, 0, w, h)), image.NewGray(image.Rect(0, 0, w, h))
	s := uint32(1)
	for y := range h {
		for x := range w {
			s = s*1664525 + 1013904223
			v := uint8(x*y>>9) + uint8(s>>(27+uint(x>>8&3)))
			rgb.SetRGBA(x, y, color.RGBA{v, uint8(x >> 2), uint8(y>>2) + v>>2, 255})
			g.SetGray(x, y, color.Gray{v})
		}
	}
	var buf bytes.Buffer
	var img image.Image = rgb
	if grey {
		img = g
	}
	if err := jpeg.Encode(&buf, img, &jpeg.Options{Quality: 92}); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestPartsAreFoundAndRight(t *testing.T) {
	for _, grey := range []bool{false, true} {
		data := large(t, grey)
		for _, ratio := range []int{4, 8} {
			want, err := Decode(context.Background(), data, ratio, 1)
			if err != nil {
				t.Fatal(err)
			}
			for _, n := range []int{2, 3, 5, 8} {
				got, err := Decode(context.Background(), data, ratio, n)
				if err != nil || !bytes.Equal(got.Pix, want.Pix) {
					t.Errorf("grey %v at 1:%d on %d processors: %v, or other pixels", grey, ratio, n, err)
				}
			}
		}
		// The answer would be right without any part, from the start of the scan on one processor. So
		// count them.
		h, err := parse(data)
		if err != nil {
			t.Fatal(err)
		}
		var b bench
		if err := b.frame.lay(h, 4); err != nil {
			t.Fatal(err)
		}
		if b.stream, b.stretches, err = clean(nil, h.scan, false, nil); err != nil {
			t.Fatal(err)
		}
		b.frame.stream, b.frame.stretches = b.stream, b.stretches
		parts, err := b.frame.decodeSplit(context.Background(), []*worker{{}, {}, {}, {}})
		if err != nil || len(parts) != 4 {
			t.Fatalf("grey %v: %d parts of 4 were in step (%v)", grey, len(parts), err)
		}
		for i, p := range parts[1:] {
			if late := p.skip; late > 500 {
				t.Errorf("grey %v: part %d was in step after %d units", grey, i+1, late)
			}
		}
	}
}

// A picture decoded whole by Go, averaged, is about the same.
func TestScaledIsTheMeanOfItsPixels(t *testing.T) {
	for _, name := range []string{"astronaut.jpg", "422.jpg", "440.jpg", "444.jpg", "grey.jpg", "420-restart.jpg"} {
		data := files(t)[name]
		whole, err := jpeg.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		for _, ratio := range []int{4, 8} {
			m, err := Decode(context.Background(), data, ratio, 0)
			if err != nil {
				t.Fatal(err)
			}
			off, n := 0.0, 0.0
			for y := range whole.Bounds().Dy() / ratio {
				for x := range whole.Bounds().Dx() / ratio {
					var sum [3]float64
					for i := range ratio * ratio {
						r, g, b, _ := whole.At(x*ratio+i%ratio, y*ratio+i/ratio).RGBA()
						sum[0], sum[1], sum[2] = sum[0]+float64(r>>8), sum[1]+float64(g>>8), sum[2]+float64(b>>8)
					}
					for c, v := range sum {
						d := v/float64(ratio*ratio) - float64(m.Pix[3*(y*m.W+x)+c])
						off, n = off+d*d, n+1
					}
				}
			}
			if rms := math.Sqrt(off / n); n == 0 || rms > 5 {
				t.Errorf("%s at 1:%d is off by %.1f levels over %v values, want 5 at most", name, ratio, rms, n)
			}
		}
	}
}

// patch replaces the first occurrence of old.
func patch(t *testing.T, data []byte, old, by string) []byte {
	t.Helper()
	if !bytes.Contains(data, []byte(old)) {
		t.Fatalf("the file has no % x", old)
	}
	return bytes.Replace(data, []byte(old), []byte(by), 1)
}

func TestRefusals(t *testing.T) {
	good := large(t, false)
	sof := "\xff\xc0\x00\x11\x08\x03\x83\x04\xb3\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01"
	sos := "\xff\xda\x00\x0c\x03\x01\x00\x02\x11\x03\x11\x00\x3f\x00"
	scan := bytes.Index(good, []byte(sos)) + len(sos)
	marker := append(append(bytes.Clone(good[:scan+1000]), 0xff, 0xd0), good[scan+1000:]...)
	for _, c := range []struct {
		why  string
		data []byte
		want string
	}{
		{"nothing", nil, "want a JPEG"},
		{"progressive", patch(t, good, sof, "\xff\xc2"+sof[2:]), "coding process 0xc2"},
		{"arithmetic", patch(t, good, sof, "\xff\xc9"+sof[2:]), "coding process 0xc9"},
		{"12 bits", patch(t, good, sof, sof[:4]+"\x0c"+sof[5:]), "12 bits"},
		{"height in a DNL segment", patch(t, good, sof, sof[:5]+"\x00\x00"+sof[7:]), "1203 x 0"},
		{"sampling of zero", patch(t, good, sof, sof[:11]+"\x20"+sof[12:]), "sampling 2 x 0"},
		{"chroma finer than luma", patch(t, good, sof, sof[:14]+"\x22"+sof[15:]), "sampling 2 x 2"},
		{"a larger picture than the scan", patch(t, good, sof, sof[:5]+"\x04\x83"+sof[7:]), "ends with"},
		{"a smaller one", patch(t, good, sof, sof[:5]+"\x02\x83"+sof[7:]), "over"},
		{"a picture that no file can hold", patch(t, good, sof, sof[:5]+"\xff\xff\xff\xff"+sof[9:]), "bytes for"},
		{"a quantisation table that is not there", patch(t, good, sof, sof[:12]+"\x03"+sof[13:]), "without tables"},
		{"a Huffman table that is not there", patch(t, good, sos, sos[:6]+"\x33"+sos[7:]), "without tables"},
		{"a component that is not there", patch(t, good, sos, sos[:5]+"\x07"+sos[6:]), "component 7"},
		{"one component", patch(t, good, sos, "\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00"), "1 of 3 components"},
		{"half of the spectrum", patch(t, good, sos, sos[:12]+"\x1f"+sos[13:]), "spectrum"},
		{"cut off in the scan", good[:len(good)/2], "cut off"},
		{"cut off, with an end", append(bytes.Clone(good[:len(good)/2]), 0xff, 0xd9), "scan"},
		{"without an end", good[:len(good)-2], "cut off"},
		{"a restart marker out of nowhere", marker, "marker 0xd0"},
		{"two frames", patch(t, good, sof, sof+sof), "two frame headers"},
		{"RGB by Adobe", patch(t, good, sof, "\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00"+sof), "transform 0"},
	} {
		for _, n := range []int{1, 4} {
			m, err := Decode(context.Background(), c.data, 4, n)
			if !refusal(err) || !strings.Contains(err.Error(), c.want) {
				if !(refusal(err) && c.want == "ends with" && strings.Contains(err.Error(), "breaks")) {
					t.Errorf("%s on %d processors: %v, %v, want %q", c.why, n, m != nil, err, c.want)
				}
			}
		}
	}
	if _, err := Decode(context.Background(), good, 2, 0); !refusal(err) {
		t.Errorf("ratio 2: %v", err)
	}
	if _, err := Decode(context.Background(), append(good, "and more"...), 4, 0); err != nil {
		t.Errorf("with bytes behind its end: %v", err)
	}
}

// Noise breaks somewhere; no processor may look for a start in it for long.
func TestNoise(t *testing.T) {
	good := large(t, false)
	scan := bytes.Index(good, []byte("\xff\xda")) + 14
	data := bytes.Clone(good[:scan])
	s := uint32(1)
	for range 2 << 20 {
		s = s*1664525 + 1013904223
		data = append(data, uint8(s>>24)&0xfe)
	}
	data = append(data, 0xff, 0xd9)
	for _, n := range []int{1, 4} {
		if _, err := Decode(context.Background(), data, 4, n); !refusal(err) {
			t.Errorf("on %d processors: %v", n, err)
		}
	}
}

func TestContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Decode(ctx, large(t, false), 4, 2); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestManyGoroutines(t *testing.T) {
	all := [][]byte{large(t, false), large(t, true), files(t)["422.jpg"], files(t)["420-restart.jpg"], files(t)["cut.jpg"]}
	var want [][]byte
	for _, data := range all {
		m, err := Decode(context.Background(), data, 4, 1)
		if err != nil {
			want = append(want, nil)
			continue
		}
		want = append(want, m.Pix)
	}
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 2 * len(all) {
				i = (i + g) % len(all)
				m, err := Decode(context.Background(), all[i], 4, 0)
				if (err != nil) != (want[i] == nil) || err == nil && !bytes.Equal(m.Pix, want[i]) {
					t.Errorf("file %d: %v, or other pixels", i, err)
				}
			}
		})
	}
	wg.Wait()
}

// The result, its pixels, the header with its tables, and what a goroutine takes; nothing by the size of the picture.
func TestAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("SKIPPED, nothing was tested: under the race detector sync.Pool drops what it is given")
	}
	data := large(t, false)
	for _, n := range []int{1, 2} {
		decode := func() {
			if _, err := Decode(context.Background(), data, 4, n); err != nil {
				t.Fatal(err)
			}
		}
		decode()
		if got := testing.AllocsPerRun(20, decode); got > 25 {
			t.Errorf("%v allocations on %d processors, want 25 at most", got, n)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	data := large(b, false)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode(context.Background(), data, 4, 1); err != nil {
			b.Fatal(err)
		}
	}
}
