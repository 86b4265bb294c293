package dataset

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/gosight/vision/internal/decode"
	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/option"
	"github.com/gosight/vision/internal/tfrecord"
)

const (
	// maxClasses bounds the numbers of classes that files give, of which names are made.
	maxClasses = 1 << 17
	// maxClassName bounds the bytes of a name that is learnt from records.
	maxClassName = 1 << 10
)

// TFRecordOptions say what the records of a set do not.
type TFRecordOptions struct {
	// LabelOffset is the label of the first class: 1 where 0 is kept for the background, as in TF-Slim's ImageNet. Records with smaller
	// labels are broken. It is from 0 to 131072; another is a *vision.UnsupportedError.
	LabelOffset int
	// Classes are the names, the first of label LabelOffset. If there are none, they are taken from labels.txt ("0:daisy" or just "daisy" a line, from
	// label 0 on, as TF-Slim writes it) or label.labels.txt (of TensorFlow Datasets) beside the files, or else from image/class/text of
	// all records, or else they are the labels.
	Classes []string
}

// TFRecord opens files of serialised tf.train.Example with an encoded picture each. Pattern is a file, a folder
// with record files, a pattern as of filepath.Match, or what comes before "-00000-of-00010" in the names of shards, which must then all be there: "flowers" for flowers-00000-of-00010 or
// flowers.tfrecord-00000-of-00010, but not for flowers2-00000-of-00010, and not for two of these at once. Files are read in
// the order of their names, each of them as a stream, plain or compressed by gzip or zlib.
//
// Features are those of TF-Slim, image/encoded, image/class/label and image/class/text, or of TensorFlow Datasets, image and label.
// Without a label the class is that whose name the text is. Pictures are *vision.Photo; names are file and number, "train-00000-of-00002#17".
//
// Checksums of lengths and data are verified. A record whose data are broken is given as an error, and the iteration goes on; behind a broken
// length no other record can be found, and it goes on with the next file. Both errors are a *FileError that
// wraps a *RecordError. If classes must be learnt from the records, opening reads all files through; or
// else it reads lengths alone, but for compressed ones.
func TFRecord(pattern string, o TFRecordOptions, opts ...option.Option) (*Set, error) {
	files, err := shards(pattern)
	if err != nil {
		return nil, err
	}
	return openTFRecord(files, o, opts)
}

// TFRecordParts opens the training and the validation part of a folder, told apart by words in the names of files: train, and one of
// val, valid, validation, test or eval. The classes are those of the training part. Where no name has the word train, or path is anything else
// that TFRecord takes, all is training, and valid is nil; see Set.Split.
func TFRecordParts(path string, o TFRecordOptions, opts ...option.Option) (train, valid *Set, err error) {
	files, err := shards(path)
	if err != nil {
		return nil, nil, err
	}
	var first, second []string
	if st, err := os.Stat(path); err == nil && st.IsDir() {
		best := len(partWords()["valid"])
		for _, f := range files {
			if _, ok := partOf(f, "train"); ok {
				first = append(first, f)
			} else if rank, ok := partOf(f, "valid"); ok && rank <= best {
				if rank < best {
					second = nil
				}
				best, second = rank, append(second, f)
			}
		}
	}
	if first == nil {
		train, err = openTFRecord(files, o, opts)
		return train, nil, err
	}
	if train, err = openTFRecord(first, o, opts); err != nil || second == nil {
		return train, nil, err
	}
	o.Classes = train.Classes
	valid, err = openTFRecord(second, o, opts)
	return train, valid, err
}

// A recordSet is what is known of a set of records.
type recordSet struct {
	files   []string
	offset  int64
	lim     decode.Limits
	classes []string
	index   map[string]int // of names, for records without a label
}

