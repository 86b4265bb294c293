package session

import (
	"regexp"
	"testing"

	"github.com/gosight/vision/internal/option"
)

func TestWake(t *testing.T) {
	models, tensors := Live()
	for range 2 {
		if err := Wake(option.Process{}); err != nil {
			t.Fatal(err)
		}
	}
	if m, n := Live(); m != models || n != tensors {
		t.Errorf("waking left %d models and %d tensors", m-models, n-tensors)
	}
}

func TestVersion(t *testing.T) {
	if v := Version(); !regexp.MustCompile(`^\d+\.\d+\.\d+`).MatchString(v) {
		t.Errorf("got version %q", v)
	}
}
