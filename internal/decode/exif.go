package decode

import (
	"bytes"
	"encoding/binary"
)

// EXIF is read here and not by a library because one number of it is wanted.
// imagemeta 1.0.1, the best kept library, follows every directory that the file
// points to on the way there: 64 KB of crossed pointers held it for two seconds.
// This reader looks at one directory, once.

// Tags of TIFF 6.0, EXIF 2.32 and DNG 1.4.
const (
	tagNewSubfileType = 0x00fe
	tagImageWidth     = 0x0100
	tagImageLength    = 0x0101
	tagCompression    = 0x0103
	tagPhotometric    = 0x0106
	tagOrientation    = 0x0112
	tagDNGVersion     = 0xc612
)

const ifdEntry = 12 // bytes: tag, type, count, value or offset

// ifd is the first directory of a TIFF structure.
type ifd struct {
	order   binary.ByteOrder
	entries []byte // whole entries of ifdEntry bytes
}

// readIFD finds the first directory of data, which starts with a TIFF header.
// Entries beyond the end of data are left out.
func readIFD(data []byte) (ifd, bool) {
	if len(data) < 8 {
		return ifd{}, false
	}
	var order binary.ByteOrder
	switch string(data[:4]) {
	case "II*\x00":
		order = binary.LittleEndian
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return ifd{}, false
	}
	at := uint64(order.Uint32(data[4:]))
	if at+2 > uint64(len(data)) {
		return ifd{}, false
	}
	n := int(order.Uint16(data[at:]))
	rest := data[at+2:]
	n = min(n, len(rest)/ifdEntry)
	return ifd{order, rest[:n*ifdEntry]}, true
}

// value returns the first value of a tag if it is an integer that fits into the
// entry.
func (d ifd) value(tag uint16) (uint32, bool) {
	for e := d.entries; len(e) >= ifdEntry; e = e[ifdEntry:] {
		if d.order.Uint16(e) != tag {
			continue
		}
		switch d.order.Uint16(e[2:]) {
		case 1, 6, 7: // bytes
			return uint32(e[8]), true
		case 3, 8: // 16 bits
			return uint32(d.order.Uint16(e[8:])), true
		case 4, 9: // 32 bits
			return d.order.Uint32(e[8:]), true
		}
		return 0, false
	}
	return 0, false
}

// orientation is 1 unless the directory says 2 to 8.
func (d ifd) orientation() int {
	if v, _ := d.value(tagOrientation); 2 <= v && v <= 8 {
		return int(v)
	}
	return 1
}

// orientation reads an EXIF block, with or without its "Exif" prefix. A block
// that is missing or broken means 1.
func orientation(exif []byte) int {
	d, ok := readIFD(bytes.TrimPrefix(exif, []byte("Exif\x00\x00")))
	if !ok {
		return 1
	}
	return d.orientation()
}

// pngExif returns the eXIf chunk of a PNG (PNG 3, 11.3.4.5), nil if there is none.
func pngExif(data []byte) []byte {
	const signature, head, crc = 8, 8, 4
	for rest := data[signature:]; len(rest) >= head; {
		n := uint64(binary.BigEndian.Uint32(rest))
		if n+head+crc > uint64(len(rest)) {
			return nil
		}
		if string(rest[4:8]) == "eXIf" {
			return rest[head : head+n]
		}
		rest = rest[head+n+crc:]
	}
	return nil
}

func le16(b []byte) int    { return int(binary.LittleEndian.Uint16(b)) }
func le24(b []byte) int    { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }
func le32(b []byte) uint32 { return binary.LittleEndian.Uint32(b) }
