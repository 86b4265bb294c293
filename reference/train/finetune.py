"""Compares a model of `vision train -from` in Python with what `vision recognize` says of the same pictures.

    python finetune.py --model DIR --vision VISION PICTURE...

The model is opened by both of TensorFlow's loaders, tf.saved_model.load and that of version 1. Pictures are prepared by Pillow as
card.json says (squash, or crop of a shorter side; pillow-bilinear). Fails where a probability differs by more than 1e-5.
"""

import argparse
import json
import os
import pathlib
import subprocess

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf
from PIL import Image

parser = argparse.ArgumentParser()
parser.add_argument("--model", required=True)
parser.add_argument("--vision", required=True)
parser.add_argument("pictures", nargs="+")
args = parser.parse_args()

card = json.loads((pathlib.Path(args.model) / "card.json").read_text())
labels = (pathlib.Path(args.model) / "labels.txt").read_text().splitlines()
rule, output = card["input"], card["output"]["name"]
width, height = rule["width"], rule["height"]
assert rule["resize"]["resampler"] == "pillow-bilinear" and rule["channels"] == "RGB"


def prepared(name):
    with Image.open(name) as picture:
        picture = picture.convert("RGB")
    if rule["resize"]["mode"] == "squash":
        picture = picture.resize((width, height), Image.Resampling.BILINEAR)
    else:
        short = rule["resize"]["shorter"]
        w, h = picture.size
        w, h = (short, int(short * h / w)) if w <= h else (int(short * w / h), short)
        x, y = round((w - width) / 2), round((h - height) / 2)
        picture = picture.resize((w, h), Image.Resampling.BILINEAR).crop((x, y, x + width, y + height))
    low, high = rule["range"]
    values = np.asarray(picture, np.float32) / 255 * (high - low) + low
    if "mean" in rule:
        values = (values - np.float32(rule["mean"])) / np.float32(rule["std"])
    return values


batch = np.stack([prepared(name) for name in args.pictures])
second = tf.saved_model.load(args.model).signatures["serving_default"](**{rule["name"]: tf.constant(batch)})[output].numpy()
with tf.compat.v1.Session(graph=tf.Graph()) as session:
    meta = tf.compat.v1.saved_model.loader.load(session, ["serve"], args.model)
    signature = meta.signature_def["serving_default"]
    first = session.run(signature.outputs[output].name, {signature.inputs[rule["name"]].name: batch})

run = subprocess.run([args.vision, "recognize", "-model", args.model, "-exact", "-json", "-top", str(len(labels)), *args.pictures],
                     check=True, capture_output=True, text=True)
go = np.zeros((len(batch), len(labels)))
for row, line in zip(go, run.stdout.splitlines(), strict=True):
    for label in json.loads(line)["labels"]:
        assert labels[label["index"]] == label["name"]
        row[label["index"]] = label["score"]

for name, other in (("tf.saved_model.load", second), ("the loader of version 1", first)):
    print(f"{name}: {len(batch)} pictures, the largest difference of a probability is {np.abs(go - other).max():.2g}, "
          f"first labels equal: {np.mean(go.argmax(1) == other.argmax(1)):.1%}")
if max(np.abs(go - first).max(), np.abs(go - second).max()) > 1e-5:
    raise SystemExit("they differ by more than 1e-5")
