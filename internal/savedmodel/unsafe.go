package savedmodel

import (
	"io/fs"
	"maps"
	"slices"
	"strings"

	nodes "github.com/wamuir/graft/tensorflow/core/framework/node_def_go_proto"
)

// Unsafe returns, sorted, what in the graph touches files, the network or Python
// when the model is loaded or the signature is run: names of ops, and assets
// that lie outside of the model. Empty means none. Functions that neither the
// signature nor the initialisation calls do not count.
//
// Reading the checkpoint in the restore op and text files from the model's assets
// during initialisation is what loading is, and does not count either.
func (m *Model) Unsafe(g *Graph, sig *Signature) []string {
	p := newProgram(g.Meta)
	var running, loading []string
	for _, port := range slices.Concat(sig.Inputs, sig.Outputs) {
		running = append(running, port.Tensor)
	}
	for _, out := range g.Meta.GetSignatureDef()["__saved_model_init_op"].GetOutputs() {
		loading = append(loading, out.GetName())
	}
	for _, collection := range []string{"saved_model_main_op", "legacy_init_op"} {
		loading = append(loading, g.Meta.GetCollectionDef()[collection].GetNodeList().GetValue()...)
	}

	found := map[string]bool{}
	p.eachUnsafe(p.reachable(running...), func(n *nodes.NodeDef) { found[n.GetOp()] = true })
	p.eachUnsafe(p.reachable(g.Meta.GetSaverDef().GetRestoreOpName()), func(n *nodes.NodeDef) {
		switch n.GetOp() {
		case "RestoreV2", "Restore", "RestoreSlice":
		default:
			found[n.GetOp()] = true
		}
	})
	fromAssets := p.assetTables(loading)
	p.eachUnsafe(p.reachable(loading...), func(n *nodes.NodeDef) {
		if !fromAssets[n] {
			found[n.GetOp()] = true
		}
	})
	for _, a := range g.Meta.GetAssetFileDef() {
		if !fs.ValidPath(a.GetFilename()) {
			found["asset "+a.GetFilename()] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

func (p *program) eachUnsafe(r reach, visit func(*nodes.NodeDef)) {
	for _, n := range r.nodes {
		if touchesWorld(n) {
			visit(n)
		}
	}
	for _, f := range r.functions {
		for _, n := range f.GetNodeDef() {
			if touchesWorld(n) {
				visit(n)
			}
		}
	}
}

// touchesWorld reports whether an op reads or writes files, opens connections,
// runs Python, or runs a graph that is hidden in its arguments.
func touchesWorld(n *nodes.NodeDef) bool {
	op := strings.TrimPrefix(n.GetOp(), "Experimental")
	switch op {
	case "PrintV2":
		return strings.HasPrefix(string(n.GetAttr()["output_stream"].GetS()), "file:")
	case "FixedUnigramCandidateSampler":
		return len(n.GetAttr()["vocab_file"].GetS()) > 0
	case "EncodeProto", "DecodeProtoV2":
		source := string(n.GetAttr()["descriptor_source"].GetS())
		return source != "" && !strings.HasPrefix(source, "local://") && !strings.HasPrefix(source, "bytes://")
	case "ReadFile", "WriteFile", "MatchingFiles", "ImmutableConst", "Skipgram", "RecordInput",
		"FileSystemSetConfiguration", "GenerateVocabRemapping", "LoadAndRemapMatrix",
		"InitializeTableFromTextFile", "InitializeTableFromTextFileV2", "InitializeTRTResource", "SerializeTRTResource",
		"WholeFileReader", "WholeFileReaderV2", "TextLineReader", "TextLineReaderV2", "LMDBReader",
		"FixedLengthRecordReader", "FixedLengthRecordReaderV2", "TFRecordReader", "TFRecordReaderV2",
		"Save", "SaveSlices", "SaveV2", "Restore", "RestoreSlice", "RestoreV2", "MergeV2Checkpoints",
		"DTensorRestoreV2", "DistributedSave", "CalibrationStatisticsSaver", "DumpTensor",
		"CSVDataset", "CSVDatasetV2", "LMDBDataset", "MatchingFilesDataset", "SqlDataset", "TextLineDataset",
		"FixedLengthRecordDataset", "FixedLengthRecordDatasetV2", "TFRecordDataset", "TFRecordDatasetV2",
		"CacheDataset", "CacheDatasetV2", "SaveDataset", "SaveDatasetV2", "LoadDataset", "DatasetToTFRecord",
		"ListSnapshotChunksDataset", "SnapshotDataset", "SnapshotDatasetV2", "SnapshotDatasetReader",
		"SnapshotNestedDatasetReader", "SnapshotChunkDataset",
		"CreateSummaryFileWriter", "CreateSummaryDbWriter", "ImportEvent",
		"DebugIdentity", "DebugIdentityV2", "DebugIdentityV3", "DebugNanCount", "DebugNumericSummary",
		"PyFunc", "PyFuncStateless", "EagerPyFunc", "DatasetFromGraph",
		"RpcClient", "RpcServer", "RpcServerStart", "RpcServerRegister", "RpcCall", "RemoteCall",
		"RegisterDataset", "RegisterDatasetV2", "ConfigureAndInitializeGlobalTPU":
		return true
	}
	return strings.HasPrefix(op, "DataServiceDataset") || strings.HasPrefix(op, "Collective")
}
