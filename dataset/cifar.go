package dataset

import (
	"errors"
	"image"
	"path"
	"strconv"
	"strings"

	"github.com/gosight/vision/internal/fault"
)

const (
	cifarSide   = 32
	cifarPlane  = cifarSide * cifarSide
	cifarRecord = 1 + 3*cifarPlane // the class, then red, green and blue, each row by row
)

// CIFAR10 opens one part, "train" or "test", of CIFAR-10 in its binary form: the folder
// cifar-10-batches-bin or cifar-10-binary.tar.gz as it is distributed, with
// data_batch_1.bin to data_batch_5.bin and test_batch.bin. Pictures are *image.NRGBA of 32 x 32
// pixels; names are file and number, "data_batch_1/0". Batches keep the order of the
// folder or archive. CIFAR-10 as picture files is an ImageFolder.
func CIFAR10(name, part string) (*Set, error) {
	prefix := map[string]string{"train": "data_batch_", "test": "test_batch"}[part]
	if prefix == "" {
		return nil, &fault.UnsupportedError{Format: "CIFAR-10 part", Reason: "want train or test, got " + strconv.Quote(part)}
	}
	src, err := openSource(name)
	if err != nil {
		return nil, err
	}
	s := &Set{Classes: []string{"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"}}
	isBatch := func(file string) bool {
		return strings.HasPrefix(path.Base(file), prefix) && path.Ext(file) == ".bin"
	}
	err = src.walk("", func(file string, read func() ([]byte, error)) error {
		if !isBatch(file) {
			return nil
		}
		data, err := readBatch(src, file, read)
		s.n += len(data) / cifarRecord
		return err
	})
	if err != nil {
		return nil, err
	}
	if s.n == 0 {
		return nil, broken(name, 0, "CIFAR-10", "want %s*.bin, got none", prefix)
	}
	s.all = func(yield func(Example, error) bool) {
		err := src.walk("", func(file string, read func() ([]byte, error)) error {
			if !isBatch(file) {
				return nil
			}
			data, err := readBatch(src, file, read)
			if err != nil {
				return err
			}
			for i := range len(data) / cifarRecord {
				if !yield(cifarAt(stem(file)+"/"+strconv.Itoa(i), file, data[i*cifarRecord:][:cifarRecord])) {
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

func readBatch(src source, file string, read func() ([]byte, error)) ([]byte, error) {
	data, err := read()
	if err != nil {
		return nil, &FileError{File: src.join(file), Err: err}
	}
	if len(data) == 0 || len(data)%cifarRecord != 0 {
		return nil, broken(src.join(file), 0, "CIFAR-10", "want records of %d bytes, got %d bytes", cifarRecord, len(data))
	}
	return data, nil
}

func cifarAt(name, file string, record []byte) (Example, error) {
	if record[0] > 9 {
		return Example{Name: name, Class: -1}, broken(file, 0, "CIFAR-10", "%s: want a class of 0 to 9, got %d", name, record[0])
	}
	m := image.NewNRGBA(image.Rect(0, 0, cifarSide, cifarSide))
	r, g, b := record[1:1+cifarPlane], record[1+cifarPlane:1+2*cifarPlane], record[1+2*cifarPlane:]
	for i := range cifarPlane {
		p := m.Pix[4*i : 4*i+4 : 4*i+4]
		p[0], p[1], p[2], p[3] = r[i], g[i], b[i], 255
	}
	return Example{Name: name, Image: m, Class: int(record[0])}, nil
}
