package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"time"
)

// pause lets the worker threads of the contender before go to sleep: some spin for
// a while after their last run and would take a core from the next.
const pause = 50 * time.Millisecond

// An entry is one contender in a measure.
type entry struct {
	name string // as it is printed
	peer *peer
	req  request
}

// A bench holds what the measures share.
type bench struct {
	places
	peers   map[string]*peer
	rounds  int
	log     io.Writer
	results []result
}

// entries are those of the wanted contenders that are there.
func (b *bench) entries(req request, names ...string) []entry {
	var es []entry
	for _, n := range names {
		if p := b.peers[n]; p != nil {
			es = append(es, entry{n, p, req})
		}
	}
	return es
}

// alternate lets the contenders take turns, and adds the medians. The first round
// warms up and does not count. The first entry is the library.
func (b *bench) alternate(measure, model string, batch int, unit string, es []entry) error {
	times := make([][]float64, len(es))
	last := make([]answer, len(es))
	for round := range b.rounds + 1 {
		for i, e := range es {
			time.Sleep(pause)
			a, err := e.peer.ask(e.req)
			if err != nil {
				return err
			}
			last[i] = a
			if round > 0 {
				times[i] = append(times[i], a.MS...)
			}
		}
	}
	for i, e := range es {
		b.add(measure, model, batch, e.name, unit, times[i], times[0], e.peer.versions)
	}
	for i, e := range es {
		if last[i].Found > 0 {
			fmt.Fprintf(b.log, "  %s found %d\n", e.name, last[i].Found)
		}
	}
	if es[0].req.Op == "tensor" {
		return agree(measure, es, last)
	}
	return nil
}

func (b *bench) add(measure, model string, batch int, name, unit string, values, ours []float64, versions string) {
	m := median(values)
	b.results = append(b.results, result{measure, model, batch, name, m, unit, m / median(ours), len(values), versions})
	fmt.Fprintf(b.log, "  %s, %s, batch %d: %s %.4g %s (from %.4g to %.4g, n=%d)\n", measure, model, batch, name, m, unit,
		slices.Min(values), slices.Max(values), len(values))
}

// agree checks that all contenders ran the same model on the same values. bfloat16
// may move a score by some hundredths.
func agree(measure string, es []entry, last []answer) error {
	for i, a := range last {
		tolerance := 1e-3
		if es[i].name == "vision-bf16" || es[0].name == "vision-bf16" {
			tolerance = 0.1
		}
		if a.Index != last[0].Index && tolerance < 0.1 || math.Abs(a.Score-last[0].Score) > tolerance {
			return fmt.Errorf("%s: %s answers class %d (%.4f), %s class %d (%.4f): not the same work",
				measure, es[0].name, last[0].Index, last[0].Score, es[i].name, a.Index, a.Score)
		}
	}
	return nil
}

// A measure is one part of the benchmark.
type measure struct {
	name string
	does string
	run  func(b *bench) error
	task bool // of a task: it starts its own contenders
}

var measures = []measure{
	{"photo", "a 10-megapixel JPEG in memory to its label", (*bench).photo, false},
	{"model", "the model alone on the same values, batch 1 and 8", (*bench).model, false},
	{"overhead", "the library over a bare Session.Run of the same frozen graph", (*bench).overhead, false},
	{"goroutines", "pictures a second of 16 goroutines against one", (*bench).goroutines, false},
	{"folder", "a folder of photos", (*bench).folder, false},
	{"open", "open to first answer, each in a fresh process", (*bench).open, false},
	{"memory", "peak memory of Open, in a fresh process", (*bench).memory, false},
	{"training", "an epoch of train.Fit against Keras' fit", (*bench).training, true},
	{"detect", "objects in a folder of large photos", task("detect"), true},
	{"face", "faces and their vectors in a folder of large photos", task("face"), true},
	{"ocr", "text of large photos, and of pages against tesseract", task("ocr"), true},
	{"scene", "the kind of place in a folder of large photos", task("scene"), true},
}

func (b *bench) photo() error {
	file, err := b.largePhoto()
	if err != nil {
		return err
	}
	for _, n := range b.networks() {
		req := request{Op: "photo", Model: n.name, File: file, N: 1}
		es := b.entries(req, "vision", "graft", "python", "onnxruntime")
		if p := b.peers["python"]; p != nil {
			quarter := req
			quarter.Ratio = 4
			es = append(es, entry{"python, ratio=4", p, quarter})
		}
		if err := b.alternate("photo 10 MP to label", n.name, 1, "ms", es); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) model() error {
	for _, n := range b.networks() {
		for _, batch := range []int{1, 8} {
			req := request{Op: "tensor", Model: n.name, File: n.inputs, Batch: batch, N: max(1, 8/batch)}
			if err := b.alternate("model only", n.name, batch, "ms", b.entries(req, "vision", "graft", "python", "onnxruntime")); err != nil {
				return err
			}
			if b.peers["vision-bf16"] == nil {
				continue
			}
			if err := b.alternate("model only, bf16", n.name, batch, "ms", b.entries(req, "vision-bf16", "vision", "onnxruntime")); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *bench) overhead() error {
	p := b.peers["vision"]
	for _, n := range b.networks() {
		var bare, run, task []float64
		for round := range b.rounds + 1 {
			a, err := p.ask(request{Op: "overhead", Model: n.name, File: n.inputs, Batch: 1, N: 8})
			if err != nil {
				return err
			}
			if round > 0 {
				bare, run, task = append(bare, a.Bare...), append(run, a.MS...), append(task, a.Task...)
			}
		}
		for _, m := range []struct {
			name  string
			times []float64
		}{{"session overhead", run}, {"queue, session and ranking overhead", task}} {
			b.add(m.name, n.name, 1, "vision", "ms", m.times, m.times, p.versions)
			b.add(m.name, n.name, 1, "bare Session.Run", "ms", bare, m.times, p.versions)
		}
	}
	return nil
}

func (b *bench) goroutines() error {
	files, err := b.ordinaryPhotos(32)
	if err != nil {
		return err
	}
	for _, n := range b.networks() {
		many := request{Op: "throughput", Model: n.name, Files: files, Goroutines: 16, N: 64}
		one := many
		one.Goroutines = 1
		p := b.peers["vision"]
		if err := b.alternate("one goroutine against 16", n.name, 1, "ms/picture",
			[]entry{{"16 goroutines", p, many}, {"one goroutine", p, one}}); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) folder() error {
	files, err := b.ordinaryPhotos(120)
	if err != nil {
		return err
	}
	for _, n := range b.networks()[:1] {
		req := request{Op: "folder", Model: n.name, Files: files}
		if err := b.alternate("folder of photos", n.name, 1, "ms/picture", b.entries(req, "vision", "graft", "python", "onnxruntime")); err != nil {
			return err
		}
	}
	return nil
}
