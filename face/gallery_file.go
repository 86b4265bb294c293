package face

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/gosight/vision/internal/fault"
	"github.com/gosight/vision/internal/postprocess"
)

// The file of a gallery, all numbers little-endian:
//
//	"visngal\n"             what it is
//	uint32 1                version of the form
//	text                    name of the model: uint32 bytes, then UTF-8
//	uint8                   1 if the distance is euclidean, plus 2 if the threshold is the caller's
//	float64                 threshold; 0: not known
//	uint32, uint32          numbers of an embedding, people
//	for each person, in the order of the names' bytes
//	  text                  name
//	  uint32                samples, at least one
//	  float32 ...           the samples, of length 1
//	32 bytes                SHA-256 of all before
const (
	galleryMagic   = "visngal\n"
	galleryVersion = 1

	flagEuclidean = 1
	flagSaid      = 2
)

// WriteTo writes the gallery in the form of its file, as a stream.
func (g *Gallery) WriteTo(w io.Writer) (int64, error) {
	g.mu.RLock()
	model, sp, said, size, people := g.model, g.space, g.said, g.size, maps.Clone(g.people) // samples never change
	g.mu.RUnlock()
	sum := sha256.New()
	e := &encoder{w: bufio.NewWriterSize(w, 1<<16), sum: sum}
	e.bytes([]byte(galleryMagic))
	e.number(galleryVersion)
	e.text(model)
	var flags byte
	if sp.euclidean {
		flags |= flagEuclidean
	}
	if said {
		flags |= flagSaid
	}
	e.bytes([]byte{flags})
	e.bytes(binary.LittleEndian.AppendUint64(nil, math.Float64bits(sp.threshold)))
	e.number(size)
	e.number(len(people))
	var row []byte
	for _, person := range slices.Sorted(maps.Keys(people)) {
		e.text(person)
		e.number(len(people[person]))
		for _, v := range people[person] {
			row = row[:0]
			for _, x := range v {
				row = binary.LittleEndian.AppendUint32(row, math.Float32bits(x))
			}
			e.bytes(row)
		}
	}
	e.bytes(sum.Sum(nil))
	if err := e.w.Flush(); e.err == nil {
		e.err = err
	}
	return e.n, e.err
}

// An encoder writes and counts until an error.
type encoder struct {
	w   *bufio.Writer
	sum hash.Hash
	n   int64
	err error
}

func (e *encoder) bytes(b []byte) {
	if e.err != nil {
		return
	}
	_, _ = e.sum.Write(b) // never fails
	var n int
	n, e.err = e.w.Write(b)
	e.n += int64(n)
}

func (e *encoder) number(n int) { e.bytes(binary.LittleEndian.AppendUint32(nil, uint32(n))) }

func (e *encoder) text(s string) {
	e.number(len(s))
	e.bytes([]byte(s))
}

// ReadGallery reads what WriteTo wrote, as a stream: it never holds more memory than what it has read
// fills. Data that is broken is a *vision.FormatError, a later version of the form a
// *vision.UnsupportedError.
func ReadGallery(r io.Reader) (*Gallery, error) {
	d := &decoder{r: bufio.NewReaderSize(r, 1<<16), sum: sha256.New()}
	if magic := d.take(len(galleryMagic), "the first bytes"); d.err == nil && string(magic) != galleryMagic {
		return nil, d.broken("not a gallery's file")
	}
	if version := d.number("the version"); d.err == nil && version != galleryVersion {
		return nil, &fault.UnsupportedError{Format: "gallery", Reason: fmt.Sprintf("version %d; this program reads version %d", version, galleryVersion)}
	}
	g := NewGallery()
	g.model = d.text("the model's name", 1<<16)
	flags := d.take(1, "the flags")
	threshold := d.take(8, "the threshold")
	size, people := d.number("the length of embeddings"), d.number("the number of people")
	if d.err != nil {
		return nil, d.err
	}
	g.said = flags[0]&flagSaid != 0
	g.space = space{flags[0]&flagEuclidean != 0, math.Float64frombits(binary.LittleEndian.Uint64(threshold))}
	g.size = int(size)
	switch {
	case flags[0] > flagEuclidean+flagSaid:
		return nil, d.broken("flags %d", flags[0])
	case !(g.space.threshold >= 0 && g.space.threshold <= 4) || g.said && g.space.threshold == 0:
		return nil, d.broken("a threshold of %v", g.space.threshold)
	case size > maxSize || size == 0 && people > 0:
		return nil, d.broken("embeddings of %d numbers", size)
	}
	g.people = map[string][][]float32{}
	last := ""
	for range people {
		person, samples := d.person(g.size)
		if d.err != nil {
			return nil, d.err
		}
		if person <= last {
			return nil, d.broken("%q after %q: names are sorted, each once", person, last)
		}
		last, g.people[person] = person, samples
	}
	want := d.sum.Sum(nil)
	if got := d.take(sha256.Size, "the checksum"); d.err == nil && string(got) != string(want) {
		return nil, d.broken("the checksum does not fit: the file has been damaged")
	}
	if _, err := d.r.ReadByte(); d.err == nil && !errors.Is(err, io.EOF) {
		if err != nil {
			return nil, err
		}
		return nil, d.broken("more after its end")
	}
	return g, d.err
}

