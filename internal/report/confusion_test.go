package report

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"strconv"
	"strings"
	"testing"
)

// TestTableIsScikitLearns compares the table with scikit-learn's confusion_matrix (reference/metric/classify.py), whose
// sets have classes without pictures.
func TestTableIsScikitLearns(t *testing.T) {
	f, err := os.Open("../../testdata/metric/classify.json.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var sets []struct {
		Truth     []int
		Scores    [][]float32
		Confusion [][]int
	}
	if err := json.NewDecoder(z).Decode(&sets); err != nil || len(sets) == 0 {
		t.Fatalf("%d sets, %v", len(sets), err)
	}
	for _, s := range sets {
		c := NewConfusion(numbers(len(s.Confusion)))
		for i, truth := range s.Truth {
			answer := 0
			for j, v := range s.Scores[i] { // of equal ones the last, as there
				if v >= s.Scores[i][answer] {
					answer = j
				}
			}
			if err := c.Add(truth, answer); err != nil {
				t.Fatal(err)
			}
		}
		data, err := c.CSV()
		if err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
		if err != nil || rows[0][0] != "truth" {
			t.Fatalf("%v: %s", err, data)
		}
		seen := map[string]int{} // of a truth and an answer
		for _, row := range rows[1:] {
			for i, n := range row[1:] {
				if seen[row[0]+" "+rows[0][i+1]], err = strconv.Atoi(n); err != nil {
					t.Fatal(err)
				}
			}
		}
		cells := 0
		for i, row := range s.Confusion {
			for j, n := range row {
				if got := seen[fmt.Sprint(i, " ", j)]; got != n {
					t.Errorf("%d classes, truth %d, answer %d: got %d, want %d", len(s.Confusion), i, j, got, n)
				}
				cells += n
			}
		}
		if cells != len(s.Truth) {
			t.Errorf("the golden counts %d of %d", cells, len(s.Truth))
		}
	}
}

func numbers(n int) []string {
	var names []string
	for i := range n {
		names = append(names, strconv.Itoa(i))
	}
	return names
}

func TestNamesInTables(t *testing.T) {
	c := NewConfusion([]string{"never", `tabby, "cat"`, "dog\nhouse"})
	for _, p := range [][2]int{{1, 1}, {1, 2}, {2, 2}, {2, 2}} {
		if err := c.Add(p[0], p[1]); err != nil {
			t.Fatal(err)
		}
	}
	data, err := c.CSV()
	want := "truth,\"tabby, \"\"cat\"\"\",\"dog\nhouse\"\n\"tabby, \"\"cat\"\"\",1,1\n\"dog\nhouse\",0,2\n"
	if err != nil || string(data) != want {
		t.Errorf("got %q, %v, want %q", data, err, want)
	}
	for _, p := range [][2]int{{-1, 0}, {3, 0}, {0, 3}, {0, -1}} {
		if err := c.Add(p[0], p[1]); err == nil || !strings.Contains(err.Error(), "0 to 2") {
			t.Errorf("%v: got %v", p, err)
		}
	}
}

// decoded is a picture that must be a PNG.
func decodedPNG(t *testing.T, data []byte, err error) *image.RGBA {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	m, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	rgba, ok := m.(*image.RGBA)
	if !ok {
		t.Fatalf("the picture is a %T: some of it is transparent", m)
	}
	return rgba
}

// area counts the pixels of a colour.
func area(m *image.RGBA, c color.Color) int {
	want, n := color.RGBAModel.Convert(c), 0
	for i := 0; i < len(m.Pix); i += 4 {
		if (color.RGBA{m.Pix[i], m.Pix[i+1], m.Pix[i+2], m.Pix[i+3]}) == want {
			n++
		}
	}
	return n
}

func TestMatrixShowsParts(t *testing.T) {
	for _, k := range []int{2, 50, 51} {
		c := NewConfusion(numbers(k))
		for i := range k {
			for range 16 - i%2*12 { // 16 pictures, or 4: it is the part that is shown
				if err := c.Add(i, i); err != nil {
					t.Fatal(err)
				}
			}
		}
		data, err := c.PNG("net")
		all := decodedPNG(t, data, err)
		blue := area(all, tint(1, true))
		if n := area(all, tint(1, false)); n != 0 || blue == 0 {
			t.Fatalf("%d classes, all right: %d pixels of blue, %d of red", k, blue, n)
		}
		for range 16 {
			if err := c.Add(0, k-1); err != nil {
				t.Fatal(err)
			}
		}
		data, err = c.PNG("net")
		half := decodedPNG(t, data, err)
		red, pale, rest := area(half, tint(0.5, false)), area(half, tint(0.5, true)), area(half, tint(1, true))
		// Letters cover some of a cell, and cells differ by a pixel.
		if cell := blue / k; red < cell*6/10 || red > cell*13/10 || pale < cell*6/10 || rest < (blue-cell)*8/10 || rest >= blue {
			t.Errorf("%d classes: cells of %d pixels; half wrong are %d pixels, half right %d, all right %d of %d", k, cell, red, pale, rest, blue)
		}
	}
	if _, err := NewConfusion(numbers(3)).PNG("net"); err == nil {
		t.Error("a matrix of no pictures was drawn")
	}
}

func TestManyClassesShareCells(t *testing.T) {
	c := NewConfusion(numbers(3000))
	for i := range 1000 { // every third class has pictures
		for _, answer := range []int{3 * i, (3*i + 30) % 3000} {
			if err := c.Add(3*i, answer); err != nil {
				t.Fatal(err)
			}
		}
	}
	m := c.matrix()
	if len(m.classes) != 1000 || m.share != 3 || m.side != 334 {
		t.Fatalf("%d classes, %d a cell, %d cells a side", len(m.classes), m.share, m.side)
	}
	sum := 0
	for row := range m.side {
		in := 0
		for _, n := range m.cells[row*m.side : (row+1)*m.side] {
			in += n
		}
		if in != m.rows[row] {
			t.Fatalf("row %d: %d and %d", row, in, m.rows[row])
		}
		sum += in
	}
	// Classes 0, 3 and 6 are of the first cell, and were answered as themselves and as 30, 33, of the fourth, and 36.
	if sum != 2000 || m.cells[0] != 3 || m.cells[3] != 2 || m.cells[4] != 1 {
		t.Errorf("%d pictures; %v", sum, m.cells[:6])
	}
	data, err := c.PNG("net")
	if b := decodedPNG(t, data, err).Bounds(); b.Dx() > 2000 || b.Dy() > 1400 {
		t.Errorf("the picture is %v", b)
	}
}

func TestPairsOftenConfused(t *testing.T) {
	c := NewConfusion(numbers(4))
	for _, p := range []pair{{0, 0, 9}, {1, 0, 2}, {0, 1, 2}, {2, 3, 5}, {3, 2, 1}} {
		for range p.count {
			if err := c.Add(p.truth, p.answer); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got, want := fmt.Sprint(c.pairs(3)), fmt.Sprint([]pair{{2, 3, 5}, {0, 1, 2}, {1, 0, 2}}); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
