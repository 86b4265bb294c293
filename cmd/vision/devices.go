package main

import (
	"context"
	"fmt"

	"github.com/gosight/vision"
)

func devicesCommand() *command {
	c := newCommand("devices", "", "list the devices that TensorFlow sees")
	c.more = `The names are those that -device takes. With -json each line is {"name", "type", "memory"}, the last in bytes.`
	asJSON := jsonFlag(c.flags)
	c.run = func(ctx context.Context, a *app, args []string) error {
		if len(args) > 0 {
			return usagef("want no arguments, got %q", args[0])
		}
		list, err := open(ctx, func() ([]vision.Device, error) { return vision.Devices() })
		if err != nil {
			return err
		}
		var rows [][]string
		for _, d := range list {
			if *asJSON {
				if err := writeJSON(a, d); err != nil {
					return err
				}
			}
			rows = append(rows, []string{d.Name, room(d.Type, d.Memory)})
		}
		if *asJSON {
			return nil
		}
		return write(a, columns("", rows))
	}
	return c
}

// room is the memory of a device; of a CPU TensorFlow states a figure that means nothing.
func room(kind string, memory int64) string {
	if kind == "CPU" {
		return ""
	}
	return mebibytes(memory)
}

func mebibytes(n int64) string { return fmt.Sprintf("%d MiB", n>>20) }
