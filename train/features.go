package train

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"io"
	"iter"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gosight/vision"
	"github.com/gosight/vision/dataset"
	"github.com/gosight/vision/internal/backbone"
	"github.com/gosight/vision/internal/batch"
	"github.com/gosight/vision/internal/fault"
)

// features are those of the pictures of one part, in a file that is written as they are computed and that a run which is resumed
// goes on with. It holds featureMagic, a digest of what computed them, and for each picture a recordHead and its row.
type features struct {
	file    *os.File
	count   int
	classes []int
	at      []int64 // where the row of each picture begins
	which   []int   // the examples of the set that they are of
	skipped []error
}

// Version 1 had no checksum of the picture.
const featureMagic = "vision features 2\n"

// A recordHead stands before the values of a picture: checksums of all that follows it in the record, of the picture's name, and of the
// picture as pictureSum makes it.
type recordHead struct {
	Sum, Name, Picture uint32
	Class              int32 // -1: it could not be read
}

const recordHeadSize = 16

func featureFile(part string) string { return "features-" + part }

// digest tells features apart that are not computed alike.
func (t *trunk) digest() []byte {
	h := sha256.New()
	h.Write(t.pb)
	c, _ := json.Marshal(t.card.Input) // of strings and numbers
	h.Write(c)
	i := t.engine.Info()
	kinds := map[string]bool{} // of devices: which of a kind does not matter
	for _, d := range i.Devices {
		_, kind, _ := strings.Cut(d, "device:")
		kind, _, _ = strings.Cut(kind, ":")
		kinds[kind] = true
	}
	fmt.Fprintf(h, "%v %v %q", i.Precision == "bfloat16", i.Exact, slices.Sorted(maps.Keys(kinds)))
	return hex.AppendEncode(nil, h.Sum(nil))
}

// features computes those of set that the file does not have yet.
func (t *trunk) features(ctx context.Context, set *dataset.Set, part string, s *settings, done func()) (_ *features, err error) {
	f := &features{count: t.count}
	defer func() {
		if err != nil {
			f.close()
		}
	}()
	name := filepath.Join(s.out, checkpoints, featureFile(part))
	if f.file, err = os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o644); err != nil {
		return nil, fmt.Errorf("train: features: %w", err)
	}
	have, err := f.begin(append([]byte(featureMagic), t.digest()...), name)
	if err != nil {
		return nil, err
	}
	type item struct {
		n   int
		ex  dataset.Example
		err error
	}
	type answer struct {
		item
		sum uint32    // of the picture
		row []float32 // nil: the file has it
	}
	var items iter.Seq[item] = func(yield func(item) bool) {
		n := 0
		for ex, err := range set.All() {
			if !yield(item{n, ex, err}) {
				return
			}
			n++
		}
	}
	all := batch.Ordered(ctx, items, t.engine.InFlight(), func(ctx context.Context, it item) (answer, error) {
		if it.err != nil {
			return answer{item: it}, it.err
		}
		sum := pictureSum(it.ex.Image)
		if it.n < have {
			old, err := f.head(it.n)
			if err != nil || old.Class >= 0 {
				return answer{item: it, sum: sum}, err
			}
		}
		row, err := t.compute(ctx, it.ex)
		return answer{it, sum, row}, err
	})
	n := 0
	for a, err := range all {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		class := a.ex.Class
		switch {
		case err != nil && !ofPicture(err):
			return nil, fmt.Errorf("train: features: %w", err)
		case err != nil && !s.skip:
			return nil, fmt.Errorf("train: a picture cannot be read: %w", err)
		case err != nil:
			f.skipped = append(f.skipped, err)
			class = -1
		case class < 0 || class >= len(s.Classes):
			return nil, badData("picture %d: want a class of 0 to %d, got %d", n, len(s.Classes)-1, class)
		}
		if a.row == nil && n < have && err == nil {
			err = f.same(n, a.ex, a.sum, name)
		} else {
			err = f.put(n, recordHead{Name: nameSum(a.ex), Picture: a.sum, Class: int32(class)}, a.row)
		}
		if err != nil {
			return nil, err
		}
		if class >= 0 {
			f.classes = append(f.classes, class)
			f.at = append(f.at, f.offset(n)+recordHeadSize)
			f.which = append(f.which, n)
		}
		n++
		done()
	}
	if len(f.classes) == 0 {
		return nil, badData("want pictures, got none")
	}
	return f, nil
}

