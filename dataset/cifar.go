package dataset

import (
	"bufio"
	"errors"
	"image"
	"io"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/gosight/vision/internal/fault"
)

const (
	cifarSide  = 32
	cifarPlane = cifarSide * cifarSide
	cifarPixel = 3 * cifarPlane // bytes of a picture: red, green and blue, each row by row
)

// CIFAR10 opens one part, "train" or "test", of CIFAR-10 in any form in which it is distributed:
// the binary one (cifar-10-binary.tar.gz, data_batch_1.bin to data_batch_5.bin and
// test_batch.bin), the python one (cifar-10-python.tar.gz, pickled numpy arrays, of which
// nothing is executed), packed or as a folder; or picture files as part/class/picture. Pictures of the first
// two are *image.NRGBA of 32 x 32 pixels; names are file and number, "data_batch_1/0". Batches keep the
// order of the folder or archive. Class names are those that the archive has, or else the published ones.
//
// Binary batches are read record by record. Of the python form one batch is in memory at a time.
func CIFAR10(name, part string) (*Set, error) {
	return openCIFAR(name, part, cifar{
		form: "CIFAR-10", labels: 1, keys: []string{"labels"}, names: "batches.meta.txt", meta: "batches.meta", metaKey: "label_names",
		parts:   map[string]string{"train": "data_batch_", "test": "test_batch"},
		classes: []string{"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"},
	})
}

// CIFAR100 opens one part, "train" or "test", of CIFAR-100 with its 100 fine classes, in the forms of CIFAR10: train.bin and test.bin, or
// pickled train and test.
func CIFAR100(name, part string) (*Set, error) {
	return openCIFAR(name, part, cifar{
		form: "CIFAR-100", labels: 2, at: 1, keys: []string{"fine_labels"}, names: "fine_label_names.txt", meta: "meta", metaKey: "fine_label_names",
		parts: map[string]string{"train": "train", "test": "test"}, classes: strings.Fields(cifar100Fine),
	})
}

// CIFAR100Coarse is CIFAR100 with the 20 coarse classes, five fine ones each.
func CIFAR100Coarse(name, part string) (*Set, error) {
	return openCIFAR(name, part, cifar{
		form: "CIFAR-100", labels: 2, at: 0, keys: []string{"coarse_labels"}, names: "coarse_label_names.txt", meta: "meta", metaKey: "coarse_label_names",
		parts: map[string]string{"train": "train", "test": "test"}, classes: strings.Fields(cifar100Coarse),
	})
}

// The names of the classes as https://www.cs.toronto.edu/~kriz/cifar.html numbers them.
const (
	cifar100Fine = `apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel can
castle caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur dolphin elephant flatfish forest fox girl
hamster house kangaroo keyboard lamp lawn_mower leopard lion lizard lobster man maple_tree motorcycle mountain mouse mushroom oak_tree orange
orchid otter palm_tree pear pickup_truck pine_tree plain plate poppy porcupine possum rabbit raccoon ray road rocket rose sea seal shark shrew
skunk skyscraper snail snake spider squirrel streetcar sunflower sweet_pepper table tank telephone television tiger tractor train trout tulip
turtle wardrobe whale willow_tree wolf woman worm`
	cifar100Coarse = `aquatic_mammals fish flowers food_containers fruit_and_vegetables household_electrical_devices household_furniture insects
large_carnivores large_man-made_outdoor_things large_natural_outdoor_scenes large_omnivores_and_herbivores medium_mammals
non-insect_invertebrates people reptiles small_mammals trees vehicles_1 vehicles_2`
)

// A cifar says how one of the sets is stored.
type cifar struct {
	form    string
	labels  int               // bytes before the pixels of a binary record
	at      int               // which of them is the class
	keys    []string          // under which a pickle has the classes
	names   string            // file of class names, a line each
	meta    string            // pickle of class names
	metaKey string            // under which it has them
	parts   map[string]string // what the names of a part's batches begin with
	classes []string
}

func (c *cifar) record() int { return c.labels + cifarPixel }

// batch reports whether a file is a batch of the part, and whether it is in binary form.
func (c *cifar) batch(file, part string) (is, binary bool) {
	base, ext := path.Base(file), path.Ext(file)
	if ext == ".bin" {
		base = strings.TrimSuffix(base, ext)
	} else if ext != "" {
		return false, false
	}
	prefix := c.parts[part]
	if number, ok := strings.CutPrefix(base, prefix); ok && strings.HasSuffix(prefix, "_") {
		_, err := strconv.Atoi(number)
		return err == nil, ext != ""
	}
	return base == prefix, ext != ""
}

// A pickled or binary batch of a part, by its name, and how many pictures it has.
type cifarBatches map[string]int

