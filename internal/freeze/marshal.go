package freeze

import (
	"google.golang.org/protobuf/proto"
)

// Marshal returns the serialised GraphDef.
func (g *Graph) Marshal() ([]byte, error) { return proto.Marshal(g.Def) }

// Release lets go of the weights. The names of inputs and outputs stay.
func (g *Graph) Release() { g.Def = nil }
