package main

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"time"
)

// A request is what the parent asks of a contender's process, one JSON object a line.
// reference/bench/peer.py speaks the same.
type request struct {
	Op         string   `json:"op"` // versions, open, photo, tensor, folder, throughput, overhead, epoch
	Model      string   `json:"model,omitempty"`
	Dir        string   `json:"dir,omitempty"`     // open: the SavedModel
	ONNX       string   `json:"onnx,omitempty"`    // open: the same as ONNX
	Library    string   `json:"library,omitempty"` // open: the onnxruntime shared library
	Size       int      `json:"size,omitempty"`    // open: of the network's input
	Shorter    int      `json:"shorter,omitempty"` // open: what the shorter side is brought to
	Mode       string   `json:"mode,omitempty"`    // open: Keras' preprocessing, "tf" or "caffe"
	File       string   `json:"file,omitempty"`    // photo: a JPEG; tensor: float32 rows
	Files      []string `json:"files,omitempty"`   // folder, throughput: JPEGs
	Ratio      int      `json:"ratio,omitempty"`   // photo, Python only
	Batch      int      `json:"batch,omitempty"`   // tensor
	Goroutines int      `json:"goroutines,omitempty"`
	N          int      `json:"n,omitempty"`      // calls
	Dirs       []string `json:"dirs,omitempty"`   // open of a task: its SavedModels
	Cards      string   `json:"cards,omitempty"`  // open of a task: the folder of their cards
	Shared     string   `json:"shared,omitempty"` // open of a task: models and pictures
}

// An answer is what comes back: one time a call, in milliseconds, and the best class of
// the first row, so that the parent sees that all contenders did the same work.
type answer struct {
	MS       []float64 `json:"ms,omitempty"`
	Index    int       `json:"index"`
	Score    float64   `json:"score"`
	Versions string    `json:"versions,omitempty"`
	Bare     []float64 `json:"bare,omitempty"`     // overhead: the times of Session.Run alone
	Task     []float64 `json:"task,omitempty"`     // overhead: queue, run and ranking
	PeakMB   float64   `json:"peak_mb,omitempty"`  // once: VmHWM after Open
	EmptyMB  float64   `json:"empty_mb,omitempty"` // once: VmHWM before Open
	Weights  float64   `json:"weights_mb,omitempty"`
	Found    int       `json:"found,omitempty"` // folder of a task: how much was found in all pictures
	Error    string    `json:"error,omitempty"`
}

// A contender does the work in one of the ways that are compared. Photo and Tensor
// return the first row of the network's answer.
type contender interface {
	Versions() string
	Open(r request) error
	Photo(model string, jpeg []byte) ([]float32, error)
	// Feed prepares rows as this contender keeps them; Tensor runs the model on that.
	Feed(model string, rows []float32, batch int) error
	Tensor(model string, batch int) ([]float32, error)
}

// A foldered contender has its own way with many files; the others take them one
// after the other.
type foldered interface {
	Folder(model string, files []string) error
}

// contenders are those written in Go, by the name of their process.
var contenders = map[string]func() contender{
	"vision":      func() contender { return newOurs(false) },
	"vision-bf16": func() contender { return newOurs(true) },
	"graft":       func() contender { return newPlain() },
	"onnxruntime": func() contender { return newONNX() },

	"vision-task":    func() contender { return &ourTask{} },
	"tesseract-task": func() contender { return &tesseract{} },

	"vision-train":      func() contender { return &ourTraining{} },
	"vision-bf16-train": func() contender { return &ourTraining{bf16: true} },
}

// A server answers requests for one contender.
type server struct {
	c     contender
	files map[string][]byte
	size  map[string]int
	fed   map[string]bool
}

func serve(name string) error {
	make, ok := contenders[name]
	if !ok {
		return fmt.Errorf("no contender %q", name)
	}
	s := &server{c: make(), files: map[string][]byte{}, size: map[string]int{}, fed: map[string]bool{}}
	if c, ok := s.c.(interface{ Close() }); ok {
		defer c.Close()
	}
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<24)
	out := json.NewEncoder(os.Stdout)
	for in.Scan() {
		var r request
		if err := json.Unmarshal(in.Bytes(), &r); err != nil {
			return err
		}
		a, err := s.answer(r)
		if err != nil {
			a.Error = err.Error()
		}
		if err := out.Encode(a); err != nil {
			return err
		}
	}
	return in.Err()
}