// ofPicture tells errors of a picture, which another may not have, from those of the model, its device and the machine. A *dataset.FileError may
// hold either: it says which picture was at hand.
func ofPicture(err error) bool {
	var model *fault.ModelError
	var device *fault.DeviceError
	if errors.As(err, &model) || errors.As(err, &device) {
		return false
	}
	var file *dataset.FileError
	return errors.As(err, &file)
}

// aboutPicture reports an error that says what is wrong with a picture, not with what reads it.
func aboutPicture(err error) bool {
	var format *fault.FormatError
	var unsupported *fault.UnsupportedError
	var limit *fault.LimitError
	return errors.As(err, &format) || errors.As(err, &unsupported) || errors.As(err, &limit)
}

// blamed names the picture in an error that came while it was read: as its own, or as what was at hand.
func blamed(name string, err error) error {
	if aboutPicture(err) {
		return named(name, err)
	}
	return fmt.Errorf("at picture %s: %w", name, err)
}

// compute returns the features of one picture.
func (t *trunk) compute(ctx context.Context, ex dataset.Example) ([]float32, error) {
	outs, _, err := t.engine.Run(ctx, ex.Image, backbone.Features)
	if err != nil {
		return nil, blamed(ex.Name, err)
	}
	row, err := outs[0].Floats()
	if err != nil || len(row) != t.count {
		return nil, &fault.ModelError{Model: t.name, What: "features", Want: fmt.Sprintf("%d float32", t.count), Got: fmt.Sprint(len(row)), Err: err}
	}
	for _, v := range row {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return nil, &fault.ModelError{Model: t.name, What: "features of " + ex.Name, Want: "finite numbers", Got: fmt.Sprint(v)}
		}
	}
	return row, nil
}

// begin returns how many pictures the file holds whole, and cuts off what follows them.
func (f *features) begin(head []byte, name string) (have int, err error) {
	old := make([]byte, len(head))
	switch n, err := f.file.ReadAt(old, 0); {
	case err != nil && !errors.Is(err, io.EOF):
		return 0, fmt.Errorf("train: features: %w", err)
	case n < len(head): // new, or killed at once
		if _, err := f.file.WriteAt(head, 0); err != nil {
			return 0, fmt.Errorf("train: features: %w", err)
		}
		return 0, f.file.Truncate(int64(len(head)))
	case !bytes.HasPrefix(old, []byte(featureMagic)):
		return 0, &fault.UnsupportedError{Format: "features " + name,
			Reason: fmt.Sprintf("want %q, got %q, which is of another version: delete the file, or take another folder", featureMagic, old[:len(featureMagic)])}
	case !bytes.Equal(old, head):
		return 0, &fault.UnsupportedError{Format: "features " + name, Reason: "they are of another model, preprocessing or precision, other layers or another kind of device: delete the file, or take another folder"}
	}
	for ; ; have++ {
		row := make([]byte, f.size())
		if _, err := f.file.ReadAt(row, f.offset(have)); errors.Is(err, io.EOF) {
			return have, f.file.Truncate(f.offset(have))
		} else if err != nil {
			return 0, fmt.Errorf("train: features: %w", err)
		}
		if crc32.ChecksumIEEE(row[4:]) != binary.LittleEndian.Uint32(row) { // torn by a crash
			return have, f.file.Truncate(f.offset(have))
		}
	}
}

func (f *features) size() int { return recordHeadSize + 4*f.count }

func (f *features) offset(n int) int64 {
	return int64(len(featureMagic)+2*sha256.Size) + int64(n)*int64(f.size())
}

func (f *features) head(n int) (h recordHead, err error) {
	b := make([]byte, recordHeadSize)
	if _, err := f.file.ReadAt(b, f.offset(n)); err != nil {
		return h, fmt.Errorf("train: features: %w", err)
	}
	_, err = binary.Decode(b, binary.LittleEndian, &h)
	return h, err
}

