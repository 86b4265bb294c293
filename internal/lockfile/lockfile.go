// Package lockfile keeps processes, and goroutines, from writing one thing at once.
package lockfile

import (
	"context"
	"errors"
	"time"
)

// ErrHeld is a lock that somebody else has.
var ErrHeld = errors.New("locked by another")

// Lock takes the lock of a file, which it makes if need be, and waits for whoever has it. It returns ctx's error if that ends first.
func Lock(ctx context.Context, name string) (unlock func(), err error) {
	for {
		unlock, err := Try(name)
		if !errors.Is(err, ErrHeld) {
			return unlock, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
}
