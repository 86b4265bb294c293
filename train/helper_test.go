package train

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"image"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/gosight/vision"
	"github.com/gosight/vision/dataset"
	"github.com/gosight/vision/internal/leaktest"
	"github.com/gosight/vision/internal/option"
	"github.com/gosight/vision/internal/session"
	"github.com/gosight/vision/recognize"
)

// blocks are grey pictures of 28x28 in ten classes, the class being where the bright block is, as MNIST's files.
func blocks(t testing.TB, n int) string {
	t.Helper()
	dir := t.TempDir()
	for part, count := range map[string]int{"train": n, "t10k": 20} {
		images := binary.BigEndian.AppendUint32([]byte{0, 0, 8, 3}, uint32(count))
		images = binary.BigEndian.AppendUint32(images, 28)
		images = binary.BigEndian.AppendUint32(images, 28)
		labels := binary.BigEndian.AppendUint32([]byte{0, 0, 8, 1}, uint32(count))
		r := rand.New(rand.NewPCG(7, uint64(count)))
		for i := range count {
			labels = append(labels, byte(i%10))
			images = append(images, block(i%10, 1, r)...)
		}
		write(t, filepath.Join(dir, part+"-images-idx3-ubyte"), images)
		write(t, filepath.Join(dir, part+"-labels-idx1-ubyte"), labels)
	}
	return dir
}

// block is one picture of 28x28 pixels of so many planes.
func block(class, planes int, r *rand.Rand) []byte {
	pix := make([]byte, 28*28*planes)
	for i := range pix {
		pix[i] = byte(r.IntN(60))
		x, y := i/planes%28, i/planes/28
		if x/6 == class%4 && y/9 == class/4 {
			pix[i] += 180
		}
	}
	return pix
}

func write(t testing.TB, name string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func digits(t testing.TB, dir string) Data {
	t.Helper()
	a, err := dataset.MNIST(dir, "train")
	if err != nil {
		t.Fatal(err)
	}
	b, err := dataset.MNIST(dir, "test")
	if err != nil {
		t.Fatal(err)
	}
	return Data{a, b}
}

// folders writes pictures as PNG files, by path, and opens them.
func folders(t testing.TB, classes map[string]int) *dataset.Set {
	t.Helper()
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(1, 1))
	for name, class := range classes {
		m := image.NewGray(image.Rect(0, 0, 28, 28))
		copy(m.Pix, block(class, 1, r))
		var b bytes.Buffer
		if err := png.Encode(&b, m); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, name), b.Bytes())
	}
	s, err := dataset.ImageFolder(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func net(t testing.TB, name string) Net {
	t.Helper()
	n, err := ByName(name)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// onStep is OnProgress without the pictures that are prepared before the first step.
func onStep(f func(p Progress)) Option {
	return OnProgress(func(p Progress) {
		if p.Step > 0 {
			f(p)
		}
	})
}

// losses fits and returns the loss of each step, from the first that was made.
func losses(ctx context.Context, t testing.TB, data Data, opts ...Option) (map[int]float64, *Result, error) {
	t.Helper()
	all := map[int]float64{}
	opts = append([]Option{onStep(func(p Progress) { all[p.Step] = p.Loss })}, opts...)
	res, err := Fit(ctx, net(t, "lenet5"), data, opts...)
	return all, res, err
}

// TestMain fails if native memory is left, when all else is well.
func TestMain(m *testing.M) {
	if dir := os.Getenv("VISION_TRAIN_CHILD"); dir != "" {
		os.Exit(child(dir))
	}
	if os.Getenv("VISION_TRAIN_SERVER") != "" {
		os.Exit(serve())
	}
	if _, err := session.Devices(option.Process{VirtualCPUs: 3}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(leaktest.Run(m))
}

// classes are what the model in a folder says of a picture, by their names.
func classes(t testing.TB, dir string, m image.Image) ([]string, error) {
	t.Helper()
	model, err := recognize.Open(dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = model.Close() }()
	labels, err := model.Classify(context.Background(), m)
	var names []string
	for _, l := range labels {
		names = append(names, l.Name)
	}
	return names, err
}

// both gives f what two models say of each picture of a set.
func both(t testing.TB, set *dataset.Set, a, b *recognize.Model, f func(name string, one, other vision.Labels)) {
	t.Helper()
	for ex, err := range set.All() {
		if err != nil {
			t.Fatal(err)
		}
		one, err := a.Classify(t.Context(), ex.Image)
		if err != nil {
			t.Fatal(err)
		}
		other, err := b.Classify(t.Context(), ex.Image)
		if err != nil {
			t.Fatal(err)
		}
		f(ex.Name, one, other)
	}
}
