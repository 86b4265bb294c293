"""Measures a SavedModel of train.py on the test part of the fifteen scenes.

    python evaluate.py --data scene15 --model model       prints a JSON object

top1, and of each class: share of pictures named rightly. indoor: share whose side is right,
the sum over the indoor classes being above 0.5. nll: mean negative natural logarithm of the
right class's probability. ece: expected calibration error over 15 equal bins of the best probability
(Guo et al., 2017). coloured: top1 of the same pictures in colours:
sepia (the matrix of the W3C's filter effects), eight tints of 60 % (the channels multiplied by 1 and 0.4),
and a random hue of saturation 0.5 for each picture, by HSV. The test part is read here alone.
"""

import argparse
import colorsys
import json
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import tensorflow as tf

import data

SEPIA = np.array([[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]])
TINTS = {"red": (1, 0.4, 0.4), "yellow": (1, 1, 0.4), "green": (0.4, 1, 0.4), "cyan": (0.4, 1, 1),
         "blue": (0.4, 0.4, 1), "magenta": (1, 0.4, 1), "orange": (1, 0.7, 0.4), "violet": (0.7, 0.4, 1)}

parser = argparse.ArgumentParser()
parser.add_argument("--data", required=True)
parser.add_argument("--model", required=True)
parser.add_argument("--colours", default="sepia,random hue," + ",".join(TINTS), help="with commas; empty for none")
parser.add_argument("--every", type=int, default=1, help="one in so many pictures")
args = parser.parse_args()

pictures, labels = data.load(args.data, "test")
pictures, labels = pictures[::args.every], labels[::args.every]
pictures = np.stack([data.squashed(p) for p in pictures])
model = tf.saved_model.load(args.model)
serve = model.signatures["serving_default"]


def rounded(x):
    return np.clip(np.rint(x), 0, 255).astype(np.uint8)


def probabilities(change):
    return np.concatenate([serve(image=tf.constant(change(pictures[i:i + 20], i).astype(np.float32) / 255))["probabilities"].numpy()
                           for i in range(0, len(labels), 20)])


def hues(x, first):
    rng = np.random.default_rng(first)
    colours = np.array([colorsys.hsv_to_rgb(rng.random(), 0.5, 1) for _ in x])
    return rounded(x * colours[:, None, None, :])


p = probabilities(lambda x, _: x)
right = p.argmax(1) == labels
best = p.max(1)
bins = np.minimum((best * 15).astype(int), 14)
inside = p[:, [data.CLASSES.index(n) for n in data.INDOOR]].sum(1) > 0.5
indoor = np.isin(labels, [data.CLASSES.index(n) for n in data.INDOOR])
result = {
    "pictures": len(labels),
    "top1": round(float(right.mean()), 4),
    "top1_mean_of_classes": round(float(np.mean([right[labels == i].mean() for i in range(len(data.CLASSES))])), 4),
    "top1_by_class": {name: round(float(right[labels == i].mean()), 3) for i, name in enumerate(data.CLASSES)},
    "indoor": round(float((inside == indoor).mean()), 4),
    "nll": round(float(-np.log(p[np.arange(len(labels)), labels]).mean()), 4),
    "ece": round(float(sum(abs(best[bins == b].sum() - right[bins == b].sum()) for b in range(15)) / len(labels)), 4),
    "mean_best_probability": round(float(best.mean()), 4),
}
changes = {"sepia": lambda x, _: rounded(x @ SEPIA.T), "random hue": hues}
for name, tint in TINTS.items():
    changes[name] = lambda x, _, t=np.array(tint): rounded(x * t)
for name in filter(None, args.colours.split(",")):
    coloured = probabilities(changes[name]).argmax(1) == labels
    result.setdefault("coloured", {})[name] = round(float(coloured.mean()), 4)
print(json.dumps(result, indent=2))
