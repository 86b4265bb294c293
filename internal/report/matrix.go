package report

import (
	"fmt"
	"image"
	"image/color"
	imagedraw "image/draw"
	"math"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

const (
	mostNamed   = 50  // classes up to which each has its name and its numbers
	mostCells   = 400 // a side, beyond which neighbouring classes share a cell
	heatSide    = 800 // pixels of a matrix without names, at least
	mostLetters = 24  // of a name on an axis
)

// A matrix is a Confusion as it is drawn.
type matrix struct {
	*Confusion
	classes []int // of the rows and columns, before they share cells
	share   int   // classes that share a row
	side    int   // rows
	cells   []int // side x side
	rows    []int // their sums
}

func (c *Confusion) matrix() *matrix {
	m := &matrix{Confusion: c, classes: c.classes()}
	m.share = max(1, (len(m.classes)+mostCells-1)/mostCells)
	m.side = (len(m.classes) + m.share - 1) / m.share
	m.cells, m.rows = make([]int, m.side*m.side), make([]int, m.side)
	at := map[int]int{}
	for i, k := range m.classes {
		at[k] = i / m.share
	}
	for k, n := range c.counts {
		m.cells[at[k[0]]*m.side+at[k[1]]] += n
		m.rows[at[k[0]]] += n
	}
	return m
}

// PNG draws the matrix: a row for the truth, a column for the answer, the colour for the part of the row's pictures,
// on a scale of square roots so that rare confusions are seen. Up to 50 classes have their names and the numbers of
// pictures; more are a heat map with the pairs most often confused beside it, and beyond 400 neighbouring classes
// share a cell, so that the diagonal holds what they were confused with each other, too. Classes that are neither the truth nor the answer of a picture are left out, as in scikit-learn.
func (c *Confusion) PNG(title string) ([]byte, error) {
	return drawn(func() (image.Image, error) {
		if len(c.counts) == 0 {
			return nil, fmt.Errorf("report: confusion: want pictures, got none")
		}
		m := c.matrix()
		right, all := c.score()
		title = fmt.Sprintf("%s: %d of %d right (%.2f %%)", title, right, all, 100*float64(right)/float64(all))
		if len(m.classes) <= mostNamed {
			return m.named(title), nil
		}
		return m.heat(title), nil
	})
}

// named is the matrix with names and numbers.
func (m *matrix) named(title string) image.Image {
	cell := min(max(640/m.side, 26), 64) // pixels
	long := 0
	for _, k := range m.classes {
		long = max(long, len([]rune(shortened(m.names[k], mostLetters))))
	}
	room := 70 + 8*long // pixels for names and title
	p, canvas := m.plot(title, max(cell*m.side+room, 620), cell*m.side+room+30)
	var x, y plot.ConstantTicks
	for i, k := range m.classes {
		name := shortened(m.names[k], mostLetters)
		x = append(x, plot.Tick{Value: float64(i), Label: name})
		y = append(y, plot.Tick{Value: float64(m.side - 1 - i), Label: name})
	}
	p.X.Tick.Marker, p.Y.Tick.Marker = x, y
	if long*8 > cell {
		p.X.Tick.Label.Rotation, p.X.Tick.Label.XAlign, p.X.Tick.Label.YAlign = math.Pi/2, text.XRight, text.YCenter
	}
	dc := draw.Crop(draw.New(canvas), 6, -10, 6, -6)
	p.Draw(dc)
	area := p.DataCanvas(dc)
	m.paint(canvas.Image(), pixels(area.Rectangle, canvas.Image().Bounds()), 1)
	style := p.X.Tick.Label
	style.Rotation, style.XAlign, style.YAlign = 0, text.XCenter, text.YCenter
	for row := range m.side {
		for col := range m.side {
			n := m.cells[row*m.side+col]
			if n == 0 {
				continue
			}
			part := float64(n) / float64(m.rows[row])
			style.Color = color.Black
			if part > 0.36 {
				style.Color = color.White
			}
			label := strconv.Itoa(n)
			style.Font.Size = min(9, vg.Length(cell)/perPoint*1.5/vg.Length(max(2, len(label))))
			x := area.Min.X + area.Size().X*vg.Length(float64(col)+0.5)/vg.Length(m.side)
			y := area.Max.Y - area.Size().Y*vg.Length(float64(row)+0.5)/vg.Length(m.side)
			dc.FillText(style, vg.Point{X: x, Y: y}, label)
		}
	}
	return canvas.Image()
}

// heat is the matrix without names, with the pairs most often confused.
func (m *matrix) heat(title string) image.Image {
	const list, lines = 520, 40 // pixels, pairs
	cell := max(1, (heatSide+m.side-1)/m.side)
	side := cell * m.side
	p, canvas := m.plot(title, side+100+list, side+110)
	var x, y plot.ConstantTicks
	for _, t := range (whole{}).Ticks(0, float64(len(m.classes)-1)) {
		if i := int(t.Value); i < len(m.classes) {
			label := strconv.Itoa(m.classes[i])
			x = append(x, plot.Tick{Value: float64(i / m.share), Label: label})
			y = append(y, plot.Tick{Value: float64(m.side - 1 - i/m.share), Label: label})
		}
	}
	p.X.Tick.Marker, p.Y.Tick.Marker = x, y
	p.X.Label.Text += " (number of the class)"
	if m.share > 1 {
		p.X.Label.Text += fmt.Sprintf(", %d classes a cell", m.share)
	}
	all := draw.New(canvas)
	dc := draw.Crop(all, 6, -list/perPoint, 6, -6)
	p.Draw(dc)
	m.paint(canvas.Image(), pixels(p.DataCanvas(dc).Rectangle, canvas.Image().Bounds()), 0)

	style := p.X.Tick.Label
	style.XAlign, style.YAlign = text.XLeft, text.YTop
	at := vg.Point{X: dc.Max.X + 14, Y: dc.Max.Y - 30}
	write := func(line string) {
		all.FillText(style, at, line)
		at.Y -= 13
	}
	write("most often confused, truth taken for answer:")
	truths := m.truths()
	for _, q := range m.pairs(min(lines, int((at.Y-dc.Min.Y)/13))) {
		write(fmt.Sprintf("%4d of %d  %s  \u2192  %s", q.count, truths[q.truth], shortened(m.names[q.truth], 28), shortened(m.names[q.answer], 28)))
	}
	return canvas.Image()
}

// plot is the frame of a matrix on a canvas of so many pixels.
func (m *matrix) plot(title string, w, h int) (*plot.Plot, interface {
	vg.CanvasSizer
	Image() imagedraw.Image
}) {
	p := newPlot()
	p.Title.Text = title
	p.Title.Padding = 8
	p.X.Label.Text, p.Y.Label.Text = "answer", "truth"
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = -0.5, float64(m.side)-0.5, -0.5, float64(m.side)-0.5
	p.X.Padding, p.Y.Padding = 0, 0
	return p, newCanvas(w, h)
}

// paint fills the cells, which a line of gap pixels divides.
func (m *matrix) paint(dst imagedraw.Image, area image.Rectangle, gap int) {
	edge := func(lo, hi, i int) int { return lo + (hi-lo)*i/m.side }
	imagedraw.Draw(dst, area, image.NewUniform(color.Gray{225}), image.Point{}, imagedraw.Src)
	for row := range m.side {
		for col := range m.side {
			part := 0.0
			if m.rows[row] > 0 {
				part = float64(m.cells[row*m.side+col]) / float64(m.rows[row])
			}
			r := image.Rect(edge(area.Min.X, area.Max.X, col)+gap, edge(area.Min.Y, area.Max.Y, row)+gap,
				edge(area.Min.X, area.Max.X, col+1), edge(area.Min.Y, area.Max.Y, row+1))
			imagedraw.Draw(dst, r, image.NewUniform(tint(part, row == col)), image.Point{}, imagedraw.Src)
		}
	}
}

// tint goes from white to blue for what is right and to red for what is wrong.
func tint(part float64, right bool) color.RGBA {
	full := color.RGBA{178, 24, 43, 255}
	if right {
		full = color.RGBA{33, 102, 172, 255}
	}
	t := math.Sqrt(part)
	mix := func(v uint8) uint8 { return uint8(math.Round(255 + (float64(v)-255)*t)) }
	return color.RGBA{mix(full.R), mix(full.G), mix(full.B), 255}
}

// pixels are those of a rectangle of a canvas, whose y goes up.
func pixels(r vg.Rectangle, in image.Rectangle) image.Rectangle {
	at := func(v vg.Length) int { return int(math.Round(float64(v) * perPoint)) }
	return image.Rect(at(r.Min.X), in.Max.Y-at(r.Max.Y), at(r.Max.X), in.Max.Y-at(r.Min.Y))
}

// shortened is at most n letters of a text.
func shortened(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "\u2026"
	}
	return s
}
