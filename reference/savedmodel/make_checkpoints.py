"""Writes internal/savedmodel/testdata: checkpoints by TensorFlow, and what
TensorFlow reads from them and from the variables of testdata/models.

Usage: python reference/savedmodel/make_checkpoints.py (after make_tiny.py)
Needs tensorflow-cpu 2.18.
"""
import json
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import numpy as np
import tensorflow as tf

HERE = os.path.dirname(__file__)
OUT = os.path.join(HERE, "..", "..", "internal", "savedmodel", "testdata")
MODELS = os.path.join(HERE, "..", "..", "testdata", "models")
NUMERIC = [tf.bool, tf.int8, tf.uint8, tf.int16, tf.uint16, tf.int32, tf.uint32, tf.int64, tf.uint64,
           tf.float16, tf.bfloat16, tf.float32, tf.float64, tf.complex64, tf.complex128]


def save(prefix, tensors):
    tf.raw_ops.SaveV2(prefix=prefix, tensor_names=list(tensors), shape_and_slices=[""] * len(tensors),
                      tensors=list(tensors.values()))


def checkpoints():
    save(f"{OUT}/dtypes", {
        **{f"t/{d.name}": tf.cast(tf.constant([[1, 0, 1], [0, 1, 1]]), d) for d in NUMERIC},
        "t/minus": tf.constant([-1.5, float("inf")]),
        "t/scalar": tf.constant(7, tf.int64),
        "t/empty": tf.zeros([0, 3]),
        "t/text": tf.constant([[b"one", b""], [b"three\x00\xff", b"4" * 300]]),
    })
    # More keys than lie between two restart points of the index.
    save(f"{OUT}/many", {f"layer_with_a_long_name/{i:04d}/kernel": tf.constant(float(i)) for i in range(40)})
    for i in range(2):
        save(f"{OUT}/part{i}", {f"shard{i}/{k}": tf.fill([2, 2], float(10 * i + k)) for k in range(2)})
    tf.raw_ops.MergeV2Checkpoints(checkpoint_prefixes=[f"{OUT}/part0", f"{OUT}/part1"], destination_prefix=f"{OUT}/sharded",
                                  delete_old_dirs=False)


def values(prefix):
    """key -> dtype, shape, bytes in hex or strings in hex."""
    reader = tf.train.load_checkpoint(prefix)
    out = {}
    for key, shape in sorted(reader.get_variable_to_shape_map().items()):
        dtype = reader.get_variable_to_dtype_map()[key]
        v = reader.get_tensor(key)
        if dtype == tf.string:
            content = [e.hex() for e in np.asarray(v, object).ravel()]
        else:
            content = np.asarray(v).tobytes().hex()
        out[key] = {"dtype": dtype.name, "shape": list(shape), "content": content}
    return out


def variables(folder):
    """For each MetaGraph: node of a variable -> its bytes after loading, in hex; the loader may leave some empty."""
    with open(os.path.join(folder, "saved_model.pb"), "rb") as f:
        from tensorflow.core.protobuf import saved_model_pb2
        model = saved_model_pb2.SavedModel.FromString(f.read())
    out = {}
    for meta in model.meta_graphs:
        tags = list(meta.meta_info_def.tags)
        with tf.Graph().as_default() as g, tf.compat.v1.Session() as s:
            tf.compat.v1.saved_model.load(s, tags, folder)
            found = {}
            for op in g.get_operations():
                if op.type == "VarHandleOp" and op.get_attr("dtype") != tf.string:  # that of an asset holds a path of this machine
                    found[op.name] = tf.raw_ops.ReadVariableOp(resource=op.outputs[0], dtype=op.get_attr("dtype"))
                elif op.type == "VariableV2":
                    found[op.name] = op.outputs[0]
            filled = {}
            for k, v in sorted(found.items()):
                try:
                    filled[k] = np.asarray(s.run(v)).tobytes().hex()
                except tf.errors.FailedPreconditionError:
                    pass  # Keras exports have handles that the restore op leaves empty
            out[" ".join(sorted(tags))] = filled
    return out


def main():
    os.makedirs(OUT, exist_ok=True)
    checkpoints()
    names = sorted(os.listdir(MODELS))
    names = [n for n in names if os.path.exists(os.path.join(MODELS, n, "saved_model.pb"))]
    golden = {
        "checkpoints": {n: values(f"{OUT}/{n}") for n in ("dtypes", "many", "sharded")},
        "models": {n: variables(os.path.join(MODELS, n)) for n in names},
    }
    with open(f"{OUT}/golden.json", "w") as f:
        json.dump(golden, f, indent=1, sort_keys=True)
        f.write("\n")
    for name in os.listdir(OUT):
        if name.startswith("part"):
            os.remove(os.path.join(OUT, name))


main()
