package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// every is the pause between lines where there is no terminal.
const every = 5 * time.Second

// A progress shows how far a step is: on a terminal one line that is written
// over, elsewhere a line every few seconds, and so none for a short step.
type progress struct {
	mu       sync.Mutex
	w        io.Writer
	terminal bool
	label    string
	last     int64 // percent, or megabytes where the total is not known
	written  time.Time
	open     bool // a line without its end is on the terminal
}

func newProgress(w io.Writer) *progress {
	p := &progress{w: w, last: -1}
	if f, ok := w.(*os.File); ok {
		st, err := f.Stat()
		p.terminal = err == nil && st.Mode()&os.ModeCharDevice != 0
	}
	return p
}

// line writes a line of its own.
func (p *progress) line(s string) {
	p.end()
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintln(p.w, s)
}

// step reports bytes done of total for the step label. It may be called for
// every buffer; most calls write nothing.
func (p *progress) step(label string, done, total int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now, unit := done/1e6, "MB"
	if total > 0 {
		now, unit = min(100, done*100/total), "%"
	}
	if label != p.label {
		p.label, p.last, p.written = label, -1, time.Now()
	}
	if p.terminal {
		if now == p.last {
			return
		}
		p.last, p.open = now, true
		bar := ""
		if total > 0 {
			const width = 30
			n := int(now) * width / 100
			bar = fmt.Sprintf("[%-*s] ", width, "=============================="[:n])
		}
		fmt.Fprintf(p.w, "\r%-7s %s%3d %s ", label, bar, now, unit)
		return
	}
	if time.Since(p.written) > every {
		p.written = time.Now()
		fmt.Fprintf(p.w, "%s: %d %s\n", label, now, unit)
	}
}

// end closes an open line on the terminal.
func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open {
		fmt.Fprintln(p.w)
		p.open = false
	}
	p.label, p.last = "", -1
}
