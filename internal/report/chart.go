package report

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// A Chart is a column of panels over one axis of x.
type Chart struct {
	Title    string
	X        string  // what x is
	Mark     float64 // an x that is pointed out in each panel
	MarkName string  // "": none is
	Panels   []Panel
}

// A Panel holds curves of one quantity.
type Panel struct {
	Y      string // what it is
	Log    bool   // its axis is logarithmic if the values are above 0 and differ by more than a factor of 30
	Rising bool   // curves mostly rise, so that there is room for the legend below them, not above
	Curves []Curve
}

// A Curve is drawn from left to right.
type Curve struct {
	Name string // "" if there is one alone
	Kind int    // its colour: curves of one kind look alike in all panels
	At   []Point
}

// A Point is a point of a curve.
type Point struct{ X, Y float64 }

const (
	chartWidth  = 1000 // pixels
	panelHeight = 300  // pixels
	perPoint    = 1.5  // pixels a typographical point, in which letters and lines are measured

	largest = 1e300 // value, so that the sides and the length of an axis are finite
)

// PNG draws the chart, 1000 pixels wide. Values must be finite, within 1e300 of 0.
func (c *Chart) PNG() ([]byte, error) {
	return drawn(func() (image.Image, error) {
		canvas := newCanvas(chartWidth, panelHeight*len(c.Panels))
		lo, hi := c.span()
		rows := [][]*plot.Plot{}
		for i, panel := range c.Panels {
			p, err := c.panel(panel, lo, hi)
			if err != nil {
				return nil, err
			}
			if i == 0 {
				p.Title.Text = c.Title
				p.Title.Padding = 6
			}
			if i == len(c.Panels)-1 {
				p.X.Label.Text = c.X
			}
			rows = append(rows, []*plot.Plot{p})
		}
		space := draw.Crop(draw.New(canvas), 8, -14, 6, -8)
		for i, tile := range plot.Align(rows, draw.Tiles{Rows: len(rows), Cols: 1, PadY: 8}, space) {
			rows[i][0].Draw(tile[0])
		}
		return canvas.Image(), nil
	})
}

// span is where x goes from and to.
func (c *Chart) span() (lo, hi float64) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for _, p := range c.Panels {
		for _, v := range p.Curves {
			for _, at := range v.At {
				lo, hi = min(lo, at.X), max(hi, at.X)
			}
		}
	}
	return lo, hi
}

func (c *Chart) panel(panel Panel, lo, hi float64) (*plot.Plot, error) {
	p := newPlot()
	p.Y.Label.Text = panel.Y
	p.X.Min, p.X.Max = lo, hi
	p.X.Tick.Marker = whole{}
	grid := plotter.NewGrid()
	grid.Horizontal.Color, grid.Vertical.Color = color.Gray{215}, color.Gray{225}
	p.Add(grid)
	least, most := math.Inf(1), math.Inf(-1)
	for _, v := range panel.Curves {
		points := make(plotter.XYs, len(v.At))
		for i, at := range v.At {
			if !(math.Abs(at.X) <= largest && math.Abs(at.Y) <= largest) {
				return nil, fmt.Errorf("report: chart: want finite values of at most %g, %s has %g at %g", largest, v.Name, at.Y, at.X)
			}
			points[i] = plotter.XY(at)
			least, most = min(least, at.Y), max(most, at.Y)
		}
		line, dots, err := plotter.NewLinePoints(points)
		if err != nil {
			return nil, fmt.Errorf("report: chart: %w", err)
		}
		line.Color, line.Width = shade(v.Kind), 1.4
		dots.Color, dots.Shape, dots.Radius = shade(v.Kind), draw.CircleGlyph{}, 1.8
		p.Add(line)
		if v.Name != "" && len(points) <= 40 {
			p.Add(dots)
		}
		if v.Name != "" {
			p.Legend.Add(v.Name, line)
		}
	}
	p.Y.Tick.Marker = even{}
	if panel.Log && least > 0 && most > 30*least {
		p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, decades{}
		p.Y.Min, p.Y.Max = least/1.2, most*1.2
	} else if least <= most {
		room := (most - least) * 0.05
		if room == 0 {
			room = max(math.Abs(most)*0.05, 1e-3)
		}
		// Values that differ in their last digits alone leave room for no other number between the ticks.
		room = max(room, 1e-9*max(math.Abs(least), math.Abs(most)))
		p.Y.Min, p.Y.Max = least-room, most+room
	}
	if c.MarkName != "" && len(panel.Curves) > 0 {
		mark, err := plotter.NewLine(plotter.XYs{{X: c.Mark, Y: p.Y.Min}, {X: c.Mark, Y: p.Y.Max}})
		if err != nil {
			return nil, fmt.Errorf("report: chart: %w", err)
		}
		mark.Color, mark.Width, mark.Dashes = color.Gray{110}, 0.8, []vg.Length{4, 3}
		p.Add(mark)
		if panel.Curves[0].Name != "" {
			p.Legend.Add(c.MarkName, mark)
		}
	}
	p.Legend.Top, p.Legend.Padding, p.Legend.XOffs, p.Legend.YOffs = !panel.Rising, 2, -6, -4
	if panel.Rising {
		p.Legend.YOffs = 4
	}
	return p, nil
}

// newPlot is an empty plot with plain letters.
func newPlot() *plot.Plot {
	p := plot.New()
	p.BackgroundColor = color.White
	for _, f := range []struct {
		font *font.Font
		size vg.Length
	}{
		{&p.Title.TextStyle.Font, 12},
		{&p.X.Label.TextStyle.Font, 10},
		{&p.Y.Label.TextStyle.Font, 10},
		{&p.X.Tick.Label.Font, 9},
		{&p.Y.Tick.Label.Font, 9},
		{&p.Legend.TextStyle.Font, 9},
	} {
		f.font.Variant, f.font.Size = "Sans", f.size
	}
	return p
}

// newCanvas is a white picture of so many pixels.
func newCanvas(w, h int) *vgimg.Canvas {
	return vgimg.NewWith(vgimg.UseWH(vg.Length(w)/perPoint, vg.Length(h)/perPoint), vgimg.UseDPI(72*perPoint), vgimg.UseBackgroundColor(color.White))
}

// shade is the colour of a kind: blue, orange, green (the first of Matplotlib's).
func shade(kind int) color.Color {
	kinds := []color.RGBA{{31, 119, 180, 255}, {255, 127, 14, 255}, {44, 160, 44, 255}}
	return kinds[kind%len(kinds)]
}

// drawn runs f and encodes what it drew. The library for plots panics where it is at a loss, and a picture is no
// reason to end the program that asked for it.
func drawn(f func() (image.Image, error)) (data []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			data, err = nil, fmt.Errorf("report: the picture cannot be drawn: %v", p)
		}
	}()
	img, err := f()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, img); err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	return b.Bytes(), nil
}
