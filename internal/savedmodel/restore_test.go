package savedmodel

import (
	"encoding/binary"
	"testing"

	shapes "github.com/wamuir/graft/tensorflow/core/framework/tensor_shape_go_proto"
)

func TestPackedText(t *testing.T) {
	three := "\x01\x00\x02abc"
	huge := string(binary.AppendUvarint(binary.AppendUvarint(nil, 1<<31-1), 1)) + "x"
	for _, c := range []struct {
		why, content string
		n            int64
		i            int
		want         string
		ok           bool
	}{
		{"first", three, 3, 0, "a", true},
		{"empty one", three, 3, 1, "", true},
		{"last", three, 3, 2, "bc", true},
		{"beyond", three, 3, 3, "", false},
		{"cut short", three[:5], 3, 2, "", false},
		{"more promised than can be there", three, 1 << 40, 0, "", false},
		{"begins past the end", huge, 2, 1, "", false},
		{"longer than what is there", huge, 2, 0, "", false},
		{"lengths cut short", "\x80", 1, 0, "", false},
	} {
		got, ok := packedText([]byte(c.content), []*shapes.TensorShapeProto_Dim{{Size: c.n}}, c.i)
		if got != c.want || ok != c.ok {
			t.Errorf("%s: got %q, %v", c.why, got, ok)
		}
	}
}