func (s *server) answer(r request) (answer, error) {
	switch r.Op {
	case "versions":
		return answer{Versions: s.c.Versions()}, nil
	case "open":
		s.size[r.Model] = r.Size
		return timed(1, func() ([]float32, error) { return nil, s.c.Open(r) })
	case "photo":
		data, err := s.file(r.File)
		if err != nil {
			return answer{}, err
		}
		return timed(r.N, func() ([]float32, error) { return s.c.Photo(r.Model, data) })
	case "tensor":
		if err := s.feed(r); err != nil {
			return answer{}, err
		}
		return timed(r.N, func() ([]float32, error) { return s.c.Tensor(r.Model, r.Batch) })
	case "folder":
		return s.folder(r)
	case "epoch":
		if o, ok := s.c.(*ourTraining); ok {
			return o.Epoch()
		}
	}
	if o, ok := s.c.(*ours); ok {
		switch r.Op {
		case "throughput":
			return o.throughput(r)
		case "overhead":
			return o.overhead(r, s.feed)
		}
	}
	return answer{}, fmt.Errorf("this contender does not do %q", r.Op)
}

// timed takes the time of each of n calls.
func timed(n int, call func() ([]float32, error)) (answer, error) {
	a := answer{Index: -1}
	var row []float32
	for range n {
		start := time.Now()
		r, err := call()
		if err != nil {
			return a, err
		}
		a.MS = append(a.MS, ms(time.Since(start)))
		row = r
	}
	for i, v := range row {
		if a.Index < 0 || float64(v) > a.Score {
			a.Index, a.Score = i, float64(v)
		}
	}
	return a, nil
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// file keeps what it has read: files are in memory before the clock starts.
func (s *server) file(path string) ([]byte, error) {
	if b, ok := s.files[path]; ok {
		return b, nil
	}
	b, err := os.ReadFile(path)
	if err == nil {
		s.files[path] = b
	}
	return b, err
}

// feed hands the first rows of a file of float32 to the contender, once.
func (s *server) feed(r request) error {
	key := fmt.Sprint(r.Model, r.Batch)
	if s.fed[key] {
		return nil
	}
	data, err := s.file(r.File)
	if err != nil {
		return err
	}
	n := r.Batch * s.size[r.Model] * s.size[r.Model] * 3
	if len(data) < 4*n {
		return fmt.Errorf("%s: want %d values, got %d", r.File, n, len(data)/4)
	}
	rows := make([]float32, n)
	for i := range rows {
		rows[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
	}
	if err := s.c.Feed(r.Model, rows, r.Batch); err != nil {
		return err
	}
	s.fed[key] = true
	return nil
}

// folder reads and classifies every file once and gives the time a picture.
func (s *server) folder(r request) (answer, error) {
	start := time.Now()
	if f, ok := s.c.(foldered); ok {
		if err := f.Folder(r.Model, r.Files); err != nil {
			return answer{}, err
		}
	} else {
		for _, path := range r.Files {
			data, err := os.ReadFile(path)
			if err != nil {
				return answer{}, err
			}
			if _, err := s.c.Photo(r.Model, data); err != nil {
				return answer{}, fmt.Errorf("%s: %w", path, err)
			}
		}
	}
	a := answer{MS: []float64{ms(time.Since(start)) / float64(len(r.Files))}}
	if f, ok := s.c.(interface{ Found() int }); ok {
		a.Found = f.Found()
	}
	return a, nil
}

// A peer is a contender's process.
type peer struct {
	name     string
	versions string
	in       io.WriteCloser
	out      *bufio.Scanner
	wait     func() error
}

// ask sends one request and waits for the answer.
func (p *peer) ask(r request) (answer, error) {
	line, err := json.Marshal(r)
	if err != nil {
		return answer{}, err
	}
	if _, err := p.in.Write(append(line, '\n')); err != nil {
		return answer{}, fmt.Errorf("%s: %w", p.name, err)
	}
	if !p.out.Scan() {
		return answer{}, fmt.Errorf("%s: its process ended: %v", p.name, p.out.Err())
	}
	var a answer
	if err := json.Unmarshal(p.out.Bytes(), &a); err != nil {
		return answer{}, fmt.Errorf("%s: %w", p.name, err)
	}
	if a.Error != "" {
		return a, fmt.Errorf("%s: %s: %s", p.name, r.Op, a.Error)
	}
	return a, nil
}

func (p *peer) close() error {
	if err := p.in.Close(); err != nil {
		return err
	}
	return p.wait()
}
