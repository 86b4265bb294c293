package jpegscale

import (
	"bytes"
	"encoding/binary"
)

// slack is how many zeros follow the stream, so that a unit that is decoded beyond
// its end reads nothing else: 10 blocks of 64 codes of 26 bits are 2080 bytes.
const slack = 2304

var zeros [slack]byte

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

// bits reads from the left. Of buf the first n bits are there; more may follow, which
// are right as well. at is the next byte to be read.
type bits struct {
	buf uint64
	n   uint
	at  uint
}

// fill makes n 56 or more. b has at least slack bytes behind the last bit that counts.
func (r *bits) fill(b []byte) {
	if r.at+8 > uint(len(b)) {
		r.at = uint(len(b)) - 8 // cannot be; keeps the check out of the compiler's hands
	}
	r.buf |= binary.BigEndian.Uint64(b[r.at:]) >> (r.n & 63)
	r.at += (63 - r.n) >> 3
	r.n |= 56
}

func (r *bits) drop(n uint) {
	r.buf <<= n & 63
	r.n -= n
}

// pos is the place in the stream, in bits.
func (r *bits) pos() int { return int(r.at*8 - r.n) }

func bitsAt(b []byte, pos int) bits {
	r := bits{at: uint(pos >> 3)}
	r.fill(b)
	r.drop(uint(pos & 7))
	return r
}
