package train

import (
	"context"
	"encoding/binary"
	"encoding/csv"
	"errors"
	"fmt"
	"image"
	_ "image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	event "github.com/wamuir/graft/tensorflow/core/util/event_go_proto"
	"google.golang.org/protobuf/proto"

	"github.com/gosight/vision/internal/report"
)

// shown is what TensorBoard shows of a folder: by tag the value of each step. A start drops its step and those
// behind it; a step that is there twice fails.
func shown(t *testing.T, dir string) (tags map[string]map[int]float32, files int) {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(dir, "events.out.tfevents.*"))
	if err != nil {
		t.Fatal(err)
	}
	tags = map[string]map[int]float32{}
	for _, name := range list {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for len(data) > 0 {
			n := binary.LittleEndian.Uint64(data)
			var ev event.Event
			if err := proto.Unmarshal(data[12:12+n], &ev); err != nil {
				t.Fatal(err)
			}
			data = data[12+n+4:]
			if ev.GetSessionLog().GetStatus() == event.SessionLog_START {
				for _, values := range tags {
					maps.DeleteFunc(values, func(step int, _ float32) bool { return step >= int(ev.Step) })
				}
			}
			for _, v := range ev.GetSummary().GetValue() {
				if tags[v.Tag] == nil {
					tags[v.Tag] = map[int]float32{}
				}
				if _, twice := tags[v.Tag][int(ev.Step)]; twice {
					t.Errorf("%s shows step %d of %s twice", dir, ev.Step, v.Tag)
				}
				tags[v.Tag][int(ev.Step)] = v.GetSimpleValue()
			}
		}
	}
	return tags, len(list)
}

// logsAreOf compares event files with a history.
func logsAreOf(t *testing.T, out string, history []Epoch, files int) {
	t.Helper()
	for part, values := range map[string]map[string]func(Epoch) float64{
		"train": {"epoch_loss": func(e Epoch) float64 { return e.Loss }, "epoch_accuracy": func(e Epoch) float64 { return e.Accuracy },
			"epoch_learning_rate": func(e Epoch) float64 { return e.Rate }, "epoch_seconds": func(e Epoch) float64 { return e.Seconds }},
		"validation": {"epoch_loss": func(e Epoch) float64 { return e.ValidLoss }, "epoch_accuracy": func(e Epoch) float64 { return e.ValidAccuracy }},
	} {
		got, n := shown(t, filepath.Join(out, logsFolder, part))
		if n != files || len(got) != len(values) {
			t.Errorf("%s: %d files with the tags %v, want %d files", part, n, slices.Sorted(maps.Keys(got)), files)
		}
		for tag, value := range values {
			if len(got[tag]) != len(history) {
				t.Errorf("%s: %s has steps %v, want %d", part, tag, got[tag], len(history))
			}
			for _, e := range history {
				if got[tag][e.Number] != float32(value(e)) {
					t.Errorf("%s: %s of epoch %d is %v, want %v", part, tag, e.Number, got[tag][e.Number], value(e))
				}
			}
		}
	}
}

// pictureIn opens a picture in a folder.
func pictureIn(t *testing.T, name ...string) image.Rectangle {
	t.Helper()
	f, err := os.Open(filepath.Join(name...))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	c, kind, err := image.DecodeConfig(f)
	if err != nil || kind != "png" {
		t.Fatalf("%v: %s, %v", name, kind, err)
	}
	return image.Rect(0, 0, c.Width, c.Height)
}

