package savedmodel

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"testing"
	"testing/fstest"

	shapes "github.com/wamuir/graft/tensorflow/core/framework/tensor_shape_go_proto"
	slicing "github.com/wamuir/graft/tensorflow/core/framework/tensor_slice_go_proto"
	types "github.com/wamuir/graft/tensorflow/core/framework/types_go_proto"
	versions "github.com/wamuir/graft/tensorflow/core/framework/versions_go_proto"
	pb "github.com/wamuir/graft/tensorflow/core/protobuf/for_core_protos_go_proto"

	"github.com/gosight/vision/internal/tfrecord"
)

// Every type, several shards and prefix-compressed keys, against what TensorFlow
// reads from its own files.
func TestBundleEqualsTensorFlow(t *testing.T) {
	for prefix, want := range readGolden(t).Checkpoints {
		t.Run(prefix, func(t *testing.T) {
			b, err := OpenBundle(os.DirFS("testdata"), prefix)
			if err != nil {
				t.Fatal(err)
			}
			keys := b.Keys()
			if len(keys) != len(want) || !slices.IsSorted(keys) {
				t.Errorf("%d keys, want %d: %q", len(keys), len(want), keys)
			}
			for key, w := range want {
				e, ok := b.Lookup(key)
				if !ok || DTypeName(e.DType) != w.DType || !slices.Equal(e.Shape, w.Shape) {
					t.Errorf("%s: %v %v, want %s %v", key, e, ok, w.DType, w.Shape)
					continue
				}
				if w.DType == "string" {
					var texts []string
					if err := json.Unmarshal(w.Content, &texts); err != nil {
						t.Fatal(err)
					}
					got, err := b.ReadStrings(key)
					if err != nil {
						t.Fatal(err)
					}
					for i := range texts {
						texts[i] = mustHex(t, texts[i])
					}
					if !slices.EqualFunc(got, texts, func(a []byte, b string) bool { return string(a) == b }) {
						t.Errorf("%s: %q, want %q", key, got, texts)
					}
					continue
				}
				var content string
				if err := json.Unmarshal(w.Content, &content); err != nil {
					t.Fatal(err)
				}
				got, err := b.Read(key)
				if err != nil || string(got) != mustHex(t, content) || int64(len(got)) != e.Size {
					t.Errorf("%s: %x, %v; want %s", key, got, err, content)
				}
				into := bytes.Repeat([]byte{0xaa}, len(got))
				if err := b.ReadInto(key, into); err != nil || !bytes.Equal(into, got) {
					t.Errorf("%s: ReadInto gives %x, %v", key, into, err)
				}
			}
		})
	}
}

