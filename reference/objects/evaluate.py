"""Measures a SavedModel of export.py on the CIFAR-10 test pictures.

    python evaluate.py --data cifar10 --model model            prints a JSON object
    python evaluate.py --data cifar10 --model model --fit      prints a temperature

top1, and top1 of each class: share of pictures named rightly. nll: mean negative
natural logarithm of the right class's probability. ece: expected calibration error
over 15 equal bins of the best probability (Guo et al., 2017). --fit looks at every
other test picture for the temperature with the least nll; ece_other_half is measured
on those that it did not look at. The temperature changes no ranking.
"""

import argparse
import json
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import tensorflow as tf

import data


def nll(probabilities, labels):
    return float(-np.log(probabilities[np.arange(len(labels)), labels]).mean())


def ece(probabilities, labels, bins=15):
    best = probabilities.max(1)
    right = probabilities.argmax(1) == labels
    at = np.minimum((best * bins).astype(int), bins - 1)
    gaps = [abs(best[at == b].sum() - right[at == b].sum()) for b in range(bins)]
    return float(sum(gaps) / len(labels))


def tempered(probabilities, temperature):
    powers = probabilities.astype(np.float64) ** (1 / temperature)
    return powers / powers.sum(1, keepdims=True)


parser = argparse.ArgumentParser()
parser.add_argument("--data", required=True)
parser.add_argument("--model", required=True)
parser.add_argument("--fit", action="store_true")
args = parser.parse_args()

pictures, labels = data.load(args.data, "test")
model = tf.saved_model.load(args.model)
serve = model.signatures["serving_default"]
batches = [serve(image=tf.constant(pictures[i:i + 500].astype(np.float32) / 255))["probabilities"].numpy()
           for i in range(0, len(labels), 500)]
probabilities = np.concatenate(batches)

if args.fit:
    candidates = np.arange(0.5, 2, 0.01)
    best = min(candidates, key=lambda t: nll(tempered(probabilities[::2], t), labels[::2]))
    print(f"{best:.2f}")
else:
    right = probabilities.argmax(1) == labels
    print(json.dumps({
        "pictures": len(labels),
        "top1": round(float(right.mean()), 4),
        "top1_by_class": {name: round(float(right[labels == i].mean()), 3) for i, name in enumerate(data.CLASSES)},
        "nll": round(nll(probabilities, labels), 4),
        "ece": round(ece(probabilities, labels), 4),
        "ece_other_half": round(ece(probabilities[1::2], labels[1::2]), 4),
        "mean_best_probability": round(float(probabilities.max(1).mean()), 4),
    }, indent=2))
