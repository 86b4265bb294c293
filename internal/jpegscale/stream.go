package jpegscale

import (
	"bytes"
	"encoding/binary"
)

// slack is how many zeros follow the stream, so that a unit that is decoded beyond
// its end reads nothing else: 10 blocks of 64 codes of 26 bits are 2080 bytes.
const slack = 2304

var zeros [slack]byte //nolint:gochecknoglobals // never written

// A stretch is the data between two restart markers, in bytes of the clean stream.
type stretch struct{ from, to int }

// clean copies the entropy-coded data behind the scan header into dst, without the zeros
// stuffed behind 0xff and without restart markers. All but the pixels hangs on
// what ends it: anything but EOI is refused.
func clean(dst []byte, src []byte, interval bool, parts []stretch) ([]byte, []stretch, error) {
	from := 0
	for {
		i := bytes.IndexByte(src, 0xff)
		if i < 0 || i+1 >= len(src) {
			return dst, parts, broken("the file is cut off")
		}
		dst = append(dst, src[:i]...)
		m := src[i+1]
		src = src[i+2:]
		switch {
		case m == 0:
			dst = append(dst, 0xff)
		case m == mEOI:
			parts = append(parts, stretch{from, len(dst)})
			return append(dst, zeros[:]...), parts, nil
		case m >= mRST0 && m <= mRST7 && interval && int(m-mRST0) == len(parts)&7:
			parts = append(parts, stretch{from, len(dst)})
			from = len(dst)
		default:
			return dst, parts, refuse("marker %#x within the scan", m)
		}
	}
}

// The bits of a stream are read through three variables, which the functions below
// take and give back, so that they stay in registers: buf has the next n bits on its left
// (more may follow, which are right as well), and at is the next byte to be read.

// fill makes n 56 or more. Behind the end of b are zeros.
func fill(b []byte, buf uint64, n, at uint) (uint64, uint, uint) {
	var w uint64
	if at < uint(len(b)) {
		if rest := b[at:]; len(rest) >= 8 {
			w = binary.BigEndian.Uint64(rest)
		}
	}
	return buf | w>>(n&63), n | 56, at + (63-n)>>3
}

// seek starts reading at bit pos.
func seek(b []byte, pos int) (buf uint64, n, at uint) {
	buf, n, at = fill(b, 0, 0, uint(pos>>3))
	skip := uint(pos & 7)
	return buf << skip, n - skip, at
}