func mustHex(t *testing.T, s string) string {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TensorFlow begins a new block of the index after 256 kB; ours here are small.
func TestTableOfManyBlocks(t *testing.T) {
	for _, perBlock := range []int{1, 2, 7, 1000} {
		var want []record
		for i := range 100 {
			want = append(want, record{fmt.Sprintf("layer/%03d", i), []byte{byte(i)}})
		}
		var got []record
		err := walkTable(writeTable(perBlock, want), func(key, value []byte) error {
			got = append(got, record{string(key), value})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.EqualFunc(got, want, func(a, b record) bool { return a.key == b.key && bytes.Equal(a.value, b.value) }) {
			t.Errorf("%d a block: %v", perBlock, got)
		}
	}
}

func TestTableErrors(t *testing.T) {
	good := writeTable(2, []record{{"a", []byte("1")}, {"b", []byte("2")}, {"c", []byte("3")}})
	change := func(i int, b byte) []byte {
		data := slices.Clone(good)
		if i < 0 {
			i += len(data)
		}
		data[i] = b
		return data
	}
	bomb := []record{{string(bytes.Repeat([]byte{'x'}, 1<<12)), nil}}
	for i := range 1 << 12 {
		bomb = append(bomb, record{bomb[0].key + fmt.Sprintf("%04d", i), nil})
	}
	for _, c := range []struct {
		name string
		data []byte
		word string
	}{
		{"empty", nil, "0 bytes are less"},
		{"too short", good[:footerSize-1], "47 bytes are less"},
		{"no table", bytes.Repeat([]byte("text"), 50), "magic"},
		{"cut at the end", good[:len(good)-1], "magic"},
		{"changed key", change(3, 'z'), "checksum"},
		{"handle that never ends", append(bytes.Repeat([]byte{0xff}, footerSize-8), good[len(good)-8:]...), "handle"},
		{"index outside of the file", change(-footerSize+3, 0x7f), "index block"},
		{"keys in disorder", writeTable(2, []record{{"b", nil}, {"a", nil}}), "comes after"},
		{"keys in disorder over blocks", writeTable(1, []record{{"b", nil}, {"a", nil}}), "comes after"},
		{"a key twice", writeTable(2, []record{{"a", nil}, {"a", nil}}), "comes after"},
		{"keys that fill the memory", writeTable(1<<20, bomb), "grow beyond"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := OpenBundle(fstest.MapFS{"v.index": {Data: c.data}}, "v")
			check(t, err, "format", "v.index", c.word)
		})
	}
}

func TestOverlappingBlocks(t *testing.T) {
	// An index whose two entries point to the same block: with enough of them a
	// small file would hold endless entries.
	var file []byte
	put := func(block []byte) []byte {
		handle := appendVarints(nil, uint64(len(file)), uint64(len(block)))
		file = append(file, block...)
		file = append(file, blockPlain)
		file = le32(file, tfrecord.Sum(0).Extend(block).Extend([]byte{blockPlain}).Masked())
		return handle
	}
	tail := []byte{0, 0, 0, 0, 1, 0, 0, 0}
	data := put(append(appendEntry(nil, 0, "a", nil), tail...))
	index := appendEntry(appendEntry(nil, 0, "a", data), 0, "b", data)
	footer := put(tail)
	footer = append(footer, put(append(index, tail...))...)
	footer = append(footer, make([]byte, footerSize-8-len(footer))...)
	file = append(file, footer...)
	file = append(file, 0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb)
	err := walkTable(file, func(_, _ []byte) error { return nil })
	if err == nil {
		t.Fatal("overlapping blocks are read")
	}
	check(t, bundleError("i", err), "format", "begins before")
}

func appendVarints(b []byte, values ...uint64) []byte {
	for _, v := range values {
		for ; v >= 0x80; v >>= 7 {
			b = append(b, byte(v)|0x80)
		}
		b = append(b, byte(v))
	}
	return b
}

func le32(b []byte, v uint32) []byte {
	return append(b, byte(v), byte(v>>8), byte(v>>16), byte(v>>24))
}

// A snappy block is well-formed data of another kind, not a broken file.
func TestSnappy(t *testing.T) {
	data := writeTable(1, []record{{"", nil}})
	// The first block is 3 + 8 bytes; its type follows.
	block := slices.Clone(data[:11])
	data[11] = blockSnappy
	copy(data[12:], le32(nil, tfrecord.Sum(0).Extend(block).Extend([]byte{blockSnappy}).Masked()))
	_, err := OpenBundle(fstest.MapFS{"v.index": {Data: data}}, "v")
	check(t, err, "unsupported", "snappy")
}

// A checkpoint to break: one float32 [2] under "v" in shard 0.
func simple() (*pb.BundleHeaderProto, *pb.BundleEntryProto, fstest.MapFS) {
	value := []byte{0, 0, 128, 63, 0, 0, 0, 64}
	h := &pb.BundleHeaderProto{NumShards: 1, Version: &versions.VersionDef{Producer: 1}}
	e := &pb.BundleEntryProto{
		Dtype: types.DataType_DT_FLOAT, Size: 8, Crc32C: tfrecord.Masked(value),
		Shape: &shapes.TensorShapeProto{Dim: []*shapes.TensorShapeProto_Dim{{Size: 2}}},
	}
	return h, e, fstest.MapFS{"m/v.data-00000-of-00001": {Data: value}}
}

func TestBundleErrors(t *testing.T) {
	dims := func(e *pb.BundleEntryProto, sizes ...int64) {
		e.Shape.Dim = nil
		for _, s := range sizes {
			e.Shape.Dim = append(e.Shape.Dim, &shapes.TensorShapeProto_Dim{Size: s})
		}
	}
	for _, c := range []struct {
		name  string
		edit  func(*pb.BundleHeaderProto, *pb.BundleEntryProto, fstest.MapFS)
		kind  string
		words []string
	}{
		{"whole", func(*pb.BundleHeaderProto, *pb.BundleEntryProto, fstest.MapFS) {}, "none", nil},
		{"big-endian", func(h *pb.BundleHeaderProto, _ *pb.BundleEntryProto, _ fstest.MapFS) {
			h.Endianness = pb.BundleHeaderProto_BIG
		}, "unsupported", []string{"big-endian"}},
		{"of the future", func(h *pb.BundleHeaderProto, _ *pb.BundleEntryProto, _ fstest.MapFS) {
			h.Version.MinConsumer = 2
		}, "unsupported", []string{"version 2"}},
		{"no shards", func(h *pb.BundleHeaderProto, _ *pb.BundleEntryProto, _ fstest.MapFS) { h.NumShards = 0 }, "format", []string{"0 shards"}},
		{"missing shard", func(_ *pb.BundleHeaderProto, _ *pb.BundleEntryProto, f fstest.MapFS) { clear(f) },
			"model", []string{"m/v.data-00000-of-00001"}},
		{"missing second shard", func(h *pb.BundleHeaderProto, e *pb.BundleEntryProto, f fstest.MapFS) {
			h.NumShards, e.ShardId = 2, 1
			f["m/v.data-00000-of-00002"] = f["m/v.data-00000-of-00001"]
		}, "model", []string{"m/v.data-00001-of-00002"}},
		{"shard beyond the last", func(_ *pb.BundleHeaderProto, e *pb.BundleEntryProto, _ fstest.MapFS) { e.ShardId = 1 },
			"format", []string{"shard 1 of 1"}},
		{"shard below the first", func(_ *pb.BundleHeaderProto, e *pb.BundleEntryProto, _ fstest.MapFS) { e.ShardId = -1 },
			"format", []string{"shard -1 of 1"}},
		{"truncated data", func(_ *pb.BundleHeaderProto, _ *pb.BundleEntryProto, f fstest.MapFS) {
			f["m/v.data-00000-of-00001"].Data = f["m/v.data-00000-of-00001"].Data[:7]
		}, "format", []string{"want 8 bytes from 0", "which has 7"}},
		{"huge size", func(_ *pb.BundleHeaderProto, e *pb.BundleEntryProto, _ fstest.MapFS) { e.Size = 1 << 62 }, "format", []string{"which has 8"}},
		{"negative size", func(_ *pb.BundleHeaderProto, e *pb.BundleEntryProto, _ fstest.MapFS) { e.Size = -8 }, "format", []string{"-8 bytes"}},
		{"offset that overflows", func(_ *pb.BundleHeaderProto, e *pb.BundleEntryProto, _ fstest.MapFS) { e.Offset = 1<<63 - 1 },
			"format", []string{"from 9223372036854775807"}},
		{"shape and size differ", func(_ *pb.BundleHeaderProto, e *pb.BundleEntryProto, _ fstest.MapFS) { dims(e, 3) },
			"format", []string{"3 elements of float32 in 8 bytes"}},
		{"shape that overflows", func(_ *pb.BundleHeaderProto, e *pb.BundleEntryProto, _ fstest.MapFS) { dims(e, 1<<32, 1<<32) },
			"format", []string{"impossible shape"}},
		{"bytes that overflow", func(_ *pb.BundleHeaderProto, e *pb.BundleEntryProto, _ fstest.MapFS) { dims(e, 1<<62) },
			"format", []string{"4611686018427387904 elements"}},
		{"negative dimension", func(_ *pb.BundleHeaderProto, e *pb.BundleEntryProto, _ fstest.MapFS) { dims(e, -1, -2) },
			"format", []string{"impossible shape [-1 -2]"}},
		{"more strings than bytes", func(_ *pb.BundleHeaderProto, e *pb.BundleEntryProto, _ fstest.MapFS) {
			e.Dtype = types.DataType_DT_STRING
			dims(e, 1<<40)
		}, "format", []string{"strings in 8 bytes"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			h, e, files := simple()
			c.edit(h, e, files)
			files["m/v.index"] = &fstest.MapFile{Data: writeTable(9, []record{{"", marshal(t, h)}, {"v", marshal(t, e)}})}
			b, err := OpenBundle(files, "m/v")
			check(t, err, c.kind, c.words...)
			if (b == nil) != (err != nil) {
				t.Errorf("bundle %v beside error %v", b, err)
			}
		})
	}
}

func TestIndexErrors(t *testing.T) {
	h, _, _ := simple()
	for _, c := range []struct {
		name    string
		records []record
		word    string
	}{
		{"no header", []record{{"v", nil}}, "no header"},
		{"no entries at all", nil, "no header"},
		{"header is no message", []record{{"", []byte{0xff}}}, "header"},
		{"entry is no message", []record{{"", marshal(t, h)}, {"v", []byte{0xff}}}, `entry "v"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := OpenBundle(fstest.MapFS{"v.index": {Data: writeTable(9, c.records)}}, "v")
			check(t, err, "format", "v.index", c.word)
		})
	}
	t.Run("missing", func(t *testing.T) {
		_, err := OpenBundle(fstest.MapFS{}, "m/variables/variables")
		check(t, err, "model", "model m: variables: want m/variables/variables.index")
	})
	t.Run("before TensorFlow 1", func(t *testing.T) {
		_, err := OpenBundle(fstest.MapFS{"m/model.ckpt": {Data: []byte{1}}}, "m/model.ckpt")
		check(t, err, "unsupported", "before TensorFlow 1.0")
	})
}

func TestReadValueErrors(t *testing.T) {
	h, e, files := simple()
	sliced := &pb.BundleEntryProto{
		Dtype: types.DataType_DT_FLOAT, Shape: e.Shape,
		Slices: []*slicing.TensorSliceProto{{}, {}},
	}
	files["m/v.index"] = &fstest.MapFile{Data: writeTable(9, []record{
		{"", marshal(t, h)}, {"\x00slice", marshal(t, e)}, {"parts", marshal(t, sliced)}, {"v", marshal(t, e)},
	})}
	b, err := OpenBundle(files, "m/v")
	if err != nil {
		t.Fatal(err)
	}
	if got := b.Keys(); !slices.Equal(got, []string{"parts", "v"}) {
		t.Errorf("keys %q", got)
	}
	_, err = b.Read("w")
	check(t, err, "model", `want "w"`, "the model has parts, v")
	_, err = b.Read("parts")
	check(t, err, "unsupported", "2 slices")
	_, err = b.ReadStrings("v")
	check(t, err, "model", "of type string, got float32")
	if err := b.ReadInto("v", make([]byte, 7)); err == nil {
		t.Error("a destination that is too small is filled")
	}
	files["m/v.data-00000-of-00001"].Data[3] ^= 1
	_, err = b.Read("v")
	check(t, err, "format", `m/v.data-00000-of-00001: "v"`, "checksum")
	files["m/v.data-00000-of-00001"].Data = files["m/v.data-00000-of-00001"].Data[:4]
	_, err = b.Read("v") // cut after the check at Open
	check(t, err, "format", "m/v.data-00000-of-00001")
}

func TestStringErrors(t *testing.T) {
	read := func(name string) []byte {
		data, err := fs.ReadFile(os.DirFS("testdata"), name)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	files := fstest.MapFS{"d.index": {Data: read("dtypes.index")}, "d.data-00000-of-00001": {Data: read("dtypes.data-00000-of-00001")}}
	b, err := OpenBundle(files, "d")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Read("t/text"); kind(err) != "unsupported" {
		t.Errorf("Read of strings: %v", err)
	}
	e := b.entries["t/text"]
	data := files["d.data-00000-of-00001"].Data
	for i := e.GetOffset(); i < e.GetOffset()+e.GetSize(); i++ { // lengths, their checksum, the text
		data[i] ^= 0x40
		_, err := b.ReadStrings("t/text")
		check(t, err, "format", "t/text")
		data[i] ^= 0x40
	}
	if _, err := b.ReadStrings("t/text"); err != nil {
		t.Error(err)
	}
}
