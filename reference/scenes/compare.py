"""Compares what `vision scene` says with the same SavedModel in TensorFlow and Pillow.

    bin/vision scene -exact -json -top 365 FOLDER >ours.jsonl
    python compare.py --model models/scenes/model ours.jsonl

Works for any card of task scene that squashes by pillow-bilinear, RGB, and lists what is indoors. Prints the largest
difference of a probability, in how many pictures the best place differs, and in how many
the side; with --labels, that each file lies in a folder named after its place, the top-1 of both.
"""

import argparse
import json
import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import tensorflow as tf
from PIL import Image, ImageOps

parser = argparse.ArgumentParser()
parser.add_argument("--model", required=True)
parser.add_argument("--labels", action="store_true")
parser.add_argument("lines")
args = parser.parse_args()

folder = pathlib.Path(args.model)
card = json.loads((folder / "card.json").read_text())
names = (folder / card["output"]["labels"]).read_text().splitlines()
serve = tf.saved_model.load(str(folder)).signatures[card["signature"]]
inside = [names.index(n) for n in card["scene"]["indoor"]]
low, high = card["input"]["range"]


def reference(file):
    with Image.open(file) as picture:
        picture = ImageOps.exif_transpose(picture).convert("RGB")
    size = card["input"]["width"], card["input"]["height"]
    x = np.asarray(picture.resize(size, Image.Resampling.BILINEAR), np.float32)[None] / 255 * (high - low) + low
    return serve(tf.constant(x))[card["output"]["name"]].numpy()[0]


worst = worst_indoor = 0.0
best = side = right = right_reference = count = 0
for line in open(args.lines):
    ours = json.loads(line)
    if "error" in ours:
        raise SystemExit(line)
    want, got = reference(ours["file"]), np.zeros(len(names))
    for place in ours["places"]:
        assert names[place["index"]] == place["name"], place
        got[place["index"]] = place["score"]
    count += 1
    worst = max(worst, float(np.abs(got - want).max()))
    worst_indoor = max(worst_indoor, abs(float(want[inside].sum() / want.sum()) - ours["indoor_score"]))
    best += names[want.argmax()] != ours["places"][0]["name"]
    side += bool(want[inside].sum() / want.sum() > 0.5) != ours["indoor"]
    folder_name = pathlib.Path(ours["file"]).parent.name
    right += ours["places"][0]["name"] == folder_name
    right_reference += names[want.argmax()] == folder_name
print(f"{count} pictures: probabilities apart by {worst:.2e} at most, indoor scores by {worst_indoor:.2e}; "
      f"another best place in {best}, another side in {side}")
if args.labels:
    print(f"top-1 ours {right / count:.4f}, reference {right_reference / count:.4f}")
