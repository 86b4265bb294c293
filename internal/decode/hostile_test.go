package decode

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/gosight/vision/internal/fault"
)

// The three kinds of error, by name.
const (
	formatError      = "format"
	unsupportedError = "unsupported"
	limitError       = "limit"
)

func kind(err error) string {
	var f *fault.FormatError
	var u *fault.UnsupportedError
	var l *fault.LimitError
	switch {
	case errors.As(err, &f):
		return formatError
	case errors.As(err, &u):
		return unsupportedError
	case errors.As(err, &l):
		return limitError
	}
	return fmt.Sprint(err)
}

// refusals are the files of testdata/images that have no pixels to give.
var refusals = map[string]struct {
	kind   string
	header bool // New refuses; otherwise Decode does
}{
	"hostile/bad-crc.png":        {formatError, true},
	"hostile/cut-header.jpg":     {formatError, true},
	"hostile/cut-header.png":     {formatError, true},
	"hostile/cut.jpg":            {formatError, false},
	"hostile/cut.png":            {formatError, false},
	"hostile/empty.jpg":          {formatError, true},
	"hostile/huge.bmp":           {limitError, true},
	"hostile/huge.gif":           {limitError, true},
	"hostile/huge.jpg":           {limitError, true},
	"hostile/huge.png":           {limitError, true},
	"hostile/huge.tif":           {limitError, true},
	"hostile/huge.webp":          {limitError, true},
	"hostile/no-eoi.jpg":         {formatError, false}, // TensorFlow refuses it as well
	"hostile/text.jpg":           {unsupportedError, true},
	"hostile/zero.bmp":           {formatError, true},
	"hostile/zero.gif":           {formatError, true},
	"hostile/zero.jpg":           {formatError, true},
	"hostile/zero.png":           {formatError, true},
	"hostile/zero.tif":           {formatError, true},
	"kinds/cmyk-unsupported.tif": {unsupportedError, true},
	"kinds/jpeg-unsupported.tif": {unsupportedError, false},
}

func TestRefusals(t *testing.T) {
	for name, want := range refusals {
		p, err := New(read(t, name), Limits{})
		if (err != nil) != want.header {
			t.Errorf("%s: New: %v", name, err)
			continue
		}
		if err == nil {
			err = p.Decode()
			if again := p.Decode(); !errors.Is(again, err) {
				t.Errorf("%s: Decode says %v, then %v", name, err, again)
			}
			if c := p.At(0, 0); c == nil || p.ColorModel() == nil {
				t.Errorf("%s: At gives %v after a failed Decode", name, c)
			}
		}
		if kind(err) != want.kind {
			t.Errorf("%s: got %v, want a %s error", name, err, want.kind)
		}
	}
}

func TestTooShortForAPicture(t *testing.T) {
	for _, data := range []string{"", "\x00\x01", "GIF89a", "BM", "\xff\xd8\xff\xe0"} {
		_, err := New([]byte(data), Limits{})
		var f *fault.FormatError
		if !errors.As(err, &f) || !strings.Contains(f.Reason, fmt.Sprintf("got %d bytes", len(data))) {
			t.Errorf("%q: %v", data, err)
		}
	}
}

// TestPNGBeginsWithIHDR has what would be read as a size in a chunk that has none.
func TestPNGBeginsWithIHDR(t *testing.T) {
	for _, data := range []string{
		"\x89PNG\r\n\x1a\n\x00\x00\x00\x08tEXtabcdefgh\x00\x00\x00\x00",
		"\x89PNG\r\n\x1a\n this is a text, and no picture",
	} {
		_, err := New([]byte(data), Limits{})
		var f *fault.FormatError
		if !errors.As(err, &f) || f.Format != "png" || !strings.Contains(f.Reason, "IHDR") {
			t.Errorf("%q: %T %v, want a FormatError that names IHDR", data, err, err)
		}
	}
}

func TestRefusedFormatsAreNamed(t *testing.T) {
	pad := strings.Repeat("\x00", 140)
	for head, want := range map[string]string{
		"\x00\x00\x00\x18ftypheic":             "HEIC",
		"\x00\x00\x00\x18ftypmif1":             "HEIC",
		"\x00\x00\x00\x1cftypavif":             "AVIF",
		"\x00\x00\x00\x18ftypcrx ":             "camera RAW",
		"\x00\x00\x00\x18ftypisom":             "MP4 or QuickTime video",
		"\xff\x0a":                             "JPEG XL",
		"\x00\x00\x00\x0cJXL \r\n\x87\n":       "JPEG XL",
		"\x00\x00\x00\x0cjP  \r\n\x87\n":       "JPEG 2000",
		"8BPS\x00\x01":                         "Photoshop",
		"%PDF-1.7":                             "PDF",
		"II*\x00\x10\x00\x00\x00CR\x02":        "camera RAW",
		"\x00\x00\x01\x00\x01":                 "Windows icon",
		strings.Repeat("\x00", 128) + "DICM":   "DICOM",
		"\x00\x01\x02\x03\x04unknown":          "",
		"II+\x00\x08\x00\x00\x00":              "BigTIFF",
		"RIFF\x00\x00\x00\x00WAVE":             "",
		"PK\x03\x04":                           "zip",
		"BM\x00\x00\x00\x00\x00\x00\x00\x00ab": "bmp",
	} {
		_, err := New([]byte(head+pad), Limits{})
		var u *fault.UnsupportedError
		if want == "bmp" { // a bitmap, if a bad one
			if err == nil {
				t.Errorf("%q: no error", head)
			}
			continue
		}
		if !errors.As(err, &u) || u.Format != want || !strings.Contains(u.Reason, "JPEG, PNG, GIF, BMP, WebP and TIFF are read") {
			t.Errorf("%q: got %v, want %q as unsupported, and what is read", head, err, want)
		}
	}
	for text, want := range map[string]string{
		"<?xml version=\"1.0\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\">": "SVG",
		"<!DOCTYPE html>\n<title>Not found</title>":                           "HTML",
		"P6\n2 2\n255\nabcdefghijkl":                                          "PNM",
		"BMW builds cars, and this is a text about them.":                     "text",
		"\xef\xbb\xbfein Text mit Umlauten: äöü":                              "text",
		strings.Repeat("ü", 700):                                              "text", // a rune over the end of the first kilobyte
		"x" + strings.Repeat("ü", 700):                                        "text",
		"x\n":                                                                 "text", // as any text, however short
		"<svg/>":                                                              "SVG",
	} {
		_, err := New([]byte(text), Limits{})
		var u *fault.UnsupportedError
		if !errors.As(err, &u) || u.Format != want {
			t.Errorf("%.40q: got %v, want %q as unsupported", text, err, want)
		}
	}
}

