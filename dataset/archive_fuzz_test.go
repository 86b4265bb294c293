package dataset

import (
	"os"
	"path/filepath"
	"testing"
)

// FuzzArchive opens anything as an archive of ImageNet, of classes and of both kinds of CIFAR.
func FuzzArchive(f *testing.F) {
	pic := picture(f, 1, 1)
	inner := content(f, archive(f, "a.tar", "n01440764_1.png", pic))
	for _, name := range []string{"a.tar", "a.tar.gz"} {
		f.Add([]byte(content(f, archive(f, name, "n01440764.tar", inner, "n01484850/1.png", pic))))
		f.Add([]byte(content(f, archive(f, name, "data_batch_1.bin", record(3), "test_batch", "\x80\x02}."))))
		f.Add([]byte(content(f, archive(f, name, "meta", "\x80\x02}.", "train", oneBatch("K\x03", "u1", "K\x01M\x00\x0c\x86", "U\x01p")))))
	}
	src := filepath.Join(f.TempDir(), "x")
	f.Fuzz(func(t *testing.T, data []byte) {
		os.Remove(src) // a file that is written over goes to the disk at once
		if err := os.WriteFile(src, data, 0o644); err != nil {
			t.Fatal(err)
		}
		for _, open := range []func() (*Set, error){
			func() (*Set, error) { return ImageNet(src) },
			func() (*Set, error) { return ImageNetPart(src, "train") },
			func() (*Set, error) { return ImageFolder(src, "") },
			func() (*Set, error) { return CIFAR10(src, "train") },
			func() (*Set, error) { return CIFAR100(src, "test") },
		} {
			s, err := open()
			if err != nil {
				continue
			}
			n := 0
			for ex, err := range s.All() {
				if n++; err == nil && (ex.Image == nil || ex.Class < 0 || ex.Class >= len(s.Classes)) {
					t.Fatalf("%+v of %d classes", ex, len(s.Classes))
				}
			}
			if n != s.Len() {
				t.Fatalf("Len is %d, All gave %d", s.Len(), n)
			}
		}
	})
}
