package dataset

import (
	"image"
	"image/color"
	"testing"
)

// record has red x, green y and blue 7 at the pixel (x, y).
func record(class byte) string {
	b := []byte{class}
	for plane := range 3 {
		for i := range 32 * 32 {
			b = append(b, []byte{byte(i % 32), byte(i / 32), 7}[plane])
		}
	}
	return string(b)
}

func TestCIFAR10(t *testing.T) {
	files := []string{
		"cifar-10-batches-bin/data_batch_1.bin", record(3) + record(9), "cifar-10-batches-bin/data_batch_2.bin", record(10) + record(0),
		"cifar-10-batches-bin/test_batch.bin", record(6), "cifar-10-batches-bin/readme.html", "text",
	}
	m := map[string]string{}
	for i := 0; i < len(files); i += 2 {
		m[files[i]] = files[i+1]
	}
	for _, src := range []string{folder(t, m), archive(t, "c.tar.gz", files...)} {
		s, err := CIFAR10(src, "train")
		if err != nil {
			t.Fatal(err)
		}
		good, bad := all(t, s)
		if len(good) != 3 || good[0].Class != 3 || good[1].Class != 9 || good[2].Class != 0 || good[2].Name != "data_batch_2/1" {
			t.Fatalf("got %+v", good)
		}
		if len(bad) != 1 {
			t.Fatalf("a class of 10: %v", bad)
		}
		line(t, "a class of 10", bad[0], "data_batch_2.bin", 0)
		if c := good[0].Image.(*image.NRGBA).NRGBAAt(5, 11); c != (color.NRGBA{5, 11, 7, 255}) {
			t.Errorf("pixel (5, 11): %v", c)
		}
		s, err = CIFAR10(src, "test")
		if err != nil {
			t.Fatal(err)
		}
		if good, _ := all(t, s); len(good) != 1 || s.Classes[good[0].Class] != "frog" {
			t.Errorf("test part: %+v", good)
		}
	}
}

func TestCIFAR10Refusals(t *testing.T) {
	for why, files := range map[string]map[string]string{
		"no batch":           {"readme.html": ""},
		"a batch cut short":  {"data_batch_1.bin": record(1)[:3000]},
		"an empty batch":     {"data_batch_1.bin": ""},
		"the test part only": {"test_batch.bin": record(1)},
	} {
		if _, err := CIFAR10(folder(t, files), "train"); err == nil {
			t.Errorf("%s: opened", why)
		}
	}
	if _, err := CIFAR10(folder(t, map[string]string{"data_batch_1.bin": record(1)}), "dev"); err == nil {
		t.Error("a part that there is not was opened")
	}
}
