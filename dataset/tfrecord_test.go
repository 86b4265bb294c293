package dataset

import (
	"bytes"
	"cmp"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	examplepb "github.com/wamuir/graft/tensorflow/core/example/example_protos_go_proto"
	"google.golang.org/protobuf/proto"

	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/tfrecord"
)

// framed is data as records of a TFRecord file.
func framed(records ...string) string {
	var b []byte
	for _, r := range records {
		b = tfrecord.Append(b, []byte(r))
	}
	return string(b)
}

// labelled is a serialised tf.train.Example; features that are nil are left out.
func labelled(t testing.TB, encoded, label, text any) string {
	t.Helper()
	m := map[string]*examplepb.Feature{}
	for name, v := range map[string]any{"image/encoded": encoded, "image/class/label": label, "image/class/text": text} {
		switch v := v.(type) {
		case string:
			m[name] = &examplepb.Feature{Kind: &examplepb.Feature_BytesList{BytesList: &examplepb.BytesList{Value: [][]byte{[]byte(v)}}}}
		case int:
			m[name] = &examplepb.Feature{Kind: &examplepb.Feature_Int64List{Int64List: &examplepb.Int64List{Value: []int64{int64(v)}}}}
		}
	}
	data, err := proto.Marshal(&examplepb.Example{Features: &examplepb.Features{Feature: m}})
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestTFRecordAgainstTensorFlow(t *testing.T) {
	want := goldens(t, filepath.Join("tfrecord", "want.json"))
	names := []string{"daisy", "rose", "tulip"}
	for _, c := range []struct {
		why, pattern string
		o            TFRecordOptions
		classes      []string
		want         []golden
	}{
		{"by what comes before", "plain/train", TFRecordOptions{}, names, want["plain/train"]},
		{"by a pattern", "plain/train-*", TFRecordOptions{}, names, want["plain/train"]},
		{"a file", "plain/train-00001-of-00003", TFRecordOptions{}, names, want["plain/train"][3:6]},
		{"some shards", "plain/train-0000[02]*", TFRecordOptions{}, names, slices.Concat(want["plain/train"][:3], want["plain/train"][6:])},
		{"a folder", "plain", TFRecordOptions{}, names, slices.Concat(want["plain/train"], want["plain/validation"])},
		{"with given names", "plain/train", TFRecordOptions{Classes: []string{"a", "b", "c"}}, []string{"a", "b", "c"}, want["plain/train"]},
		{"gzip, labels from 1", "gzip/train", TFRecordOptions{LabelOffset: 1}, names, want["gzip/train"]},
		{"gzip, given names", "gzip/train", TFRecordOptions{LabelOffset: 1, Classes: names}, names, want["gzip/train"]},
		{"zlib, labels from 1", "zlib/train", TFRecordOptions{LabelOffset: 1}, names, want["zlib/train"]},
		{"of TensorFlow Datasets", "tfds", TFRecordOptions{}, names, want["tfds/train"]},
	} {
		s, err := TFRecord(filepath.Join("testdata", "tfrecord", filepath.FromSlash(c.pattern)), c.o)
		if err != nil {
			t.Errorf("%s: %v", c.why, err)
			continue
		}
		if !slices.Equal(s.Classes, c.classes) {
			t.Errorf("%s: classes %q, want %q", c.why, s.Classes, c.classes)
		}
		equal(t, c.why, s, c.want)
	}
	s, v, err := TFRecordParts(filepath.Join("testdata", "tfrecord", "plain"), TFRecordOptions{})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "training part", s, want["plain/train"])
	equal(t, "validation part", v, want["plain/validation"])
	if s, v, err = TFRecordParts(filepath.Join("testdata", "tfrecord", "plain", "validation"), TFRecordOptions{}); err != nil || v != nil || s.Len() != 3 {
		t.Errorf("files that are no folder: %v, %v, %v", s, v, err)
	}
}

// recordError is the record of an error, or -1.
func recordError(err error) (record int, offset int64) {
	var re *RecordError
	if !errors.As(err, &re) {
		return -1, -1
	}
	return re.Record, re.Offset
}

