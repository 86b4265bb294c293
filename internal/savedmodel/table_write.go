package savedmodel

import (
	"bytes"
	"encoding/binary"
	"io"

	"github.com/gosight/vision/internal/tfrecord"
)

// blockSize is about how many bytes of entries go into a block, as in TensorFlow.
const blockSize = 1 << 18

// An entry is one of a table that is written.
type entry struct {
	key   string
	value []byte
}

// putTable writes entries, which must be sorted by key, as an SSTable: keys whole, blocks not compressed.
func putTable(w io.Writer, entries []entry) error {
	t := &tableWriter{w: w}
	var index []entry
	for len(entries) > 0 {
		n, size := 0, 0
		for n < len(entries) && size < blockSize {
			size += len(entries[n].key) + len(entries[n].value)
			n++
		}
		at := t.block(entries[:n])
		index = append(index, entry{entries[n-1].key, at})
		entries = entries[n:]
	}
	meta := t.block(nil)
	handles := append(meta, t.block(index)...)
	footer := make([]byte, footerSize)
	copy(footer, handles)
	binary.LittleEndian.PutUint64(footer[footerSize-8:], tableMagic)
	t.write(footer)
	return t.err
}

type tableWriter struct {
	w   io.Writer
	at  uint64
	err error
}

func (t *tableWriter) write(b []byte) {
	if t.err == nil {
		_, t.err = t.w.Write(b)
	}
	t.at += uint64(len(b))
}

// block writes a block and returns its handle. Each key is a restart point, so that it is whole.
func (t *tableWriter) block(entries []entry) (handle []byte) {
	var b bytes.Buffer
	var restarts []uint32
	for _, e := range entries {
		restarts = append(restarts, uint32(b.Len()))
		for _, n := range []int{0, len(e.key), len(e.value)} {
			b.Write(binary.AppendUvarint(nil, uint64(n)))
		}
		b.WriteString(e.key)
		b.Write(e.value)
	}
	if restarts == nil {
		restarts = []uint32{0}
	}
	for _, r := range append(restarts, uint32(len(restarts))) {
		b.Write(binary.LittleEndian.AppendUint32(nil, r))
	}
	handle = binary.AppendUvarint(binary.AppendUvarint(nil, t.at), uint64(b.Len()))
	b.WriteByte(blockPlain)
	b.Write(binary.LittleEndian.AppendUint32(nil, tfrecord.Masked(b.Bytes())))
	t.write(b.Bytes())
	return handle
}
