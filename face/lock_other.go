//go:build !unix || solaris || aix

package face

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"
)

// lock makes a file that must not be there yet, and removes it in the end. A process that is killed leaves
// it behind; it has to be removed by hand then.
func lock(ctx context.Context, name string) (unlock func(), err error) {
	for {
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err == nil {
			return func() { _ = os.Remove(name) }, f.Close()
		}
		if !errors.Is(err, fs.ErrExist) && !errors.Is(err, fs.ErrPermission) {
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
}
