package session

// #include <stdlib.h>
// #include "tensorflow/c/c_api.h"
//
// static void dealloc_strings(TF_Tensor* t) {
//   if (TF_TensorType(t) != TF_STRING) return;
//   TF_TString* s = (TF_TString*)TF_TensorData(t);
//   int64_t n = TF_TensorElementCount(t);
//   for (int64_t i = 0; i < n; i++) TF_TString_Dealloc(&s[i]);
// }
import "C"

import (
	"reflect"
	"runtime"
	"sync"
	"sync/atomic"
	"unsafe"

	tf "github.com/wamuir/graft/tensorflow"
)

// graft frees tensors and graphs by finalizers, so a busy program's memory
// depends on when the collector looks. Here each has one owner that frees it at a
// known moment. The pointer to the C object is read from graft's unexported field c;
// TestNativePointers fails if another version of graft names it differently,
// and freeing then falls back to the finalizer.

// live counts what is open, for tests and for Live.
var live struct {
	models, tensors atomic.Int64
}

// Live returns how many models are open and how many tensors hold native memory
// in this process.
func Live() (models, tensors int) {
	return int(live.models.Load()), int(live.tensors.Load())
}

func cPointer(v reflect.Value) unsafe.Pointer {
	f := v.Elem().FieldByName("c")
	if !f.IsValid() || f.Kind() != reflect.Pointer {
		return nil
	}
	return f.UnsafePointer()
}

// own counts a tensor that graft made. Every owned tensor is freed by free.
func own(t *tf.Tensor) *tf.Tensor {
	live.tensors.Add(1)
	return t
}

// freeFed is free for tensors that were made here: their strings are theirs too.
func freeFed(ts ...*tf.Tensor) {
	for _, t := range ts {
		if t == nil {
			continue
		}
		if c := (*C.TF_Tensor)(cPointer(reflect.ValueOf(t))); c != nil {
			C.dealloc_strings(c)
		}
		free(t)
	}
}

// free releases the native memory of owned tensors. They must not be used again. A fetched
// tensor may share its strings with a constant of the graph, so they stay.
func free(ts ...*tf.Tensor) {
	for _, t := range ts {
		if t == nil {
			continue
		}
		live.tensors.Add(-1)
		c := (*C.TF_Tensor)(cPointer(reflect.ValueOf(t)))
		if c == nil {
			continue
		}
		runtime.SetFinalizer(t, nil)
		C.TF_DeleteTensor(c)
	}
}

// freeGraph releases the native memory of a graph whose sessions are closed.
func freeGraph(g *tf.Graph) {
	if g == nil {
		return
	}
	c := (*C.TF_Graph)(cPointer(reflect.ValueOf(g)))
	if c == nil {
		return
	}
	runtime.SetFinalizer(g, nil)
	C.TF_DeleteGraph(c)
}

// opList returns the serialised list of the operations that the library knows.
var opList = sync.OnceValue(func() []byte {
	buf := C.TF_GetAllOpList()
	if buf == nil {
		return nil
	}
	defer C.TF_DeleteBuffer(buf)
	return C.GoBytes(unsafe.Pointer(buf.data), C.int(buf.length))
})

// unsafeString is the bytes as a string without a copy; the bytes must not change
// while it is in use.
func unsafeString(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// ownable reports whether the C object behind a tensor or graph of graft's is found.
func ownable(v any) bool { return cPointer(reflect.ValueOf(v)) != nil }
