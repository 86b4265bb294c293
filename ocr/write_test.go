package ocr_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/gosight/vision"
	"github.com/gosight/vision/ocr"
)

func rect(x0, y0, x1, y1 float64) vision.Quad {
	return vision.Quad{{X: x0, Y: y0}, {X: x1, Y: y0}, {X: x1, Y: y1}, {X: x0, Y: y1}}
}

// awkward is a page whose texts must be escaped in every format.
func awkward() *ocr.Page {
	return &ocr.Page{Width: 200, Height: 100, Lines: []ocr.Line{
		{Text: `a<b&"c' é中`, Score: 0.75, Quad: rect(10, 10, 110.4, 30), Words: []ocr.Word{
			{`a<b&"c'`, 0.5, rect(10, 10, 60.2, 30)}, {"é中", 1, rect(70, 10, 110.4, 30)},
		}},
		{Text: "tab\there\x01 ]]>", Score: 0.9, Quad: vision.Quad{{X: 30, Y: 90}, {X: 30, Y: 40}, {X: 50, Y: 40}, {X: 50, Y: 90}}, Words: []ocr.Word{
			{"tab\there\x01", 0.9, vision.Quad{{X: 30, Y: 90}, {X: 30, Y: 60}, {X: 50, Y: 60}, {X: 50, Y: 90}}},
			{"]]>", 0.9, vision.Quad{{X: 30, Y: 55}, {X: 30, Y: 40}, {X: 50, Y: 40}, {X: 50, Y: 55}}},
		}},
	}}
}

// document writes pages in a format.
func document(t *testing.T, format string, pages ...*ocr.Page) string {
	t.Helper()
	var b bytes.Buffer
	w, err := ocr.NewWriter(&b, format)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range pages {
		if err := w.Write(fmt.Sprintf(`scan "%d" -- <é>&.png`, i+1), p); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestJSONHoldsThePage(t *testing.T) {
	p := awkward()
	data, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	var back ocr.Page
	if err := json.Unmarshal(data, &back); err != nil || !reflect.DeepEqual(&back, p) {
		t.Errorf("%v: %s\nback %v", err, data, &back)
	}
	for _, bad := range []string{`{"lines": [{"quad": 1}]}`, `{"lines": [{"words": [{"score": "x"}]}]}`, `[]`} {
		if json.Unmarshal([]byte(bad), &back) == nil {
			t.Errorf("%s is a page", bad)
		}
	}
	if data, _ := json.Marshal(&ocr.Page{}); string(data) != `{"width":0,"height":0,"text":"","lines":[]}` {
		t.Errorf("an empty page is %s", data)
	}
	var line struct {
		File, Text string
		Words      []struct {
			Text  string
			Score float64
			Quad  [4][2]float64
		}
	}
	if err := json.Unmarshal([]byte(document(t, "json", p)), &line); err != nil {
		t.Fatal(err)
	}
	if line.File != `scan "1" -- <é>&.png` || line.Text != p.Text() || len(line.Words) != 4 || line.Words[1].Quad != [4][2]float64{{70, 10}, {110.4, 10}, {110.4, 30}, {70, 30}} {
		t.Errorf("got %+v", line)
	}
	if got := document(t, "json", &ocr.Page{}); !strings.HasSuffix(got, `"text":"","words":[]}`+"\n") {
		t.Errorf("an empty page is %s", got)
	}
}

func TestTSVHasTesseractsColumns(t *testing.T) {
	r := csv.NewReader(strings.NewReader(document(t, "tsv", awkward(), &ocr.Page{Width: 5, Height: 6})))
	r.Comma, r.LazyQuotes, r.FieldsPerRecord = '\t', true, 12
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{
		strings.Fields("level page_num block_num par_num line_num word_num left top width height conf text"),
		{"1", "1", "0", "0", "0", "0", "0", "0", "200", "100", "-1", ""},
		{"2", "1", "1", "0", "0", "0", "10", "10", "101", "80", "-1", ""},
		{"3", "1", "1", "1", "0", "0", "10", "10", "101", "80", "-1", ""},
		{"4", "1", "1", "1", "1", "0", "10", "10", "101", "20", "-1", ""},
		{"5", "1", "1", "1", "1", "1", "10", "10", "51", "20", "50.000000", `a<b&"c'`},
		{"5", "1", "1", "1", "1", "2", "70", "10", "41", "20", "100.000000", "é中"},
		{"4", "1", "1", "1", "2", "0", "30", "40", "20", "50", "-1", ""},
		{"5", "1", "1", "1", "2", "1", "30", "60", "20", "30", "89.999998", "tab here\x01"},
		{"5", "1", "1", "1", "2", "2", "30", "40", "20", "15", "89.999998", "]]>"},
		{"1", "2", "0", "0", "0", "0", "0", "0", "5", "6", "-1", ""},
	}
	if !reflect.DeepEqual(rows, want) {
		t.Errorf("got\n%q\nwant\n%q", rows, want)
	}
}

// An element of an XML document.
type element struct {
	name  string
	attr  map[string]string
	text  string
	below []*element
}

// parse reads a well-formed document.
func parse(t *testing.T, doc string) *element {
	t.Helper()
	root := &element{}
	stack := []*element{root}
	d := xml.NewDecoder(strings.NewReader(doc))
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("not well formed: %v\n%s", err, doc)
		}
		top := stack[len(stack)-1]
		switch v := tok.(type) {
		case xml.StartElement:
			e := &element{name: v.Name.Local, attr: map[string]string{}}
			for _, a := range v.Attr {
				e.attr[a.Name.Local] = a.Value
			}
			top.below, stack = append(top.below, e), append(stack, e)
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		case xml.CharData:
			top.text += string(v)
		}
	}
	return root
}