func TestReports(t *testing.T) {
	data, out, plain := digits(t, blocks(t, 100)), t.TempDir(), t.TempDir()
	opts := []Option{Epochs(3), Batch(20), PadCrop(1), Rate(0.02)}
	with, res, err := losses(t.Context(), t, data, append(opts, Out(out))...)
	if err != nil || len(res.Unwritten) != 0 {
		t.Fatal(err, res.Unwritten)
	}
	logsAreOf(t, out, res.History, 1)
	for _, name := range []string{curvesFile, confusionFile, worstFile} {
		if b := pictureIn(t, out, name); b.Dx() < 500 || b.Dx() > 1200 {
			t.Errorf("%s is %v", name, b)
		}
	}
	// The table is of the epoch that was saved.
	f, err := os.Open(filepath.Join(out, confusionTable))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	right, all := 0, 0
	for _, row := range rows[1:] {
		for i, v := range row[1:] {
			n, err := strconv.Atoi(v)
			if err != nil {
				t.Fatal(err)
			}
			if all += n; row[0] == rows[0][i+1] {
				right += n
			}
		}
	}
	if got := float64(right) / float64(all); all != 20 || got != res.Best.ValidAccuracy || got == 1 {
		t.Errorf("the table has %d of %d right, training %g; some should be wrong", right, all, res.Best.ValidAccuracy)
	}

	without, bare, err := losses(t.Context(), t, data, append(opts, Out(plain), Plain())...)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "without reports", without, with)
	for _, name := range []string{logsFolder, curvesFile, confusionFile, confusionTable, worstFile} {
		if _, err := os.Stat(filepath.Join(plain, name)); err == nil {
			t.Errorf("Plain wrote %s", name)
		}
	}
	if bare.Best.ValidAccuracy != res.Best.ValidAccuracy {
		t.Errorf("the best has %g with reports and %g without", res.Best.ValidAccuracy, bare.Best.ValidAccuracy)
	}
	// What was left out is there when a finished run is resumed without Plain, from what the checkpoint holds.
	if _, err := Fit(t.Context(), net(t, "lenet5"), data, append(opts, Out(plain), Resume())...); err != nil {
		t.Fatal(err)
	}
	a, errA := os.ReadFile(filepath.Join(out, confusionTable))
	b, errB := os.ReadFile(filepath.Join(plain, confusionTable))
	if errA != nil || errB != nil || string(a) != string(b) {
		t.Errorf("the tables differ (%v, %v):\n%s\n%s", errA, errB, a, b)
	}
	pictureIn(t, plain, curvesFile)
}

func TestReportsOfAResumedRun(t *testing.T) {
	data, out := digits(t, blocks(t, 100)), t.TempDir()
	opts := func(at int) (context.Context, []Option) { // stopped behind a step
		ctx, cancel := context.WithCancel(t.Context())
		return ctx, []Option{Out(out), Epochs(4), Batch(20), Resume(), onStep(func(p Progress) {
			if p.Step == at {
				cancel()
			}
		})}
	}
	ctx, o := opts(12) // amid the third epoch
	res, err := Fit(ctx, net(t, "lenet5"), data, o...)
	if !errors.Is(err, context.Canceled) || len(res.Unwritten) != 0 {
		t.Fatal(err, res.Unwritten)
	}
	logsAreOf(t, out, res.History, 1)
	pictureIn(t, out, curvesFile)
	if _, err := os.Stat(filepath.Join(out, confusionFile)); err == nil {
		t.Error("a run that was stopped has a confusion matrix")
	}
	// A run that was killed between the event of an epoch and the checkpoint that knows of it has told it.
	for _, part := range []string{"train", "validation"} {
		killed := report.NewEvents(filepath.Join(out, logsFolder, part), 3)
		if err := killed.Add(time.Now(), 3, report.Scalar{Tag: "epoch_loss", Value: 99}, report.Scalar{Tag: "epoch_accuracy", Value: 99}); err != nil {
			t.Fatal(err)
		}
	}
	ctx, o = opts(0)
	if res, err = Fit(ctx, net(t, "lenet5"), data, o...); err != nil {
		t.Fatal(err)
	}
	logsAreOf(t, out, res.History, 3)
	pictureIn(t, out, confusionFile)
	// Nothing is told when nothing is done.
	if res, err = Fit(ctx, net(t, "lenet5"), data, o...); err != nil {
		t.Fatal(err)
	}
	logsAreOf(t, out, res.History, 3)
}

