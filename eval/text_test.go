package eval_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/gosight/vision/dataset"
	"github.com/gosight/vision/eval"
	"github.com/gosight/vision/internal/geom"
)

func quad(x0, y0, x1, y1 float64) geom.Quad {
	return geom.Quad{{X: x0, Y: y0}, {X: x1, Y: y0}, {X: x1, Y: y1}, {X: x0, Y: y1}}
}

func TestWordsByHand(t *testing.T) {
	dir := t.TempDir()
	for i := range 4 {
		numbered(t, uint8(i+1), 2, 2, dir, string(rune('a'+i))+".png")
	}
	put(t, "a.png\tPizza\nb.png\tO'Neil\nc.png\tCafé\nd.png\tDoor\n", dir, "gt.tsv")
	set, err := dataset.Words(dir)
	if err != nil {
		t.Fatal(err)
	}
	r, err := eval.Text(context.Background(), set, eval.Words, fake(map[uint8]string{1: "Pizza", 2: "oNEIL", 3: "CAFÉ", 4: "Deer"}), textOf)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "exact", r.Correct.Exact, .25)
	near(t, "caseless", r.Correct.Caseless, .5)
	near(t, "letters and digits", r.Correct.LettersDigits, .75)
	near(t, "CER", r.CER.Rate, (0+5+3+2)/19.) // O'Neil loses ' and changes 4 letters
	near(t, "WER", r.WER.Rate, .75)
	if r.Words != nil || r.Regions != nil || strings.Contains(r.Protocol, "regions") || strings.HasSuffix(r.Protocol, "; ") {
		t.Errorf("%+v", r)
	}
	b, err := json.Marshal(r)
	if err != nil || !strings.Contains(string(b), `"correct":{"exact":0.25,"caseless":0.5,"letters_digits":0.75}`) || strings.Contains(string(b), "regions\":") {
		t.Errorf("%s, %v", b, err)
	}
}

func TestReceiptsByHand(t *testing.T) {
	dir := t.TempDir()
	numbered(t, 1, 100, 100, dir, "r.png")
	put(t, "0,0,40,0,40,10,0,10,Total: 9.50\n0,20,40,20,40,30,0,30,Thank you\n", dir, "r.csv")
	set, err := dataset.Receipts(dir)
	if err != nil {
		t.Fatal(err)
	}
	r, err := eval.Text(context.Background(), set, eval.Receipts, fake(map[uint8]eval.Reading{1: {Text: "TOTAL 950\nThank\nyou all", Lines: []eval.Piece{
		{Text: "TOTAL 950", Quad: quad(0, 0, 30, 10)}, {Text: "Thank", Quad: quad(0, 20, 20, 30)}, {Text: "you all", Quad: quad(20, 20, 60, 30)}}}}), same)
	if err != nil {
		t.Fatal(err)
	}
	// 4 words of 4 are there, of 5 found. Of the lines the first overlaps by 0.75, the second by
	// exactly a half, which is not enough.
	near(t, "recall", r.Words.Recall, 1)
	near(t, "precision", r.Words.Precision, .8)
	near(t, "regions' recall", r.Regions.Recall, .5)
	near(t, "regions' precision", r.Regions.Precision, 1./3)
	near(t, "WER", r.WER.Rate, 3./4) // Total: and 9.50 read otherwise, one more
	if r.Correct != nil {
		t.Errorf("%+v", r.Correct)
	}
}

func TestStreetByHand(t *testing.T) {
	dir := t.TempDir()
	numbered(t, 1, 100, 100, dir, "img_1.png")
	put(t, "0,0,40,0,40,10,0,10,EXIT\n50,50,90,50,90,60,50,60,###\n", dir, "gt_img_1.txt")
	set, err := dataset.Street(dir)
	if err != nil {
		t.Fatal(err)
	}
	r, err := eval.Text(context.Background(), set, eval.Street, fake(map[uint8]eval.Reading{1: {Text: "ignored", Words: []eval.Piece{
		{Text: "scribble", Quad: quad(50, 50, 80, 60)}, // where nobody can read
		{Text: "exit", Quad: quad(0, 0, 40, 10)},
		{Text: "ghost", Quad: quad(0, 80, 40, 90)}}}}), same)
	if err != nil {
		t.Fatal(err)
	}
	for what, f := range map[string]*eval.FoundRate{"words": r.Words, "regions": r.Regions} {
		near(t, what+"' recall", f.Recall, 1)
		near(t, what+"' precision", f.Precision, .5)
		near(t, what+"' mean", f.Hmean, 2./3)
	}
	if r.CER != nil || r.WER != nil {
		t.Error("an error rate of words in no order")
	}
}

func TestPagesByHand(t *testing.T) {
	dir := t.TempDir()
	numbered(t, 1, 2, 2, dir, "p.png")
	numbered(t, 2, 2, 2, dir, "no-truth.png")
	put(t, "The quick brown\nfox\n", dir, "p.txt")
	set, err := dataset.Pages(dir)
	if err != nil {
		t.Fatal(err)
	}
	r, err := eval.Text(context.Background(), set, eval.Pages, fake(map[uint8]string{1: "The quick fox", 2: "x"}), textOf)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "CER", r.CER.Rate, 6./19)
	near(t, "WER", r.WER.Rate, 1./4)
	near(t, "recall", r.Words.Recall, 3./4)
	near(t, "precision", r.Words.Precision, 1)
	if r.WithoutTruth != 1 || r.LeftOut != 0 || r.Regions != nil {
		t.Errorf("%+v", r.Scope)
	}
}
