package decode

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"

	"golang.org/x/image/webp"
)

// webpFrame is the first frame of an animated WebP and its place.
type webpFrame struct {
	canvasW, canvasH int
	x, y, w, h       int
	chunks           []byte // the frame's own chunks: ALPH, VP8 or VP8L
}

// walkWebP looks through the chunks of a RIFF container for the EXIF block and,
// in an animation, for the first frame. A still picture has no frame here. A
// canvas over limit pixels is refused.
// Format: developers.google.com/speed/webp/docs/riff_container.
func walkWebP(data []byte, limit int64) (exif []byte, frame *webpFrame, err error) {
	var canvas []byte // VP8X, of an animation
	rest := data[12:]
	for len(rest) >= 8 {
		id, body, next, ok := chunk(rest)
		if !ok {
			break // the decoder reports what it misses
		}
		switch {
		case id == "VP8X" && canvas == nil && len(body) >= 10:
			// x/image takes an area that does not fit into 31 bits for broken.
			if err := checkPixels(int64(le24(body[4:])+1), int64(le24(body[7:])+1), limit); err != nil {
				return nil, nil, err
			}
			if body[0]&2 != 0 {
				canvas = body
			}
		case id == "ANMF" && canvas != nil && frame == nil:
			if frame, err = webpFirst(canvas, body); err != nil {
				return nil, nil, err
			}
		case id == "EXIF" && exif == nil:
			exif = body
		}
		rest = next
	}
	if canvas != nil && frame == nil {
		return nil, nil, broken("webp", "is animated and has no whole frame")
	}
	return exif, frame, nil
}

// chunk splits the first RIFF chunk off data.
func chunk(data []byte) (id string, body, rest []byte, ok bool) {
	n := uint64(le32(data[4:]))
	if 8+n > uint64(len(data)) {
		return "", nil, nil, false
	}
	end := min(8+n+n&1, uint64(len(data)))
	return string(data[:4]), data[8 : 8+n], data[end:], true
}

func webpFirst(canvas, body []byte) (*webpFrame, error) {
	const place = 16 // bytes before the frame's chunks
	if len(body) < place {
		return nil, cutOff("webp")
	}
	f := &webpFrame{
		canvasW: le24(canvas[4:]) + 1, canvasH: le24(canvas[7:]) + 1,
		x: 2 * le24(body), y: 2 * le24(body[3:]), w: le24(body[6:]) + 1, h: le24(body[9:]) + 1,
		chunks: body[place:],
	}
	if f.x+f.w > f.canvasW || f.y+f.h > f.canvasH {
		return nil, broken("webp", fmt.Sprintf("a frame of %d x %d at (%d, %d) does not fit on its canvas of %d x %d",
			f.w, f.h, f.x, f.y, f.canvasW, f.canvasH))
	}
	return f, nil
}

// still returns a file that holds the frame alone.
func (f *webpFrame) still() []byte {
	var flags byte
	if bytes.HasPrefix(f.chunks, []byte("ALPH")) {
		flags = 0x10
	}
	w, h := f.w-1, f.h-1
	out := make([]byte, 0, 30+len(f.chunks))
	out = append(out, "RIFF"...)
	out = binary.LittleEndian.AppendUint32(out, uint32(22+len(f.chunks)))
	out = append(out, "WEBPVP8X\x0a\x00\x00\x00"...)
	out = append(out, flags, 0, 0, 0, byte(w), byte(w>>8), byte(w>>16), byte(h), byte(h>>8), byte(h>>16))
	return append(out, f.chunks...)
}

func decodeWebP(data []byte, h header) (image.Image, error) {
	f := h.animated
	if f == nil {
		img, err := webp.Decode(bytes.NewReader(data))
		if err != nil {
			return nil, err
		}
		return straightWebP(img), nil
	}
	img, err := webp.Decode(bytes.NewReader(f.still()))
	if err != nil {
		return nil, err
	}
	img = straightWebP(img)
	if f.w == f.canvasW && f.h == f.canvasH {
		return img, nil
	}
	out := image.NewNRGBA(image.Rect(0, 0, f.canvasW, f.canvasH))
	for y := range f.h {
		for x := range f.w {
			out.SetNRGBA(f.x+x, f.y+y, color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA))
		}
	}
	return out, nil
}
