"""Writes what tf.saved_model.load answers for mobilenet_v1_075_imagenet.

TensorFlow's session loader (LoadSavedModel) cannot run this model: its
serving function captures other handles than the restore op fills. So the oracle
of the Go test is Python.

    python reference/freeze/mobilenet_v1.py ../shared/models/mobilenet_v1_075_imagenet \
        > internal/session/freezetest/testdata/mobilenet_v1.json
"""

import json
import sys

import numpy as np
import tensorflow as tf


def pixels(n):
    """n values in [-1, 1) that Go makes without a generator: a multiplicative hash of the index."""
    i = np.arange(n, dtype=np.uint64)
    return ((i * np.uint64(2654435761) % np.uint64(1 << 32)) / (1 << 31) - 1).astype(np.float32)


model = tf.saved_model.load(sys.argv[1])
x = pixels(2 * 224 * 224 * 3).reshape(2, 224, 224, 3)
x[1] = x[1][::-1] * np.linspace(0, 1, 224, dtype=np.float32)[None, :, None]
y = model.signatures["serving_default"](input_1=tf.constant(x))["predictions"].numpy()
top = [[int(k) for k in np.argsort(-row)[:20]] for row in y]
json.dump(
    {
        "tensorflow": tf.__version__,
        "top": top,
        "probability": [[float(row[k]) for k in t] for row, t in zip(y, top)],
    },
    sys.stdout,
    indent=1,
)
