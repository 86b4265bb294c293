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
	"github.com/gosight/vision/internal/decode"
	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/preprocess"
	"github.com/gosight/vision/internal/session"
)

// pictures are the pictures of one part at the size of the net, one byte a value, prepared once: in memory, or in a
// file if they are too many, so that any order can be read from them.
type pictures struct {
	classes []int
	names   []string // if the loader was asked for them
	row     int      // bytes a picture
	sum     uint32
	memory  []byte
	file    *os.File
	skipped []error
}

// A loader prepares pictures as the finished model will: the same decoder, plan and resampler.
type loader struct {
	plan   *preprocess.Plan
	jpeg   *session.JPEG
	size   int
	row    int
	memory int64  // bytes left for parts to come
	dir    string // for the file
	skip   bool
	names  bool // are kept
}

func (l *loader) load(ctx context.Context, set *dataset.Set, classes int) (_ *pictures, err error) {
	p := &pictures{row: l.row}
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
		class int
		name  string
	}
	all := batch.Ordered(ctx, items, 2*runtime.GOMAXPROCS(0), func(ctx context.Context, it item) (prepared, error) {
		if it.err != nil {
			return prepared{}, it.err
		}
		row, err := l.prepare(ctx, it.ex)
		return prepared{row, it.ex.Class, it.ex.Name}, err
	})
	for one, err := range all {
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
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
	}
	if len(p.classes) == 0 {
		return nil, badData("want pictures, got none")
	}
	return p, nil
}

func (l *loader) prepare(ctx context.Context, ex dataset.Example) ([]byte, error) {
	pic, err := decode.Load(ctx, ex.Image, decode.Need{Factor: l.plan.Factor}, l.jpeg, false)
	if err != nil {
		return nil, named(ex.Name, err)
	}
	row := make([]byte, l.row)
	if _, err := l.plan.Uint8(row, pic.Raster, pic.W, pic.H, pic.Map()); err != nil {
		return nil, named(ex.Name, err)
	}
	return row, nil
}

func named(name string, err error) error {
	var fe *dataset.FileError
	if errors.As(err, &fe) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return &dataset.FileError{File: name, Err: err}
}

func (p *pictures) len() int { return len(p.classes) }

// read copies picture i to dst.
func (p *pictures) read(dst []byte, i int) error {
	if p.file == nil {
		copy(dst, p.memory[i*p.row:(i+1)*p.row])
		return nil
	}
	if _, err := p.file.ReadAt(dst[:p.row], int64(i)*int64(p.row)); err != nil && !errors.Is(err, io.EOF) {
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
