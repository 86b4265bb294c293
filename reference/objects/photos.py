"""Tries resize rules on real photos, to choose the one that the card of models/objects names.

    python reference/objects/photos.py --model models/objects/model --root DIR list.tsv [list.tsv ...]

A list has lines "file<TAB>class[<TAB>x0,y0,x1,y1]": files under --root, upright, and
optionally the part of the picture to look at, in pixels.
"""

import argparse
import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import tensorflow as tf
from PIL import Image, ImageOps

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
MEAN, STD = np.float32([0.4914, 0.4822, 0.4465]), np.float32([0.2470, 0.2435, 0.2616])
FILTERS = {"box": Image.BOX, "bilinear": Image.BILINEAR, "hamming": Image.HAMMING,
           "bicubic": Image.BICUBIC, "lanczos": Image.LANCZOS}


def crop(picture, resampler):
    """The shorter side to 32 pixels, the longer cut short, then the centre."""
    w, h = picture.size
    size = (32, 32 * h // w) if w < h else (32 * w // h, 32)
    small = picture.resize(size, resampler)
    left, top = round((size[0] - 32) / 2), round((size[1] - 32) / 2)
    return small.crop((left, top, left + 32, top + 32))


def squash(picture, resampler):
    return picture.resize((32, 32), resampler)


parser = argparse.ArgumentParser()
parser.add_argument("--model", required=True)
parser.add_argument("--root", required=True)
parser.add_argument("--each", action="store_true", help="print every picture's answer")
parser.add_argument("lists", nargs="+")
args = parser.parse_args()

serve = tf.saved_model.load(args.model).signatures["serving_default"]
for file in args.lists:
    rows = [line.split("\t") for line in pathlib.Path(file).read_text().splitlines() if line]
    photos = []
    for row in rows:
        with Image.open(pathlib.Path(args.root) / row[0]) as photo:
            photo = ImageOps.exif_transpose(photo).convert("RGB")
        photos.append(photo.crop(tuple(map(int, row[2].split(",")))) if len(row) > 2 else photo)
    labels = np.array([CLASSES.index(row[1]) for row in rows])
    for rule in (crop, squash):
        for name, resampler in FILTERS.items():
            x = np.stack([np.asarray(rule(photo, resampler)) for photo in photos]).astype(np.float32) / 255
            p = serve(image=tf.constant((x - MEAN) / STD))["probabilities"].numpy()
            right = p[np.arange(len(labels)), labels]
            print(f"{file}: {rule.__name__} pillow-{name}: {(p.argmax(1) == labels).sum()} of {len(labels)} right, "
                  f"mean probability of the right class {right.mean():.3f}")
            if args.each:
                for row, q in zip(rows, p):
                    best = q.argsort()[::-1][:3]
                    print("   ", row[0], row[1], "->", ", ".join(f"{CLASSES[i]} {q[i]:.2f}" for i in best))
