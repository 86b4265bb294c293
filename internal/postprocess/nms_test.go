package postprocess

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func golden(t *testing.T, name string, v any) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatal(err)
	}
}

func TestNMSEqualsTensorFlow(t *testing.T) {
	var sets []struct {
		IoU      float32
		Most     int
		Boxes    [][4]float32
		Scores   []float32
		Classes  []int
		Agnostic []int
		PerClass []int `json:"per_class"`
	}
	golden(t, "nms.json", &sets)
	dropped := 0
	for i, s := range sets {
		for _, perClass := range []bool{false, true} {
			want := s.Agnostic
			if perClass {
				want = s.PerClass
			}
			var cs []Candidate
			for j, b := range s.Boxes {
				cs = append(cs, Candidate{Box{b[0], b[1], b[2], b[3]}, s.Scores[j], s.Classes[j], j})
			}
			var got []int
			for _, c := range NMS(cs, s.IoU, perClass, s.Most) {
				got = append(got, c.Row)
			}
			if !slices.Equal(got, want) {
				t.Errorf("set %d, per class %v: kept %v, TensorFlow %v", i, perClass, got, want)
			}
			dropped += len(s.Boxes) - len(got)
		}
	}
	if dropped < 50 {
		t.Errorf("only %d boxes were suppressed: the sets show nothing", dropped)
	}
}

func TestIoU(t *testing.T) {
	a := Box{0, 0, 4, 4}
	inf := float32(math.Inf(1))
	for _, c := range []struct {
		why  string
		b    Box
		want float32
	}{
		{"itself", a, 1},
		{"half beside", Box{2, 0, 6, 4}, 8.0 / 24},
		{"within", Box{1, 1, 3, 3}, 4.0 / 16},
		{"touching", Box{4, 0, 8, 4}, 0},
		{"apart", Box{9, 9, 10, 10}, 0},
		{"no area", Box{2, 2, 2, 4}, 0},
		{"turned inside out", Box{3, 3, 1, 1}, 0},
		{"infinite is no division by zero", Box{-inf, -inf, inf, inf}, 0},
	} {
		if got := IoU(a, c.b); got != c.want {
			t.Errorf("%s: %v, want %v", c.why, got, c.want)
		}
		if IoU(a, c.b) != IoU(c.b, a) {
			t.Errorf("%s: not the same the other way round", c.why)
		}
	}
}

func TestOrders(t *testing.T) {
	want := Box{1, 2, 5, 8}
	for order, v := range map[Order][4]float32{XYXY: {1, 2, 5, 8}, YXYX: {2, 1, 8, 5}, XYWH: {1, 2, 4, 6}, CXCYWH: {3, 5, 4, 6}} {
		if got := order.Box(v[0], v[1], v[2], v[3]); got != want {
			t.Errorf("%s: %v, want %v", order, got, want)
		}
	}
}

func TestPeaksEqualTensorFlow(t *testing.T) {
	var maps []struct {
		H, W, C, Most int
		Heat          []float32
		Peaks         [][3]float64 // cell, class, score
	}
	golden(t, "peaks.json", &maps)
	for i, m := range maps {
		for _, planar := range []bool{false, true} {
			heat := m.Heat
			if planar {
				heat = make([]float32, len(m.Heat))
				for cell := range m.H * m.W {
					for c := range m.C {
						heat[c*m.H*m.W+cell] = m.Heat[cell*m.C+c]
					}
				}
			}
			n := CentreNet{Heat: NewPlane(heat, m.H, m.W, m.C, planar),
				Sizes: NewPlane(make([]float32, 2*m.H*m.W), m.H, m.W, 2, planar), CellX: 4, CellY: 8, SizeX: 1, SizeY: 1}
			got, err := n.Candidates(Scores{}, m.Most)
			if err != nil {
				t.Fatal(err)
			}
			var rows [][3]float64
			for _, p := range got {
				rows = append(rows, [3]float64{float64(p.Row), float64(p.Class), float64(p.Score)})
				if x, y := float32(p.Row%m.W)*4, float32(p.Row/m.W)*8; p.Box != (Box{x, y, x, y}) {
					t.Errorf("map %d: cell %d has its centre at %v", i, p.Row, p.Box)
				}
			}
			if fmt.Sprint(rows) != fmt.Sprint(m.Peaks) {
				t.Errorf("map %d, planar %v: %v, TensorFlow %v", i, planar, rows, m.Peaks)
			}
		}
	}
}

func TestOffsetsMoveCentres(t *testing.T) {
	off := NewPlane([]float32{0, 0, 0.5, 0.25}, 1, 2, 2, false)
	n := CentreNet{Heat: NewPlane([]float32{0, 0.5}, 1, 2, 1, false), Sizes: NewPlane([]float32{0, 0, 2, 4}, 1, 2, 2, false),
		Offsets: &off, CellX: 4, CellY: 4, SizeX: 1, SizeY: 1}
	if err := n.Check(); err != nil {
		t.Fatal(err)
	}
	got, err := n.Candidates(Scores{}, 0)
	// Cell (1, 0) and half a cell: x = 6, y = 1.
	if err != nil || len(got) != 1 || got[0].Box != (Box{5, -1, 7, 3}) {
		t.Errorf("got %v, %v", got, err)
	}
	off.C = 3
	if n.Check() == nil {
		t.Error("offsets of three maps are taken")
	}
}

func TestNMSOfMany(t *testing.T) {
	// Boxes in a row, each over its neighbour by half: IoU 1/3. At 0.3 every second stays.
	var cs []Candidate
	for i := range 1000 {
		x := float32(2 * i)
		cs = append(cs, Candidate{Box{x, 0, x + 4, 4}, 1 - float32(i)/2000, 0, i})
	}
	if got := NMS(slices.Clone(cs), 0.3, true, 0); len(got) != 500 {
		t.Errorf("kept %d, want every second of 1000", len(got))
	}
	if got := NMS(slices.Clone(cs), 0.34, true, 7); len(got) != 7 || got[6].Row != 6 {
		t.Errorf("kept %v, want the first seven", got)
	}
	if got := NMS(nil, 0.5, false, 0); len(got) != 0 {
		t.Errorf("of nothing came %v", got)
	}
}

func BenchmarkNMS(b *testing.B) {
	var cs []Candidate
	for i := range 8400 {
		x, y := float32(i%92)*7, float32(i/92)*7
		cs = append(cs, Candidate{Box{x, y, x + 20, y + 20}, float32(i*7919%8400) / 8400, i % 80, i})
	}
	for b.Loop() {
		NMS(slices.Clone(cs), 0.7, true, 300)
	}
}
