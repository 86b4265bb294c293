package engine

import (
	"sync"

	"github.com/gosight/vision/internal/fault"
)

// Calls counts the calls of a task that runs several engines, so that closing them waits for a
// call as a whole and not between two of its steps. The zero Calls is open.
type Calls struct {
	mu      sync.Mutex
	closed  bool
	running sync.WaitGroup
	done    sync.Once
	err     error
}

// Begin counts a call in, which must End; after Close it returns fault.ErrClosed.
func (c *Calls) Begin() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return fault.ErrClosed
	}
	c.running.Add(1)
	return nil
}

// End counts a call out.
func (c *Calls) End() { c.running.Done() }

// Close refuses new calls, waits for those inside, and then calls free, once. It may be called
// more than once, from any goroutine, and always returns what free did.
func (c *Calls) Close(free func() error) error {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.running.Wait()
	c.done.Do(func() { c.err = free() })
	return c.err
}
