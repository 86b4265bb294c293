//go:build !linux

// Package hush keeps TensorFlow from writing its notes to standard error while it is
// loaded. Nothing is done on this system.
package hush

// Level is the variable that says how much TensorFlow writes; 0 is everything.
const Level = "TF_CPP_MIN_LOG_LEVEL"
