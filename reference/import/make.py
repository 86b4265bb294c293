"""Makes weight files in the layout of those that Keras publishes, and Keras' answers to real pictures with them.

    python reference/import/make.py OUT [--only NAME,NAME]

The published files cannot be had everywhere, so nets of `weights=None` get random weights and random statistics
(../keras/randomise.py, which sees to it that answers differ from picture to picture and are not sure) and are written by
keras' own legacy_h5_format. OUT/<name>/ holds
    weights.h5     what save_weights wrote before Keras 3
    whole.h5       what save wrote, with model_weights            (the smallest net only, as the next three)
    notop.h5       without the head
    new.weights.h5, new.keras   the layouts of Keras 3, to be refused
    inputs.npy, outputs.npy     what Keras was fed and answered, as one batch
    pictures.json  which pictures these are
"""
import argparse
import json
import os
import sys
from contextlib import contextmanager
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE.parent / "keras"), str(HERE.parent / "imagenet")]

import h5py  # noqa: E402
import keras  # noqa: E402
import numpy as np  # noqa: E402
from keras.src.legacy.saving import legacy_h5_format  # noqa: E402

import pillow_rule  # noqa: E402
from export import EXPECTED, SEED, calibration_pictures, check, photos  # noqa: E402
import randomise as random_weights  # noqa: E402

# name: application, its module, size, shorter side
NETS = {
    "mobilenet_v2": ("MobileNetV2", "mobilenet_v2", 224, 256),
    "resnet50": ("ResNet50", "resnet", 224, 256),
    "inception_v3": ("InceptionV3", "inception_v3", 299, 342),
    "vgg16": ("VGG16", "vgg16", 224, 256),
    "resnet101": ("ResNet101", "resnet", 224, 256),
    "resnet152": ("ResNet152", "resnet", 224, 256),
    "vgg19": ("VGG19", "vgg19", 224, 256),
}


def weights(path, model):
    with h5py.File(path, "w") as f:
        legacy_h5_format.save_weights_to_hdf5_group(f, model)


@contextmanager
def damped(factor):
    """Has the branches of residual blocks add that much less than randomise lets them: over a hundred layers rounding
    errors grow else past what is compared."""
    original = random_weights._set_norm

    def less(layer, x, rng):
        original(layer, x, rng)
        if layer.scale and random_weights._feeds_add(layer):
            layer.gamma.assign(np.asarray(layer.gamma) * factor)

    random_weights._set_norm = less
    try:
        yield
    finally:
        random_weights._set_norm = original


def others(folder, application, model):
    legacy_h5_format.save_model_to_hdf5(model, str(folder / "whole.h5"), include_optimizer=False)
    keras.backend.clear_session()
    weights(folder / "notop.h5", application(weights=None, include_top=False, input_shape=(224, 224, 3)))
    model.save_weights(folder / "new.weights.h5")
    model.save(folder / "new.keras")


def make(name, folder, pictures, paths):
    application, module, size, shorter = NETS[name]
    application = getattr(keras.applications, application)
    keras.backend.clear_session()  # names begin at conv2d, as in a fresh process
    keras.utils.set_random_seed(SEED)
    model = application(weights=None)
    preprocess = getattr(keras.applications, module).preprocess_input
    batch = preprocess(np.stack([pillow_rule.crop(p, shorter, size) for p in calibration_pictures(pictures)]))
    with damped({"resnet101": 0.5, "resnet152": 0.25}.get(name, 1)):
        random_weights.randomise(model, batch, SEED)
    check(name, model.predict(batch, verbose=0), model.predict(batch, batch_size=1, verbose=0))
    order = [i % len(pictures) for i in range(EXPECTED)]
    inputs = preprocess(np.stack([pillow_rule.crop(pictures[i], shorter, size) for i in order]))
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "inputs.npy", inputs)
    np.save(folder / "outputs.npy", model.predict(inputs, batch_size=EXPECTED, verbose=0))
    weights(folder / "weights.h5", model)
    if name == "mobilenet_v2":
        others(folder, application, model)
    # Last, so that a folder with it is whole.
    (folder / "pictures.json").write_text(json.dumps([str(paths[i]) for i in order], indent=1) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--only", default=",".join(NETS), help="names, comma-separated")
    args = parser.parse_args()
    paths = photos(ROOT / "testdata" / "images")
    pictures = [pillow_rule.load(p) for p in paths]
    for name in args.only.split(","):
        if (args.out / name / "pictures.json").exists():
            print(f"{name}: there already")
            continue
        make(name, args.out / name, pictures, paths)


if __name__ == "__main__":
    main()
