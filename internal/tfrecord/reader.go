package tfrecord

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/gosight/vision/internal/fault"
)

// MaxRecord bounds the bytes of one record, which is read into memory.
const MaxRecord = 1 << 28

// A Reader reads the records of a file one after the other. It is not safe for concurrent use.
type Reader struct {
	file io.ReadSeeker
	r    *bufio.Reader
	seek bool  // nothing lies between file and r
	n    int   // records begun
	at   int64 // where the next one begins
	last int64 // and the last one
}

// NewReader reads from file, which may be compressed by gzip or zlib: TensorFlow wants to be told that, but a file whose
// first checksum is right is not.
func NewReader(file io.ReadSeeker) (*Reader, error) {
	b := bufio.NewReaderSize(file, 1<<16)
	r, err := inflate(b)
	if err != nil {
		return nil, &fault.FormatError{Format: "tfrecord", Err: err}
	}
	rs := &Reader{file: file, r: b, seek: r == io.Reader(b)}
	if !rs.seek {
		rs.r = bufio.NewReaderSize(r, 1<<16)
	}
	return rs, nil
}

// inflate reads through gzip or zlib if r is compressed.
func inflate(r *bufio.Reader) (io.Reader, error) {
	head, err := r.Peek(HeadSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	switch {
	case len(head) == HeadSize && Masked(head[:8]) == binary.LittleEndian.Uint32(head[8:]):
		return r, nil
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		return gzip.NewReader(r)
	case len(head) > 1 && head[0]&0xf == 8 && head[0]>>4 <= 7 && binary.BigEndian.Uint16(head)%31 == 0: // RFC 1950
		return zlib.NewReader(r)
	}
	return r, nil
}

// Record is the number of the record that Next last began, from 0.
func (rs *Reader) Record() int { return rs.n - 1 }

// Offset is its first byte in the uncompressed file.
func (rs *Reader) Offset() int64 { return rs.last }

// ErrSkipped is wrapped by the error of a record behind which the next one can be read.
var ErrSkipped = errors.New("skipped")

type skippedError struct{ error }

func (e skippedError) Unwrap() error        { return e.error }
func (e skippedError) Is(target error) bool { return target == ErrSkipped }

// Next reads a record and verifies its checksums; with skip it verifies that of the length alone, and gives nil. At the
// end the error is io.EOF, which no other error wraps. An error that wraps ErrSkipped leaves the reader at the next
// record; after any other, a *fault.FormatError, there is no way to find it. Memory grows with what comes, not with what lengths say.
func (rs *Reader) Next(skip bool) ([]byte, error) {
	rs.last = rs.at
	rs.n++
	var head [HeadSize]byte
	if n, err := io.ReadFull(rs.r, head[:]); err != nil {
		if n == 0 && errors.Is(err, io.EOF) {
			return nil, io.EOF
		}
		return nil, broken(err, "it ends within a length of %d bytes", HeadSize)
	}
	length := binary.LittleEndian.Uint64(head[:8])
	if want, got := binary.LittleEndian.Uint32(head[8:]), Masked(head[:8]); want != got {
		return nil, broken(nil, "want a length of the checksum %08x, got %08x: what follows cannot be found", want, got)
	}
	if length > 1<<62 {
		return nil, broken(nil, "want a length below 2^62, got %d", length)
	}
	rs.at += HeadSize + int64(length) + footSize
	if skip || length > MaxRecord {
		if err := rs.discard(int64(length) + footSize); err != nil {
			return nil, broken(err, "it ends within the %d bytes of a record", length)
		}
		if length > MaxRecord {
			return nil, skippedError{&fault.LimitError{What: "bytes", Got: int64(length), Max: MaxRecord}}
		}
		return nil, nil
	}
	var data bytes.Buffer
	data.Grow(int(min(length, 1<<20)) + bytes.MinRead)
	if _, err := io.CopyN(&data, rs.r, int64(length)); err != nil {
		return nil, broken(err, "it ends within the %d bytes of a record", length)
	}
	var foot [footSize]byte
	if _, err := io.ReadFull(rs.r, foot[:]); err != nil {
		return nil, broken(err, "it ends within the checksum of a record")
	}
	if want, got := binary.LittleEndian.Uint32(foot[:]), Masked(data.Bytes()); want != got {
		return nil, skippedError{&fault.FormatError{Format: "tfrecord", Reason: fmt.Sprintf("want data of the checksum %08x, got %08x", want, got)}}
	}
	return data.Bytes(), nil
}

// discard skips n bytes, by seeking where it can.
func (rs *Reader) discard(n int64) error {
	if k := int64(rs.r.Buffered()); !rs.seek || n <= k {
		_, err := io.CopyN(io.Discard, rs.r, n)
		return err
	}
	n -= int64(rs.r.Buffered())
	at, err := rs.file.Seek(0, io.SeekCurrent)
	if err != nil {
		return err
	}
	end, err := rs.file.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if n > end-at {
		return io.ErrUnexpectedEOF
	}
	if _, err = rs.file.Seek(at+n, io.SeekStart); err == nil {
		rs.r.Reset(rs.file)
	}
	return err
}

// broken is an error after which there is no next record.
func broken(err error, format string, args ...any) error {
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return &fault.FormatError{Format: "tfrecord", Reason: fmt.Sprintf(format, args...), Err: err}
}
