package session

import (
	"testing"

	tf "github.com/wamuir/graft/tensorflow"
)

// TestNativePointers fails where another graft names the pointers to its C objects
// otherwise, so that memory would fall back to finalizers.
func TestNativePointers(t *testing.T) {
	g := tf.NewGraph()
	nt, err := tf.NewTensor(float32(1))
	if err != nil {
		t.Fatal(err)
	}
	if !ownable(nt) || !ownable(g) {
		t.Error("graft's tensors or graphs cannot be freed at a known moment")
	}
	free(own(nt))
	freeGraph(g)
}