func TestBrokenRecordsAreNamedAndTheRestIsGiven(t *testing.T) {
	good := labelled(t, picture(t, 3, 2), 0, "a")
	size := int64(len(framed(good)))
	for why, c := range map[string]struct {
		records []string // the second is broken
		want    string
	}{
		"data changed":      {[]string{good, good, labelled(t, picture(t, 3, 2), 1, "b")}, "want data of the checksum"},
		"no picture":        {[]string{good, labelled(t, "no picture", 1, "b"), good}, "unsupported"},
		"no picture at all": {[]string{good, labelled(t, nil, 1, "b"), good}, "image/encoded: want one encoded picture, got none"},
		"a number for it":   {[]string{good, labelled(t, 7, 1, "b"), good}, "got 1 of integers"},
		"no class":          {[]string{good, labelled(t, picture(t, 3, 2), nil, nil), good}, "image/class/label: want one number, got none"},
		"text for a label":  {[]string{good, labelled(t, picture(t, 3, 2), "x", "b"), good}, "got 1 of bytes"},
		"a negative label":  {[]string{good, labelled(t, picture(t, 3, 2), -1, "b"), good}, "want a label of 0 to"},
		"no message":        {[]string{good, "\xff\xff\xff", good}, "tf.Example"},
	} {
		data := []byte(framed(c.records...))
		if why == "data changed" {
			data[size+tfrecord.HeadSize+int64(len(good))/2] ^= 1
		}
		s, err := TFRecord(filepath.Join(folder(t, map[string]string{"x.tfrecord": string(data)}), "x.tfrecord"), TFRecordOptions{})
		if err != nil {
			t.Errorf("%s: %v", why, err)
			continue
		}
		ok, bad := all(t, s)
		if len(ok) != 2 || len(bad) != 1 {
			t.Errorf("%s: %d good, %v", why, len(ok), bad)
			continue
		}
		line(t, why, bad[0], "x.tfrecord", 0)
		if n, at := recordError(bad[0]); n != 1 || at != size || !strings.Contains(bad[0].Error(), c.want) {
			t.Errorf("%s: %v, want record 1 at byte %d with %q", why, bad[0], size, c.want)
		}
	}
}

func TestFilesThatBreakOff(t *testing.T) {
	one := framed(labelled(t, picture(t, 3, 2), 0, "a"))
	length := []byte(one)
	length[2] ^= 1
	for why, tail := range map[string]string{
		"a broken length":           string(length) + one,
		"a length alone":            one[:tfrecord.HeadSize],
		"within a length":           one[:5],
		"within data":               one[:len(one)/2],
		"within the last checksum":  one[:len(one)-1],
		"a length beyond all bytes": framed(strings.Repeat("x", 20))[:30],
	} {
		for _, classes := range [][]string{nil, {"a"}} { // read through, and skipped by lengths
			dir := folder(t, map[string]string{"x-00000-of-00002": one + tail, "x-00001-of-00002": one})
			s, err := TFRecord(filepath.Join(dir, "x"), TFRecordOptions{Classes: classes})
			if err != nil {
				t.Errorf("%s: %v", why, err)
				continue
			}
			good, bad := all(t, s)
			if len(good) != 2 || len(bad) != 1 {
				t.Errorf("%s: %d good, %v; want the records before and those of the next file", why, len(good), bad)
				continue
			}
			if n, at := recordError(bad[0]); n != 1 || at != int64(len(one)) {
				t.Errorf("%s: %v, want record 1 at byte %d", why, bad[0], len(one))
			}
		}
	}
}

func TestRecordsThatAreTooLong(t *testing.T) {
	one := framed(labelled(t, picture(t, 3, 2), 0, "a"))
	name := filepath.Join(folder(t, map[string]string{"x.tfrecord": one}), "x.tfrecord")
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	// A hole in the file, which takes no room, and a record behind it.
	at := int64(len(one))
	if _, err := f.WriteAt(tfrecord.Head(tfrecord.MaxRecord+1), at); err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte(one), at+tfrecord.HeadSize+tfrecord.MaxRecord+1+4); err != nil {
		t.Skipf("no holes in files here: %v", err)
	}
	s, err := TFRecord(name, TFRecordOptions{})
	if err != nil {
		t.Fatal(err)
	}
	good, bad := all(t, s)
	var le *fault.LimitError
	if len(good) != 2 || len(bad) != 1 || !errors.As(bad[0], &le) {
		t.Errorf("%d good, %v", len(good), bad)
	}
}