// A report that cannot be written costs no run.
func TestReportsThatCannotBeWritten(t *testing.T) {
	data, out := digits(t, blocks(t, 40)), t.TempDir()
	write(t, filepath.Join(out, logsFolder), nil)
	for _, name := range []string{curvesFile, confusionTable, worstFile} {
		write(t, filepath.Join(out, name, "in the way"), nil)
	}
	res, err := Fit(t.Context(), net(t, "lenet5"), data, Out(out), Epochs(2), Batch(20))
	if err != nil || len(res.History) != 2 {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(out, modelFile)); err != nil {
		t.Error(err)
	}
	said := fmt.Sprint(res.Unwritten)
	for _, want := range []string{curvesFile, confusionTable, worstFile, filepath.Join(logsFolder, "train"), filepath.Join(logsFolder, "validation")} {
		if !strings.Contains(said, "train: report "+want+": ") {
			t.Errorf("%s is not said in %s", want, said)
		}
	}
	if len(res.Unwritten) != 5 {
		t.Errorf("want each once, got %s", said)
	}
	pictureIn(t, out, confusionFile) // it could be
	if left, err := filepath.Glob(filepath.Join(out, ".*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestReportsWithoutValidation(t *testing.T) {
	data, out := digits(t, blocks(t, 40)), t.TempDir()
	data.Valid = nil
	res, err := Fit(t.Context(), net(t, "lenet5"), data, Out(out), Epochs(2), Batch(20))
	if err != nil || len(res.Unwritten) != 0 {
		t.Fatal(err, res.Unwritten)
	}
	pictureIn(t, out, curvesFile)
	for _, name := range []string{filepath.Join(logsFolder, "validation"), confusionFile, confusionTable, worstFile} {
		if _, err := os.Stat(filepath.Join(out, name)); err == nil {
			t.Errorf("%s of no validation part", name)
		}
	}
}

func TestAnswersOfTheBestEpoch(t *testing.T) {
	a := &answers{}
	a.add([]float32{0, 0, 0, 5, 5, -5}, 2) // of equal logits the first, as in what is counted
	if len(a.classes) != 2 || a.classes[0] != 0 || a.classes[1] != 0 || a.scores[0] != float32(1./3) || a.scores[1] < 0.49 || a.scores[1] > 0.5 {
		t.Fatalf("got %+v", a)
	}
	b, err := readAnswers(a.bytes(), 2, 3)
	if err != nil || fmt.Sprint(b) != fmt.Sprint(a) {
		t.Errorf("got %+v, %v, want %+v", b, err, a)
	}
	if _, err := readAnswers(a.bytes(), 3, 3); err == nil || !strings.Contains(err.Error(), "want 24 bytes for the 3 pictures") {
		t.Errorf("of another part: %v", err)
	}
	a.classes[1] = 3
	if _, err := readAnswers(a.bytes(), 2, 3); err == nil || !strings.Contains(err.Error(), "below 3, got 3") {
		t.Errorf("a class that is not there: %v", err)
	}
}

// Networks are fed what their card says; people see red as red.
func TestPicturesAsPeopleSeeThem(t *testing.T) {
	for name, row := range map[string][]byte{"vgg16": {30, 20, 10, 60, 50, 40}, "resnet20": {10, 20, 30, 40, 50, 60}} {
		n := net(t, name).net
		m, err := prepared(n, &pictures{memory: row, row: 3, classes: []int{0, 0}}, 1, 1)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(m.At(0, 0)); got != "{40 50 60 255}" {
			t.Errorf("%s, fed with %s: got %s", name, n.Channels, got)
		}
	}
	grey, err := prepared(net(t, "lenet5").net, &pictures{memory: []byte{7, 8}, row: 1, classes: []int{0, 0}}, 1, 1)
	if err != nil || fmt.Sprint(grey.At(0, 0)) != "{8}" {
		t.Errorf("got %v, %v", grey, err)
	}
}
