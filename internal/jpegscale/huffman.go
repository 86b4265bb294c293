package jpegscale

// lookBits is how many bits one look-up decodes. More would find more whole values,
// and less of the table in the nearest cache.
const lookBits = 10

// maxTerm is how large a dequantised AC coefficient may be. Pictures of 8 bits have
// 1151 at most; up to 2047 no sum of the 2x2 transform leaves the 16 bits that
// libjpeg-turbo's vector code has for it.
const maxTerm = 2047

// huffman is a table as the file has it.
type huffman struct {
	// The codes of length l, from the left in 16 bits, end before limit[l]; the
	// symbol of one is at its number, less first[l].
	limit [17]uint32
	first [17]int32
	vals  [256]byte
	n     int
}

// newHuffman reads 16 counts and the symbols behind them, and returns how many bytes these are.
func newHuffman(body []byte) (*huffman, int, error) {
	t := &huffman{}
	code := uint32(0)
	for l := 1; l <= 16; l++ {
		c := int(body[l-1])
		if c > 0 && code+uint32(c) >= 1<<l { // no code is all ones
			return nil, 0, broken("a Huffman table has too many codes of %d bits", l)
		}
		t.first[l] = int32(code) - int32(t.n)
		t.n += c
		code += uint32(c)
		t.limit[l] = code << (16 - l)
		code <<= 1
	}
	if t.n > 256 || len(body) < 16+t.n {
		return nil, 0, broken("a Huffman table of %d symbols is cut off", t.n)
	}
	copy(t.vals[:], body[16:16+t.n])
	return t, 16 + t.n, nil
}

// symbol decodes the code at the left of buf; length 0: there is none.
func (t *huffman) symbol(buf uint64) (sym byte, length uint) {
	c := uint32(buf >> 48)
	for l := uint(1); l <= 16; l++ {
		if c < t.limit[l] {
			return t.vals[uint8(int32(c>>(16-l))-t.first[l])], l
		}
	}
	return 0, 0
}

// extend is EXTEND of T.81, F.2.2.1: the value of size bits at the left of buf.
func extend(buf uint64, size uint) int32 {
	if size == 0 {
		return 0
	}
	v := int32(buf >> (64 - size))
	if v < 1<<(size-1) {
		v -= 1<<size - 1
	}
	return v
}

// An entry of a look-up table: bits 0 to 7 how many bits it stands for, 8 to 14 the run of zeros,
// 15 whether the block ends behind it, 16 to 31 the value. An entry for what does
// not fit has the run 127 and no bits.
const (
	ends   = 1 << 15
	escape = 127 << 8
)

type lookup [1 << lookBits]uint32

// fillDC makes the table of DC differences; ac tells whether the block ends there.
func (l *lookup) fillDC(dc, ac *huffman) {
	for i := range l {
		buf := uint64(i) << (64 - lookBits)
		l[i] = escape
		sym, n := dc.symbol(buf)
		size := uint(sym)
		if n == 0 || size > 11 || n+size > lookBits {
			continue
		}
		v := extend(buf<<n, size)
		n += size
		l[i] = withEnd(ac, buf, n) | uint32(v)<<16
	}
}

// fillAC makes the table of AC coefficients up to the size most.
func (l *lookup) fillAC(ac *huffman, most int32) {
	for i := range l {
		buf := uint64(i) << (64 - lookBits)
		l[i] = escape
		sym, n := ac.symbol(buf)
		size, run := uint(sym&15), uint32(sym>>4)
		switch {
		case n == 0 || n > lookBits || size > 10 || n+size > lookBits || size == 0 && run != 0 && run != 15:
		case sym == 0:
			l[i] = uint32(n) | ends
		default:
			v := extend(buf<<n, size)
			if v > most || v < -most {
				continue
			}
			l[i] = withEnd(ac, buf, n+size) | run<<8 | uint32(v)<<16
		}
	}
}

// fillSkip makes the table for blocks of which only DC is wanted: as many
// coefficients as fit, their number in the place of the run.
func (l *lookup) fillSkip(ac *huffman) {
	for i := range l {
		l[i] = escape
		n, passed, end := uint(0), uint32(0), uint32(0)
		for end == 0 {
			buf := uint64(i) << (64 - lookBits + n)
			sym, length := ac.symbol(buf)
			size, run := uint(sym&15), uint32(sym>>4)
			if length == 0 || n+length+size > lookBits || size > 10 || size == 0 && run != 0 && run != 15 {
				break
			}
			if sym == 0 {
				end = ends
			} else {
				passed += run + 1
			}
			n += length + size
			if passed > 62 {
				n = 0
				break
			}
		}
		if n > 0 {
			l[i] = uint32(n) | passed<<8 | end
		}
	}
}

// withEnd adds the end of the block to an entry of n bits, if it follows and fits.
func withEnd(ac *huffman, buf uint64, n uint) uint32 {
	if sym, m := ac.symbol(buf << n); m != 0 && sym == 0 && n+m <= lookBits {
		return uint32(n+m) | ends
	}
	return uint32(n)
}
