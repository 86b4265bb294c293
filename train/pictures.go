package train

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"iter"
	"os"
	"runtime"

	"github.com/gosight/vision/dataset"
	"github.com/gosight/vision/internal/batch"
	"github.com/gosight/vision/internal/card"
	"github.com/gosight/vision/internal/decode"
	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/preprocess"
	"github.com/gosight/vision/internal/session"
)

// pictures are the pictures of one part, one byte a value, prepared once: in memory, or in a file if they are too many,
// so that any order can be read from them. They are at the size of the net, or whole, for crops.
type pictures struct {
	classes []int
	names   []string // if the loader was asked for them
	row     int      // bytes a picture; of whole ones the most
	kept    []kept   // of whole ones
	planes  int
	end     int64 // bytes of all
	sum     uint32
	memory  []byte
	file    *os.File
	skipped []error
}

// A loader prepares pictures as the finished model will: the same decoder, plan and resampler.
type loader struct {
	plan   *preprocess.Plan
	jpeg   *session.JPEG
	row    int
	memory int64 // bytes left for parts to come
	keep   int   // most pixels a side of pictures that are kept whole, by plan if they have as many; 0: they are not
	input  card.Input
	planes int
	dir    string // for the file
	skip   bool
	names  bool   // are kept
	done   func() // is told of each picture; nil: nobody is
}

func (l *loader) load(ctx context.Context, set *dataset.Set, classes int) (_ *pictures, err error) {
	p := &pictures{row: l.row, planes: l.planes}
	defer func() {
		if err != nil {
			p.close()
		}
	}()
	// A set never gives more than it promises.
	if all := int64(set.Len()) * int64(l.row); all <= l.memory {
		p.memory = make([]byte, 0, all)
		l.memory -= all
	} else {
		if p.file, err = os.CreateTemp(l.dir, ".pictures-*"); err != nil {
			return nil, fmt.Errorf("train: file of prepared pictures: %w", err)
		}
		_ = os.Remove(p.file.Name()) // it lives as long as it is open, and no longer
	}
	type item struct {
		ex  dataset.Example
		err error
	}
	var items iter.Seq[item] = func(yield func(item) bool) {
		for ex, err := range set.All() {
			if !yield(item{ex, err}) {
				return
			}
		}
	}
	type prepared struct {
		row   []byte
		kept  kept
		class int
		name  string
	}
	all := batch.Ordered(ctx, items, 2*runtime.GOMAXPROCS(0), func(ctx context.Context, it item) (prepared, error) {
		if it.err != nil {
			return prepared{}, it.err
		}
		row, kept, err := l.prepare(ctx, it.ex)
		return prepared{row, kept, it.ex.Class, it.ex.Name}, err
	})
	for one, err := range all {
		if ctx.Err() == nil && l.done != nil {
			l.done()
		}
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil && !ofPicture(err):
			return nil, fmt.Errorf("train: pictures: %w", err)
		case err != nil && l.skip:
			p.skipped = append(p.skipped, err)
			continue
		case err != nil:
			return nil, fmt.Errorf("train: a picture cannot be read: %w", err)
		case one.class < 0 || one.class >= classes:
			return nil, badData("picture %d: want a class of 0 to %d, got %d", len(p.classes), classes-1, one.class)
		}
		p.sum = crc32.Update(crc32.Update(p.sum, crc32.IEEETable, one.row), crc32.IEEETable, binary.LittleEndian.AppendUint32(nil, uint32(one.class)))
		if p.file != nil {
			_, err = p.file.Write(one.row)
		} else {
			p.memory = append(p.memory, one.row...)
		}
		if err != nil {
			return nil, fmt.Errorf("train: file of prepared pictures: %w", err)
		}
		p.classes = append(p.classes, one.class)
		if l.names {
			p.names = append(p.names, one.name)
		}
		if l.keep > 0 {
			one.kept.at = p.end
			p.kept = append(p.kept, one.kept)
		}
		p.end += int64(len(one.row))
	}
	if len(p.classes) == 0 {
		return nil, badData("want pictures, got none")
	}
	return p, nil
}

func (l *loader) prepare(ctx context.Context, ex dataset.Example) ([]byte, kept, error) {
	pic, err := decode.Load(ctx, ex.Image, decode.Need{Factor: l.plan.Factor}, l.jpeg, false)
	if err != nil {
		return nil, kept{}, blamed(ex.Name, err)
	}
	plan, k, n := l.plan, kept{}, l.row
	if l.keep > 0 {
		k = kept{w: int32(min(pic.W, l.keep)), h: int32(min(pic.H, l.keep)), fullW: int32(pic.W), fullH: int32(pic.H)}
		n = int(k.w) * int(k.h) * l.planes
		if n < l.row {
			if plan, err = stretched(l.input, int(k.w), int(k.h)); err != nil {
				return nil, kept{}, err
			}
		}
	}
	row := make([]byte, n)
	if _, err := plan.Uint8(row, pic.Raster, pic.W, pic.H, pic.Map()); err != nil {
		return nil, kept{}, blamed(ex.Name, err)
	}
	return row, k, nil
}

// stretched is the plan of pictures of w x h pixels whatever ratio they had.
func stretched(in card.Input, w, h int) (*preprocess.Plan, error) {
	in.Width, in.Height, in.Resize = w, h, card.Resize{Mode: "squash", Resampler: in.Resize.Resampler}
	return preprocess.New(in, preprocess.Byte)
}

func named(name string, err error) error {
	var fe *dataset.FileError
	if errors.As(err, &fe) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return &dataset.FileError{File: name, Err: err}
}

func (p *pictures) len() int { return len(p.classes) }

// looked is how many there were, with those that could not be read.
func (p *pictures) looked() int {
	if p == nil {
		return 0
	}
	return len(p.classes) + len(p.skipped)
}

// place is where picture i is, and how many bytes it has.
func (p *pictures) place(i int) (at int64, n int) {
	if p.kept != nil {
		k := p.kept[i]
		return k.at, int(k.w) * int(k.h) * p.planes
	}
	return int64(i) * int64(p.row), p.row
}

// read copies picture i to dst.
func (p *pictures) read(dst []byte, i int) error {
	at, n := p.place(i)
	if p.file == nil {
		copy(dst, p.memory[at:at+int64(n)])
		return nil
	}
	if _, err := p.file.ReadAt(dst[:n], at); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("train: file of prepared pictures: %w", err)
	}
	return nil
}

func (p *pictures) close() {
	if p != nil && p.file != nil {
		p.file.Close()
	}
}

// check refuses what nothing can be learnt from.
func (p *pictures) check(names []string) error {
	if len(names) < 2 {
		return badData("want at least 2 classes, got %d (%q)", len(names), names)
	}
	count := make([]int, len(names))
	for _, c := range p.classes {
		count[c]++
	}
	for i, n := range count {
		if n == 0 {
			return badData("class %d, %q, has no picture in the training part", i, names[i])
		}
	}
	return nil
}

func badData(format string, args ...any) error {
	return &fault.FormatError{Format: "training data", Reason: fmt.Sprintf(format, args...)}
}
