"""Writes card.json and labels.txt beside a SavedModel of export.py.

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
(model / "labels.txt").write_text("".join(name + "\n" for name in data.CLASSES))

card = {
    "name": "objects",
    "task": "recognize",
    "tags": ["serve"],
    "signature": "serving_default",
    "input": {
        "name": "image",
        "width": 32,
        "height": 32,
        "layout": "NHWC",
        "channels": "RGB",
        "resize": {"mode": "crop", "shorter": 32, "resampler": "pillow-bilinear"},
        "range": [0, 1],
    },
    "output": {
        "name": "probabilities",
        "scores": "probabilities",
        "features": "features",
        "labels": "labels.txt",
    },
    "licence": "Apache-2.0",
    "source": "trained on CIFAR-10 (Krizhevsky, 2009) by reference/objects/train.py of github.com/gosight/vision",
}
if args.measured:
    measured = json.loads(pathlib.Path(args.measured).read_text())
    on = f"CIFAR-10, all {measured['pictures']} test pictures, stored as JPEG, at their own 32x32"
    card["accuracy"] = [
        {"metric": "top1", "value": measured["top1"], "data": on},
        {"metric": "ece", "value": measured["ece_other_half"],
         "data": "CIFAR-10, the half of the test pictures that the temperature was not fitted to; 15 bins"},
    ]
files = sorted(f for f in model.rglob("*") if f.is_file() and f.name != "card.json")
card["sha256"] = {f.relative_to(model).as_posix(): hashlib.sha256(f.read_bytes()).hexdigest() for f in files}
(model / "card.json").write_text(json.dumps(card, indent=2) + "\n")
