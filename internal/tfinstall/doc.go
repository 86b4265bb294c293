// Package tfinstall puts the TensorFlow C library that matches the Go bindings
// of this module on the machine, and works out the settings that let the Go tool
// find it. It is pure Go, needs no cgo, and imports nothing else of the module:
// it has to build on a machine where nothing else of the module builds yet.
//
// An installation is one folder:
//
//	lib/      the two libraries, and libtensorflow.so as a link to the first
//	include/  the C headers, and no others
//	nvidia/   the CUDA libraries of the GPU variant, where its run path looks
//	licenses/ the terms of what lies beside them
//	tfsetup.json  what was installed, with sizes and digests
//
// The folder appears by one rename, after everything in it is written and
// checked. A folder without its manifest is therefore never an installation.
//
// # Which version
//
// The bindings are github.com/wamuir/graft v0.10.0, generated from TensorFlow
// 2.18.0; their README names the TensorFlow release, and their major and minor
// number is what has to fit. The C API keeps its binary interface within a minor
// release, so the last patch release, 2.18.1, is the one installed. Its Python
// wheels hold the whole C API in libtensorflow_cc.so.2, with the headers, which
// is why no other download is needed.
package tfinstall
