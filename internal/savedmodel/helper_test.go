package savedmodel

import (
	"encoding/binary"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	pb "github.com/wamuir/graft/tensorflow/core/protobuf/for_core_protos_go_proto"
	"google.golang.org/protobuf/proto"

	"github.com/gosight/vision/internal/tfrecord"
)

// tinyModels is the folder of models whose answers can be worked out by hand.
func tinyModels() fs.FS { return os.DirFS(filepath.Join("..", "..", "testdata", "models")) }

// copyOf returns the files of a tiny model, to be broken.
func copyOf(t testing.TB, name string) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{}
	sub, err := fs.Sub(tinyModels(), name)
	if err != nil {
		t.Fatal(err)
	}
	err = fs.WalkDir(sub, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(sub, path)
		files[path] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// edited returns the model after its message was changed and written again.
func edited(t testing.TB, files fstest.MapFS, edit func(*pb.SavedModel)) *Model {
	t.Helper()
	var p pb.SavedModel
	if err := proto.Unmarshal(files[binaryFile].Data, &p); err != nil {
		t.Fatal(err)
	}
	edit(&p)
	data, err := proto.Marshal(&p)
	if err != nil {
		t.Fatal(err)
	}
	files[binaryFile].Data = data
	m, err := Read(files, ".")
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func tiny(t testing.TB, name string) *Model {
	t.Helper()
	m, err := Read(tinyModels(), name)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// A golden is what TensorFlow says; see reference/savedmodel/make_checkpoints.py.
type golden struct {
	Checkpoints map[string]map[string]struct {
		DType   string
		Shape   []int64
		Content json.RawMessage // hex, or a list of hex for strings
	}
	Models map[string]map[string]map[string]string // model, tags, node -> hex
}

func readGolden(t testing.TB) golden {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "golden.json"))
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	if err := json.Unmarshal(data, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

// A record is one entry of a table to be written.
type record struct {
	key   string
	value []byte
}

// writeTable writes a table of blocks of perBlock records with prefix-compressed
// keys, as TensorFlow would.
func writeTable(perBlock int, records []record) []byte {
	var file, index []byte
	var last string
	put := func(block []byte) (handle []byte) {
		handle = binary.AppendUvarint(binary.AppendUvarint(nil, uint64(len(file))), uint64(len(block)))
		file = append(file, block...)
		file = append(file, blockPlain)
		sum := tfrecord.Sum(0).Extend(block).Extend([]byte{blockPlain}).Masked()
		file = binary.LittleEndian.AppendUint32(file, sum)
		return handle
	}
	restarts := func(block []byte) []byte {
		block = binary.LittleEndian.AppendUint32(block, 0)
		return binary.LittleEndian.AppendUint32(block, 1)
	}
	for len(records) > 0 {
		n := min(perBlock, len(records))
		var block []byte
		last = ""
		for _, r := range records[:n] {
			shared := 0
			for shared < min(len(last), len(r.key)) && last[shared] == r.key[shared] {
				shared++
			}
			block = appendEntry(block, shared, r.key[shared:], r.value)
			last = r.key
		}
		index = appendEntry(index, 0, last, put(restarts(block)))
		records = records[n:]
	}
	footer := put(restarts(nil)) // meta index
	footer = append(footer, put(restarts(index))...)
	footer = append(footer, make([]byte, footerSize-8-len(footer))...)
	return append(append(file, footer...), binary.LittleEndian.AppendUint64(nil, tableMagic)...)
}

func appendEntry(block []byte, shared int, more string, value []byte) []byte {
	block = binary.AppendUvarint(block, uint64(shared))
	block = binary.AppendUvarint(block, uint64(len(more)))
	block = binary.AppendUvarint(block, uint64(len(value)))
	return append(append(block, more...), value...)
}

func marshal(t testing.TB, m proto.Message) []byte {
	t.Helper()
	data, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
