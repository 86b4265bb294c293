package lockfile

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestTryOnce(t *testing.T) {
	name := filepath.Join(t.TempDir(), "lock")
	unlock, err := Try(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Try(name); !errors.Is(err, ErrHeld) {
		t.Errorf("held: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	if _, err := Lock(ctx, name); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("waiting for it until a deadline: %v", err)
	}
	unlock()
	again, err := Try(name)
	if err != nil {
		t.Fatalf("let go: %v", err)
	}
	again()
	if _, err := Try(filepath.Join(name, "within", "a file")); err == nil || errors.Is(err, ErrHeld) {
		t.Errorf("no folder: %v", err)
	}
}

// Whoever has the lock may remove the file: no two have it all the same.
func TestLockOfAFileThatIsRemoved(t *testing.T) {
	name := filepath.Join(t.TempDir(), "lock")
	var in, sum atomic.Int32 // the race detector knows nothing of locks of files
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 20 {
				unlock, err := Lock(t.Context(), name)
				if err != nil {
					t.Error(err)
					return
				}
				if n := in.Add(1); n != 1 {
					t.Errorf("%d have the lock", n)
				}
				if sum.Add(1)%3 == 0 {
					_ = os.Remove(name)
				}
				in.Add(-1)
				unlock()
			}
		})
	}
	wait.Wait()
	if n := sum.Load(); n != 8*20 {
		t.Errorf("it was had %d times, want %d", n, 8*20)
	}
}
