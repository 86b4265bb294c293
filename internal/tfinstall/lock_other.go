//go:build !(linux || darwin)

package tfinstall

import (
	"context"
	"errors"
	"math"
)

// Nothing is ever installed here: Lookup refuses the system first. The functions
// exist so that the command builds and can say so.

func lock(context.Context, string, func()) (func(), error) { return nil, errors.ErrUnsupported }

func freeSpace(string) (int64, error) { return math.MaxInt64, nil }
