package train

import (
	"bytes"
	"context"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"testing"

	"github.com/gosight/vision/dataset"
)

// manySizes are pictures of two classes, of sizes below, above and across what is kept.
func manySizes(t *testing.T) *dataset.Set {
	t.Helper()
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(8, 8))
	for i, size := range [][2]int{{20, 20}, {28, 28}, {200, 30}, {15, 90}, {64, 64}, {37, 38}, {38, 37}, {300, 201}} {
		for class, name := range []string{"a", "b"} {
			m := image.NewRGBA(image.Rect(0, 0, size[0], size[1]))
			for y := range size[1] {
				for x := range size[0] {
					m.SetRGBA(x, y, color.RGBA{uint8(100*class + r.IntN(90)), uint8(x * 255 / size[0]), uint8(y * 255 / size[1]), 255})
				}
			}
			var b bytes.Buffer
			if err := png.Encode(&b, m); err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(dir, name, strconv.Itoa(i)+".png"), b.Bytes())
		}
	}
	s, err := dataset.ImageFolder(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// batches are the first steps of a run, without its session.
func batches(t *testing.T, name string, data Data, memory int64, opts ...Option) (*run, []*mini) {
	t.Helper()
	s, err := settingsOf(append(opts, Memory(memory), Out(t.TempDir())))
	if err != nil {
		t.Fatal(err)
	}
	r := &run{settings: s, net: net(t, name).net}
	t.Cleanup(r.close)
	if err := r.settle(r.net, data); err != nil {
		t.Fatal(err)
	}
	if err := r.load(t.Context(), data); err != nil {
		t.Fatal(err)
	}
	r.feeder = newFeeder(r.train, r.recipe, r.net, classWeights(r.recipe, r.train.classes))
	var all []*mini
	for m, err := range r.feeder.batches(context.Background(), 0, 12) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, m)
	}
	return r, all
}

// However many goroutines make the batches, whether pictures are in memory or in a file, and whichever step is made
// first, a step's batch is the same to the bit.
func TestBatchesAreAFunctionOfSeedAndStep(t *testing.T) {
	data := Data{Train: manySizes(t)}
	opts := []Option{Batch(6), AlternatingFlip(), ReflectCrop(3), RandomResizedCrop(0.08), ColorJitter(0.4, 0.4, 0.4, 0.1), Mixup(0.2), CutMix(1),
		Smoothing(0.1), Balanced(), Cutout(5)}
	r, want := batches(t, "resnet20", data, DefaultMemory, opts...)
	if r.train.memory == nil || r.train.kept == nil {
		t.Fatal("pictures are not kept whole, in memory")
	}
	same := func(why string, got []*mini) {
		t.Helper()
		if len(got) != len(want) {
			t.Fatalf("%s: %d batches", why, len(got))
		}
		for i, w := range want {
			g := got[i]
			if g.step != w.step || !bytes.Equal(g.images, w.images) || !slices.Equal(g.targets, w.targets) || !slices.Equal(g.weights, w.weights) || !slices.Equal(g.classes, w.classes) {
				t.Errorf("%s: batch %d is another", why, i)
			}
		}
	}
	filed, got := batches(t, "resnet20", data, 0, opts...)
	if filed.train.file == nil {
		t.Fatal("pictures are not in a file")
	}
	same("from a file", got)
	procs := runtime.GOMAXPROCS(1)
	_, got = batches(t, "resnet20", data, DefaultMemory, opts...)
	runtime.GOMAXPROCS(procs)
	same("on one processor", got)
	for m, err := range r.feeder.batches(context.Background(), 7, 8) {
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(m.images, want[7].images) {
			t.Error("step 7 made first is another")
		}
	}
	_, got = batches(t, "resnet20", data, DefaultMemory, append(opts, Seed(2))...)
	if bytes.Equal(got[0].images, want[0].images) {
		t.Error("another seed gives the same pictures")
	}
}

