//go:build !unix || solaris || aix

package lockfile

import (
	"errors"
	"io/fs"
	"os"
)

// Try makes a file that must not be there yet, and removes it in the end; ErrHeld if it is there. A process that is killed leaves
// it behind; it has to be removed by hand then.
func Try(name string) (unlock func(), err error) {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	switch {
	case err == nil:
		return func() { _ = os.Remove(name) }, f.Close()
	case errors.Is(err, fs.ErrExist) || errors.Is(err, fs.ErrPermission):
		return nil, ErrHeld
	}
	return nil, err
}
