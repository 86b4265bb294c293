package decode

import (
	"bytes"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/gosight/vision/internal/fault"
)

// shortest is the length in bytes below which nothing can be a picture.
const shortest = 12

// A signature is how files of one format begin.
type signature struct {
	format string
	at     int // offset of magic
	magic  string
}

// readable are the formats that decodeStored reads.
var readable = [...]signature{
	{"jpeg", 0, "\xff\xd8\xff"},
	{"png", 0, "\x89PNG\r\n\x1a\n"},
	{"gif", 0, "GIF87a"},
	{"gif", 0, "GIF89a"},
	{"webp", 8, "WEBP"},
	{"bmp", 0, "BM"},
	{"tiff", 0, "II*\x00"},
	{"tiff", 0, "MM\x00*"},
}

// refused are formats that are known by name only, the more specific first.
var refused = [...]signature{
	{"HEIC", 4, "ftyphe"}, {"HEIC", 4, "ftypmif1"}, {"HEIC", 4, "ftypmsf1"},
	{"AVIF", 4, "ftypavi"},
	{"camera RAW", 4, "ftypcrx"},
	{"MP4 or QuickTime video", 4, "ftyp"},
	{"JPEG XL", 0, "\xff\x0a"}, {"JPEG XL", 0, "\x00\x00\x00\x0cJXL "},
	{"JPEG 2000", 0, "\x00\x00\x00\x0cjP  "}, {"JPEG 2000", 0, "\xff\x4f\xff\x51"},
	{"JPEG XR", 0, "II\xbc\x01"},
	{"camera RAW", 8, "CR\x02"}, {"camera RAW", 0, "IIRO"}, {"camera RAW", 0, "IIRS"}, {"camera RAW", 0, "MMOR"},
	{"camera RAW", 0, "IIU\x00"}, {"camera RAW", 0, "FUJIFILMCCD-RAW"}, {"camera RAW", 0, "FOVb"},
	{"BigTIFF", 0, "II+\x00"}, {"BigTIFF", 0, "MM\x00+"},
	{"Photoshop", 0, "8BPS"}, {"GIMP", 0, "gimp xcf"},
	{"PDF", 0, "%PDF"}, {"PostScript", 0, "%!PS"}, {"DjVu", 0, "AT&TFORM"},
	{"Windows icon", 0, "\x00\x00\x01\x00"}, {"Windows cursor", 0, "\x00\x00\x02\x00"},
	{"Apple icon", 0, "icns"},
	{"QOI", 0, "qoif"}, {"DDS", 0, "DDS "}, {"OpenEXR", 0, "v/1\x01"}, {"Radiance HDR", 0, "#?RADIANCE"},
	{"FITS", 0, "SIMPLE  ="}, {"DICOM", 128, "DICM"},
	{"Matroska or WebM video", 0, "\x1a\x45\xdf\xa3"},
	{"gzip", 0, "\x1f\x8b"}, {"zip", 0, "PK\x03\x04"},
	{"ELF program", 0, "\x7fELF"},
}

func (s signature) match(data []byte) bool {
	return len(data) >= s.at+len(s.magic) && string(data[s.at:s.at+len(s.magic)]) == s.magic
}

// sniff returns the format of data by its first bytes, or why it is not one that
// is read.
func sniff(data []byte) (string, error) {
	if len(data) < shortest {
		begun := slices.ContainsFunc(readable[:], func(s signature) bool { return s.match(data) })
		if kind := textual(data); kind != "" && len(data) > 0 && !begun {
			return "", unsupported(kind)
		}
		return "", &fault.FormatError{Reason: fmt.Sprintf("want a picture file, got %d bytes", len(data))}
	}
	// Refused first: CR2 is also a TIFF.
	for _, s := range refused {
		if s.match(data) {
			return "", unsupported(s.format)
		}
	}
	for _, s := range readable {
		if s.match(data) && plausible(s.format, data) {
			return s.format, nil
		}
	}
	return "", unsupported(textual(data))
}

// plausible looks twice where the signature is short: a text may begin with BM.
func plausible(format string, data []byte) bool {
	switch format {
	case "webp":
		return string(data[:4]) == "RIFF"
	case "bmp":
		return len(data) < 18 || le32(data[14:]) <= 124 // length of the longest info header
	}
	return true
}

func unsupported(format string) error {
	const reads = "JPEG, PNG, GIF, BMP, WebP and TIFF are read"
	switch format {
	case "":
		return &fault.UnsupportedError{Reason: fmt.Sprintf("the first bytes are of no known picture format; %s", reads)}
	case "HTML", "text":
		return &fault.UnsupportedError{Format: format, Reason: fmt.Sprintf("this is %s, not a picture; %s", format, reads)}
	case "camera RAW":
		return &fault.UnsupportedError{Format: format, Reason: fmt.Sprintf("%s; develop it, or extract its JPEG preview, first", reads)}
	}
	return &fault.UnsupportedError{Format: format, Reason: fmt.Sprintf("%s; convert it first", reads)}
}

// textual tells SVG, HTML and other text, by the first kilobyte; "" if data is
// no text.
func textual(data []byte) string {
	head := bytes.TrimPrefix(data[:min(len(data), 1024)], []byte("\xef\xbb\xbf"))
	for i := 0; i < len(head); {
		r, n := utf8.DecodeRune(head[i:])
		cut := r == utf8.RuneError && n == 1
		if cut && (utf8.FullRune(head[i:]) || len(data) <= 1024) {
			return ""
		}
		if r < ' ' && r != '\n' && r != '\r' && r != '\t' && r != '\f' {
			return ""
		}
		i += n
	}
	low := bytes.ToLower(head)
	switch {
	case bytes.Contains(low, []byte("<svg")):
		return "SVG"
	case bytes.Contains(low, []byte("<!doctype html")), bytes.Contains(low, []byte("<html")):
		return "HTML"
	case len(low) > 2 && low[0] == 'p' && '1' <= low[1] && low[1] <= '6' && bytes.ContainsRune([]byte(" \n\r\t#"), rune(low[2])):
		return "PNM"
	}
	return "text"
}
