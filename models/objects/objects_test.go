package objects

import (
	"testing"

	"github.com/gosight/vision/internal/modeltest"
)

func TestModel(t *testing.T) {
	modeltest.Check(t, FS(), modeltest.Want{Task: "recognize", Side: 32, Most: 10 << 20,
		Labels: "airplane automobile bird cat deer dog frog horse ship truck"})
}
