//go:build unix && !solaris && !aix

package lockfile

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// Try takes the advisory lock on a file, which it makes if need be; ErrHeld if another has it. The kernel drops it with
// the process, so a killed one leaves none behind. The file stays, and may be removed by whoever has the lock. Where the file
// system has no locks, the error is errors.ErrUnsupported.
func Try(name string) (unlock func(), err error) {
	for {
		f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return nil, err
		}
		for err = syscall.EINTR; errors.Is(err, syscall.EINTR); {
			err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		}
		switch {
		case errors.Is(err, syscall.EWOULDBLOCK):
			return nil, errors.Join(ErrHeld, f.Close())
		case errors.Is(err, syscall.ENOLCK): // NFS without its daemon
			return nil, errors.Join(errors.ErrUnsupported, &os.PathError{Op: "lock", Path: name, Err: err}, f.Close())
		case err != nil:
			return nil, errors.Join(&os.PathError{Op: "lock", Path: name, Err: err}, f.Close())
		case named(f, name):
			return func() { _ = f.Close() }, nil
		}
		_ = f.Close() // it was removed meanwhile: another of its name may be there
	}
}

// named tells whether a file still has its name.
func named(f *os.File, name string) bool {
	mine, err := f.Stat()
	if err != nil {
		return true
	}
	there, err := os.Stat(name)
	return err == nil && os.SameFile(mine, there) || err != nil && !errors.Is(err, fs.ErrNotExist)
}