func openCIFAR(name, part string, c cifar) (*Set, error) {
	if c.parts[part] == "" {
		return nil, &fault.UnsupportedError{Format: c.form + " part", Reason: "want train or test, got " + strconv.Quote(part)}
	}
	src, err := openSource(name)
	if err != nil {
		return nil, err
	}
	bins, pickles, pictures := cifarBatches{}, cifarBatches{}, folders{}
	err = src.stream("", func(file string, size int64, open func() (io.ReadCloser, error)) error {
		pictures.add(file)
		is, binary := c.batch(file, part)
		switch {
		case is && binary:
			n, err := c.count(src, file, size, open)
			bins[file] = n
			return err
		case is:
			b, err := c.unpickle(src, file, open)
			if err == nil {
				pickles[file] = b.len()
			}
			return err
		case path.Base(file) == c.names || path.Base(file) == c.meta:
			names, err := c.readNames(src, file, open)
			c.classes = names
			return err
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	batches := bins
	if len(bins) == 0 {
		batches = pickles
	}
	if len(batches) == 0 && len(pictures) > 0 {
		return c.pictures(name, part, pictures)
	}
	if len(batches) == 0 {
		return nil, broken(name, 0, c.form, "want %s*.bin, pickled %[1]s*, or %s/CLASS/PICTURE, got none", c.parts[part], part)
	}
	s := &Set{Classes: c.classes}
	for _, n := range batches {
		s.n += n
	}
	s.all = func(yield func(Example, error) bool) {
		err := src.stream("", func(file string, _ int64, open func() (io.ReadCloser, error)) error {
			n, ok := batches[file]
			if !ok {
				return nil
			}
			if len(bins) > 0 {
				return c.binary(src, file, n, open, yield)
			}
			b, err := c.unpickle(src, file, open)
			if err != nil {
				return err
			}
			for i := range min(n, b.len()) {
				if !yield(c.example(src, file, i, 0, b.class(i), b.pixels(i))) {
					return errStop
				}
			}
			return nil
		})
		if err != nil && !errors.Is(err, errStop) {
			yield(Example{Class: -1}, err)
		}
	}
	return s, nil
}

// count tells how many records a binary batch has.
func (c *cifar) count(src source, file string, size int64, open func() (io.ReadCloser, error)) (int, error) {
	if size == sizeUnknown {
		r, err := open()
		if err != nil {
			return 0, &FileError{File: src.join(file), Err: err}
		}
		defer r.Close()
		if f, ok := r.(fs.File); ok {
			st, err := f.Stat()
			if err != nil {
				return 0, &FileError{File: src.join(file), Err: err}
			}
			size = st.Size()
		}
	}
	if size <= 0 || size%int64(c.record()) != 0 || size > maxFile {
		return 0, broken(src.join(file), 0, c.form, "want records of %d bytes, got %d bytes", c.record(), size)
	}
	return int(size / int64(c.record())), nil
}

// binary gives the n records of a binary batch.
func (c *cifar) binary(src source, file string, n int, open func() (io.ReadCloser, error), yield func(Example, error) bool) error {
	f, err := open()
	if err != nil {
		return &FileError{File: src.join(file), Err: err}
	}
	defer f.Close()
	r, record := bufio.NewReaderSize(f, 1<<16), make([]byte, c.record())
	for i := range n {
		if _, err := io.ReadFull(r, record); err != nil {
			return &FileError{File: src.join(file), Err: &fault.FormatError{Format: c.form,
				Reason: "ends within record " + strconv.Itoa(i) + " of " + strconv.Itoa(n), Err: err}}
		}
		if !yield(c.example(src, file, i, c.record(), int64(record[c.at]), record[c.labels:])) {
			return errStop
		}
	}
	return nil
}

// example makes the example of record i, which lies at i*size in its file if that has records.
func (c *cifar) example(src source, file string, i, size int, class int64, pixels []byte) (Example, error) {
	name := strings.TrimSuffix(path.Base(file), ".bin") + "/" + strconv.Itoa(i)
	if class < 0 || class >= int64(len(c.classes)) {
		err := &RecordError{Record: i, Offset: int64(i * size), Err: formatted(c.form, "want a class of 0 to %d, got %d", len(c.classes)-1, class)}
		if size == 0 {
			err.Offset = -1
		}
		return Example{Name: name, Class: -1}, &FileError{File: src.join(file), Err: err}
	}
	m := image.NewNRGBA(image.Rect(0, 0, cifarSide, cifarSide))
	r, g, b := pixels[:cifarPlane], pixels[cifarPlane:2*cifarPlane], pixels[2*cifarPlane:]
	for i := range cifarPlane {
		p := m.Pix[4*i : 4*i+4 : 4*i+4]
		p[0], p[1], p[2], p[3] = r[i], g[i], b[i], 255
	}
	return Example{Name: name, Image: m, Class: int(class)}, nil
}

// readNames reads the names of the classes.
func (c *cifar) readNames(src source, file string, open func() (io.ReadCloser, error)) ([]string, error) {
	f, err := open()
	if err != nil {
		return nil, &FileError{File: src.join(file), Err: err}
	}
	defer f.Close()
	var names []string
	if path.Base(file) == c.meta {
		var d pickleDict
		if d, err = readPickle(f); err == nil {
			names, err = d.texts(c.metaKey)
		}
		if err != nil {
			return nil, &FileError{File: src.join(file), Err: err}
		}
	} else {
		const most = 1 << 16
		data, err := io.ReadAll(io.LimitReader(f, most))
		if err != nil {
			return nil, &FileError{File: src.join(file), Err: err}
		}
		for l, err := range lines(src.join(file), data) {
			if err != nil {
				return nil, err
			}
			names = append(names, strings.TrimSpace(l.text))
		}
	}
	sorted := slices.Sorted(slices.Values(names))
	if len(names) != len(c.classes) || len(slices.Compact(sorted)) != len(names) {
		return nil, broken(src.join(file), 0, c.form, "want %d different names of classes, got %d: %.200q", len(c.classes), len(names), strings.Join(names, " "))
	}
	return names, nil
}

// pictures opens the set as picture files: part/class/picture, itself or in a folder.
func (c *cifar) pictures(name, part string, in folders) (*Set, error) {
	under, ok := in.shallowest(part)
	if !ok {
		return nil, broken(name, 0, c.form, "want a folder %s of classes among the pictures, got none", part)
	}
	s, err := ImageFolder(name, under)
	if err != nil {
		return nil, err
	}
	if s, err = s.As(c.classes); err != nil {
		return nil, &FileError{File: name, Err: err}
	}
	return s, nil
}
