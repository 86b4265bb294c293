package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"
)

// A result is one figure of one contender.
type result struct {
	Measure   string // what was measured
	Model     string
	Batch     int
	Contender string
	Median    float64
	Unit      string  // "ms", "ms/picture", "MB"
	Ratio     float64 // median over the library's; the library itself has 1
	N         int     // values that the median is of
	Versions  string
}

func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(v))
	if n := len(s); n%2 == 0 {
		return (s[n/2-1] + s[n/2]) / 2
	}
	return s[len(s)/2]
}

// A target is what the project promised: theirs over ours, or another ratio that the
// measure says, at least or at most a bound.
type target struct {
	measure, model string
	batch          int
	contender      string
	atLeast        float64
	says           string
}

var targets = []target{
	{"photo 10 MP to label", "", 1, "graft", 8, "8 times as fast as plain graft"},
	{"photo 10 MP to label", "", 1, "python", 2, "twice as fast as TensorFlow in Python"},
	{"photo 10 MP to label", "", 1, "onnxruntime", 2, "twice as fast as ONNX Runtime in Go"},
	{"model only", "mobilenet_v2", 1, "graft", 1.5, "1.5 times as fast as plain graft"},
	{"model only", "resnet50", 1, "graft", 1.25, "1.25 times as fast as plain graft"},
	{"model only", "resnet50", 8, "onnxruntime", 0.85, "0.85 of ONNX Runtime"},
	{"model only", "mobilenet_v2", 8, "onnxruntime", 0.75, "0.75 of ONNX Runtime"},
	{"model only, bf16", "resnet50", 8, "onnxruntime", 1.3, "1.3 times as fast as ONNX Runtime"},
	{"session overhead", "", 1, "bare Session.Run", 1 / 1.05, "under 5 % over a bare Session.Run"},
	{"one goroutine against 16", "", 1, "one goroutine", 1.3, "16 goroutines get 1.3 times the pictures a second of one"},
	{"open to first answer", "mobilenet_v2", 1, "graft", 2.5, "under 40 % of plain graft's time"},
	{"detect, large photos", "", 1, "python", 1.5, "1.5 times as fast as TensorFlow in Python"},
	{"face, large photos", "", 1, "python", 1.5, "1.5 times as fast as TensorFlow in Python"},
	{"ocr, large photos of receipts", "", 1, "python", 1.5, "1.5 times as fast as TensorFlow in Python"},
	{"ocr, receipts and pages", "", 1, "tesseract", 3, "3 times as fast as Tesseract"},
	{"scene, large photos", "", 1, "python", 1.5, "1.5 times as fast as TensorFlow in Python"},
	{"training", "", 32, "python", 1, "as many pictures a second as Keras' fit"},
	{"training", "", 128, "python", 1, "as many pictures a second as Keras' fit"},
	{"training, bf16", "resnet20", 32, "python", 1.25, "1.25 times the pictures a second of Keras' fit in float32"},
	{"training, bf16", "resnet20", 128, "python", 1.25, "1.25 times the pictures a second of Keras' fit in float32"},
	{"peak memory of Open", "", 0, "allowed", 1, "at most 2.2 times the weights plus 300 MB"},
}

// verdict says whether a result meets the target for it; empty if there is none.
func verdict(r result) string {
	for _, t := range targets {
		if t.measure != r.Measure || t.contender != r.Contender || t.batch != r.Batch || t.model != "" && t.model != r.Model {
			continue
		}
		if r.Ratio >= t.atLeast {
			return "REACHED: " + t.says
		}
		return "MISSED: " + t.says
	}
	return ""
}

// print writes the table.
func print(w io.Writer, rs []result) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "measure\tmodel\tbatch\tcontender\tmedian\t\ttheirs/ours\tn\ttarget")
	var last string
	for _, r := range rs {
		if key := fmt.Sprint(r.Measure, r.Model, r.Batch); key != last && last != "" {
			fmt.Fprintln(t, "\t\t\t\t\t\t\t\t")
			last = key
		} else {
			last = key
		}
		batch := "-"
		if r.Batch > 0 {
			batch = strconv.Itoa(r.Batch)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%.4g\t%s\t%.2f\t%d\t%s\n",
			r.Measure, r.Model, batch, r.Contender, r.Median, r.Unit, r.Ratio, r.N, verdict(r))
	}
	return t.Flush()
}

// significant writes a figure with four digits, or more where it has more before the point.
func significant(v float64) string {
	digits := 3
	if v > 0 {
		digits = max(0, 3-int(math.Floor(math.Log10(v))))
	}
	return strconv.FormatFloat(v, 'f', digits, 64)
}

var header = []string{"date", "measure", "model", "batch", "contender", "median", "unit", "ratio_vs_ours", "n", "command", "machine", "versions"}

// record appends the results to a CSV file, which it starts if need be.
func record(path string, rs []result, command string, on machine) error {
	_, err := os.Stat(path)
	fresh := os.IsNotExist(err)
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	w := csv.NewWriter(f)
	if fresh {
		_ = w.Write(header)
	}
	date := time.Now().UTC().Format(time.DateOnly)
	for _, r := range rs {
		_ = w.Write([]string{date, r.Measure, r.Model, strconv.Itoa(r.Batch), r.Contender,
			significant(r.Median), r.Unit, strconv.FormatFloat(r.Ratio, 'f', 3, 64), strconv.Itoa(r.N),
			command, on.String(), r.Versions})
	}
	w.Flush()
	if err := w.Error(); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}
