package ocr

import (
	"encoding/xml"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// escaped is s for XML; what XML cannot hold becomes U+FFFD.
func escaped(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a strings.Builder takes all
	return b.String()
}

const hocrHead = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="en" lang="en">
 <head>
  <title>Text</title>
  <meta http-equiv="Content-Type" content="text/html;charset=utf-8"/>
  <meta name="ocr-system" content="github.com/gosight/vision"/>
  <meta name="ocr-capabilities" content="ocr_page ocr_carea ocr_par ocr_line ocrx_word"/>
 </head>
 <body>
`

// hocr writes a page by hOCR 1.2. Turned lines have a textangle: degrees counterclockwise.
func (w *Writer) hocr(file string, p *Page) string {
	var b strings.Builder
	if w.pages == 1 {
		b.WriteString(hocrHead)
	}
	n := w.pages
	image := escaped(`image "` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", " ").Replace(file) + `"`)
	fmt.Fprintf(&b, "  <div class=\"ocr_page\" id=\"page_%d\" title=\"%s; bbox 0 0 %d %d; ppageno %d\">\n", n, image, p.Width, p.Height, n-1)
	if len(p.Lines) > 0 {
		all := p.block()
		fmt.Fprintf(&b, "   <div class=\"ocr_carea\" id=\"block_%d_1\" title=\"%s\">\n    <p class=\"ocr_par\" id=\"par_%d_1\" title=\"%s\">\n", n, bbox(all), n, bbox(all))
		for i, l := range p.Lines {
			title := bbox(p.at(l.Quad))
			if f := frameAlong(l.Quad); math.Abs(f.sin) > 0.001 || f.cos < 0 {
				title += fmt.Sprintf("; textangle %s", decimal(-math.Atan2(f.sin, f.cos)*180/math.Pi))
			}
			fmt.Fprintf(&b, "     <span class=\"ocr_line\" id=\"line_%d_%d\" title=\"%s\">", n, i+1, title)
			for j, word := range l.Words {
				if j > 0 {
					b.WriteByte(' ')
				}
				fmt.Fprintf(&b, "<span class=\"ocrx_word\" id=\"word_%d_%d_%d\" title=\"%s; x_wconf %d\">%s</span>",
					n, i+1, j+1, bbox(p.at(word.Quad)), int(math.Round(percent(word.Score))), escaped(word.Text))
			}
			b.WriteString("</span>\n")
		}
		b.WriteString("    </p>\n   </div>\n")
	}
	b.WriteString("  </div>\n")
	return b.String()
}

func bbox(at place) string {
	return fmt.Sprintf("bbox %d %d %d %d", at.left, at.top, at.right, at.bottom)
}

func decimal(v float64) string {
	s := strconv.FormatFloat(math.Round(v*100)/100, 'f', -1, 64)
	if s == "-0" {
		return "0"
	}
	return s
}

func (w *Writer) endHOCR() string {
	head := ""
	if w.pages == 0 {
		head = hocrHead
	}
	return head + " </body>\n</html>\n"
}

// altoHead is everything before the pages. The schema has room for one file name; with several
// pictures each page has its own in a comment.
func altoHead(file string) string {
	name := ""
	if file != "" {
		name = "  <sourceImageInformation>\n   <fileName>" + escaped(file) + "</fileName>\n  </sourceImageInformation>\n"
	}
	return `<?xml version="1.0" encoding="UTF-8"?>
<alto xmlns="http://www.loc.gov/standards/alto/ns-v4#" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://www.loc.gov/standards/alto/ns-v4# http://www.loc.gov/standards/alto/v4/alto-4-2.xsd">
 <Description>
  <MeasurementUnit>pixel</MeasurementUnit>
` + name + `  <Processing ID="processing_1">
   <processingSoftware>
    <softwareName>github.com/gosight/vision</softwareName>
   </processingSoftware>
  </Processing>
 </Description>
 <Layout>
`
}

// alto writes a page by ALTO 4.2. The first is held back until it is known whether it is the only
// one, since the name of its file stands before it then.
func (w *Writer) alto(file string, p *Page) string {
	page := altoPage(w.pages, p)
	if w.pages == 1 {
		w.first, w.name = page, file
		return ""
	}
	head := ""
	if w.pages == 2 {
		head = altoHead("") + comment(w.name) + w.first
		w.first = ""
	}
	return head + comment(file) + page
}

// comment is a file's name where a comment may have it: without "--" and what XML cannot hold.
func comment(file string) string {
	file = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0xfffe || r == 0xffff {
			return 0xfffd
		}
		return r
	}, strings.ToValidUTF8(file, "\ufffd"))
	for strings.Contains(file, "--") {
		file = strings.ReplaceAll(file, "--", "- -")
	}
	return "  <!-- " + file + " -->\n"
}

func (w *Writer) endALTO() string {
	const end = " </Layout>\n</alto>\n"
	if w.pages <= 1 {
		return altoHead(w.name) + w.first + end
	}
	return end
}

func altoPage(n int, p *Page) string {
	var b strings.Builder
	fmt.Fprintf(&b, "  <Page ID=\"page_%d\" PHYSICAL_IMG_NR=\"%d\" WIDTH=\"%d\" HEIGHT=\"%d\">\n   <PrintSpace %s>\n", n, n, p.Width, p.Height, position(place{0, 0, p.Width, p.Height}))
	if len(p.Lines) > 0 {
		fmt.Fprintf(&b, "    <TextBlock ID=\"block_%d_1\" %s>\n", n, position(p.block()))
		for i, l := range p.Lines {
			fmt.Fprintf(&b, "     <TextLine ID=\"line_%d_%d\" %s>\n      <Shape><Polygon POINTS=\"%s\"/></Shape>\n", n, i+1, position(p.at(l.Quad)), p.points(l))
			for j, word := range l.Words {
				at := p.at(word.Quad)
				if j > 0 {
					before := p.at(l.Words[j-1].Quad)
					fmt.Fprintf(&b, "      <SP HPOS=\"%d\" VPOS=\"%d\" WIDTH=\"%d\"/>\n", min(before.right, at.left), min(before.top, at.top), max(at.left-before.right, 0))
				}
				fmt.Fprintf(&b, "      <String ID=\"word_%d_%d_%d\" %s WC=\"%s\" CONTENT=\"%s\"/>\n", n, i+1, j+1, position(at), strconv.FormatFloat(float64(word.Score), 'f', 4, 32), escaped(word.Text))
			}
			b.WriteString("     </TextLine>\n")
		}
		b.WriteString("    </TextBlock>\n")
	}
	b.WriteString("   </PrintSpace>\n  </Page>\n")
	return b.String()
}

func position(at place) string {
	return fmt.Sprintf("HPOS=\"%d\" VPOS=\"%d\" WIDTH=\"%d\" HEIGHT=\"%d\"", at.left, at.top, at.right-at.left, at.bottom-at.top)
}

func (p *Page) points(l Line) string {
	var s []string
	for _, c := range l.Quad {
		s = append(s, decimal(c.X-float64(p.min.X))+","+decimal(c.Y-float64(p.min.Y)))
	}
	return strings.Join(s, " ")
}
