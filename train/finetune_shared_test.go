package train

import (
	"path/filepath"
	"testing"

	"github.com/gosight/vision"
	"github.com/gosight/vision/dataset"
	"github.com/gosight/vision/internal/sharedtest"
)

// The figure that is told is that of results/training.csv; here the way to it is short, on every tenth picture.
func TestFineTuneMobileNet(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: it looks at 450 pictures")
	}
	model, data := sharedtest.Path(t, "models", "mobilenet_v2_imagenet"), sharedtest.Path(t, "data", "scene15.tar.gz")
	set, test, err := dataset.TrainFolders(data)
	if err != nil {
		t.Fatal(err)
	}
	_, set = set.Split(5)
	_, test = test.Split(20)
	base := From(model, vision.Card(filepath.Join("..", "testdata", "cards")))
	res, err := FineTune(t.Context(), base, Data{set, test}, Out(t.TempDir()), Squash(), Epochs(20))
	if err != nil {
		t.Fatal(err)
	}
	// 20 pictures a class teach it 86 % and more; by chance it would be 7 %.
	if res.Best.ValidAccuracy < 0.8 {
		t.Errorf("got %+v", res.Best)
	}
}
