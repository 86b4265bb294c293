package dataset

import (
	"bytes"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// lines gives the lines of a text file with their numbers, from 1: UTF-8, an optional
// byte order mark, LF or CRLF. Lines of white space alone are left out. Bytes that are no
// UTF-8 are an error of their line, the last thing given.
func lines(file string, data []byte) iter.Seq2[numbered, error] {
	return func(yield func(numbered, error) bool) {
		data := bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
		n := 0
		for line := range bytes.Lines(data) {
			n++
			if !utf8.Valid(line) {
				yield(numbered{n: n}, broken(file, n, "text", "want UTF-8"))
				return
			}
			s := strings.TrimRight(string(line), "\r\n")
			if strings.TrimSpace(s) != "" && !yield(numbered{s, n}, nil) {
				return
			}
		}
	}
}

type numbered struct {
	text string
	n    int
}

// parseQuads reads a file of ICDAR's form, one piece of text a line:
// x1,y1,x2,y2,x3,y3,x4,y4,text. The text may hold commas. "###" is a text that nobody can
// read where dontCare says so.
func parseQuads(file string, data []byte, dontCare bool) ([]Region, error) {
	var out []Region
	for l, err := range lines(file, data) {
		if err != nil {
			return nil, err
		}
		parts := strings.SplitN(l.text, ",", 9)
		if len(parts) < 9 {
			return nil, broken(file, l.n, "text truth", "want eight coordinates and a text between commas, got %d parts", len(parts))
		}
		r := Region{Text: parts[8]}
		for i := range 8 {
			v, err := number(parts[i])
			if err != nil {
				return nil, broken(file, l.n, "text truth", "coordinate %d: %v", i+1, err)
			}
			if i%2 == 0 {
				r.Quad[i/2].X = v
			} else {
				r.Quad[i/2].Y = v
			}
		}
		if dontCare && r.Text == "###" {
			r.DontCare, r.Text = true, ""
		}
		out = append(out, r)
	}
	return out, nil
}

// farthest bounds coordinates in pixels; no picture is so large.
const farthest = 1 << 24

// number reads a finite coordinate.
func number(s string) (float64, error) {
	v, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil || !(v >= -farthest && v <= farthest) {
		return 0, &numberError{s}
	}
	return v, nil
}

type numberError struct{ s string }

func (e *numberError) Error() string { return "want a number, got " + strconv.Quote(cutTo(e.s, 40)) }

func cutTo(s string, n int) string {
	if len(s) > n {
		return s[:n] + "..."
	}
	return s
}

// parseYOLO reads objects of YOLO's form, one a line: class cx cy w h, the centre and
// size as parts of the picture's width and height.
func parseYOLO(file string, data []byte, width, height int) ([]Object, error) {
	var out []Object
	for l, err := range lines(file, data) {
		if err != nil {
			return nil, err
		}
		f := strings.Fields(l.text)
		if len(f) != 5 {
			return nil, broken(file, l.n, "YOLO labels", "want class cx cy w h, got %d values", len(f))
		}
		class, err := strconv.Atoi(f[0])
		if err != nil || class < 0 {
			return nil, broken(file, l.n, "YOLO labels", "want a class from 0, got %q", cutTo(f[0], 40))
		}
		var v [4]float64
		for i := range v {
			v[i], err = number(f[i+1])
			// Files round; what is far outside is in pixels.
			if err != nil || v[i] < 0 || v[i] > 1.001 {
				return nil, broken(file, l.n, "YOLO labels", "want parts of the picture, 0 to 1, got %q", cutTo(f[i+1], 40))
			}
		}
		w, h := v[2]*float64(width), v[3]*float64(height)
		out = append(out, Object{
			Class: class, X: v[0]*float64(width) - w/2, Y: v[1]*float64(height) - h/2, W: w, H: h, Area: w * h,
		})
	}
	return out, nil
}

// parseWords reads a list of pictures and their texts: file, tab, text.
func parseWords(file string, data []byte) ([][2]string, error) {
	var out [][2]string
	seen := map[string]bool{}
	for l, err := range lines(file, data) {
		if err != nil {
			return nil, err
		}
		name, text, ok := strings.Cut(l.text, "\t")
		switch {
		case !ok || name == "":
			return nil, broken(file, l.n, "text truth", "want a file, a tab and its text, got %q", cutTo(l.text, 40))
		case seen[name]:
			return nil, broken(file, l.n, "text truth", "%s stands twice", name)
		}
		seen[name] = true
		out = append(out, [2]string{name, text})
	}
	return out, nil
}

func textOf(regions []Region) string {
	var texts []string
	for _, r := range regions {
		if !r.DontCare {
			texts = append(texts, r.Text)
		}
	}
	return strings.Join(texts, "\n")
}

// sortedKeys are the keys of a map in the order of their bytes.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