func openTFRecord(files []string, o TFRecordOptions, opts []option.Option) (*Set, error) {
	if o.LabelOffset < 0 || o.LabelOffset > maxClasses {
		return nil, &fault.UnsupportedError{Format: "tfrecord", Reason: fmt.Sprintf("want a label offset of 0 to %d, got %d", maxClasses, o.LabelOffset)}
	}
	lim, err := limits(opts)
	if err != nil {
		return nil, err
	}
	t := &recordSet{files: files, offset: int64(o.LabelOffset), lim: lim, classes: o.Classes}
	if len(t.classes) == 0 {
		if t.classes, err = labelFile(filepath.Dir(files[0]), o.LabelOffset); err != nil {
			return nil, err
		}
	}
	var learn *learner
	if len(t.classes) == 0 {
		learn = newLearner(t.offset, maxClasses)
	}
	n := 0
	for _, f := range files {
		k, err := t.scan(f, learn)
		if err != nil {
			return nil, err
		}
		n += k
	}
	if learn != nil {
		t.classes = learn.names()
	}
	if n == 0 || len(t.classes) == 0 {
		return nil, broken(files[0], 0, "tfrecord", "want records with labels, got %d records with %d classes in %d files", n, len(t.classes), len(files))
	}
	t.index = map[string]int{}
	for i, c := range t.classes {
		if _, twice := t.index[c]; !twice {
			t.index[c] = i
		}
	}
	return &Set{Classes: t.classes, n: n, all: func(yield func(Example, error) bool) { t.all(n, yield) }}, nil
}

// all gives every record, but no more than were there when the set was opened.
func (t *recordSet) all(left int, yield func(Example, error) bool) {
	for _, f := range t.files {
		rs, err := openRecords(f)
		if err != nil {
			if !yield(Example{Class: -1}, err) {
				return
			}
			continue
		}
		for ; left > 0; left-- {
			data, err := rs.next(false)
			if errors.Is(err, io.EOF) {
				break
			}
			ex := Example{Name: filepath.Base(f) + "#" + strconv.Itoa(rs.r.Record()), Class: -1}
			stop := err != nil && !errors.Is(err, tfrecord.ErrSkipped)
			if err == nil {
				ex, err = t.example(rs, ex.Name, data)
			}
			if !yield(ex, err) {
				rs.close()
				return
			}
			if stop {
				left--
				break
			}
		}
		rs.close()
	}
}

// scan counts the records and broken ends of a file, and learns classes if learn is not nil.
func (t *recordSet) scan(file string, learn *learner) (n int, err error) {
	rs, err := openRecords(file)
	if err != nil {
		return 0, err
	}
	defer rs.close()
	for {
		data, err := rs.next(learn == nil)
		switch {
		case errors.Is(err, io.EOF):
			return n, nil
		case errors.Is(err, tfrecord.ErrSkipped):
		case err != nil && n == 0:
			return 0, err // nothing shows that this is a file of records at all
		case err != nil:
			return n + 1, nil
		case learn != nil:
			learn.record(data)
		}
		n++
	}
}

// The names of features, TF-Slim's before those of TensorFlow Datasets.
func pictureKeys() []string { return []string{"image/encoded", "image"} }
func labelKeys() []string   { return []string{"image/class/label", "label"} }

const textKey = "image/class/text"

func isWanted(name string) bool {
	switch name {
	case "image/encoded", "image", "image/class/label", "label", textKey:
		return true
	}
	return false
}

// one finds the first of the features that is there.
func one(all map[string]feature, keys []string) (string, feature) {
	for _, k := range keys {
		if f, ok := all[k]; ok {
			return k, f
		}
	}
	return keys[0], feature{}
}

// example makes the example of the record just read.
func (t *recordSet) example(rs *records, name string, data []byte) (Example, error) {
	ex, err := t.parse(name, data)
	if err != nil {
		return Example{Name: name, Class: -1}, rs.fail(err)
	}
	return ex, nil
}