// all returns the elements of a name, or of a class, in order.
func (e *element) all(name string) []*element {
	var found []*element
	for _, b := range e.below {
		if b.name == name || b.attr["class"] == name {
			found = append(found, b)
		}
		found = append(found, b.all(name)...)
	}
	return found
}

func TestHOCR(t *testing.T) {
	root := parse(t, document(t, "hocr", awkward(), &ocr.Page{Width: 5, Height: 6}))
	pages := root.all("ocr_page")
	if len(pages) != 2 || pages[0].attr["title"] != `image "scan \"1\" -- <é>&.png"; bbox 0 0 200 100; ppageno 0` || len(pages[1].below) != 0 {
		t.Fatalf("%d pages, %q", len(pages), pages[0].attr["title"])
	}
	lines, words := root.all("ocr_line"), root.all("ocrx_word")
	if len(lines) != 2 || len(words) != 4 || len(root.all("ocr_carea")) != 1 || len(root.all("ocr_par")) != 1 {
		t.Fatalf("%d lines, %d words", len(lines), len(words))
	}
	if lines[0].attr["title"] != "bbox 10 10 111 30" || lines[1].attr["title"] != "bbox 30 40 50 90; textangle 90" {
		t.Errorf("lines %q, %q", lines[0].attr["title"], lines[1].attr["title"])
	}
	if words[0].text != `a<b&"c'` || words[0].attr["title"] != "bbox 10 10 61 30; x_wconf 50" || words[1].text != "é中" || !strings.HasPrefix(words[2].text, "tab\there") {
		t.Errorf("words %+v", words[0])
	}
	// Whatever is between words is a space, and ids differ.
	ids := map[string]bool{}
	for _, e := range append(append(pages, lines...), words...) {
		if id := e.attr["id"]; ids[id] || !regexp.MustCompile(`^[a-z]+(_[0-9]+)+$`).MatchString(id) {
			t.Errorf("id %q", id)
		} else {
			ids[id] = true
		}
	}
	if lines[0].text != " " {
		t.Errorf("between words %q", lines[0].text)
	}
	parse(t, document(t, "hocr"))
}

func TestALTO(t *testing.T) {
	doc := document(t, "alto", awkward())
	root := parse(t, doc)
	alto := root.below[0]
	if alto.name != "alto" || alto.attr["xmlns"] != "http://www.loc.gov/standards/alto/ns-v4#" {
		t.Fatalf("root %+v", alto)
	}
	if f := root.all("fileName"); len(f) != 1 || f[0].text != `scan "1" -- <é>&.png` {
		t.Errorf("files %+v", f)
	}
	// The order of the schema: Shape before String and SP.
	lines := root.all("TextLine")
	if len(lines) != 2 {
		t.Fatalf("%d lines", len(lines))
	}
	var order []string
	for _, e := range lines[0].below {
		order = append(order, e.name)
	}
	if !reflect.DeepEqual(order, []string{"Shape", "String", "SP", "String"}) {
		t.Errorf("a line holds %q", order)
	}
	s := root.all("String")[0]
	if s.attr["CONTENT"] != `a<b&"c'` || s.attr["WC"] != "0.5000" || s.attr["HPOS"] != "10" || s.attr["WIDTH"] != "51" {
		t.Errorf("word %+v", s)
	}
	for _, name := range []string{"Page", "PrintSpace", "TextBlock", "TextLine", "String"} {
		for _, e := range root.all(name) {
			for _, a := range []string{"WIDTH", "HEIGHT"} {
				if n, err := strconv.Atoi(e.attr[a]); err != nil || n < 0 {
					t.Errorf("%s has %s %q", name, a, e.attr[a])
				}
			}
		}
	}
	if p := root.all("Polygon")[1].attr["POINTS"]; p != "30,90 30,40 50,40 50,90" {
		t.Errorf("polygon %q", p)
	}
	several := document(t, "alto", awkward(), &ocr.Page{Width: 5, Height: 6}, awkward())
	if r := parse(t, several); len(r.all("Page")) != 3 || len(r.all("fileName")) != 0 || strings.Count(several, "<!-- scan") != 3 {
		t.Errorf("of three pictures:\n%s", several)
	}
	parse(t, document(t, "alto"))
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestWriterErrors(t *testing.T) {
	var ue *vision.UnsupportedError
	if _, err := ocr.NewWriter(io.Discard, "pdf"); !errors.As(err, &ue) || !strings.Contains(err.Error(), "alto") {
		t.Errorf("got %v, want the formats there are", err)
	}
	for _, format := range ocr.Formats() {
		w, err := ocr.NewWriter(full{}, format)
		if err != nil {
			t.Fatal(err)
		}
		err = w.Write("x", awkward())
		if closeErr := w.Close(); err == nil {
			err = closeErr
		}
		if err == nil || !strings.Contains(err.Error(), "ocr: write: disk full") {
			t.Errorf("%s: %v", format, err)
		}
	}
}
