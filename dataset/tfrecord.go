package dataset

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/gosight/vision/internal/tfrecord"
)

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

// records reads a TFRecord file, whose name its errors bear.
type records struct {
	name string
	file *os.File
	r    *tfrecord.Reader
}

func openRecords(name string) (*records, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, &FileError{File: name, Err: err}
	}
	r, err := tfrecord.NewReader(f)
	if err != nil {
		f.Close()
		return nil, &FileError{File: name, Err: err}
	}
	return &records{name, f, r}, nil
}

// next reads a record, or skips it, as tfrecord.Reader.Next does. At the end the error is io.EOF, which no other wraps.
func (rs *records) next(skip bool) ([]byte, error) {
	data, err := rs.r.Next(skip)
	if err != nil && !errors.Is(err, io.EOF) {
		err = rs.fail(err)
	}
	return data, err
}

// fail makes the error of the last record begun.
func (rs *records) fail(err error) error {
	var fe *FileError // of a part of the record
	if errors.As(err, &fe) {
		err = fe.Err
	}
	return &FileError{File: rs.name, Err: &RecordError{Record: rs.r.Record(), Offset: rs.r.Offset(), Err: err}}
}

func (rs *records) close() { rs.file.Close() }
