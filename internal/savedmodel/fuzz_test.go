package savedmodel

import (
	"io/fs"
	"testing"
	"testing/fstest"
)

// Whatever saved_model.pb holds, every question about it has an answer or a typed
// error, and none takes the process down.
func FuzzRead(f *testing.F) {
	names, err := fs.Glob(tinyModels(), "*/saved_model.pb")
	if err != nil || len(names) == 0 {
		f.Fatal("no tiny models", err)
	}
	for _, name := range names {
		data, err := fs.ReadFile(tinyModels(), name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
		f.Add(data[:len(data)/3])
	}
	files := copyOf(f, "mean_rgb")
	f.Fuzz(func(t *testing.T, data []byte) {
		fsys := fstest.MapFS{binaryFile: {Data: data}}
		for _, name := range []string{"variables/variables.index", "variables/variables.data-00000-of-00001"} {
			fsys[name] = files[name]
		}
		m, err := Read(fsys, ".")
		if err != nil {
			if kind(err) == "untyped" {
				t.Fatal(err)
			}
			return
		}
		for _, g := range m.Graphs() {
			if _, err := m.VariableKeys(&g); kind(err) == "untyped" {
				t.Fatal(err)
			}
			for _, sig := range g.Signatures {
				m.Unsafe(&g, &sig)
				if _, _, err := m.Choose(g.Tags, sig.Key); kind(err) == "untyped" {
					t.Fatal(err)
				}
			}
		}
	})
}

// Whatever lies in the files of a checkpoint, what opens can be read or gives a
// typed error. Checksums keep a fuzzer out of the inner parts, so these are also
// put into a table that is whole.
func FuzzBundle(f *testing.F) {
	read := func(name string) []byte {
		data, err := fs.ReadFile(tinyModels(), name)
		if err != nil {
			f.Fatal(err)
		}
		return data
	}
	h, e, files := simple()
	value := files["m/v.data-00000-of-00001"].Data
	f.Add(read("mean_rgb/variables/variables.index"), marshal(f, h), marshal(f, e), read("mean_rgb/variables/variables.data-00000-of-00001"))
	f.Add(writeTable(1, []record{{"", marshal(f, h)}, {"v", marshal(f, e)}}), []byte{}, []byte{}, value)
	f.Add([]byte{0, 1, 1, 'a', 'b', 0, 0, 0, 0, 1, 0, 0, 0}, marshal(f, h), []byte{8, 7, 40, 9}, []byte("\x03abc"))
	f.Fuzz(func(t *testing.T, index, header, entry, data []byte) {
		for _, index := range [][]byte{index, writeTable(2, []record{{"", header}, {"u", entry}, {"v", entry}})} {
			fsys := fstest.MapFS{"v.index": {Data: index}, "v.data-00000-of-00001": {Data: data}}
			b, err := OpenBundle(fsys, "v")
			if err != nil {
				if kind(err) == "untyped" {
					t.Fatal(err)
				}
				continue
			}
			for _, key := range b.Keys() {
				e, _ := b.Lookup(key)
				value, err := b.Read(key)
				if kind(err) == "untyped" || err == nil && int64(len(value)) != e.Size {
					t.Fatalf("%s: %d bytes of %d: %v", key, len(value), e.Size, err)
				}
				if _, err := b.ReadStrings(key); kind(err) == "untyped" {
					t.Fatal(err)
				}
			}
		}
		whole := &table{data: index}
		_ = whole.entries(index, func(_, value []byte) error {
			_, _, _, err := handle(value)
			return err
		})
	})
}
