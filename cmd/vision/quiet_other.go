//go:build !linux

package main

import "os"

// quietly calls start with TensorFlow's notices silenced as far as the environment can.
// See quiet_linux.go for what it leaves.
func quietly(start func() error) error {
	if os.Getenv("TF_CPP_MIN_LOG_LEVEL") == "" {
		_ = os.Setenv("TF_CPP_MIN_LOG_LEVEL", "3")
	}
	return start()
}