func TestShards(t *testing.T) {
	one := framed(labelled(t, picture(t, 3, 2), 0, "a"))
	for why, c := range map[string]struct {
		files   []string
		pattern string
		want    string // of the error; how many files are opened, or "" for all
	}{
		"all there":         {[]string{"t-00000-of-00002", "t-00001-of-00002"}, "t", ""},
		"one missing":       {[]string{"t-00000-of-00003", "t-00002-of-00003"}, "t", "t-00001-of-00003"},
		"the last missing":  {[]string{"t-00000-of-00003", "t-00001-of-00003"}, "t", "want 3 files"},
		"two numbers":       {[]string{"t-00000-of-00001", "t-00000-of-00002"}, "t", "want one of 1 files"},
		"with an ending":    {[]string{"t-00000-of-00002.tfrecord.gz", "t-00001-of-00002.tfrecord.gz"}, "", ""},
		"two sets":          {[]string{"t-00000-of-00001", "v-00000-of-00001"}, "", ""},
		"by the whole name": {[]string{"t-00000-of-00001", "t2-00000-of-00001", "t_test-00000-of-00001", "t-x-00000-of-00001", "u.t-00000-of-00001"}, "t", "1"},
		"with an extension": {[]string{"t.tfrecord-00000-of-00002", "t.tfrecord-00001-of-00002", "t2.tfrecord-00000-of-00001"}, "t", "2"},
		"named with it":     {[]string{"t.tfrecord-00000-of-00001", "t-00000-of-00001"}, "t.tfrecord", "1"},
		"two of a name": {[]string{"t-00000-of-00001", "t-00000-of-00001.gz", "t.tfrecord-00000-of-00001"}, "t",
			"want the shards of one set, got those of t-*, t-*.gz, t.tfrecord-*"},
		"another begins so": {[]string{"t2-00000-of-00001"}, "t", "not exist"},
		"none":              {[]string{"t-00000-of-00001"}, "v", "not exist"},
		"no pattern fits":   {[]string{"t-00000-of-00001"}, "v*", "not exist"},
		"a broken pattern":  {[]string{"t-00000-of-00001"}, "t[", "syntax"},
		"no record files":   {[]string{"t.txt"}, "", "want files *.tfrecord"},
	} {
		files := map[string]string{}
		for _, f := range c.files {
			files[f] = one
		}
		dir := folder(t, files)
		s, err := TFRecord(filepath.Join(dir, c.pattern), TFRecordOptions{})
		var fe *FileError
		n, noNumber := strconv.Atoi(cmp.Or(c.want, strconv.Itoa(len(c.files))))
		switch {
		case noNumber == nil && (err != nil || s.Len() != n):
			t.Errorf("%s: %v, %v, want the records of %d files", why, s, err, n)
		case noNumber != nil && (!errors.As(err, &fe) || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: got %v, want a FileError with %q", why, err, c.want)
		}
	}
}

func TestClassesOfRecords(t *testing.T) {
	pic := picture(t, 1, 1)
	for why, c := range map[string]struct {
		labels []any // label, text of each record
		files  map[string]string
		offset int
		want   string // classes; "" if opening fails
		bad    int
	}{
		"names by label":        {labels: []any{1, "b", 0, "a", 1, "b"}, want: "a b"},
		"a gap":                 {labels: []any{2, "c", 0, "a"}, want: "a 1 c"},
		"no texts":              {labels: []any{1, nil, 0, nil}, want: "0 1"},
		"two texts of a label":  {labels: []any{0, "a", 0, "b", 1, "c"}, want: "0 1"},
		"two labels of a text":  {labels: []any{0, "a", 1, "a"}, want: "0 1"},
		"a text that is a gap":  {labels: []any{0, "1", 2, "c"}, want: "0 1 2"},
		"texts alone":           {labels: []any{nil, "b", nil, "a"}, want: "a b"},
		"labels from 1":         {labels: []any{1, "a", 2, "b", 0, "none"}, offset: 1, want: "a b", bad: 1},
		"labels from the last":  {labels: []any{maxClasses, "a", maxClasses + 1, "b", math.MaxInt64, "c"}, offset: maxClasses, want: "a b", bad: 1},
		"the largest label":     {labels: []any{0, "a", math.MaxInt64, "b"}, want: "a", bad: 1},
		"a text beyond reason":  {labels: []any{0, strings.Repeat("a", maxClassName+1)}, want: "0"},
		"such texts alone":      {labels: []any{nil, "a", nil, strings.Repeat("a", maxClassName+1)}, want: "a", bad: 1},
		"a label beyond reason": {labels: []any{0, "a", maxClasses, "b"}, want: "a", bad: 1},
		"TF-Slim's list":        {labels: []any{1, nil, 2, nil}, files: map[string]string{"labels.txt": "0:a\n1:b: c\n"}, want: "a|b: c", bad: 1},
		"a list and labels from 1": {labels: []any{1, nil, 2, nil}, offset: 1,
			files: map[string]string{"labels.txt": "0:background\n1:a\n2:b\n"}, want: "a b"},
		"names a line":             {labels: []any{1, nil, 0, nil}, files: map[string]string{"labels.txt": "a\nb\n"}, want: "a b"},
		"a list out of order":      {labels: []any{1, nil}, files: map[string]string{"labels.txt": "0:a\n2:b\n"}},
		"a list that is too short": {labels: []any{1, nil}, files: map[string]string{"labels.txt": "a\n"}, offset: 3},
		"no labels":                {labels: []any{nil, nil}},
	} {
		var records []string
		for i := 0; i < len(c.labels); i += 2 {
			records = append(records, labelled(t, pic, c.labels[i], c.labels[i+1]))
		}
		files := map[string]string{"x.tfrecord": framed(records...)}
		for n, content := range c.files {
			files[n] = content
		}
		s, err := TFRecord(filepath.Join(folder(t, files), "x.tfrecord"), TFRecordOptions{LabelOffset: c.offset})
		if c.want == "" {
			if err == nil {
				t.Errorf("%s: opened with %q", why, s.Classes)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", why, err)
			continue
		}
		want := strings.Fields(c.want)
		if strings.Contains(c.want, "|") {
			want = strings.Split(c.want, "|")
		}
		_, bad := all(t, s)
		if !slices.Equal(s.Classes, want) || len(bad) != c.bad {
			t.Errorf("%s: classes %q, want %q; %v, want %d errors", why, s.Classes, want, bad, c.bad)
		}
	}
}

func TestLabelOffsetsBeyondReason(t *testing.T) {
	// Less a negative offset, the largest label was one of the first classes.
	one := framed(labelled(t, picture(t, 1, 1), math.MaxInt64, nil))
	name := filepath.Join(folder(t, map[string]string{"x.tfrecord": one}), "x.tfrecord")
	for _, offset := range []int{-1, math.MinInt, math.MinInt + 1, maxClasses + 1, math.MaxInt} {
		s, err := TFRecord(name, TFRecordOptions{LabelOffset: offset, Classes: []string{"a", "b"}})
		var ue *fault.UnsupportedError
		if !errors.As(err, &ue) || !strings.Contains(err.Error(), "want a label offset of 0 to 131072, got "+strconv.Itoa(offset)) {
			t.Errorf("offset %d: got %v, %v", offset, s, err)
		}
	}
}

// Records with a text of their own each, such as captions, must not be kept.
func TestLearnersAreBounded(t *testing.T) {
	const room = 50
	for why, c := range map[string]struct {
		label func(i int) any
		texts int // that may be kept in the end
		names int
	}{
		"of one class":    {func(int) any { return 0 }, 0, 1},
		"of two in turn":  {func(i int) any { return i % 2 }, 0, 2},
		"without a label": {func(int) any { return nil }, room, room},
		"first without labels": {func(i int) any {
			if i < room {
				return nil
			}
			return 0
		}, 0, 1},
	} {
		l := newLearner(0, room)
		for i := range room + 10 {
			l.record([]byte(labelled(t, nil, c.label(i), "text "+strconv.Itoa(i))))
		}
		if len(l.of) != c.texts || len(l.texts) > 0 || len(l.names()) != c.names {
			t.Errorf("%s: keeps %d and %d texts for %d classes, want %d for %d", why, len(l.of), len(l.texts), len(l.names()), c.texts, c.names)
		}
	}
}

func TestFilesThatAreNoRecords(t *testing.T) {
	for why, content := range map[string]string{
		"empty": "", "text": "some text that is longer than a header", "half a header": "12345",
		"broken gzip": "\x1f\x8b\x08 and more of it", "broken zlib": "x\x9c and more of it",
	} {
		s, err := TFRecord(filepath.Join(folder(t, map[string]string{"x.tfrecord": content}), "x.tfrecord"), TFRecordOptions{})
		var fe *FileError
		if !errors.As(err, &fe) {
			t.Errorf("%s: got %v, %v, want a FileError", why, s, err)
		}
	}
}

func FuzzTFRecord(f *testing.F) {
	one := labelled(f, picture(f, 3, 2), 0, "a")
	f.Add([]byte(framed(one, one)), true)
	f.Add(zipped(f, []byte(framed(one))), false)
	f.Add([]byte(framed(one)[:40]), true)
	f.Add([]byte(framed("", "x")), false)
	name := filepath.Join(f.TempDir(), "x")
	f.Fuzz(func(t *testing.T, data []byte, named bool) {
		os.Remove(name) // a file that is written over goes to the disk at once
		if err := os.WriteFile(name, data, 0o644); err != nil {
			t.Fatal(err)
		}
		o := TFRecordOptions{}
		if named {
			o.Classes = []string{"a", "b"}
		}
		s, err := TFRecord(name, o)
		if err != nil {
			var fe *FileError
			if !errors.As(err, &fe) {
				t.Fatalf("%v is no FileError", err)
			}
			return
		}
		n := 0
		for ex, err := range s.All() {
			n++
			if err == nil && (ex.Class < 0 || ex.Class >= len(s.Classes)) {
				t.Fatalf("class %d of %d", ex.Class, len(s.Classes))
			}
		}
		if n != s.Len() {
			t.Fatalf("Len is %d, All gave %d", s.Len(), n)
		}
	})
}

// FuzzExample compares with the protocol buffers that TensorFlow's own definition gives.
func FuzzExample(f *testing.F) {
	f.Add([]byte(labelled(f, "data", 3, "text")))
	f.Add([]byte(labelled(f, nil, -3, nil)))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := parseExample(data, func(string) bool { return true })
		var want examplepb.Example
		if proto.Unmarshal(data, &want) != nil {
			return // ours looks into less
		}
		if err != nil {
			t.Fatalf("refused: %v", err)
		}
		if len(got) != len(want.GetFeatures().GetFeature()) {
			t.Fatalf("%d features, want %d", len(got), len(want.GetFeatures().GetFeature()))
		}
		for name, w := range want.GetFeatures().GetFeature() {
			g := got[name]
			switch k := w.GetKind().(type) {
			case *examplepb.Feature_BytesList:
				v := k.BytesList.GetValue()
				if g.kind != 1 || g.count != len(v) || len(v) > 0 && !bytes.Equal(g.bytes, v[0]) {
					t.Fatalf("%q: %+v, want %q", name, g, v)
				}
			case *examplepb.Feature_Int64List:
				v := k.Int64List.GetValue()
				if g.kind != 3 || g.count != len(v) || len(v) > 0 && g.int != v[0] {
					t.Fatalf("%q: %+v, want %v", name, g, v)
				}
			case *examplepb.Feature_FloatList:
				if g.kind != 2 || g.count != len(k.FloatList.GetValue()) {
					t.Fatalf("%q: %+v, want %d floats", name, g, len(k.FloatList.GetValue()))
				}
			case nil:
				if g.kind != 0 {
					t.Fatalf("%q: %+v, want none", name, g)
				}
			}
		}
	})
}
