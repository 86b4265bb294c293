package recognize_test

import (
	"context"
	"errors"
	"image"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/gosight/vision"
	"github.com/gosight/vision/recognize"
)

// is reports whether err is of the error type T.
func is[T error](err error) bool {
	var e T
	return errors.As(err, &e)
}

func closedModel(err error) bool { return errors.Is(err, vision.ErrClosed) }
func cancelled(err error) bool   { return errors.Is(err, context.Canceled) }
func notThere(err error) bool    { return errors.Is(err, fs.ErrNotExist) }

// modelFiles returns the files of a tiny model in folder "m", with a card, to be broken.
func modelFiles(t testing.TB, model, cardName string) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{}
	dir := os.DirFS(filepath.Join(models, model))
	err := fs.WalkDir(dir, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(dir, name)
		files["m/"+name] = &fstest.MapFile{Data: b}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile("testdata/cards/" + cardName + ".json")
	if err != nil {
		t.Fatal(err)
	}
	files["m/card.json"] = &fstest.MapFile{Data: b}
	return files
}

// TestBadInput holds every kind of bad input to a typed error that says what was
// wanted and what came.
func TestBadInput(t *testing.T) {
	m := open(t, "mean_rgb", "mean_rgb")
	shut := open(t, "mean_rgb", "mean_rgb")
	if err := shut.Close(); err != nil {
		t.Fatal(err)
	}
	file := func(name string, opts ...vision.Option) func() error {
		return func() error {
			p, err := vision.ReadFile(filepath.Join(images, name), opts...)
			if err != nil {
				return err
			}
			_, err = m.Classify(t.Context(), p)
			return err
		}
	}
	picture := func(img image.Image) func() error {
		return func() error { _, err := m.Classify(t.Context(), img); return err }
	}
	spoilt := func(spoil func(fstest.MapFS), opts ...vision.Option) func() error {
		return func() error {
			files := modelFiles(t, "mean_rgb", "mean_rgb")
			spoil(files)
			return opens(recognize.OpenFS(files, "m", opts...))
		}
	}
	as := func(model string, opts ...vision.Option) func() error {
		return func() error { return opens(recognize.Open(filepath.Join(models, model), opts...)) }
	}
	whole := func(fstest.MapFS) {}
	var (
		broken      = is[*vision.FormatError]
		unsupported = is[*vision.UnsupportedError]
		limit       = is[*vision.LimitError]
		model       = is[*vision.ModelError]
		device      = is[*vision.DeviceError]
	)
	for _, c := range []struct {
		why  string
		do   func() error
		kind func(error) bool
		says []string // what was wanted, what came
	}{
		// Pictures.
		{"an empty file", file("hostile/empty.jpg"), broken, []string{"empty.jpg", "empty"}},
		{"a JPEG that ends early", file("hostile/cut.jpg"), broken, []string{"jpeg"}},
		{"a JPEG that ends in its header", file("hostile/cut-header.jpg"), broken, []string{"jpeg", "cut off within its header"}},
		{"a PNG that ends early", file("hostile/cut.png"), broken, []string{"png"}},
		{"a text called .jpg", file("hostile/text.jpg"), unsupported, []string{"text.jpg", "JPEG"}},
		{"50,000 x 50,000 by a JPEG's header", file("hostile/huge.jpg"), limit, []string{"2500000000 pixels", "limit is 100000000"}},
		{"50,000 x 50,000 by a PNG's header", file("hostile/huge.png"), limit, []string{"2500000000 pixels", "limit is 100000000"}},
		{"zero width in a JPEG", file("hostile/zero.jpg"), broken, []string{"jpeg", "0"}},
		{"zero width in a PNG", file("hostile/zero.png"), broken, []string{"png", "non-positive dimension"}},
		{"a format that is not read", file("kinds/cmyk-unsupported.tif"), unsupported, []string{"tiff"}},
		{"over the limit of ReadFile", file("cat.jpg", vision.MaxPixels(1000)), limit, []string{"135300 pixels", "limit is 1000"}},
		{"a limit that is none", file("cat.jpg", vision.MaxPixels(0)), func(err error) bool { return err != nil }, []string{"MaxPixels", "at least 1", "got 0"}},
		{"a file that is not there", file("nothing.jpg"), notThere, []string{"nothing.jpg"}},
		{"a folder for a file", file("hostile"), is[*fs.PathError], []string{"hostile", "folder"}},
		{"no picture", picture(nil), broken, []string{"want a picture", "nil"}},
		{"a nil Photo", picture((*vision.Photo)(nil)), broken, []string{"want a picture", "nil"}},
		{"a nil pointer of a picture type", picture((*image.RGBA)(nil)), broken, []string{"*image.RGBA", "nil"}},
		{"a picture that lies about its pixels", picture(&image.RGBA{Rect: image.Rect(0, 0, 9, 9)}), broken, []string{"*image.RGBA"}},
		{"a picture of no size", picture(image.NewRGBA(image.Rect(4, 4, 4, 9))), broken, []string{"want a picture", "0 x 5"}},
		{"a picture without an end", picture(image.NewUniform(image.Black)), limit, []string{"limit is 100000000"}},

		// Models.
		{"a folder that is not there", as("nothing"), model, []string{"nothing", "saved_model.pb"}},
		{"a folder without saved_model.pb", spoilt(func(f fstest.MapFS) { delete(f, "m/saved_model.pb") }), model, []string{"saved_model.pb"}},
		{"an empty saved_model.pb", spoilt(func(f fstest.MapFS) { f["m/saved_model.pb"] = &fstest.MapFile{} }), broken, []string{"saved_model"}},
		{"a corrupt protobuf", spoilt(func(f fstest.MapFS) {
			f["m/saved_model.pb"] = &fstest.MapFile{Data: []byte("\x08\x01\x12\xff\xff\xff\xff\x0fhello")}
		}), broken, []string{"saved_model"}},
		{"half a protobuf", spoilt(func(f fstest.MapFS) {
			f["m/saved_model.pb"].Data = f["m/saved_model.pb"].Data[:len(f["m/saved_model.pb"].Data)/2]
		}), broken, []string{"saved_model"}},
		{"no variables", spoilt(func(f fstest.MapFS) {
			delete(f, "m/variables/variables.index")
			delete(f, "m/variables/variables.data-00000-of-00001")
		}), model, []string{"variables"}},
		{"variables without their values", spoilt(func(f fstest.MapFS) { delete(f, "m/variables/variables.data-00000-of-00001") }), model, []string{"variables.data"}},
		{"a wrong tag", as("mean_rgb", card("mean_rgb"), vision.Tags("train")), model, []string{"want {train}", "the model has {serve}"}},
		{"tags that cannot be found", as("tf1_two_graphs", card("mean_rgb")), model, []string{"tags", "single", "double"}},
		{"a wrong signature", as("mean_rgb", card("mean_rgb"), vision.Signature("predict")), model, []string{"want predict", "the model has serving_default"}},
		{"a signature that cannot be found", as("two_signatures", card("mean_rgb")), model, []string{"classify", "embed"}},
		{"a graph that touches files", as("reads_file", card("mean_rgb")), model, []string{"reads_file"}},
		{"no picture goes in: a counter", as("counter", card("mean_rgb")), model, []string{"input", "x float32"}},
		{"no picture goes in: a table", as("asset_table", card("mean_rgb")), model, []string{"input", "index int64"}},
		{"no picture goes in: a scalar", as("control_flow", card("mean_rgb")), model, []string{"input", "x float32"}},

		// Cards.
		{"no card", as("mean_rgb"), model, []string{"mean_rgb", "card.json", "vision.Card", "preset", "got none"}},
		{"a card that is not there", as("mean_rgb", card("nothing")), model, []string{"nothing.json"}},
		{"a folder without a card of that name", as("keras_dense", vision.Card("testdata")), model, []string{"keras_dense.json", "none of that name"}},
		{"a card of another task", as("mean_rgb", card("detector")), model, []string{"want task recognize", "got detect"}},
		{"a card that is no JSON", spoilt(func(f fstest.MapFS) { f["m/card.json"].Data = []byte("{") }), func(err error) bool { return broken(err) || model(err) }, []string{"card.json"}},
		{"a field misspelt", spoilt(func(f fstest.MapFS) { f["m/card.json"].Data = []byte(`{"task": "recognize", "inptu": {}}`) }),
			func(err error) bool { return broken(err) || model(err) }, []string{"inptu", "input"}},
		{"nothing said that must be said", spoilt(func(f fstest.MapFS) { f["m/card.json"].Data = []byte(`{"task": "recognize"}`) }), model,
			[]string{"input.channels", "input.range", "input.resize.mode", "output.scores"}},
		{"one label too few", as("mean_rgb", card("one_label_short")), model, []string{"3 rows", "2 names"}},
		{"several outputs and none named", as("softmax_features", card("mean_rgb")), model, []string{"output.name", "features", "probabilities"}},
		{"one label too many", as("softmax_features", card("short_by_one")), model, []string{"2 rows", "3 names"}},
		{"a label file that is not there", spoilt(func(f fstest.MapFS) {
			f["m/card.json"].Data = []byte(strings.Replace(string(f["m/card.json"].Data), `"label_names": ["red", "green", "blue"]`, `"labels": "lost.txt"`, 1))
		}), model, []string{"labels", "lost.txt"}},
		{"a digest that differs", as("mean_rgb", card("digest")), model, []string{"sha256", "saved_model.pb"}},
		{"an unknown preset", as("mean_rgb", vision.Preset("nothing")), model, []string{"nothing", "keras-tf"}},
		{"a preset without what is to be said", as("mean_uint8", vision.Preset("keras-tf")), model, []string{"range"}},

		// Answers.
		{"NaN", func() error { return answers(logMean().open(t, colours), plain(0, 0, 0)) }, model, []string{"finite", "NaN"}},
		{"logits that the card calls probabilities", func() error { return answers(open(t, "mean_rgb", "not_logits"), plain(255, 255, 255)) }, model,
			[]string{"probabilities in [0, 1]", "2", "logits"}},
		{"as many names as the list has, more classes than that", func() error {
			return answers(manyClasses().open(t, strings.Replace(colours, `"red", `, "", 1)), plain(1, 2, 3))
		}, model, []string{"3 rows", "2 names"}},

		// Devices.
		{"an absent GPU", as("mean_rgb", card("mean_rgb"), vision.OnGPU(7)), device, []string{"GPU:7", "not present", "/device:CPU:0", "/device:CPU:3"}},
		{"an absent CPU", as("mean_rgb", card("mean_rgb"), vision.OnDevice("cpu:9")), device, []string{"CPU:9", "/device:CPU:3"}},
		{"one of several devices absent", as("mean_rgb", card("mean_rgb"), vision.OnDevices("cpu:0", "cpu:9")), device, []string{"CPU:9"}},
		{"no device", as("mean_rgb", card("mean_rgb"), vision.OnDevices()), device, []string{"at least one"}},
		{"no name of a device", as("mean_rgb", card("mean_rgb"), vision.OnDevice("fpga")), device, []string{"fpga", "cpu"}},
		{"other threads than the process has", as("mean_rgb", card("mean_rgb"), vision.Threads(7, 7)), device, []string{"want 7", "once a process"}},
		{"a batch of none", as("mean_rgb", card("mean_rgb"), vision.Batch(0, 0)), model, []string{"at least 1", "got 0"}},

		// Calls.
		{"a closed model", func() error { return answers(shut, plain(1, 2, 3)) }, closedModel, []string{"closed"}},
		{"a closed model's features", func() error { _, err := shut.Embed(t.Context(), plain(1, 2, 3)); return err }, closedModel, []string{"closed"}},
		{"a cancelled context", func() error {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			_, err := m.Classify(ctx, plain(1, 2, 3))
			return err
		}, cancelled, []string{"canceled"}},
		{"nothing wrong", spoilt(whole), func(err error) bool { return err == nil }, nil},
	} {
		t.Run(c.why, func(t *testing.T) {
			err := c.do()
			if !c.kind(err) {
				t.Fatalf("got %T: %v", err, err)
			}
			for _, s := range c.says {
				if !strings.Contains(err.Error(), s) {
					t.Errorf("%q does not say %q", err, s)
				}
			}
		})
	}
	if got := classify(t, m, plain(255, 0, 0)).Best().Name; got != "red" {
		t.Errorf("after all that the model says %q of red", got)
	}
}