// Memory of whole pictures is bounded by their number and the net's size, whatever sizes they have, and validation sees
// what the finished model will.
func TestWholePicturesAreBoundedAndValidationIsNotChanged(t *testing.T) {
	set := manySizes(t)
	plain, _ := batches(t, "resnet20", Data{set, set}, DefaultMemory, Batch(6))
	whole, _ := batches(t, "resnet20", Data{set, set}, DefaultMemory, Batch(6), RandomResizedCrop(0.08))
	const side = 43 // 4/3 of 32
	if most := set.Len() * side * side * 3; len(whole.train.memory) > most || cap(whole.train.memory) > most {
		t.Errorf("%d bytes are kept, want at most %d", len(whole.train.memory), most)
	}
	if !bytes.Equal(whole.valid.memory, plain.valid.memory) || whole.valid.kept != nil || len(plain.valid.memory) != set.Len()*32*32*3 {
		t.Error("validation sees other pictures for crops")
	}
	for i, k := range whole.train.kept {
		if k.w != min(k.fullW, side) || k.h != min(k.fullH, side) {
			t.Errorf("picture %d: %dx%d is kept as %dx%d", i, k.fullW, k.fullH, k.w, k.h)
		}
	}
	// A crop of everything is the picture at the net's size, but for having been resampled twice.
	k := whole.train.kept[1]
	s := &scratch{picture: make([]uint8, 32*32*3), stored: make([]uint8, whole.train.row)}
	if k.fullW != 28 {
		t.Fatalf("picture 1 has %d pixels a side", k.fullW)
	}
	if err := whole.train.read(s.stored, 1); err != nil {
		t.Fatal(err)
	}
	s.resample(s.picture, 32, s.stored, int(k.w), int(k.h), 3, region{0, 0, float64(k.w), float64(k.h)})
	for i, v := range s.picture {
		if abs(int(v)-int(plain.train.memory[32*32*3+i])) > 1 {
			t.Fatalf("value %d: %d, want %d", i, v, plain.train.memory[32*32*3+i])
		}
	}
}

// A state file of before these settings were there holds nothing of them, and one without them is read as them off.
func TestOldStatesStayGood(t *testing.T) {
	s := defaults()
	s.Pictures = 640 // five steps an epoch
	data, err := json.Marshal(s.recipe)
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(data, &fields); err != nil {
		t.Fatal(err)
	}
	old := []string{"net", "size", "classes", "pictures", "checksum", "seed", "epochs", "batch", "rate", "adamw", "momentum", "decay", "smoothing", "clip",
		"average", "bf16", "schedule", "augment"}
	slices.Sort(old)
	if got := slices.Sorted(maps.Keys(fields)); !slices.Equal(got, old) {
		t.Errorf("a recipe of defaults has %v, want %v", got, old)
	}
	if got := slices.Sorted(maps.Keys(fields["augment"].(map[string]any))); !slices.Equal(got, []string{"cutout", "flip", "pad"}) {
		t.Errorf("its augment has %v", got)
	}
	// As a run before these settings left it.
	out := t.TempDir()
	dir := filepath.Join(out, checkpoints, last+"000000000007")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	text := `{"version": 1, "recipe": ` + string(data) + `, "step": 7, "loss": 0.5, "sum": 3.5, "right": 4, "seen": 256,
		"history": [{"epoch": 1, "train_loss": 2}], "best": "best-1", "best_epoch": 1}`
	if err := os.WriteFile(filepath.Join(dir, stateFile), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	found, state, err := newestState(out)
	if err != nil || found != dir {
		t.Fatalf("got %s, %v, want %s", found, err, dir)
	}
	if !reflect.DeepEqual(state.Recipe, s.recipe) {
		t.Errorf("read as %+v, want the defaults %+v", state.Recipe, s.recipe)
	}
	if state.Step != 7 || state.Seen != 256 || len(state.History) != 1 || state.BestAt != 1 {
		t.Errorf("the rest was read as %+v", state)
	}
}

func TestRecipesLearn(t *testing.T) {
	if testing.Short() {
		t.Skip("several runs")
	}
	data := digits(t, blocks(t, 200))
	for why, opts := range map[string][]Option{
		"mixed up":          {Mixup(0.2)},
		"boxes":             {CutMix(1), MixPart(0.5)},
		"crops and colours": {RandomResizedCrop(0.6), ColorJitter(0.4, 0.4, 0, 0), ReflectCrop(1)},
		"weighed":           {ClassWeights(map[string]float64{"3": 2, "4": 0.5})},
	} {
		res, err := Fit(t.Context(), net(t, "lenet5"), data, append(opts, Out(t.TempDir()), Epochs(12), Batch(20))...)
		if err != nil || res.Best.ValidAccuracy < 0.9 {
			t.Errorf("%s: %+v, %v", why, res, err)
		}
	}
}
