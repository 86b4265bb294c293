// Package tfrecord reads and writes the records of TFRecord files, plain or compressed, and computes the checksums
// that TensorFlow stores in them and in checkpoints.
//
// A record is its length as a little-endian 64-bit number, the checksum of these 8 bytes, as many bytes, and their
// checksum (tensorflow/core/lib/io/record_writer.h).
package tfrecord

import (
	"encoding/binary"
	"hash/crc32"
)

// HeadSize is how many bytes stand before the data of a record, and footSize behind them.
const (
	HeadSize = 8 + 4
	footSize = 4
)

// Append appends a record of data to b.
func Append(b, data []byte) []byte {
	b = append(b, Head(uint64(len(data)))...)
	return binary.LittleEndian.AppendUint32(append(b, data...), Masked(data))
}

// Head is what stands before data of n bytes.
func Head(n uint64) []byte {
	b := binary.LittleEndian.AppendUint64(make([]byte, 0, HeadSize), n)
	return binary.LittleEndian.AppendUint32(b, Masked(b))
}

// Masked is the CRC-32C of b in the form in which LevelDB and TensorFlow store it.
func Masked(b []byte) uint32 {
	return Sum(0).Extend(b).Masked()
}

// A Sum is a running CRC-32C, of nothing at first.
type Sum uint32

// Extend is the sum with b behind what it is of.
func (s Sum) Extend(b []byte) Sum {
	return Sum(crc32.Update(uint32(s), crc32.MakeTable(crc32.Castagnoli), b))
}

// Masked is the sum in the form in which it is stored (tensorflow/core/lib/hash/crc32c.h).
func (s Sum) Masked() uint32 {
	return (uint32(s)>>15 | uint32(s)<<17) + 0xa282ead8
}
