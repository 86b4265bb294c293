"""Follow a card to the letter with TensorFlow and Pillow, and count right answers.

    python reference/cards/check.py MODELS CARDS PICTURES [NAME ...]

MODELS holds SavedModel folders, CARDS a NAME.json for each, PICTURES files whose
name begins with their ImageNet synset. Prints top-1 and top-5 of each card, and
writes nothing. It knows what the three ImageNet cards of testdata/cards need:
modes crop and squash, pillow-bilinear. It is kept apart from the Go code so
that the cards are proved by another hand.
"""

import json
import math
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf
from PIL import Image, ImageOps


def prepare(card, picture):
    inp, rule = card["input"], card["input"]["resize"]
    width, height = inp["width"], inp["height"]
    assert rule["resampler"] == "pillow-bilinear", rule
    if rule["mode"] == "squash":
        picture = picture.resize((width, height), Image.BILINEAR)
    else:
        assert rule["mode"] == "crop", rule
        short = rule["shorter"]
        w, h = picture.size
        if w <= h:
            size = (short, int(short * h / w))
        else:
            size = (int(short * w / h), short)
        picture = picture.resize(size, Image.BILINEAR)
        left, top = round((size[0] - width) / 2), round((size[1] - height) / 2)
        picture = picture.crop((left, top, left + width, top + height))
    values = np.asarray(picture, np.float32)
    if inp["channels"] == "BGR":
        values = values[..., ::-1]
    low, high = inp["range"]
    values = low + values / 255 * (high - low)
    return (values - np.array(inp.get("mean", 0))) / np.array(inp.get("std", 1))


def lines(path):
    with open(path, encoding="utf-8") as f:
        return f.read().splitlines()


def main(models, cards, pictures, *names):
    synsets = lines(os.path.join(cards, "labels", "imagenet-1000-synsets.txt"))
    for name in names or ["mobilenet_v2_imagenet", "mobilenet_v1_075_imagenet", "squeezenet_imagenet"]:
        with open(os.path.join(cards, name + ".json"), encoding="utf-8") as f:
            card = json.load(f)
        labels = lines(os.path.join(cards, card["output"]["labels"]))
        model = tf.saved_model.load(os.path.join(models, name))
        run = model.signatures["serving_default"]
        key = list(run.structured_input_signature[1])[0]
        out = list(run.structured_outputs)[0]
        first = five = count = 0
        for file in sorted(os.listdir(pictures)):
            row = synsets.index(file.split("_")[0]) + (len(labels) - 1000)
            picture = ImageOps.exif_transpose(Image.open(os.path.join(pictures, file))).convert("RGB")
            feed = tf.constant(prepare(card, picture)[None], tf.float32)
            scores = run(**{key: feed})[out].numpy()[0]
            assert len(scores) == len(labels), (len(scores), len(labels))
            assert math.isclose(scores.sum(), 1, abs_tol=0.02), scores.sum()  # one came from 8-bit weights
            best = np.argsort(-scores, kind="stable")[:5]
            first += best[0] == row
            five += row in best
            count += 1
        print(f"{name}: top-1 {first}/{count} = {first / count:.3f}, top-5 {five}/{count} = {five / count:.3f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
