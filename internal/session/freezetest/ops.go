// Package freezetest tries frozen graphs in TensorFlow against the models as they
// were saved. The tests of package freeze itself need no TensorFlow.
package freezetest

// #include "tensorflow/c/c_api.h"
import "C"

import "unsafe"

// Ops returns the serialised list of the ops that the library knows.
func Ops() []byte {
	buf := C.TF_GetAllOpList()
	if buf == nil {
		return nil
	}
	defer C.TF_DeleteBuffer(buf)
	return C.GoBytes(unsafe.Pointer(buf.data), C.int(buf.length))
}
