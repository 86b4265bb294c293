package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/gosight/vision/dataset"
	"github.com/gosight/vision/train"
)

// training measures pictures a second of train.Fit against Keras' fit: the same net, optimizer and batches of the same
// size, both with what they do by default. An eighth of the training part, no augmentation, no validation.
func (b *bench) training() error {
	names := []string{"vision", "python"}
	if thisMachine().bf16() {
		names = append(names, "vision-bf16")
	}
	rounds := b.rounds
	b.rounds = min(rounds, 5)
	defer func() { b.rounds = rounds }()
	for _, work := range []struct{ net, data string }{{"lenet5", "mnist"}, {"resnet20", "cifar10-jpeg.tar.gz"}} {
		data := filepath.Join(b.shared, "data", work.data)
		if _, err := os.Stat(data); err != nil {
			fmt.Printf("SKIPPED: training: %v\n", err)
			continue
		}
		for _, batch := range []int{32, 128} { // the defaults of Keras and of train
			if err := b.trainingOf(work.net, data, batch, names); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *bench) trainingOf(net, data string, batch int, names []string) error {
	var es []entry
	for _, name := range names {
		p, err := b.startTraining(name)
		if err == nil {
			defer func() { _ = p.close() }()
			if _, err = p.ask(request{Op: "open", Model: net, Dir: data, Batch: batch}); err == nil {
				var a answer
				if a, err = p.ask(request{Op: "versions"}); err == nil {
					p.versions = a.Versions
					es = append(es, entry{name, p, request{Op: "epoch"}})
					continue
				}
			}
		}
		if name == "vision" {
			return err
		}
		fmt.Printf("SKIPPED: training of %s by %s: %v\n", net, name, err)
	}
	from := len(b.results)
	if err := b.alternate("training", net, batch, "ms/picture", es); err != nil {
		return err
	}
	for _, r := range b.results[from:] { // bfloat16 against Keras' float32, once more with the ratio that way round
		if r.Contender == "vision-bf16" {
			for _, other := range b.results[from:] {
				if other.Contender == "python" {
					other.Measure, other.Ratio = "training, bf16", other.Median/r.Median
					b.results = append(b.results, other)
				}
			}
			r.Measure, r.Ratio = "training, bf16", 1
			b.results = append(b.results, r)
		}
	}
	return nil
}

// startTraining starts a process that trains.
func (p places) startTraining(name string) (*peer, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, "-serve", name+"-train")
	if name == "python" {
		if p.python == "" {
			return nil, fmt.Errorf("no Python: run make reference, or set VISION_PYTHON")
		}
		cmd = exec.Command(p.python, filepath.Join(p.root, "reference", "bench", "training.py"))
	}
	return p.startProcess(name+"-train", cmd)
}

// ourTraining is one train.Fit that waits before each epoch until it is asked for it.
type ourTraining struct {
	bf16     bool
	pictures int // that it trains on in an epoch: what fills no batch is left out
	next     chan bool
	done     chan error // after each epoch
	stop     context.CancelFunc
	stopped  chan bool
}

func (o *ourTraining) Versions() string { return version("github.com/wamuir/graft") }

func (o *ourTraining) Open(r request) error {
	net, err := train.ByName(r.Model)
	if err != nil {
		return err
	}
	var all *dataset.Set
	if r.Model == "lenet5" {
		all, err = dataset.MNIST(r.Dir, "train")
	} else {
		all, _, err = dataset.TrainFolders(r.Dir)
	}
	if err != nil {
		return err
	}
	_, part := all.Split(8)
	out, err := os.MkdirTemp("", "vision-bench-*")
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	o.pictures, o.next, o.done = part.Len()/r.Batch*r.Batch, make(chan bool), make(chan error, 1)
	o.stop, o.stopped = stop, make(chan bool)
	opened := make(chan bool)
	wait := func() {
		select {
		case <-o.next:
		case <-ctx.Done():
		}
	}
	go func() {
		defer close(o.stopped)
		defer os.RemoveAll(out)
		begun := false
		opts := []train.Option{train.Out(out), train.Epochs(1000), train.Batch(r.Batch), train.Rate(0.01), train.Constant(), train.WeightDecay(0),
			train.OnProgress(func(p train.Progress) {
				if p.Step == 0 { // pictures are prepared
					return
				}
				if !begun { // the first step is made: pictures are read, the graph is built
					begun = true
					close(opened)
					wait()
				}
				if p.Done != nil && ctx.Err() == nil {
					o.done <- nil
					wait()
				}
			})}
		if o.bf16 {
			opts = append(opts, train.BF16())
		}
		_, err := train.Fit(ctx, net, train.Data{Train: part}, opts...)
		if !begun {
			close(opened)
		}
		if err == nil {
			err = errors.New("it made all its epochs")
		}
		select {
		case o.done <- fmt.Errorf("training ended: %w", err):
		case <-ctx.Done():
		}
	}()
	<-opened
	return nil
}

// Epoch makes one epoch.
func (o *ourTraining) Epoch() (answer, error) {
	start := time.Now()
	select {
	case o.next <- true:
	case err := <-o.done:
		return answer{}, err
	}
	if err := <-o.done; err != nil {
		return answer{}, err
	}
	return answer{MS: []float64{ms(time.Since(start)) / float64(o.pictures)}}, nil
}

// Close ends the training and removes what it wrote.
func (o *ourTraining) Close() {
	if o.stop != nil {
		o.stop()
		<-o.stopped
	}
}

func (*ourTraining) Photo(string, []byte) ([]float32, error) { return nil, errOnlyEpochs }
func (*ourTraining) Feed(string, []float32, int) error       { return errOnlyEpochs }
func (*ourTraining) Tensor(string, int) ([]float32, error)   { return nil, errOnlyEpochs }

var errOnlyEpochs = fmt.Errorf("this contender trains only")
