package vision

import "github.com/gosight/vision/internal/engine"

// Info says what is in force for an open model: what was found, what was chosen, and why.
type Info = engine.Info
