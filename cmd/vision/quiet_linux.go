package main

import (
	"bytes"
	"os"
	"runtime/debug"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gosight/vision/internal/session/hush"
)

// logLevel is the variable by which TensorFlow is told how much to write to standard error.
const logLevel = hush.Level

// quietly calls start, in which TensorFlow runs for the first time, so that what
// it has to say to nobody does not reach the user.
//
// Most of it is silenced by TF_CPP_MIN_LOG_LEVEL, which package hush answers with 3 from the moment
// the library is loaded: fatal errors only. What fails comes back as an error, and TensorFlow's own line about
// it, of a broken JPEG say, names no file. What the user has set stands, and who asks for 0 gets everything.
//
// Two lines of TensorFlow 2.18 no variable silences: a notice that the first graph of a
// process gives, through a copy of absl's logging inside the library which nothing
// outside can configure, and the warning that absl puts before its first line. So for
// this one call, a graph of one node, standard error goes to a file in memory, of which
// everything but these two lines is passed on. Should the process crash within the call, Go's report still
// goes to the user; what TensorFlow wrote before would be lost, which is why the call is so small.
func quietly(start func() error) error {
	if os.Getenv(logLevel) == "0" {
		return start()
	}
	memory, err := unix.MemfdCreate("stderr", unix.MFD_CLOEXEC)
	if err != nil {
		return start() // an old kernel: two lines too many
	}
	f := os.NewFile(uintptr(memory), "stderr")
	defer f.Close()
	old, err := unix.FcntlInt(2, unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return start() // standard error is closed
	}
	if err := unix.Dup3(memory, 2, 0); err != nil {
		_ = unix.Close(old)
		return start()
	}
	user := os.NewFile(uintptr(old), "stderr")
	defer user.Close()
	_ = debug.SetCrashOutput(user, debug.CrashOptions{})
	startErr := start()
	_ = debug.SetCrashOutput(nil, debug.CrashOptions{})
	if err := unix.Dup3(old, 2, 0); err != nil {
		return err
	}
	if n, err := f.Seek(0, 1); err == nil && n > 0 {
		said := make([]byte, n)
		if _, err := f.ReadAt(said, 0); err == nil {
			_, _ = os.Stderr.Write(withoutNotices(said))
		}
	}
	return startErr
}

// withoutNotices returns what was written but for the two lines.
func withoutNotices(said []byte) []byte {
	var rest []byte
	const absl = "WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\n"
	const notice = " mlir_graph_optimization_pass.cc:401] MLIR V1 optimization pass is not enabled\n"
	warned := false // absl's warning stays if another message follows it
	for line := range bytes.Lines(said) {
		switch s := string(line); {
		case s == absl:
			warned = true
			continue
		case strings.HasPrefix(s, "I0000 ") && strings.HasSuffix(s, notice):
		default:
			if warned && len(rest) == 0 && looksLikeAbsl(s) {
				rest = append(rest, absl...)
			}
			rest = append(rest, line...)
		}
	}
	return rest
}

// looksLikeAbsl reports whether a line is of the kind that absl's warning is about:
// "W0000 00:00:1795459759.685336   29600 file.cc:1] text".
func looksLikeAbsl(s string) bool {
	return len(s) > 6 && strings.IndexByte("IWEF", s[0]) >= 0 && s[1:6] == "0000 "
}
