package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gosight/vision"
	"github.com/gosight/vision/recognize"
)

// A sample is the resident memory after some pictures.
type sample struct {
	pictures   int
	seconds    float64
	rss        float64 // MB of 1e6 bytes
	heap       float64 // MB in use by Go
	goroutines int
	tensors    int
}

// soak classifies n ordinary photos through goroutines and writes what the memory did
// to results/soak.csv and results/soak.svg. It fails if something is left at the end, or if
// the memory of the last quarter is over that of the second by more than 3 %.
func (b *bench) soak(n, goroutines int) error {
	files, err := b.ordinaryPhotos(120)
	if err != nil {
		return err
	}
	data := make([][]byte, len(files))
	for i, f := range files {
		if data[i], err = os.ReadFile(f); err != nil {
			return err
		}
	}
	before := runtime.NumGoroutine()
	m, err := recognize.Open(b.networks()[0].dir)
	if err != nil {
		return err
	}
	samples, err := drive(m, data, n, goroutines, b.log)
	if err = errors.Join(err, m.Close()); err != nil {
		return err
	}
	after := runtime.NumGoroutine()
	for range 50 { // a goroutine that has answered may still be on its way out
		if after <= before {
			break
		}
		time.Sleep(20 * time.Millisecond)
		after = runtime.NumGoroutine()
	}
	models, tensors := vision.Live()
	second, last := quarter(samples, 1), quarter(samples, 3)
	fmt.Printf("%d pictures through %d goroutines, %.0f s\n", n, goroutines, samples[len(samples)-1].seconds)
	fmt.Printf("resident memory, median of the second quarter %.1f MB, of the last %.1f MB (%+.1f %%)\n", second, last, 100*(last/second-1))
	fmt.Printf("goroutines %d before, %d after; live models %d, live tensors %d\n", before, after, models, tensors)
	results := filepath.Join(b.root, "results")
	if err := errors.Join(writeSamples(filepath.Join(results, "soak.csv"), samples), chart(filepath.Join(results, "soak.svg"), samples)); err != nil {
		return err
	}
	switch {
	case after > before:
		return fmt.Errorf("%d goroutines are left", after-before)
	case models != 0 || tensors != 0:
		return fmt.Errorf("%d models and %d tensors are left", models, tensors)
	case last > 1.03*second:
		return fmt.Errorf("resident memory grows")
	}
	return nil
}

// drive classifies and samples a hundred times on the way.
func drive(m *recognize.Model, data [][]byte, n, goroutines int, log io.Writer) ([]sample, error) {
	every := max(1, n/100)
	var next atomic.Int64
	var mu sync.Mutex
	var samples []sample
	var failed error
	start := time.Now()
	var wg sync.WaitGroup
	for range goroutines {
		wg.Go(func() {
			for {
				i := int(next.Add(1))
				if i > n {
					return
				}
				err := classify(m, data[i%len(data)])
				mu.Lock()
				if err != nil && failed == nil {
					failed = err
				}
				if i%every == 0 {
					samples = append(samples, take(i, start))
					if len(samples)%10 == 0 {
						fmt.Fprintf(log, "  %d pictures, %.0f MB\n", i, samples[len(samples)-1].rss)
					}
				}
				stop := failed != nil
				mu.Unlock()
				if stop {
					return
				}
			}
		})
	}
	wg.Wait()
	return samples, failed
}

func classify(m *recognize.Model, data []byte) error {
	img, err := vision.NewPhoto(data)
	if err != nil {
		return err
	}
	labels, err := m.Classify(context.Background(), img)
	if err == nil && len(labels) == 0 {
		err = fmt.Errorf("no labels")
	}
	return err
}

func take(pictures int, start time.Time) sample {
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	_, tensors := vision.Live()
	return sample{pictures, time.Since(start).Seconds(), status("VmRSS"), float64(mem.HeapInuse) / 1e6, runtime.NumGoroutine(), tensors}
}

// quarter returns the median memory of quarter i of the samples.
func quarter(samples []sample, i int) float64 {
	var v []float64
	for _, s := range samples[i*len(samples)/4 : (i+1)*len(samples)/4] {
		v = append(v, s.rss)
	}
	return median(v)
}

func writeSamples(path string, samples []sample) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := csv.NewWriter(f)
	_ = w.Write([]string{"pictures", "seconds", "rss_mb", "go_heap_mb", "goroutines", "live_tensors"})
	for _, s := range samples {
		_ = w.Write([]string{strconv.Itoa(s.pictures), fmt.Sprintf("%.1f", s.seconds), fmt.Sprintf("%.1f", s.rss),
			fmt.Sprintf("%.1f", s.heap), strconv.Itoa(s.goroutines), strconv.Itoa(s.tensors)})
	}
	w.Flush()
	return errors.Join(w.Error(), f.Close())
}
