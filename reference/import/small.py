"""Makes a weight file of a whole net that packs to some tens of KB, and Keras' answer with it, for the test that imports it.

    python reference/import/small.py train/testdata

Writes mobilenet_v2.h5.gz, in the layout that Keras publishes, and mobilenet_v2.json. Kernels and shifts repeat a row of 1009 random
values (a prime: channels differ), and each batch norm has the one variance of what flows into it, so that signals
neither vanish nor explode. The picture is given by a formula, 256x256, which the card's rule cuts to 224x224 without resampling.
"""
import gzip
import json
import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import h5py  # noqa: E402
import keras  # noqa: E402
import numpy as np  # noqa: E402
from keras.src.legacy.saving import legacy_h5_format  # noqa: E402


def picture():
    y, x = np.mgrid[:256, :256]
    rgb = np.stack([x * x // 97 + 3 * y, 2 * x + y * y // 61, x * y // 53], -1) % 256
    return rgb[16:240, 16:240].astype(np.float32)


def main():
    out = Path(sys.argv[1])
    keras.backend.clear_session()
    model = keras.applications.MobileNetV2(weights=None)
    row = np.random.default_rng(1).standard_normal(1009)
    batch = keras.applications.mobilenet_v2.preprocess_input(picture()[None])

    def repeat(shape, scale):
        return (np.resize(row, shape) * scale).astype(np.float32)

    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            x = np.asarray(keras.Model(model.input, layer.input)(batch))
            n = x.shape[-1]
            adds = any(isinstance(node.operation, keras.layers.Add) for node in layer._outbound_nodes)
            layer.moving_variance.assign(np.full(n, x.var(), np.float32))
            layer.moving_mean.assign(np.full(n, x.mean(), np.float32))
            layer.gamma.assign(np.full(n, 0.3 if adds else 1, np.float32))
            layer.beta.assign(repeat((n,), 0.2))
        elif layer.weights:
            kernel = layer.kernel
            fan = np.prod(kernel.shape[:2]) if isinstance(layer, keras.layers.DepthwiseConv2D) else np.prod(kernel.shape[:-1])
            kernel.assign(repeat(kernel.shape, np.sqrt(2 / fan)))
            if layer.use_bias:
                layer.bias.assign(repeat(layer.bias.shape, 0.5))
    file = out / "mobilenet_v2.h5"
    with h5py.File(file, "w") as f:
        legacy_h5_format.save_weights_to_hdf5_group(f, model)
    (out / "mobilenet_v2.h5.gz").write_bytes(gzip.compress(file.read_bytes(), 9, mtime=0))
    file.unlink()
    answer = model.predict(batch, verbose=0)[0]
    (out / "mobilenet_v2.json").write_text(json.dumps([round(float(p), 7) for p in answer]) + "\n")
    top = np.argsort(-answer)[:5]
    print((out / "mobilenet_v2.h5.gz").stat().st_size, "bytes; surest", [(int(i), float(answer[i])) for i in top])


if __name__ == "__main__":
    main()
