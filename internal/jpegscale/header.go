package jpegscale

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/gosight/vision/internal/fault"
)

// Markers of ITU-T T.81, table B.1.
const (
	mSOF0  = 0xc0 // baseline
	mSOF1  = 0xc1 // extended sequential
	mDHT   = 0xc4
	mJPG   = 0xc8
	mDAC   = 0xcc
	mRST0  = 0xd0
	mRST7  = 0xd7
	mSOI   = 0xd8
	mEOI   = 0xd9
	mSOS   = 0xda
	mDQT   = 0xdb
	mDRI   = 0xdd
	mAPP0  = 0xe0
	mAPP14 = 0xee
)

// header is all that comes before the entropy-coded data.
type header struct {
	w, h     int
	n        int // components, 1 or 3
	hs, vs   int // sampling of luma, 1 or 2; that of chroma is 1
	id       [3]byte
	quantSel [3]byte
	dcSel    [3]byte
	acSel    [3]byte

	quant    [4][64]uint16 // in zigzag order
	hasQuant [4]bool
	dc, ac   [4]*huffman
	interval int // units between restart markers, 0: none
	jfif     bool
	adobe    bool
	// transform is what Adobe's segment says: 1 is Y'CbCr.
	transform byte
	scan      []byte // from the first entropy-coded byte on
}

func refuse(format string, args ...any) error {
	return &fault.UnsupportedError{Format: "jpeg", Reason: fmt.Sprintf(format, args...)}
}

func broken(format string, args ...any) error {
	return &fault.FormatError{Format: "jpeg", Reason: fmt.Sprintf(format, args...)}
}

// parse reads the segments up to the scan. Bytes that belong to no segment are left
// to decoders that are less strict.
func parse(data []byte) (*header, error) {
	if len(data) < 4 || data[0] != 0xff || data[1] != mSOI {
		return nil, broken("want a JPEG, got something else")
	}
	h := &header{}
	at := 2
	for {
		for at+1 < len(data) && data[at] == 0xff && data[at+1] == 0xff { // fill bytes
			at++
		}
		if at+4 > len(data) {
			return nil, broken("the file is cut off within its header")
		}
		if data[at] != 0xff {
			return nil, refuse("bytes between segments")
		}
		marker := data[at+1]
		size := int(binary.BigEndian.Uint16(data[at+2:]))
		if size < 2 || at+2+size > len(data) {
			return nil, broken("segment %#x of length %d does not fit", marker, size)
		}
		body := data[at+4 : at+2+size]
		at += 2 + size
		if err := h.segment(marker, body); err != nil {
			return nil, err
		}
		if marker == mSOS {
			h.scan = data[at:]
			return h, nil
		}
	}
}

func (h *header) segment(marker byte, body []byte) error {
	switch {
	case marker == mSOF0 || marker == mSOF1:
		return h.frame(body)
	case marker == mDHT:
		return h.huffman(body)
	case marker == mDQT:
		return h.quantisation(body)
	case marker == mDRI:
		if len(body) != 2 {
			return broken("a restart interval of %d bytes, want 2", len(body))
		}
		h.interval = int(binary.BigEndian.Uint16(body))
	case marker == mSOS:
		return h.start(body)
	case marker == mAPP0:
		h.jfif = h.jfif || len(body) >= 14 && bytes.HasPrefix(body, []byte("JFIF\x00"))
	case marker == mAPP14:
		if len(body) >= 12 && bytes.HasPrefix(body, []byte("Adobe")) {
			h.adobe, h.transform = true, body[11]
		}
	case marker > mAPP0 && marker <= 0xef, marker == 0xfe:
	case marker > mSOF1 && marker <= 0xcf && marker != mJPG:
		return refuse("coding process %#x", marker)
	default:
		return refuse("marker %#x", marker)
	}
	return nil
}

