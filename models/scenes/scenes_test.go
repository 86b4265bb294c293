package scenes

import (
	"testing"

	"github.com/gosight/vision/internal/modeltest"
)

func TestModel(t *testing.T) {
	modeltest.Check(t, FS(), modeltest.Want{Task: "scene", Side: 144, Most: 8 << 20, Labels: "Bedroom Coast Forest Highway Industrial " +
		"InsideCity Kitchen LivingRoom Mountain Office OpenCountry Store Street Suburb TallBuilding"})
}