func TestRAWThumbnailsAreNotThePicture(t *testing.T) {
	tif := read(t, "kinds/none.tif")
	at := binary.LittleEndian.Uint32(tif[4:])
	first := tif[at+2:] // ImageWidth: turned into NewSubfileType = reduced
	binary.LittleEndian.PutUint16(first, tagNewSubfileType)
	binary.LittleEndian.PutUint32(first[8:], 1)
	if _, err := New(tif, Limits{}); kind(err) != unsupportedError || !strings.Contains(err.Error(), "RAW") {
		t.Errorf("got %v, want camera RAW as unsupported", err)
	}
}

func TestJPEGVariantsAreNamed(t *testing.T) {
	plain := read(t, "kinds/444.jpg")
	at := bytes.Index(plain, []byte("\xff\xc0\x00\x11\x08"))
	for edit, want := range map[string]struct {
		pos   int
		value byte
		word  string
		kind  string
	}{
		"lossless":     {1, 0xc3, "lossless", unsupportedError},
		"hierarchical": {1, 0xc5, "hierarchical", unsupportedError},
		"arithmetic":   {1, 0xc9, "arithmetic", unsupportedError},
		"twelve bits":  {4, 12, "12 bits", unsupportedError},
		"two channels": {9, 2, "2 channels", unsupportedError},
		"frame length": {3, 8, "only", formatError},
		"length zero":  {3, 0, "length", formatError},
	} {
		data := bytes.Clone(plain)
		data[at+want.pos] = want.value
		if _, err := New(data, Limits{}); kind(err) != want.kind || !strings.Contains(err.Error(), want.word) {
			t.Errorf("%s: got %v, want a %s error with %q", edit, err, want.kind, want.word)
		}
	}
}

func TestLimits(t *testing.T) {
	cat := read(t, "cat.jpg") // 451 x 300
	for _, c := range []struct {
		max int64
		ok  bool
		why string
	}{
		{451 * 300, true, "as many as allowed"},
		{451*300 - 1, false, "one too many"},
		{0, true, "the default"},
		{-1, true, "the default"},
	} {
		_, err := New(cat, Limits{MaxPixels: c.max})
		if (err == nil) != c.ok || err != nil && kind(err) != limitError {
			t.Errorf("%s: got %v", c.why, err)
		}
	}
	// The largest numbers that the formats can write must not overflow.
	for _, name := range []string{"hostile/huge.png", "hostile/huge.tif", "hostile/huge.bmp"} {
		data := read(t, name)
		for _, side := range [][]byte{binary.BigEndian.AppendUint32(nil, 50000), binary.LittleEndian.AppendUint32(nil, 50000)} {
			most := []byte{0xff, 0xff, 0xff, 0x7f}
			if strings.HasSuffix(name, "png") {
				most = []byte{0x7f, 0xff, 0xff, 0xff}
			}
			data = bytes.ReplaceAll(data, side, most)
		}
		var l *fault.LimitError
		if _, err := New(data, Limits{}); !errors.As(err, &l) || l.Got != (1<<31-1)*(1<<31-1) {
			t.Errorf("%s with sides of 2^31-1: got %v", name, err)
		}
	}
}

func TestLimitsComeBeforeMemory(t *testing.T) {
	for _, name := range []string{
		"hostile/huge.jpg", "hostile/huge.png", "hostile/huge.gif", "hostile/huge.bmp", "hostile/huge.tif", "hostile/huge.webp",
		"hostile/ztxt.png", // 20 MB of comment, not to be inflated
	} {
		data := read(t, name)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		p, err := New(data, Limits{})
		if err == nil {
			err = p.Decode()
		}
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
			t.Errorf("%s: took %d bytes for %v", name, n, err)
		}
	}
}

func TestProgressiveScansAreLimited(t *testing.T) {
	data := read(t, "kinds/progressive.jpg")
	scan := bytes.Index(data, []byte{0xff, sos})
	bomb := bytes.Clone(data[:scan])
	for range maxScans + 1 {
		bomb = append(bomb, data[scan:scan+14]...) // a scan header of three channels
	}
	var l *fault.LimitError
	if _, err := New(bomb, Limits{}); !errors.As(err, &l) || l.What != "scans" {
		t.Errorf("got %v, want a limit of scans", err)
	}
}
