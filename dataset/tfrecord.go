package dataset

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"

	"github.com/gosight/vision/internal/fault"
)

// maxRecord bounds one record of a TFRecord file, which is read into memory.
const maxRecord = 1 << 28

// A RecordError reports a record of a file that cannot be used. It stands in a FileError.
type RecordError struct {
	Record int   // from 0
	Offset int64 // of its first byte, in the uncompressed file; -1 if it has none
	Err    error
}

func (e *RecordError) Error() string {
	if e.Offset < 0 {
		return fmt.Sprintf("record %d: %v", e.Record, e.Err)
	}
	return fmt.Sprintf("record %d at byte %d: %v", e.Record, e.Offset, e.Err)
}

func (e *RecordError) Unwrap() error { return e.Err }

// records reads a TFRecord file. A record is its length as a little-endian 64-bit number, the checksum of that, as many
// bytes, and their checksum; both are masked CRC-32C. See TensorFlow's lib/io/record_reader.cc.
type records struct {
	name string
	file *os.File
	r    *bufio.Reader
	seek bool  // nothing lies between file and r
	n    int   // records begun
	at   int64 // where the next one begins
	last int64 // and the last one
}

func openRecords(name string) (*records, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, &FileError{File: name, Err: err}
	}
	b := bufio.NewReaderSize(f, 1<<16)
	r, err := inflate(b)
	if err != nil {
		f.Close()
		return nil, &FileError{File: name, Err: &fault.FormatError{Format: "tfrecord", Err: err}}
	}
	rs := &records{name: name, file: f, r: b, seek: r == io.Reader(b)}
	if !rs.seek {
		rs.r = bufio.NewReaderSize(r, 1<<16)
	}
	return rs, nil
}

// inflate reads through gzip or zlib if r is compressed, which TensorFlow wants to be told: a file whose first checksum is right is not.
func inflate(r *bufio.Reader) (io.Reader, error) {
	head, err := r.Peek(headSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	switch {
	case len(head) == headSize && masked(head[:8]) == binary.LittleEndian.Uint32(head[8:]):
		return r, nil
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		return gzip.NewReader(r)
	case len(head) > 1 && head[0]&0xf == 8 && head[0]>>4 <= 7 && binary.BigEndian.Uint16(head)%31 == 0: // RFC 1950
		return zlib.NewReader(r)
	}
	return r, nil
}

const headSize = 8 + 4

// masked is the checksum of TFRecord files.
func masked(b []byte) uint32 {
	c := crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli))
	return (c>>15 | c<<17) + 0xa282ead8
}

// next reads a record, or skips it. At the end the error is io.EOF. An error that wraps errSkipped leaves the reader at the
// next record; after any other there is no way to find it.
func (rs *records) next(skip bool) ([]byte, error) {
	rs.last = rs.at
	rs.n++
	var head [headSize]byte
	if n, err := io.ReadFull(rs.r, head[:]); err != nil {
		if n == 0 && errors.Is(err, io.EOF) {
			return nil, io.EOF
		}
		return nil, rs.broken(err, "it ends within a length of %d bytes", headSize)
	}
	length := binary.LittleEndian.Uint64(head[:8])
	if want, got := binary.LittleEndian.Uint32(head[8:]), masked(head[:8]); want != got {
		return nil, rs.broken(nil, "want a length of the checksum %08x, got %08x: what follows cannot be found", want, got)
	}
	if length > 1<<62 {
		return nil, rs.broken(nil, "want a length below 2^62, got %d", length)
	}
	rs.at += headSize + int64(length) + 4
	if skip || length > maxRecord {
		if err := rs.discard(int64(length) + 4); err != nil {
			return nil, rs.broken(err, "it ends within the %d bytes of a record", length)
		}
		if length > maxRecord {
			return nil, rs.skipped(&fault.LimitError{What: "bytes", Got: int64(length), Max: maxRecord})
		}
		return nil, nil
	}
	// The length may be anybody's word: memory grows with what really comes.
	var data bytes.Buffer
	data.Grow(int(min(length, 1<<20)) + bytes.MinRead)
	if _, err := io.CopyN(&data, rs.r, int64(length)); err != nil {
		return nil, rs.broken(err, "it ends within the %d bytes of a record", length)
	}
	var foot [4]byte
	if _, err := io.ReadFull(rs.r, foot[:]); err != nil {
		return nil, rs.broken(err, "it ends within the checksum of a record")
	}
	if want, got := binary.LittleEndian.Uint32(foot[:]), masked(data.Bytes()); want != got {
		return nil, rs.skipped(formatted("tfrecord", "want data of the checksum %08x, got %08x", want, got))
	}
	return data.Bytes(), nil
}

// discard skips n bytes, by seeking where it can.
func (rs *records) discard(n int64) error {
	if k := int64(rs.r.Buffered()); !rs.seek || n <= k {
		_, err := io.CopyN(io.Discard, rs.r, n)
		return err
	}
	n -= int64(rs.r.Buffered())
	at, err := rs.file.Seek(0, io.SeekCurrent)
	if err != nil {
		return err
	}
	st, err := rs.file.Stat()
	if err != nil {
		return err
	}
	if at+n > st.Size() {
		return io.ErrUnexpectedEOF
	}
	if _, err = rs.file.Seek(n, io.SeekCurrent); err == nil {
		rs.r.Reset(rs.file)
	}
	return err
}

// errSkipped marks the error of a record behind which the next one can be read.
var errSkipped = errors.New("skipped")

type skippedError struct{ error }

func (e skippedError) Unwrap() error        { return e.error }
func (e skippedError) Is(target error) bool { return target == errSkipped }

// skipped is the error of the last record alone.
func (rs *records) skipped(err error) error { return skippedError{rs.fail(err)} }

// broken is the error of the last record, after which there is no next.
func (rs *records) broken(err error, format string, args ...any) error {
	return rs.fail(&fault.FormatError{Format: "tfrecord", Reason: fmt.Sprintf(format, args...), Err: err})
}

// fail makes the error of the last record begun.
func (rs *records) fail(err error) error {
	var fe *FileError // of a part of the record
	if errors.As(err, &fe) {
		err = fe.Err
	}
	return &FileError{File: rs.name, Err: &RecordError{Record: rs.n - 1, Offset: rs.last, Err: err}}
}

func (rs *records) close() { rs.file.Close() }