// same refuses a record of another picture.
func (f *features) same(n int, ex dataset.Example, sum uint32, name string) error {
	h, err := f.head(n)
	if err == nil && (h.Name != nameSum(ex) || h.Picture != sum || int(h.Class) != ex.Class) {
		err = &fault.UnsupportedError{Format: "features " + name,
			Reason: fmt.Sprintf("picture %d is not that of %s: the pictures have changed; delete the file, or take another folder", n+1, ex.Name)}
	}
	return err
}

func nameSum(ex dataset.Example) uint32 { return crc32.ChecksumIEEE([]byte(ex.Name)) }

// pictureSum is a checksum of the file's bytes, where the picture has them, else of its pixels; and of its size, as a photo that is
// turned or not by its EXIF tag has the same bytes.
func pictureSum(m image.Image) uint32 {
	if m == nil {
		return 0
	}
	b := m.Bounds()
	sum := crc32.ChecksumIEEE(fmt.Appendf(nil, "%dx%d ", b.Dx(), b.Dy()))
	if p, ok := m.(*vision.Photo); ok {
		return crc32.Update(sum, crc32.IEEETable, p.Bytes())
	}
	row := make([]byte, 0, 8*b.Dx())
	for y := b.Min.Y; y < b.Max.Y; y++ {
		row = row[:0]
		for x := b.Min.X; x < b.Max.X; x++ {
			c := color.NRGBA64Model.Convert(m.At(x, y)).(color.NRGBA64)
			for _, v := range [...]uint16{c.R, c.G, c.B, c.A} {
				row = binary.LittleEndian.AppendUint16(row, v)
			}
		}
		sum = crc32.Update(sum, crc32.IEEETable, row)
	}
	return sum
}

// put writes the record of a picture.
func (f *features) put(n int, h recordHead, row []float32) error {
	b := make([]byte, 0, f.size())
	for _, v := range [...]uint32{0, h.Name, h.Picture, uint32(h.Class)} {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	for _, v := range row {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	b = b[:f.size()] // zeros, where there are no features
	binary.LittleEndian.PutUint32(b, crc32.ChecksumIEEE(b[4:]))
	if _, err := f.file.WriteAt(b, f.offset(n)); err != nil {
		return fmt.Errorf("train: features: %w", err)
	}
	return nil
}

func (f *features) len() int { return len(f.classes) }

// looked is how many pictures there were, with those that could not be read.
func (f *features) looked() int {
	if f == nil {
		return 0
	}
	return len(f.classes) + len(f.skipped)
}

// read writes the features of picture i to dst.
func (f *features) read(dst []float32, i int) error {
	b := make([]byte, 4*f.count)
	if _, err := f.file.ReadAt(b, f.at[i]); err != nil {
		return fmt.Errorf("train: features: %w", err)
	}
	for j := range dst[:f.count] {
		dst[j] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*j:]))
	}
	return nil
}

// spread returns the mean of each feature and what scales it: to a deviation of 10 / sqrt(F), so that rows have a length of
// about 10 and one rate suits however many features. Those that never change count for nothing.
func (f *features) spread() (mean, scale []float32, err error) {
	sum, squares := make([]float64, f.count), make([]float64, f.count)
	row := make([]float32, f.count)
	for _, square := range []bool{false, true} {
		for i := range f.len() {
			if err := f.read(row, i); err != nil {
				return nil, nil, err
			}
			for j, v := range row {
				if d := float64(v) - sum[j]/float64(f.len()); square {
					squares[j] += d * d
				} else {
					sum[j] += float64(v)
				}
			}
		}
	}
	mean, scale = make([]float32, f.count), make([]float32, f.count)
	alive := 0
	for j := range mean {
		m := sum[j] / float64(f.len())
		mean[j] = float32(m)
		if d := math.Sqrt(squares[j] / float64(f.len())); d > 1e-6*math.Abs(m) && d > 1e-12 {
			scale[j] = float32(10 / math.Sqrt(float64(f.count)) / (d + 1e-3))
			alive++
		}
	}
	if alive == 0 {
		return nil, nil, badData("want pictures whose features differ, got %d features that are alike for all %d pictures", f.count, f.len())
	}
	return mean, scale, nil
}

func (f *features) close() {
	if f != nil && f.file != nil {
		f.file.Close()
	}
}