func (h *header) frame(body []byte) error {
	switch {
	case h.n != 0:
		return broken("two frame headers")
	case len(body) < 6 || len(body) != 6+3*int(body[5]):
		return broken("a frame header of %d bytes", len(body))
	case body[0] != 8:
		return refuse("%d bits a sample", body[0])
	case body[5] != 1 && body[5] != 3:
		return refuse("%d components", body[5])
	}
	h.h, h.w = int(binary.BigEndian.Uint16(body[1:])), int(binary.BigEndian.Uint16(body[3:]))
	if h.w == 0 || h.h == 0 {
		return refuse("%d x %d pixels", h.w, h.h)
	}
	h.n = int(body[5])
	for i := range h.n {
		c := body[6+3*i:]
		hs, vs := int(c[1]>>4), int(c[1]&15)
		if hs < 1 || hs > 4 || vs < 1 || vs > 4 || c[2] > 3 {
			return broken("component %d with sampling %d x %d and quantisation table %d", i, hs, vs, c[2])
		}
		h.id[i], h.quantSel[i] = c[0], c[2]
		if i == 0 {
			h.hs, h.vs = hs, vs
		} else if hs != 1 || vs != 1 || h.id[i] == h.id[0] || h.id[2] == h.id[1] {
			return refuse("component %d has sampling %d x %d", i, hs, vs)
		}
	}
	if h.n == 1 { // alone in its scan, a component has one block a unit
		h.hs, h.vs = 1, 1
	}
	if h.hs > 2 || h.vs > 2 {
		return refuse("sampling %d x %d", h.hs, h.vs)
	}
	return nil
}

func (h *header) quantisation(body []byte) error {
	for len(body) > 0 {
		sel, wide := body[0]&15, body[0]>>4
		if sel > 3 || wide > 1 {
			return broken("quantisation table %#x", body[0])
		}
		if wide == 1 {
			return refuse("quantisation in 16 bits")
		}
		if len(body) < 65 {
			return broken("a quantisation table is cut off")
		}
		for i, v := range body[1:65] {
			if v == 0 {
				return refuse("quantisation by 0")
			}
			h.quant[sel][i] = uint16(v)
		}
		h.hasQuant[sel] = true
		body = body[65:]
	}
	return nil
}

func (h *header) huffman(body []byte) error {
	for len(body) > 0 {
		if len(body) < 17 {
			return broken("a Huffman table is cut off")
		}
		sel, class := body[0]&15, body[0]>>4
		if sel > 3 || class > 1 {
			return broken("Huffman table %#x", body[0])
		}
		t, n, err := newHuffman(body[1:])
		if err != nil {
			return err
		}
		if class == 0 {
			h.dc[sel] = t
		} else {
			h.ac[sel] = t
		}
		body = body[1+n:]
	}
	return nil
}

// start reads the scan header.
func (h *header) start(body []byte) error {
	if h.n == 0 {
		return broken("a scan comes before the frame header")
	}
	if len(body) < 1 || len(body) != 4+2*int(body[0]) {
		return broken("a scan header of %d bytes", len(body))
	}
	if int(body[0]) != h.n {
		return refuse("%d of %d components in a scan", body[0], h.n)
	}
	for i := range h.n {
		c := body[1+2*i:]
		dc, ac := c[1]>>4, c[1]&15
		if c[0] != h.id[i] || dc > 3 || ac > 3 {
			return refuse("component %d in the place of %d, tables %d and %d", c[0], h.id[i], dc, ac)
		}
		if h.dc[dc] == nil || h.ac[ac] == nil || !h.hasQuant[h.quantSel[i]] {
			return refuse("a component without tables")
		}
		if slices.Max(h.dc[dc].vals[:]) > 15 {
			return refuse("a Huffman table for DC with AC symbols") // libjpeg does, even if they do not occur
		}
		h.dcSel[i], h.acSel[i] = dc, ac
	}
	if tail := body[1+2*h.n:]; tail[0] != 0 || tail[1] != 63 || tail[2] != 0 {
		return refuse("a part of the spectrum, %v", tail)
	}
	// Three components are Y'CbCr unless these are the letters R, G and B.
	if h.n == 3 && h.adobe && h.transform != 1 {
		return refuse("Adobe colour transform %d", h.transform)
	}
	if h.n == 3 && !h.jfif && !h.adobe && h.id == [3]byte{'R', 'G', 'B'} {
		return refuse("RGB")
	}
	return nil
}