// opens closes a model that should not have opened.
func opens(m *recognize.Model, err error) error {
	if err != nil {
		return err
	}
	return m.Close()
}

func answers(m *recognize.Model, img image.Image) error {
	_, err := m.Classify(context.Background(), img)
	return err
}

// A network that decodes by itself must not be the one to say what is wrong with a file.
func TestBadFilesForNetworksThatDecode(t *testing.T) {
	m := open(t, "jpeg_mean", "jpeg_mean")
	for _, name := range []string{"hostile/cut.jpg", "hostile/cut.png"} {
		p := photo(t, name)
		if _, err := m.Classify(t.Context(), p); !is[*vision.FormatError](err) {
			t.Errorf("%s: %v, want a FormatError", name, err)
		}
	}
	for _, img := range []image.Image{nil, (*vision.Photo)(nil), image.NewGray(image.Rectangle{})} {
		if _, err := m.Classify(t.Context(), img); !is[*vision.FormatError](err) {
			t.Errorf("%v: want a FormatError", err)
		}
	}
	for _, name := range []string{"kinds/lossless.webp", "kinds/24.bmp", "kinds/deflate.tif", "kinds/animated.gif", "kinds/cmyk.jpg", "kinds/progressive.jpg"} {
		if d := apart(classify(t, m, photo(t, name)), classify(t, m, hidden{photo(t, name)})); d > .01 {
			t.Errorf("%s: apart from its pixels by %g", name, d)
		}
	}
}

func TestMaxPixelsAtOpen(t *testing.T) {
	m := open(t, "mean_rgb", "mean_rgb", vision.MaxPixels(200_000))
	if _, err := m.Classify(t.Context(), photo(t, "coffee.jpg")); !is[*vision.LimitError](err) {
		t.Errorf("600 x 400 of 200,000 pixels: %v", err)
	}
	classify(t, m, photo(t, "cat.jpg"))
}