func (t *recordSet) parse(name string, data []byte) (Example, error) {
	all, err := parseExample(data, isWanted)
	if err != nil {
		return Example{}, formatted("tf.Example", "%v", err)
	}
	key, f := one(all, pictureKeys())
	if f.kind != 1 || f.count != 1 {
		return Example{}, formatted("tf.Example", "%s: want one encoded picture, got %s", key, f.kindOf())
	}
	ex, err := photo(name, f.bytes, t.lim)
	if err != nil {
		return Example{}, err
	}
	key, f = one(all, labelKeys())
	if text := all[textKey]; f.kind == 0 && text.kind == 1 && text.count == 1 {
		i, ok := t.index[string(text.bytes)]
		if !ok {
			return Example{}, formatted("tf.Example", "%s: want the name of a class, got %.80q", textKey, text.bytes)
		}
		ex.Class = i
		return ex, nil
	}
	if f.kind != 3 || f.count != 1 {
		return Example{}, formatted("tf.Example", "%s: want one number, got %s", key, f.kindOf())
	}
	if f.int < t.offset || f.int-t.offset >= int64(len(t.classes)) {
		return Example{}, formatted("tf.Example", "%s: want a label of %d to %d, got %d", key, t.offset, t.offset+int64(len(t.classes))-1, f.int)
	}
	ex.Class = int(f.int - t.offset)
	return ex, nil
}

func (f feature) kindOf() string {
	if f.kind == 0 || f.kind > 3 {
		return "none"
	}
	return strconv.Itoa(f.count) + " of " + []string{"bytes", "floats", "integers"}[f.kind-1]
}

// A learner finds the classes of records. It keeps no more than room texts of maxClassName bytes, whatever they hold.
type learner struct {
	offset int64
	room   int
	most   int64 // labels and the offset are below it
	texts  map[int64]string
	of     map[string]int64 // by text
	ok     bool             // each label has one text, and each text one label; or else texts are no longer kept
}

func newLearner(offset int64, room int) *learner {
	return &learner{offset: offset, room: room, texts: map[int64]string{}, of: map[string]int64{}, ok: true}
}

func (l *learner) record(data []byte) {
	all, err := parseExample(data, func(name string) bool { return isWanted(name) && name != "image" && name != "image/encoded" })
	if err != nil {
		return // All will say so
	}
	_, label := one(all, labelKeys())
	text := string(all[textKey].bytes)
	if label.kind == 0 && text != "" {
		if l.ok && len(l.of) < l.room && len(text) <= maxClassName {
			l.of[text] = -1
		}
		return
	}
	if label.kind != 3 || label.count != 1 || label.int < l.offset || label.int-l.offset >= maxClasses {
		return
	}
	l.most = max(l.most, label.int+1)
	if !l.ok {
		return
	}
	old, labelled := l.texts[label.int]
	of, named := l.of[text]
	if text == "" || len(text) > maxClassName || labelled && old != text || named && of != label.int || !named && len(l.of) == l.room {
		l.ok, l.texts, l.of = false, nil, nil
		return
	}
	l.texts[label.int] = text
	l.of[text] = label.int
}

// names are the classes from the first label on.
func (l *learner) names() []string {
	if l.most == 0 {
		return sortedKeys(l.of)
	}
	var out []string
	for i := l.offset; i < l.most; i++ {
		name, ok := l.texts[i]
		if number := strconv.FormatInt(i, 10); !l.ok || !ok {
			if _, taken := l.of[number]; taken && l.ok {
				l.ok = false
				return l.names()
			}
			name = number
		}
		out = append(out, name)
	}
	return out
}

// labelFile reads the names of classes that lie beside the files, without those of labels below offset; nil if there are none.
func labelFile(dir string, offset int) ([]string, error) {
	for _, base := range []string{"labels.txt", "label.labels.txt"} {
		name := filepath.Join(dir, base)
		data, err := readPath(name)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		var out []string
		slim := false
		for l, err := range lines(name, data) {
			if err != nil {
				return nil, err
			}
			text := strings.TrimSpace(l.text)
			number, rest, ok := strings.Cut(text, ":")
			i, err := strconv.Atoi(number)
			if ok = ok && err == nil && i == len(out); len(out) == 0 {
				slim = ok
			}
			switch {
			case slim && !ok:
				return nil, broken(name, l.n, "labels", "want %d:NAME, got %.80q", len(out), text)
			case slim:
				text = rest
			}
			out = append(out, text)
		}
		return out[min(offset, len(out)):], nil
	}
	return nil, nil
}
