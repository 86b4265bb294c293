package digits

import (
	"testing"

	"github.com/gosight/vision/internal/modeltest"
)

func TestModel(t *testing.T) {
	modeltest.Check(t, FS(), modeltest.Want{Task: "recognize", Side: 32, Most: 2 << 20, Labels: "0 1 2 3 4 5 6 7 8 9"})
}
