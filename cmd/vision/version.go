package main

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/gosight/vision/internal/session"
)

func versionCommand() *command {
	c := newCommand("version", "", "print the versions of the program and of what it is made of")
	c.run = func(_ context.Context, a *app, args []string) error {
		if len(args) > 0 {
			return usagef("want no arguments, got %q", args[0])
		}
		own, graft := versions()
		return write(a, fmt.Sprintf("vision %s, TensorFlow %s, graft %s, %s %s/%s\n",
			own, session.Version(), graft, runtime.Version(), runtime.GOOS, runtime.GOARCH))
	}
	return c
}

// versions returns those of this module and of the bindings, as the build has noted
// them.
func versions() (own, graft string) {
	own, graft = "(devel)", "(unknown)"
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return own, graft
	}
	if info.Main.Version != "" {
		own = info.Main.Version
	}
	for _, d := range info.Deps {
		if d.Path == "github.com/wamuir/graft" {
			graft = d.Version
		}
	}
	return own, graft
}
