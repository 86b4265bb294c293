"""Writes the definitions of the ops that the tests of internal/freeze use, as
TF_GetAllOpList would give them, without their prose.

    python reference/freeze/ops.py testdata/models > internal/freeze/testdata/ops.pb
"""
import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from tensorflow.core.framework import op_def_pb2  # noqa: E402
from tensorflow.core.protobuf import saved_model_pb2  # noqa: E402
from tensorflow.python.client import pywrap_tf_session as tf  # noqa: E402

names = {
    "Add", "AssignVariableOp", "BiasAdd", "Case", "Const", "Conv2D", "DepthwiseConv2dNative", "Enter", "Exit",
    "FusedBatchNormV3", "GatherV2", "Identity", "If", "MatMul", "Merge", "Mul", "NextIteration", "NoOp", "Placeholder",
    "ReadVariableOp", "Relu", "ResourceGather", "Split", "StatefulPartitionedCall", "StatelessIf", "StatelessWhile",
    "Switch", "TopKV2", "VarHandleOp", "VariableShape", "While",
}
for file in Path(sys.argv[1]).glob("*/saved_model.pb"):
    model = saved_model_pb2.SavedModel.FromString(file.read_bytes())
    for meta in model.meta_graphs:
        names |= {n.op for n in meta.graph_def.node}
        names |= {n.op for f in meta.graph_def.library.function for n in f.node_def}

everything = op_def_pb2.OpList.FromString(tf.TF_GetBuffer(tf.TF_GetAllOpList()))
out = op_def_pb2.OpList()
for op in sorted(everything.op, key=lambda o: o.name):
    if op.name not in names:
        continue
    op.summary = op.description = ""
    for part in [*op.input_arg, *op.output_arg, *op.attr]:
        part.description = ""
    out.op.append(op)
sys.stdout.buffer.write(out.SerializeToString(deterministic=True))
