"""The accuracy of a SavedModel of `vision train` by TensorFlow in Python, on the test part of MNIST or CIFAR-10.

    .venv/bin/python reference/train/evaluate.py models/digits/model ../shared/data/mnist
    .venv/bin/python reference/train/evaluate.py MODEL ../shared/data/cifar10-jpeg.tar.gz
"""
import gzip
import io
import json
import os
import sys
import tarfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import tensorflow as tf
from PIL import Image


def mnist(folder):
    with gzip.open(next(Path(folder).glob("t10k-images*.gz"))) as f:
        pictures = np.frombuffer(f.read(), np.uint8, offset=16).reshape(-1, 28, 28)
    with gzip.open(next(Path(folder).glob("t10k-labels*.gz"))) as f:
        labels = np.frombuffer(f.read(), np.uint8, offset=8)
    for picture, label in zip(pictures, labels):
        yield Image.fromarray(picture), str(label)


def folders(archive):
    with tarfile.open(archive) as tar:
        for member in tar:
            if "/test/" in member.name and member.name.endswith(".jpg"):
                yield Image.open(io.BytesIO(tar.extractfile(member).read())), member.name.split("/")[-2]


def main(model, data):
    card = json.loads((Path(model) / "card.json").read_text())
    rule = card["input"]
    labels = (Path(model) / card["output"]["labels"]).read_text().split("\n")
    lo, hi = rule["range"]
    mean, std = np.float32(rule.get("mean", 0)), np.float32(rule.get("std", 1))
    serve = tf.saved_model.load(model).signatures["serving_default"]
    right = count = 0

    def run(batch, truth):
        x = np.stack(batch).astype(np.float32) / 255 * (hi - lo) + lo
        scores = serve(**{rule["name"]: tf.constant((x - mean) / std)})[card["output"]["name"]].numpy()
        return int((scores.argmax(1) == truth).sum())

    batch, truth = [], []
    for picture, name in (mnist(data) if Path(data).is_dir() else folders(data)):
        mode = "L" if rule.get("channels") == "GRAY" else "RGB"
        picture = picture.convert(mode)
        if picture.size != (rule["width"], rule["height"]):
            picture = picture.resize((rule["width"], rule["height"]), Image.BILINEAR)
        batch.append(np.asarray(picture).reshape(rule["height"], rule["width"], -1))
        truth.append(labels.index(name))
        if len(batch) == 500:
            right, count, batch, truth = right + run(batch, truth), count + len(batch), [], []
    if batch:
        right, count = right + run(batch, truth), count + len(batch)
    print(f"{right} of {count}: {right / count:.4f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
