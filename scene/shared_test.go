package scene_test

import (
	"context"
	"testing"

	"github.com/gosight/vision"
	"github.com/gosight/vision/dataset"
	"github.com/gosight/vision/internal/sharedtest"
)

// The embedded model names one in twenty of the test pictures of the fifteen scenes as
// rightly as its card says of all, within what so few pictures can show.
func TestFifteenScenes(t *testing.T) {
	set, err := dataset.ImageFolder(sharedtest.Path(t, "data", "scene15.tar.gz"), "scene15/test")
	if err != nil {
		t.Fatal(err)
	}
	m := openDefault(t)
	indoors := map[string]bool{"Bedroom": true, "Kitchen": true, "LivingRoom": true, "Office": true, "Store": true}
	i, all, right, side := 0, 0, 0, 0
	for e, err := range set.All() {
		if err != nil {
			t.Fatal(err)
		}
		if i++; i%20 != 0 {
			continue
		}
		s, err := m.Describe(context.Background(), e.Image)
		if err != nil {
			t.Fatal(err)
		}
		all++
		if s.Places.Best().Name == set.Classes[e.Class] {
			right++
		}
		if s.Indoor == indoors[set.Classes[e.Class]] {
			side++
		}
	}
	t.Logf("%d of %d pictures named rightly, the side of %d", right, all, side)
	if all < 100 || right < all*4/5 || side < all*17/20 {
		t.Errorf("%d of %d pictures named rightly, the side of %d", right, all, side)
	}
}

// One of the pictures that come with Places365 shows mountains.
func TestPlacesPictures(t *testing.T) {
	s := describe(t, openDefault(t), readShared(t, "data", "places365", "mountains.jpg"))
	if s.Indoor || s.Places.Best().Name != "Mountain" {
		t.Errorf("%v, want mountains, outdoors", s)
	}
}

func readShared(t testing.TB, elem ...string) *vision.Photo {
	t.Helper()
	p, err := vision.ReadFile(sharedtest.Path(t, elem...))
	if err != nil {
		t.Fatal(err)
	}
	return p
}
