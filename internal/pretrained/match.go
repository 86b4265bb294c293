package pretrained

import (
	"bufio"
	"embed"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/gosight/vision/internal/fault"
)

// Tables of Keras' applications, made by reference/import/tables.py: a layer a line, with its weights in order.
//
//go:embed keras/*.txt
var tables embed.FS

// A row is a layer of a table.
type row struct {
	name    string
	weights []string // kernel, bias
	shapes  [][]int64
}

func kerasNets() []string {
	return []string{"vgg16", "vgg19", "resnet50", "resnet101", "resnet152", "inception_v3", "mobilenet_v2"}
}

// table returns the layers of a net of Keras, nil if it has none of that name.
func table(net string) ([]row, error) {
	if !slices.Contains(kerasNets(), net) {
		return nil, nil
	}
	f, err := tables.Open("keras/" + net + ".txt")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var rows []row
	for s := bufio.NewScanner(f); s.Scan(); {
		words := strings.Fields(s.Text())
		if len(words) == 0 || words[0] == "#" {
			continue
		}
		r := row{name: words[0]}
		for _, w := range words[1:] {
			name, sizes, _ := strings.Cut(w, ":")
			var dims []int64
			for d := range strings.SplitSeq(sizes, "x") {
				n, err := strconv.ParseInt(d, 10, 64)
				if err != nil {
					return nil, fmt.Errorf("vision: weights: table of %s: %w", net, err)
				}
				dims = append(dims, n)
			}
			r.weights, r.shapes = append(r.weights, name), append(r.shapes, dims)
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// matchKeras finds the layers of a net as Keras does, in the order of the file, since names were given by other rules in other
// versions; or by their names, if the file has all of them.
func (f *File) matchKeras(net string) (*Match, error) {
	rows, err := table(net)
	if err != nil {
		return nil, err
	}
	if rows == nil {
		return nil, &fault.UnsupportedError{Format: "weights", Reason: fmt.Sprintf("%s is a file of Keras, which has no %s; it has %s",
			f.path, net, strings.Join(kerasNets(), ", "))}
	}
	layers := f.inOrder(rows)
	if reason := differs(rows, layers); reason != "" {
		e := f.mismatch(net, "%s", reason)
		if n := headless(rows, layers); n > 0 {
			e.Reason = fmt.Sprintf("the file is one without the top (\"notop\"): the last layers, from %s on, are missing, and without them there are no classes; take the file with the top",
				rows[len(rows)-n].name)
			return nil, e
		}
		e.Fits, err = f.fits()
		if err != nil {
			return nil, err
		}
		return nil, e
	}
	found := map[string]Tensor{}
	for i, r := range rows {
		for j, w := range r.weights {
			found[r.name+"/"+w] = layers[i].weights[j]
		}
	}
	head := layers[len(layers)-1].weights[0].Shape
	return &Match{Classes: int(head[len(head)-1]), tensor: func(variable string) (Tensor, bool) {
		t, ok := found[kerasName(variable)]
		if !ok {
			t.Name = kerasName(variable)
		}
		return t, ok
	}}, nil
}

// kerasName is what Keras calls a variable of a net: its layers within layers have one name with "_".
func kerasName(variable string) string {
	dir, base := path.Split(variable)
	if base == "depthwise_kernel" {
		base = "kernel" // as in Keras 3, which the tables are of
	}
	name := strings.ReplaceAll(strings.TrimSuffix(dir, "/"), "/", "_")
	switch name {
	case "conv2d_0", "batch_normalization_0": // Keras leaves out the number of the first
		name = strings.TrimSuffix(name, "_0")
	}
	return name + "/" + base
}

// inOrder returns the file's layers in the order of the table if it has all names, else as they are.
func (f *File) inOrder(rows []row) []layer {
	if len(rows) != len(f.layers) {
		return f.layers
	}
	layers := make([]layer, len(rows))
	for i, r := range rows {
		at := slices.IndexFunc(f.layers, func(l layer) bool { return l.name == r.name })
		if at < 0 {
			return f.layers
		}
		layers[i] = f.layers[at]
	}
	return layers
}

// differs says what the first difference is, "" if there is none. The number of classes may be any.
func differs(rows []row, layers []layer) string {
	for i, r := range rows {
		if i == len(layers) {
			return fmt.Sprintf("the file has %d layers with weights, the net %d; the first that is missing is %s", len(layers), len(rows), r.name)
		}
		l := layers[i]
		named := r.name
		if l.name != r.name {
			named = fmt.Sprintf("%s (%s in the file)", r.name, l.name)
		}
		if len(l.weights) != len(r.weights) {
			return fmt.Sprintf("layer %s: want %d weights (%s), got %d", named, len(r.weights), strings.Join(r.weights, ", "), len(l.weights))
		}
		for j, want := range r.shapes {
			got := l.weights[j].Shape
			if i == len(rows)-1 && len(got) == len(want) && len(got) > 0 {
				want = append(slices.Clone(want[:len(want)-1]), got[len(got)-1])
			}
			if !slices.Equal(want, got) {
				s := fmt.Sprintf("layer %s: want %s of %s, got %s", named, r.weights[j], shape(want), shape(got))
				if transposed(want, got) {
					s += ", which has the same sizes in another order: transpose it; kernels are rows, columns, inputs, outputs, and those of dense layers inputs, outputs"
				}
				return s
			}
		}
	}
	if head := layers[len(rows)-1].weights; len(head) == 2 && head[0].Shape[1] != head[1].Shape[0] {
		return fmt.Sprintf("layer %s: a kernel for %d classes and a bias for %d", layers[len(rows)-1].name, head[0].Shape[1], head[1].Shape[0])
	}
	if len(layers) > len(rows) {
		return fmt.Sprintf("the file has %d layers with weights, the net %d; the first beyond it is %s", len(layers), len(rows), layers[len(rows)].name)
	}
	return ""
}

func transposed(a, b []int64) bool {
	return len(a) > 1 && slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// headless tells how many layers of the head a file leaves out that is else of the net; 0 if that is not all that it lacks.
func headless(rows []row, layers []layer) int {
	n := 0
	for i := len(rows) - 1; i >= 0 && len(rows[i].shapes[0]) == 2; i-- { // dense layers
		n++
	}
	if len(layers) != len(rows)-n || n == 0 {
		return 0
	}
	for i, l := range layers {
		for j, w := range l.weights {
			if j >= len(rows[i].shapes) || !slices.Equal(w.Shape, rows[i].shapes[j]) {
				return 0
			}
		}
	}
	return n
}

// fits lists the nets that a file is of.
func (f *File) fits() (names []string, err error) {
	for _, net := range kerasNets() {
		rows, err := table(net)
		if err != nil {
			return nil, err
		}
		if layers := f.inOrder(rows); differs(rows, layers) == "" {
			names = append(names, net)
		} else if headless(rows, layers) > 0 {
			names = append(names, net+" (without its top)")
		}
	}
	return names, nil
}
