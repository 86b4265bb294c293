// Package tfserver starts a TensorFlow server in this process, to which sessions
// elsewhere connect with a target. The library only connects; tests serve.
package tfserver

// #include <stdlib.h>
// #include "tensorflow/c/c_api.h"
import "C"

import (
	"errors"
	"fmt"
	"unsafe"

	corepb "github.com/wamuir/graft/tensorflow/core/protobuf/for_core_protos_go_proto"
	"google.golang.org/protobuf/proto"
)

// Start serves on port of the loopback interface, as the only task of job
// "worker", until the process ends: TensorFlow cannot stop a server cleanly. It
// returns the target for clients.
func Start(port int) (target string, err error) {
	def, err := proto.Marshal(&corepb.ServerDef{
		Protocol: "grpc", JobName: "worker",
		Cluster: &corepb.ClusterDef{Job: []*corepb.JobDef{{
			Name: "worker", Tasks: map[int32]string{0: fmt.Sprintf("127.0.0.1:%d", port)},
		}}},
	})
	if err != nil {
		return "", err
	}
	s := C.TF_NewStatus()
	defer C.TF_DeleteStatus(s)
	p := C.CBytes(def)
	defer C.free(p)
	server := C.TF_NewServer(p, C.size_t(len(def)), s)
	if C.TF_GetCode(s) != C.TF_OK {
		return "", errors.New(C.GoString(C.TF_Message(s)))
	}
	C.TF_ServerStart(server, s)
	if C.TF_GetCode(s) != C.TF_OK {
		return "", errors.New(C.GoString(C.TF_Message(s)))
	}
	return C.GoString((*C.char)(unsafe.Pointer(C.TF_ServerTarget(server)))), nil
}
