//go:build race

package jpegscale

const raceEnabled = true
