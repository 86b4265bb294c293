"""Exports five Keras applications as SavedModels, with random weights, a card and
Keras' own answers to real pictures, as the outside oracle of the library.

    python reference/keras/export.py OUT [--images DIR] [--only NAME,NAME]

OUT/<name>/ holds
    saved_model.pb, variables/   written by keras' model.export
    card.json                    what the library needs to feed it
    expected.json                keras version, seed, and
        pictures  [{file, path}]: which pictures, in order; paths relative to the repository
        inputs    {file, shape}:  what Keras was fed, [N, H, W, 3]
        outputs   {file, shape}:  what Keras answered to all of them as one batch, [N, 1000]
    inputs.f32, outputs.f32      little-endian float32, rows one after the other
"""
import argparse
import hashlib
import json
import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE.parent / "imagenet"))

import keras  # noqa: E402
import numpy as np  # noqa: E402

import pillow_rule  # noqa: E402
from randomise import randomise  # noqa: E402

SEED = 20240611
CALIBRATION = 16  # pictures
EXPECTED = 8  # pictures; where there are fewer, they come again

CAFFE = {"channels": "BGR", "range": [0, 255], "mean": [103.939, 116.779, 123.68]}
TF = {"channels": "RGB", "range": [-1, 1]}
RAW = {"channels": "RGB", "range": [0, 255]}

# name: application, its module, size, shorter side, what the card says of the values
MODELS = {
    "mobilenet_v2": ("MobileNetV2", "mobilenet_v2", 224, 256, TF),
    "resnet50": ("ResNet50", "resnet", 224, 256, CAFFE),
    "efficientnet_b0": ("EfficientNetB0", "efficientnet", 224, 256, RAW),
    "inception_v3": ("InceptionV3", "inception_v3", 299, 342, TF),
    "vgg16": ("VGG16", "vgg16", 224, 256, CAFFE),
}


def photos(folder):
    """The pictures right in folder that are of some size, by name; its subfolders hold
    broken and odd files on purpose."""
    found = []
    for path in sorted(Path(folder).iterdir()):
        if path.suffix.lower() not in (".jpg", ".jpeg", ".png"):
            continue
        with pillow_rule.Image.open(path) as head:
            if head.mode in ("RGB", "L") and min(head.size) >= 150:
                found.append(path)
    return found


def calibration_pictures(pictures):
    """The pictures, then pieces of them, until there are CALIBRATION."""
    rng = np.random.default_rng(SEED)
    out = list(pictures[:CALIBRATION])
    while len(out) < CALIBRATION:
        picture = pictures[len(out) % len(pictures)]
        w, h = picture.size
        cw, ch = int(w * rng.uniform(0.4, 0.7)), int(h * rng.uniform(0.4, 0.7))
        x, y = int(rng.integers(0, w - cw)), int(rng.integers(0, h - ch))
        out.append(picture.crop((x, y, x + cw, y + ch)))
    return out


def check(name, probabilities, one_by_one):
    """Refuses a model whose answers would hide an error, or which is so badly
    conditioned that TensorFlow differs from itself."""
    top = probabilities.max(1)
    classes = len(set(probabilities.argmax(1)))
    noise = np.abs(probabilities - one_by_one).max()
    print(f"{name}: {classes} different first labels for {len(top)} pictures, "
          f"largest probability {top.min():.3f} to {top.max():.3f}, "
          f"one by one differs by {noise:.1e}", flush=True)
    # An untouched model says 0.001 to everything.
    if classes < len(top) // 2 or top.min() < 0.02 or top.max() > 0.9:
        sys.exit(f"{name}: answers too alike or too sure to prove anything")
    if noise > 2e-5:
        sys.exit(f"{name}: too badly conditioned to be compared to 1e-4")


def card(name, size, shorter, values):
    resize = {"mode": "crop", "shorter": shorter, "rounding": "torchvision", "resampler": "pillow-bilinear"}
    return {
        "name": name, "task": "recognize",
        "input": {"width": size, "height": size, "layout": "NHWC", **values, "resize": resize},
        "output": {"scores": "probabilities"},
        "source": "reference/keras/export.py: random weights, no meaning in the labels",
    }


def floats(folder, file, array):
    array.astype("<f4").tofile(folder / file)
    return {"file": file, "shape": list(array.shape)}


def export(name, folder, pictures, paths, stamp):
    application, module, size, shorter, values = MODELS[name]
    keras.utils.set_random_seed(SEED)
    model = getattr(keras.applications, application)(weights=None)
    preprocess = getattr(keras.applications, module).preprocess_input
    batch = preprocess(np.stack([pillow_rule.crop(p, shorter, size) for p in calibration_pictures(pictures)]))
    randomise(model, batch, SEED)
    check(name, model.predict(batch, verbose=0), model.predict(batch, batch_size=1, verbose=0))

    order = [i % len(pictures) for i in range(EXPECTED)]
    inputs = preprocess(np.stack([pillow_rule.crop(pictures[i], shorter, size) for i in order]))
    outputs = model.predict(inputs, batch_size=EXPECTED, verbose=0)
    folder.mkdir(parents=True, exist_ok=True)
    model.export(str(folder), verbose=False)
    (folder / "card.json").write_text(json.dumps(card(name, size, shorter, values), indent=2) + "\n")
    expected = {
        "model": application, "keras": keras.__version__, "seed": SEED, "stamp": stamp,
        "pictures": [{"file": p.name, "path": os.path.relpath(p, ROOT)} for p in (paths[i] for i in order)],
        "inputs": floats(folder, "inputs.f32", inputs),
        "outputs": floats(folder, "outputs.f32", outputs),
    }
    # Last, so that a folder with it is whole.
    (folder / "expected.json").write_text(json.dumps(expected, indent=2) + "\n")


def stamp_of(paths):
    """Changes when anything that the answers depend on does."""
    h = hashlib.sha256(keras.__version__.encode())
    for path in [*sorted(HERE.glob("*.py")), Path(pillow_rule.__file__), *paths]:
        h.update(path.name.encode())
        h.update(path.read_bytes())
    return h.hexdigest()[:16]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--images", type=Path, default=ROOT / "testdata" / "images")
    parser.add_argument("--only", default=",".join(MODELS), help="names, comma-separated")
    args = parser.parse_args()

    paths = photos(args.images)
    if len(paths) < 4:
        sys.exit(f"{args.images}: want at least 4 photos, got {len(paths)}")
    pictures = [pillow_rule.load(p) for p in paths]
    stamp = stamp_of(paths)
    for name in args.only.split(","):
        if name not in MODELS:
            sys.exit(f"unknown model {name}; there are {', '.join(MODELS)}")
        folder = args.out / name
        try:
            if json.loads((folder / "expected.json").read_text())["stamp"] == stamp:
                print(f"{name}: up to date")
                continue
        except (OSError, ValueError, KeyError):
            pass
        export(name, folder, pictures, paths, stamp)
        keras.backend.clear_session()


if __name__ == "__main__":
    main()