// A decoder reads until an error.
type decoder struct {
	r   *bufio.Reader
	sum hash.Hash
	err error
}

func (d *decoder) broken(format string, args ...any) error {
	return &fault.FormatError{Format: "gallery", Reason: fmt.Sprintf(format, args...)}
}

// take reads n bytes, which the caller has bounded.
func (d *decoder) take(n int, what string) []byte {
	if d.err != nil {
		return nil
	}
	b := make([]byte, n)
	switch _, err := io.ReadFull(d.r, b); {
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		d.err = &fault.FormatError{Format: "gallery", Reason: "cut off in " + what, Err: io.ErrUnexpectedEOF}
	case err != nil:
		d.err = err
	}
	if d.err != nil {
		return nil
	}
	_, _ = d.sum.Write(b) // never fails
	return b
}

func (d *decoder) number(what string) uint32 {
	b := d.take(4, what)
	if d.err != nil {
		return 0
	}
	return binary.LittleEndian.Uint32(b)
}

func (d *decoder) text(what string, most int) string {
	n := d.number(what)
	if d.err == nil && n > uint32(most) {
		d.err = d.broken("%s of %d bytes, the most is %d", what, n, most)
	}
	return string(d.take(int(n), what))
}

// person reads a name and its samples, one after the other: what a file claims to hold takes no
// memory.
func (d *decoder) person(size int) (string, [][]float32) {
	name := d.text("a name", maxName)
	if d.err == nil && CheckName(name) != nil {
		d.err = d.broken("the name %q", name)
	}
	n := d.number("the number of samples")
	if d.err == nil && n == 0 {
		d.err = d.broken("no sample of %q", name)
	}
	var samples [][]float32
	for range n {
		b := d.take(4*size, "a sample")
		if d.err != nil {
			return "", nil
		}
		v := make([]float32, size)
		var sum float64
		for i := range v {
			v[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
			sum += float64(v[i]) * float64(v[i])
		}
		if !postprocess.Finite(v) || !(math.Abs(sum-1) < 1e-3) {
			d.err = d.broken("a sample of %q has length %v, want 1", name, math.Sqrt(sum))
			return "", nil
		}
		samples = append(samples, v)
	}
	return name, samples
}

// Save writes the gallery to the file path: to a new file beside it, which then takes its
// place, so that whoever reads it finds the old one or the new one, whole. A file that was there keeps its
// permissions; a new one is the owner's alone, since faces are nobody else's business. Of
// two that change one file see UpdateGallery.
func (g *Gallery) Save(path string) (err error) {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real // the file, not the link, is replaced
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.part")
	if err != nil {
		return fmt.Errorf("face: save the gallery: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
			err = fmt.Errorf("face: save the gallery: %w", err)
		}
	}()
	_, err = g.WriteTo(f)
	if st, statErr := os.Stat(path); statErr == nil && err == nil {
		err = f.Chmod(st.Mode().Perm())
	}
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// LoadGallery reads a file that Save wrote. Errors are those of ReadGallery and of package os.
func LoadGallery(path string) (*Gallery, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("face: load the gallery: %w", err)
	}
	defer func() { _ = f.Close() }()
	g, err := ReadGallery(f)
	if err != nil {
		return nil, fmt.Errorf("face: load the gallery %s: %w", path, err)
	}
	return g, nil
}
