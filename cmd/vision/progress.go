package main

import (
	"os"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// A progress is a bar on a terminal's standard error. There is none for one file, and none
// where the answers go to the terminal too: they are the progress. A nil progress
// does nothing.
type progress struct{ bar *progressbar.ProgressBar }

func newProgress(a *app, args []string) *progress {
	if !terminal(a.err) || terminal(a.out) {
		return nil
	}
	n := count(args)
	if n < 2 {
		return nil
	}
	return bar(a, n)
}

// newBar is a progress of n pictures whose one answer comes at the end.
func newBar(a *app, n int) *progress {
	if !terminal(a.err) || n < 2 {
		return nil
	}
	return bar(a, n)
}

func bar(a *app, n int) *progress {
	return &progress{progressbar.NewOptions(n, progressbar.OptionSetWriter(a.err), progressbar.OptionShowCount(),
		progressbar.OptionShowIts(), progressbar.OptionSetItsString("files"), progressbar.OptionClearOnFinish(),
		progressbar.OptionSetPredictTime(true), progressbar.OptionSetWidth(30), progressbar.OptionSetRenderBlankState(true))}
}

func terminal(v any) bool {
	f, ok := v.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// step says that one more file is done. Files may have come since they were counted.
func (p *progress) step() {
	if p == nil {
		return
	}
	if s := p.bar.State(); s.CurrentNum+1 > s.Max {
		p.bar.ChangeMax64(s.CurrentNum + 1)
	}
	_ = p.bar.Add(1)
}

// clear takes the bar off the terminal, until the next step.
func (p *progress) clear() {
	if p != nil {
		_ = p.bar.Clear()
	}
}
