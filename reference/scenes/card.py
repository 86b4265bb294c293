"""Writes card.json and labels.txt beside a SavedModel of train.py.

    python card.py --model model [--measured evaluate.json]

The JSON object is the one that evaluate.py prints.
"""

import argparse
import hashlib
import json
import pathlib

import data

parser = argparse.ArgumentParser()
parser.add_argument("--model", required=True)
parser.add_argument("--measured")
args = parser.parse_args()

model = pathlib.Path(args.model)
assets = model / "assets"
if assets.is_dir():
    assets.rmdir()
(model / "labels.txt").write_text("".join(name + "\n" for name in data.CLASSES))

card = {
    "name": "scenes",
    "task": "scene",
    "tags": ["serve"],
    "signature": "serving_default",
    "input": {
        "name": "image",
        "width": data.SIDE,
        "height": data.SIDE,
        "layout": "NHWC",
        "channels": "RGB",
        "resize": {"mode": "squash", "resampler": "pillow-bilinear"},
        "range": [0, 1],
    },
    "output": {
        "name": "probabilities",
        "scores": "probabilities",
        "features": "features",
        "labels": "labels.txt",
    },
    "scene": {"indoor": list(data.INDOOR)},
    "licence": "Apache-2.0",
    "source": "trained on the training part of the fifteen scene categories (Lazebnik, Schmid and Ponce, 2006) "
              "by reference/scenes/train.py of github.com/gosight/vision",
}
if args.measured:
    measured = json.loads(pathlib.Path(args.measured).read_text())
    on = f"fifteen scene categories, shorter side 144, all {measured['pictures']} test pictures"
    card["accuracy"] = [
        {"metric": "top1", "value": measured["top1"], "data": on},
        {"metric": "indoor", "value": measured["indoor"], "data": on + ": share with the right side"},
        {"metric": "ece", "value": measured["ece"], "data": on + "; 15 bins"},
    ]
files = sorted(f for f in model.rglob("*") if f.is_file() and f.name != "card.json")
card["sha256"] = {f.relative_to(model).as_posix(): hashlib.sha256(f.read_bytes()).hexdigest() for f in files}
(model / "card.json").write_text(json.dumps(card, indent=2) + "\n")
