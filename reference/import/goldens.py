"""Makes the small files that the readers are tested on, by h5py and TensorFlow.

    python reference/import/goldens.py

writes internal/hdf5/testdata and internal/pretrained/testdata. Arrays hold k/8 for the k-th value unless said otherwise, so
that every type holds them exactly.
"""
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import h5py  # noqa: E402
import numpy as np  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
HDF5 = ROOT / "internal" / "hdf5" / "testdata"
WEIGHTS = ROOT / "internal" / "pretrained" / "testdata"


def ramp(*shape, dtype="<f4"):
    return (np.arange(np.prod(shape, dtype=int)).reshape(shape) / 8).astype(dtype)


def fill(f):
    f.attrs["fixed"] = np.array([b"one", b"three", b"\xc3\xa4"])
    f.attrs["variable"] = ["one", "three", "ä", ""]
    f.attrs["single"] = "alone"
    f.attrs["none"] = np.array([], dtype="S1")
    f.attrs["numbers"] = np.arange(3)
    g = f.create_group("types")
    for name in ("<f2", "<f4", "<f8", ">f4", ">f8"):
        g.create_dataset(name.replace("<", "little-").replace(">", "big-"), data=ramp(2, 3, dtype=name))
    odd = f.create_group("odd")
    odd.create_dataset("one", data=np.float32(2.5))
    odd.create_dataset("empty", shape=(0, 3), dtype="f4")
    odd.create_dataset("int", data=np.arange(3))
    odd.create_dataset("unwritten", shape=(4,), dtype="f4")
    dcpl = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    dcpl.set_layout(h5py.h5d.COMPACT)
    d = h5py.h5d.create(g.id, b"compact", h5py.h5t.IEEE_F32LE, h5py.h5s.create_simple((5,)), dcpl)
    d.write(h5py.h5s.ALL, h5py.h5s.ALL, ramp(5))


def chunks(f):
    g = f.create_group("chunks")
    g.create_dataset("plain", data=ramp(5, 7), chunks=(2, 3))
    g.create_dataset("all", data=ramp(3, 5, 4), chunks=(2, 2, 3), compression="gzip", shuffle=True, fletcher32=True)
    g.create_dataset("many", data=ramp(70), chunks=(1,))  # more chunks than a node of the tree holds


def hdf5():
    HDF5.mkdir(parents=True, exist_ok=True)
    with h5py.File(HDF5 / "old.h5", "w") as f:
        fill(f)
        chunks(f)
        many = f.create_group("many")  # 300 members: the tree has two levels
        for i in range(300):
            many[f"member_{i:03}"] = f["types/little-f4"]
        many["soft"] = h5py.SoftLink("/types/little-f8")
    with h5py.File(HDF5 / "latest.h5", "w", libver="latest") as f:
        fill(f)
        dense = f.create_group("dense")
        for i in range(40):
            dense[f"member_{i}"] = f["types/little-f4"]
        f["odd"].create_dataset("chunks", data=ramp(4, 4), chunks=(2, 2))


def layers(group, names, weights, variable=False):
    """Layers of a kernel and a bias in the layout of Keras."""
    texts = (lambda x: x) if variable else (lambda x: np.array([t.encode() for t in x]))
    group.attrs["layer_names"] = texts(names)
    for name in names:
        g = group.create_group(name)
        mine = weights.get(name, {})
        if mine or not variable:
            g.attrs["weight_names"] = texts([f"{name}/{w}:0" for w in mine]) if mine else np.array([])
        else:
            g.attrs["weight_names"] = np.array([], dtype="S1")
        for w, value in mine.items():
            g.create_dataset(f"{name}/{w}:0", data=value)


def keras():
    two = {"a": {"kernel": ramp(1, 1, 2, 3), "bias": ramp(3)}, "head": {"kernel": ramp(3, 4), "bias": ramp(4)}}
    names = ["input", "a", "flatten", "head"]
    for file, group, variable in (("weights.h5", None, False), ("variable.h5", None, True), ("whole.h5", "model_weights", False)):
        with h5py.File(WEIGHTS / file, "w") as f:
            layers(f.create_group(group) if group else f, names, two, variable)
            f.attrs["keras_version"] = "2.3.1"
    with h5py.File(WEIGHTS / "cut.h5", "w") as f:  # names in numbered attributes, as where they are too many for one
        layers(f, names, two)
        f.attrs["layer_names0"], f.attrs["layer_names1"] = np.array([b"input", b"a"]), np.array([b"flatten", b"head"])
        del f.attrs["layer_names"]
    with h5py.File(WEIGHTS / "missing.h5", "w") as f:
        layers(f, names, two)
        del f["head"]
    with h5py.File(WEIGHTS / "new.weights.h5", "w") as f:
        f.create_group("layers/dense/vars").create_dataset("0", data=ramp(3, 4))
    with h5py.File(WEIGHTS / "other.h5", "w") as f:
        f.create_dataset("temperature", data=ramp(3))
    with h5py.File(WEIGHTS / "nan.h5", "w") as f:
        bad = ramp(3, 4)
        bad[1, 2] = np.nan
        layers(f, names, {**two, "head": {"kernel": bad, "bias": ramp(4)}})


def checkpoints():
    import tensorflow as tf

    tf.compat.v1.disable_eager_execution()
    scope = "InceptionV1/"
    for name, value in (("Conv2d_1a_7x7/weights", ramp(2, 2, 1, 3)), ("Conv2d_1a_7x7/BatchNorm/beta", np.full(600, 0.5, np.float32)),
                        ("Logits/Conv2d_0c_1x1/weights", ramp(1, 1, 3, 5)), ("Logits/Conv2d_0c_1x1/biases", ramp(5))):
        tf.compat.v1.get_variable(scope + name, initializer=value)
    tf.compat.v1.train.get_or_create_global_step()
    with tf.compat.v1.Session() as s:
        s.run(tf.compat.v1.global_variables_initializer())
        for version in (1, 2):
            tf.compat.v1.train.Saver(write_version=version).save(s, str(WEIGHTS / f"v{version}.ckpt"), write_meta_graph=False, write_state=False)


if __name__ == "__main__":
    WEIGHTS.mkdir(parents=True, exist_ok=True)
    hdf5()
    keras()
    checkpoints()
