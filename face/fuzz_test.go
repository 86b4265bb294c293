package face_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"strings"
	"testing"

	"github.com/gosight/vision"
	"github.com/gosight/vision/face"
)

func fileOf(t testing.TB, g *face.Gallery) []byte {
	t.Helper()
	var b bytes.Buffer
	n, err := g.WriteTo(&b)
	if err != nil || n != int64(b.Len()) {
		t.Fatalf("%d bytes, said to be %d; %v", b.Len(), n, err)
	}
	return b.Bytes()
}

// sealed puts the right checksum under content.
func sealed(content []byte) []byte {
	sum := sha256.Sum256(content)
	return append(bytes.Clone(content), sum[:]...)
}

func TestEveryByteOfTheFileCounts(t *testing.T) {
	good := fileOf(t, people(t))
	for i := range good {
		bad := bytes.Clone(good)
		bad[i] ^= 0x41
		_, err := face.ReadGallery(bytes.NewReader(bad))
		var fe *vision.FormatError
		var ue *vision.UnsupportedError
		if !errors.As(err, &fe) && !errors.As(err, &ue) {
			t.Fatalf("byte %d changed: %v", i, err)
		}
		if _, err := face.ReadGallery(bytes.NewReader(good[:i])); !errors.As(err, &fe) {
			t.Fatalf("cut at %d: %v", i, err)
		}
	}
	if _, err := face.ReadGallery(bytes.NewReader(append(good, 0))); err == nil || !strings.Contains(err.Error(), "more after its end") {
		t.Errorf("a byte too many: %v", err)
	}
}

// Files whose checksum is right, so that only what they say is wrong.
func TestHostileGalleries(t *testing.T) {
	good := fileOf(t, people(t))
	content := good[:len(good)-sha256.Size]
	// "visngal\n", version, 1 + 4 bytes of name, flags, threshold, size, people, then "Ada".
	const version, name, flags, threshold, size, count, first = 8, 12, 17, 18, 26, 30, 34
	set := func(at int, b ...byte) []byte {
		c := bytes.Clone(content)
		copy(c[at:], b)
		return sealed(c)
	}
	for _, c := range []struct {
		why  string
		file []byte
		want string
	}{
		{"nothing", nil, "cut off"},
		{"another file", []byte("\x89PNG\r\n\x1a\n and so on"), "not a gallery"},
		{"a version to come", set(version, 2), "version 2"},
		{"a name of 4 GB", set(name, 0xff, 0xff, 0xff, 0xff), "bytes, the most is"},
		{"a flag to come", set(flags, 4), "flags 4"},
		{"a threshold of NaN", set(threshold, 1, 0, 0, 0, 0, 0, 0xf8, 0x7f), "threshold"},
		{"embeddings of 16 GB", set(size, 0xff, 0xff, 0xff, 0xff), "embeddings of"},
		{"embeddings of nothing", set(size, 0, 0, 0, 0), "embeddings of 0"},
		{"more people than there are", set(count, 0xff, 0xff, 0xff, 0xff), ""},
		{"fewer people than there are", set(count, 2), "checksum"},
		{"a person of no name", set(first, 0, 0, 0, 0), "the name"},
		{"a control character", set(first+4, 7), "the name"},
		{"no sample", set(first+7, 0, 0, 0, 0), "no sample"},
		{"four billion samples", set(first+7, 0xff, 0xff, 0xff, 0xff), ""},
		{"names out of order", set(first+4, 'Z'), "sorted"},
		{"a sample that is too long", set(first+11, 0, 0, 0, 0x40), "length"},
		{"a sample of NaN", set(first+11, 0, 0, 0xc0, 0x7f), "length"},
	} {
		g, err := face.ReadGallery(bytes.NewReader(c.file))
		var fe *vision.FormatError
		var ue *vision.UnsupportedError
		if g != nil || !errors.As(err, &fe) && !errors.As(err, &ue) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "gallery") {
			t.Errorf("%s: %v, want %q", c.why, err, c.want)
		}
	}
}

// Whatever a file holds, it is refused with a typed error or is written again as it was.
func FuzzGallery(f *testing.F) {
	good := fileOf(f, people(f))
	f.Add(good[:len(good)-sha256.Size])
	empty := fileOf(f, face.NewGallery())
	f.Add(empty[:len(empty)-sha256.Size])
	f.Add([]byte("visngal\n\x01\x00\x00\x00\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, content []byte) {
		for _, file := range [][]byte{content, sealed(content)} {
			g, err := face.ReadGallery(bytes.NewReader(file))
			if err != nil {
				var fe *vision.FormatError
				var ue *vision.UnsupportedError
				if !errors.As(err, &fe) && !errors.As(err, &ue) {
					t.Fatalf("%T: %v", err, err)
				}
				continue
			}
			if again := fileOf(t, g); !bytes.Equal(again, file) {
				t.Fatalf("read %x, wrote %x", file, again)
			}
		}
	})
}
