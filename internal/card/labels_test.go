package card

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/gosight/vision/internal/fault"
)

func TestLabelFiles(t *testing.T) {
	for _, tt := range []struct {
		why, name, text string
		want            []string
	}{
		{"a name a line", "l.txt", "cat\ndog\n", []string{"cat", "dog"}},
		{"without a last line end", "l.txt", "cat\ndog", []string{"cat", "dog"}},
		{"CR LF", "l.txt", "cat\r\ndog\r\n", []string{"cat", "dog"}},
		{"byte order mark", "l.txt", "\ufeffcat\ndog\n", []string{"cat", "dog"}},
		{"empty lines at the end", "l.txt", "cat\ndog\n\n\r\n", []string{"cat", "dog"}},
		{"white space can be a name", "l.txt", "a\n \n\u3000\n", []string{"a", " ", "\u3000"}},
		{"space around a name stays", "l.txt", " cat \n\tdog\n", []string{" cat ", "\tdog"}},
		{"U+2028 and NEL do not end a line", "l.txt", "a\u2028b\n\u0085\n", []string{"a\u2028b", "\u0085"}},
		{"Teachable Machine", "labels.txt", "0 cat\n1 big dog\n", []string{"cat", "big dog"}},
		{"Coral, with a gap", "l.txt", "0  cat\n2  dog\n", []string{"cat", "1", "dog"}},
		{"numbers that do not begin with 0 belong to the name", "l.txt", "3 series\n5 series\n", []string{"3 series", "5 series"}},
		{"a number in one line belongs to the name", "l.txt", "0 cat\n", []string{"0 cat"}},
		{"digits", "l.txt", "0\n1\n2\n", []string{"0", "1", "2"}},
		{"Places365", "l.txt", "/a/airfield 0\n/b/bar/indoor 1\n", []string{"airfield", "bar/indoor"}},
		{"JSON list", "l.json", `["cat", "dog"]`, []string{"cat", "dog"}},
		{"JSON by number", "l.json", `{"1": "dog", "0": "cat"}`, []string{"cat", "dog"}},
		{"Keras' class_indices", "l.json", `{"cat": 0, "dog": 1}`, []string{"cat", "dog"}},
		{"class_indices of digits", "l.json", `{"1": 1, "0": 0}`, []string{"0", "1"}},
		{"imagenet_class_index.json", "imagenet_class_index.json", `{"0": ["n01440764", "tench"], "1": ["n01443537", "goldfish"]}`, []string{"tench", "goldfish"}},
		{"JSON with a gap", "l.JSON", `{"0": "cat", "2": "dog"}`, []string{"cat", "1", "dog"}},
		{"label map", "m.pbtxt", "item {\n name: \"/m/01g317\"\n id: 1\n display_name: \"person\"\n}\nitem {\n  id: 3,\n  name: 'car' # by name\n}\n", []string{"0", "person", "2", "car"}},
		{"label map with fields that do not matter", "m.pbtxt", `item: { id: 0 name: "bg" frequency: RARE keypoints { id: 1 label: "nose" } }`, []string{"bg"}},
	} {
		t.Run(tt.why, func(t *testing.T) {
			c := &Card{Task: "recognize", Output: Output{Labels: tt.name}}
			got, err := c.Labels(fstest.MapFS{"d/" + tt.name: {Data: []byte(tt.text)}}, "d", len(tt.want))
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestLabelFilesRefused(t *testing.T) {
	for _, tt := range []struct{ why, name, text, want string }{
		{"not there", "no.txt", "", "no.txt"},
		{"empty", "l.txt", "", "no names"},
		{"only line ends", "l.txt", "\n\n", "no names"},
		{"a hole", "l.txt", "cat\n\ndog\n", "line 2 is empty"},
		{"Latin-1", "l.txt", "caf\xe9\n", "not UTF-8"},
		{"not JSON", "l.json", "cat", "want [\"cat\""},
		{"JSON of something else", "l.json", `{"names": {"0": "cat"}}`, `key "names": want a class number`},
		{"three in a row", "l.json", `{"0": ["a", "b", "c"]}`, `key "0"`},
		{"a null name", "l.json", `{"0": null}`, `key "0"`},
		{"a negative number", "l.json", `{"cat": -1}`, "class numbers from -1"},
		{"a giant number", "l.json", `{"cat": 1000000000}`, "want 0 to"},
		{"a number twice", "l.json", `{"cat": 0, "dog": 0}`, "given twice"},
		{"an empty name", "l.json", `["cat", ""]`, "name 1 is empty"},
		{"not a label map", "m.pbtxt", "item {", "not a label map"},
		{"an id twice", "m.pbtxt", `item{id:1 name:"a"} item{id:1 name:"b"}`, "id 1 is given twice"},
		{"no item", "m.pbtxt", "", "no item"},
	} {
		t.Run(tt.why, func(t *testing.T) {
			fsys := fstest.MapFS{}
			if tt.name != "no.txt" {
				fsys[tt.name] = &fstest.MapFile{Data: []byte(tt.text)}
			}
			c := &Card{Task: "recognize", Output: Output{Labels: tt.name}}
			_, err := c.Labels(fsys, ".", 2)
			var model *fault.ModelError
			if !errors.As(err, &model) || model.What != "labels" || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %s", err, tt.want)
			}
			if tt.name == "no.txt" && !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%v hides that there is no file", err)
			}
		})
	}
}

func TestLabelCounts(t *testing.T) {
	for _, tt := range []struct {
		why    string
		names  []string
		offset int
		rows   int
		want   []string
		err    string
	}{
		{"fits", []string{"a", "b"}, 0, 2, []string{"a", "b"}, ""},
		{"background first", []string{"a", "b"}, 1, 3, []string{"background", "a", "b"}, ""},
		{"a list with background for a model without", []string{"background", "a"}, -1, 1, []string{"a"}, ""},
		{"any number of rows", []string{"a", "b"}, 1, 0, []string{"background", "a", "b"}, ""},
		{"no names: numbers", nil, 0, 3, []string{"0", "1", "2"}, ""},
		{"one too few", []string{"a", "b"}, 0, 3, nil, `each of the 3 rows of the output, got 2 names in output.label_names; if row 0 is a background class that the list leaves out, say "label_offset": 1`},
		{"one too many", []string{"a", "b", "c"}, 0, 2, nil, `got 3 names in output.label_names; if the list begins with a background class that the model does not have, say "label_offset": -1`},
		{"an offset too many", []string{"a", "b"}, 1, 2, nil, "with label_offset 1; the list has a name for every row already: leave label_offset out"},
		{"another list", []string{"a", "b"}, 0, 1000, nil, "the list of another model"},
		{"nothing left", []string{"a"}, -1, 1, nil, "label_offset to leave a name"},
	} {
		t.Run(tt.why, func(t *testing.T) {
			c := &Card{Task: "recognize", Output: Output{LabelNames: tt.names, LabelOffset: tt.offset}, file: "x.json"}
			got, err := c.Labels(fstest.MapFS{}, ".", tt.rows)
			if tt.err != "" {
				var model *fault.ModelError
				if !errors.As(err, &model) || model.What != "labels" || model.Model != "x.json" || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("got  %v\nwant %s", err, tt.err)
				}
				return
			}
			if err != nil || !slices.Equal(got, tt.want) {
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
		})
	}
}

func TestLabelsAreTheCallersOwn(t *testing.T) {
	c := &Card{Task: "recognize", Output: Output{LabelNames: []string{"a", "b"}}}
	got, err := c.Labels(fstest.MapFS{}, ".", 2)
	if err != nil {
		t.Fatal(err)
	}
	got[0] = "changed"
	if c.Output.LabelNames[0] != "a" {
		t.Error("Labels shares memory with the card")
	}
}

func TestAlphabetWithBlankAndSpace(t *testing.T) {
	for _, tt := range []struct {
		why  string
		ocr  OCR
		rows int
		want []string
		err  string
	}{
		{"blank first, space last", OCR{Blank: "first", Space: true, Alphabet: "ab"}, 4, []string{"", "a", "b", " "}, ""},
		{"blank last", OCR{Blank: "last", Alphabet: "aé"}, 3, []string{"a", "é", ""}, ""},
		{"blank and space last", OCR{Blank: "last", Space: true, Alphabet: "a"}, 3, []string{"a", " ", ""}, ""},
		{"the space forgotten", OCR{Blank: "first", Alphabet: "ab"}, 4, nil, `say "space": true`},
		{"a space too many", OCR{Blank: "first", Space: true, Alphabet: "a "}, 3, nil, "leave ocr.space out"},
		{"no blank", OCR{Alphabet: "ab"}, 3, nil, "ocr.blank"},
		{"no alphabet", OCR{Blank: "last"}, 3, nil, "ocr.alphabet"},
	} {
		t.Run(tt.why, func(t *testing.T) {
			c := &Card{Task: "ocr-recognize", OCR: &tt.ocr}
			got, err := c.Labels(fstest.MapFS{}, ".", tt.rows)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("%v, want %s", err, tt.err)
				}
				return
			}
			if err != nil || !slices.Equal(got, tt.want) {
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
		})
	}
}

func FuzzLabels(f *testing.F) {
	f.Add("l.txt", []byte("0 cat\n1 dog\n"))
	f.Add("l.txt", []byte("/a/airfield 0\r\n/b/bar 1"))
	f.Add("l.json", []byte(`{"0": ["n01440764", "tench"]}`))
	f.Add("l.json", []byte(`{"cat": 0, "dog": 1}`))
	f.Add("l.pbtxt", []byte(`item { id: 1 name: "a" display_name: "b" }`))
	data, err := os.ReadFile(filepath.Join(cardsDir, "labels", "coco-90.txt"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add("l.txt", data)
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		list, err := parseNames(data, name)
		if err != nil {
			return
		}
		if n := len(list.names); n == 0 || n > maxNumber+1 && list.numbered {
			t.Errorf("%d names", n)
		}
		if !list.numbered && slices.Contains(list.names, "") {
			t.Error("an empty name")
		}
	})
}
