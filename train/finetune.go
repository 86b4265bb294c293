package train

import (
	"context"
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
	dir  string // if it is one of the disk
	opts []vision.Option
	set  bool
}

// From is the SavedModel in folder dir, with its card as recognize.Open finds it. Its task is recognize or scene. The options are
// those of recognize.Open: vision.Card, vision.Preset, and where and how the features of the pictures are computed: vision.OnGPU,
// vision.BFloat16, vision.Exact, ...
func From(dir string, opts ...vision.Option) Base {
	return Base{engine.Dir(dir), dir, opts, true}
}

// FromFS is From for a model in folder dir of fsys: that of package models/scenes, for instance.
func FromFS(fsys fs.FS, dir string, opts ...vision.Option) Base {
	return Base{engine.FS(fsys, dir), "", opts, true}
}

// FineTune learns the classes of data on the features of base, whose own weights stay as they are, and writes one SavedModel to the
// folder that Out names: from picture to new classes, with a card of base's preprocessing, labels, and the accuracy.
//
// The features of each picture are computed once, which takes nearly all of the time; the head is softmax regression on them, or what
// Hidden makes of it. Options whose defaults differ from Fit's: 40 epochs, batches of 64, a rate of 0.05 and a weight decay
// of 0.005. The weights are those of the last epoch: the validation part chooses nothing, and its accuracy is that of pictures that
// nothing was learnt from. Options that change pictures are a *SettingError, as are BF16 and On (see From), Memory and CheckpointEvery, AutoRate and Patience,
// Float16 and Calibrate: features are in files, and the head is learnt in one go. What Plain leaves out is written as by Fit, of the last epoch; the pictures of the sheet are read again.
//
// When ctx ends, FineTune returns its error at once; once the model is written, what is left out then is in Result.Unwritten. The features so far are in Out/checkpoints, one file a part, and Resume
// goes on with them, also if the process was killed; a picture whose file has changed since is a *vision.UnsupportedError. Learning
// the head takes seconds and begins again, with the same losses; so Resume with another rate, decay or Seed tries that on the features that
// are there. The files may be deleted, after which Out is taken by its model, as is the folder of base: *OccupiedError.
//
// Errors are those of Fit and of recognize.Open; a base whose features are not found, or no float32, is a
// *vision.ModelError, and a picture that cannot be read a *dataset.FileError with its name (see SkipBroken).
func FineTune(ctx context.Context, base Base, data Data, opts ...TuneOption) (*Result, error) {
	s, h, err := tuningOf(opts)
	if err != nil {
		return nil, err
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
	case s.Patience != patience{} || s.AutoRate:
		return nil, &SettingError{"FineTune takes no patience and no rate that is looked for: learning the head takes seconds, to its last epoch and again with other rates"}
	case s.half:
		return nil, &SettingError{"FineTune takes no Float16: the weights of its base stay as they are"}
	case s.calibrates:
		return nil, &SettingError{"FineTune takes no Calibrate: nothing of its model hangs on the validation part"}
	case s.BF16:
		return nil, &SettingError{"FineTune takes no BF16, as learning the head takes seconds: give vision.BFloat16 to train.From, for the features"}
	case !reflect.ValueOf(s.on).IsZero():
		return nil, &SettingError{"FineTune takes no train.On: it computes where its base does, which options of train.From say"}
	case s.memory != DefaultMemory || s.every != 0:
		return nil, &SettingError{"FineTune takes no Memory and no CheckpointEvery: features are in files, and the head is learnt in one go"}
	case len(data.Train.Classes) < 2:
		return nil, badData("want at least 2 classes, got %d (%q)", len(data.Train.Classes), data.Train.Classes)
	}
	s.recipe.Net = "head"
	if err := s.agree(data.Train.Classes); err != nil {
		return nil, err
	}
	release, err := claim(s.out, func() error { return occupied(&s, base) })
	if err != nil {
		return nil, err
	}
	defer release()
	t, err := newTuning(ctx, base, data, s, h)
	if err != nil {
		return nil, err
	}
	defer t.close()
	err = t.fit(ctx)
	return t.result(), err
}

// occupied refuses a folder that holds the base, or what Resume does not go on with.
func occupied(s *settings, base Base) error {
	state, _, err := newestState(s.out)
	if err != nil {
		return err
	}
	if state != "" || base.dir != "" && sameFolder(base.dir, s.out) { // state: of Fit
		return &OccupiedError{Dir: s.out, Foreign: true}
	}
	_, err = os.Stat(filepath.Join(s.out, checkpoints, featureFile("train")))
	return vacantFor(s.out, err == nil, s.resume)
}
