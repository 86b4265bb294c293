package savedmodel

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/tfrecord"
)

// The index of a checkpoint is an SSTable as of LevelDB
// (https://github.com/google/leveldb/blob/main/doc/table_format.md): blocks of
// sorted, prefix-compressed keys, a block of handles to them, and a footer.
const (
	tableMagic   = 0xdb4775248b80fb57
	footerSize   = 48
	trailerSize  = 5 // type byte, masked CRC-32C of block and type byte
	blockPlain   = 0
	blockSnappy  = 1
	maxKeyGrowth = 64 // bytes of keys for a byte of index: prefix compression gains a few times
)

// A table walks the entries of an index that lies in memory.
type table struct {
	data     []byte
	keyBytes int // of all keys so far
	last     []byte
}

// walkTable calls visit for every entry in key order. The key is only good until
// visit returns; the value is a part of data.
func walkTable(data []byte, visit func(key, value []byte) error) error {
	if len(data) < footerSize {
		return fmt.Errorf("%d bytes are less than the footer's %d", len(data), footerSize)
	}
	footer := data[len(data)-footerSize:]
	if magic := binary.LittleEndian.Uint64(footer[footerSize-8:]); magic != tableMagic {
		return fmt.Errorf("want magic %#x at the end, got %#x", uint64(tableMagic), magic)
	}
	t := &table{data: data[:len(data)-footerSize]}
	_, _, rest, err := handle(footer[:footerSize-8]) // the meta index, which TensorFlow does not use
	if err != nil {
		return fmt.Errorf("footer: %w", err)
	}
	offset, size, _, err := handle(rest)
	if err != nil {
		return fmt.Errorf("footer: %w", err)
	}
	index, err := t.block(offset, size)
	if err != nil {
		return fmt.Errorf("index block: %w", err)
	}
	var end uint64
	return t.entries(index, func(_, value []byte) error {
		offset, size, _, err := handle(value)
		if err != nil {
			return err
		}
		// Blocks that overlap would let a small file hold endless entries.
		if offset < end {
			return fmt.Errorf("block at %d begins before %d, where the last one ends", offset, end)
		}
		block, err := t.block(offset, size)
		if err != nil {
			return fmt.Errorf("block at %d: %w", offset, err)
		}
		end = offset + size + trailerSize
		return t.entries(block, func(key, value []byte) error {
			if t.last != nil && bytes.Compare(key, t.last) <= 0 {
				return fmt.Errorf("key %q comes after %q", key, t.last)
			}
			t.last = append(t.last[:0], key...)
			return visit(key, value)
		})
	})
}

// handle splits a block handle, two varints, from the rest of b.
func handle(b []byte) (offset, size uint64, rest []byte, err error) {
	offset, n := binary.Uvarint(b)
	if n <= 0 {
		return 0, 0, nil, errors.New("broken block handle")
	}
	size, k := binary.Uvarint(b[n:])
	if k <= 0 {
		return 0, 0, nil, errors.New("broken block handle")
	}
	return offset, size, b[n+k:], nil
}

// block returns the contents of the block whose checksum has been verified.
func (t *table) block(offset, size uint64) ([]byte, error) {
	total := uint64(len(t.data))
	if offset > total || size > total-offset || total-offset-size < trailerSize {
		return nil, fmt.Errorf("%d bytes from %d do not fit into the %d of the file", size, offset, total)
	}
	b := t.data[offset : offset+size+trailerSize]
	if got, want := tfrecord.Masked(b[:size+1]), binary.LittleEndian.Uint32(b[size+1:]); got != want {
		return nil, fmt.Errorf("want checksum %#x, got %#x", want, got)
	}
	switch b[size] {
	case blockPlain:
		return b[:size], nil
	case blockSnappy:
		return nil, &fault.UnsupportedError{Format: formatBundle, Reason: "the table is compressed with snappy, which TensorFlow itself never writes"}
	default:
		return nil, fmt.Errorf("unknown block type %d", b[size])
	}
}

// entries calls visit for each entry of a block.
func (t *table) entries(b []byte, visit func(key, value []byte) error) error {
	if len(b) < 4 {
		return fmt.Errorf("block of %d bytes", len(b))
	}
	restarts := uint64(binary.LittleEndian.Uint32(b[len(b)-4:]))
	if restarts > uint64(len(b)-4)/4 {
		return fmt.Errorf("%d restart points in a block of %d bytes", restarts, len(b))
	}
	b = b[:len(b)-4-int(restarts)*4]
	var key []byte
	for len(b) > 0 {
		var head [3]uint64 // bytes shared with the last key, further bytes of the key, bytes of the value
		for i := range head {
			v, n := binary.Uvarint(b)
			if n <= 0 {
				return errors.New("broken entry")
			}
			head[i], b = v, b[n:]
		}
		shared, more, size := head[0], head[1], head[2]
		left := uint64(len(b))
		if shared > uint64(len(key)) || more > left || size > left-more {
			return fmt.Errorf("entry of %d + %d + %d bytes after a key of %d does not fit into the block", shared, more, size, len(key))
		}
		key = append(key[:shared], b[:more]...)
		if t.keyBytes += len(key); t.keyBytes > maxKeyGrowth*len(t.data) {
			return fmt.Errorf("keys grow beyond %d times the file", maxKeyGrowth)
		}
		if err := visit(key, b[more:more+size]); err != nil {
			return err
		}
		b = b[more+size:]
	}
	return nil
}
