package train

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"

	"github.com/gosight/vision"
	"github.com/gosight/vision/internal/engine"
)

// A Base is a SavedModel that a classifier of other classes is made of.
type Base struct {
	at   engine.Place
	opts []vision.Option
	set  bool
}

// From is the SavedModel in folder dir, with its card as recognize.Open finds it. Its task is recognize or scene. The options are
// those of recognize.Open: vision.Card, vision.Preset, vision.OnGPU, ...
func From(dir string, opts ...vision.Option) Base {
	return Base{engine.Dir(dir), opts, true}
}

// FromFS is From for a model in folder dir of fsys: that of package models/scenes, for instance.
func FromFS(fsys fs.FS, dir string, opts ...vision.Option) Base {
	return Base{engine.FS(fsys, dir), opts, true}
}

// FineTune learns the classes of data on the features of base, whose own weights stay as they are, and writes one SavedModel to the
// folder that Out names: from picture to new classes, with a card of base's preprocessing, labels, and the accuracy.
//
// The features of each picture are computed once, which takes nearly all of the time; the head is softmax regression on them, or what
// Hidden makes of it. Options whose defaults differ from Fit's: 40 epochs, batches of 64, a rate of 0.05 and a weight decay
// of 0.005. The weights are those of the last epoch: the validation part chooses nothing, and its accuracy is that of pictures that
// nothing was learnt from. Options that change pictures are a *SettingError; Memory, CheckpointEvery and Plain say nothing here: features are
// in files, and there is the model alone.
//
// When ctx ends, FineTune returns its error at once. The features so far are in Out/checkpoints, one file a part, and Resume
// goes on with them, also if the process was killed. Learning the head takes seconds and begins again, with the same
// losses; so Resume with another rate, decay or Seed tries that without looking at the pictures again. The files may be deleted.
//
// Errors are those of Fit and of recognize.Open; a base whose features are not found, or no float32, is a
// *vision.ModelError, and a picture that cannot be read a *dataset.FileError with its name (see SkipBroken).
func FineTune(ctx context.Context, base Base, data Data, opts ...Option) (*Result, error) {
	s := tuningDefaults()
	for _, o := range opts {
		if o == nil {
			continue
		}
		if err := o(&s); err != nil {
			return nil, err
		}
	}
	switch {
	case !base.set:
		return nil, &SettingError{"want a model to begin with, see train.From; got the zero value"}
	case data.Train == nil:
		return nil, badData("want a training part, got none")
	case s.out == "":
		return nil, &SettingError{"want a folder to write to; see train.Out"}
	case !reflect.DeepEqual(s.Augment, defaults().Augment):
		return nil, &SettingError{"FineTune takes no options that change pictures: it looks at each once"}
	case s.Patience != patience{} || s.Balanced || s.given != nil || s.AutoRate:
		return nil, &SettingError{"FineTune takes no class weights, no patience and no rate that is looked for: its head has one minimum, which every rate that is low enough goes to"}
	case !reflect.ValueOf(s.on).IsZero():
		return nil, &SettingError{"FineTune takes no train.On: it computes where its base does, which options of train.From say"}
	case len(data.Train.Classes) < 2:
		return nil, badData("want at least 2 classes, got %d (%q)", len(data.Train.Classes), data.Train.Classes)
	}
	s.recipe.Net, s.Classes = "head", data.Train.Classes
	if err := occupied(&s); err != nil {
		return nil, err
	}
	t, err := newTuning(ctx, base, data, s)
	if err != nil {
		return nil, err
	}
	defer t.close()
	err = t.fit(ctx)
	return t.result(), err
}

// occupied makes the folder, and refuses one that holds what Resume does not go on with.
func occupied(s *settings) error {
	if err := os.MkdirAll(filepath.Join(s.out, checkpoints), 0o755); err != nil {
		return fmt.Errorf("train: %w", err)
	}
	state, _, err := newestState(s.out)
	if err != nil {
		return err
	}
	if state != "" { // of Fit
		return &OccupiedError{Dir: s.out}
	}
	for _, name := range []string{modelFile, filepath.Join(checkpoints, featureFile("train"))} {
		if _, err := os.Stat(filepath.Join(s.out, name)); err == nil && !s.resume {
			return &OccupiedError{Dir: s.out}
		}
	}
	return nil
}
