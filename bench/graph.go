package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"unsafe"

	tf "github.com/wamuir/graft/tensorflow"
)

// named finds the tensor "op:index".
func named(g *tf.Graph, name string) (tf.Output, error) {
	op, index, _ := strings.Cut(name, ":")
	i := 0
	if index != "" {
		var err error
		if i, err = strconv.Atoi(index); err != nil {
			return tf.Output{}, err
		}
	}
	o := g.Operation(op)
	if o == nil || i >= o.NumOutputs() {
		return tf.Output{}, fmt.Errorf("no tensor %s", name)
	}
	return o.Output(i), nil
}

// floatTensor makes a tensor [batch, size, size, 3] of flat values.
func floatTensor(rows []float32, batch, size int64) (*tf.Tensor, error) {
	raw := unsafe.Slice((*byte)(unsafe.Pointer(&rows[0])), 4*len(rows))
	if binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
		return nil, fmt.Errorf("this machine is not little-endian")
	}
	return tf.ReadTensor(tf.Float, []int64{batch, size, size, 3}, bytes.NewReader(raw))
}
