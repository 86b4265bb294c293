package decode

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/gosight/vision/internal/fault"
)

// Markers of ITU-T T.81, table B.1.
const (
	sof0  = 0xc0 // baseline
	sof2  = 0xc2 // progressive
	sof15 = 0xcf
	dht   = 0xc4
	jpg   = 0xc8
	dac   = 0xcc
	rst0  = 0xd0
	soi   = 0xd8
	eoi   = 0xd9
	sos   = 0xda
	app1  = 0xe1
	app14 = 0xee
	tem   = 0x01
)

// maxScans is how many scans a progressive JPEG may have. Encoders write about
// ten; a few kilobytes of empty scans would cost a decoder minutes.
const maxScans = 500

// readJPEG walks the segments up to the first scan. Bytes between segments that
// belong to none are skipped, as libjpeg does.
func (h *header) readJPEG(data []byte) error {
	var frame, adobe, exif []byte
	kind := byte(0)
	at := 2 // behind SOI
	for {
		marker, body, next, err := segment(data, at)
		if err != nil {
			return err
		}
		switch {
		case marker == eoi:
			return broken("jpeg", "ends before its first scan")
		case marker == sos:
			if frame == nil {
				return broken("jpeg", "a scan comes before the frame header")
			}
			h.noAdobe = frame[5] == 4 && adobe == nil
			h.orientation = orientation(exif)
			return h.readFrame(kind, frame, data[next:])
		case isFrame(marker):
			if frame != nil {
				return broken("jpeg", "has two frame headers")
			}
			if len(body) < 6 || len(body) < 6+3*int(body[5]) {
				return broken("jpeg", fmt.Sprintf("the frame header has only %d bytes", len(body)))
			}
			kind, frame = marker, body
		case marker == app1 && exif == nil && bytes.HasPrefix(body, []byte("Exif\x00\x00")):
			exif = body
		case marker == app14 && len(body) >= 12 && bytes.HasPrefix(body, []byte("Adobe")):
			adobe = body
		}
		at = next
	}
}

// segment returns the next segment from position at on: its marker, its content
// without the length, and the position behind it.
func segment(data []byte, at int) (marker byte, body []byte, next int, err error) {
	for {
		i := bytes.IndexByte(data[min(at, len(data)):], 0xff)
		if i < 0 {
			return 0, nil, 0, cutOff("jpeg")
		}
		at += i + 1
		for at < len(data) && data[at] == 0xff { // fill bytes
			at++
		}
		if at >= len(data) {
			return 0, nil, 0, cutOff("jpeg")
		}
		marker = data[at]
		at++
		switch {
		case marker == 0, marker == tem, rst0 <= marker && marker <= soi:
			continue // no segment
		case marker == eoi:
			return marker, nil, at, nil
		}
		if at+2 > len(data) {
			return 0, nil, 0, cutOff("jpeg")
		}
		n := int(binary.BigEndian.Uint16(data[at:]))
		if n < 2 {
			return 0, nil, 0, broken("jpeg", fmt.Sprintf("segment %#x has length %d, want 2 or more", marker, n))
		}
		if at+n > len(data) {
			return 0, nil, 0, cutOff("jpeg")
		}
		return marker, data[at+2 : at+n], at + n, nil
	}
}

func isFrame(marker byte) bool {
	return sof0 <= marker && marker <= sof15 && marker != dht && marker != jpg && marker != dac
}

// readFrame takes size and kind from the frame header; scans is the file behind
// the first scan header.
func (h *header) readFrame(kind byte, frame, scans []byte) error {
	refuse := func(what string) error {
		return &fault.UnsupportedError{Format: "jpeg", Reason: what + "; convert it first"}
	}
	switch {
	case kind == 0xc3 || kind == 0xcb:
		return refuse("lossless coding is not read")
	case kind > sof2 && kind < 0xc8:
		return refuse("hierarchical coding is not read")
	case kind > sof2:
		return refuse("arithmetic coding is not read")
	case frame[0] != 8:
		return refuse(fmt.Sprintf("%d bits a sample are not read, only 8", frame[0]))
	}
	channels := frame[5]
	if !slices.Contains([]byte{1, 3, 4}, channels) {
		return refuse(fmt.Sprintf("%d channels are not read, only 1, 3 or 4", channels))
	}
	h.h = int(binary.BigEndian.Uint16(frame[1:]))
	h.w = int(binary.BigEndian.Uint16(frame[3:]))
	h.scalable = channels != 4
	if kind == sof2 {
		if n := 1 + bytes.Count(scans, []byte{0xff, sos}); n > maxScans {
			return &fault.LimitError{What: "scans", Got: int64(n), Max: maxScans}
		}
	}
	return nil
}

// withAdobe inserts the marker that says that a four-channel file holds inverted
// CMYK. Go demands it; Pillow and most others assume it.
func withAdobe(data []byte) []byte {
	marker := []byte("\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00")
	return slices.Concat(data[:2], marker, data[2:])
}

func cutOff(format string) error {
	return broken(format, "the file is cut off within its header")
}
