"""Writes the tables of layers that Keras' applications have, in the order in which their weight files hold them.

    python reference/import/tables.py internal/pretrained/keras

A line is a layer, then each of its weights as name:shape, as `keras.applications.X(weights=None)` makes them. The
library takes the order from these tables; its tests hold every shape against the nets that it builds.
"""
import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import keras  # noqa: E402
from keras.src.legacy.saving.legacy_h5_format import _legacy_weights  # noqa: E402

NETS = {"vgg16": "VGG16", "vgg19": "VGG19", "resnet50": "ResNet50", "resnet101": "ResNet101", "resnet152": "ResNet152",
        "inception_v3": "InceptionV3", "mobilenet_v2": "MobileNetV2"}


def main():
    out = Path(sys.argv[1])
    for name, application in NETS.items():
        keras.backend.clear_session()
        lines = [f"# keras.applications.{application}, Keras {keras.__version__}; by reference/import/tables.py"]
        for layer in getattr(keras.applications, application)(weights=None).layers:
            weights = _legacy_weights(layer)
            if weights:
                lines.append(" ".join([layer.name, *(f"{w.name}:{'x'.join(map(str, w.shape))}" for w in weights)]))
        (out / f"{name}.txt").write_text("\n".join(lines) + "\n")
        print(name, len(lines) - 1)


if __name__ == "__main__":
    main()
