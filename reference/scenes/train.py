"""Trains the network of models/scenes and writes the SavedModel.

    python train.py --data scene15 --out model --cache cache

Only the training part is read. One linear support vector machine a class, against all
others, on the Fisher vectors of every picture together with its mirror image. The temperature,
which makes probabilities of their margins, has the least negative log-likelihood on pictures
that a fold of five has not learned from; so has the accuracy that is printed. The whole
training part is then learned from once more. What takes long, the mixture of Gaussians and the
vectors, is kept in --cache and taken from there by the next run.
"""

import argparse
import os
import pathlib
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import tensorflow as tf
from sklearn.cluster import MiniBatchKMeans
from sklearn.mixture import GaussianMixture
from sklearn.svm import SVC

import data
import net

FOLDS = 5

parser = argparse.ArgumentParser()
parser.add_argument("--data", required=True)
parser.add_argument("--out", required=True)
parser.add_argument("--cache", required=True)
parser.add_argument("--c", type=float, default=10)
parser.add_argument("--seed", type=int, default=0)
args = parser.parse_args()

began = time.monotonic()
rng = np.random.default_rng(args.seed)
cache = pathlib.Path(args.cache)
cache.mkdir(parents=True, exist_ok=True)


def say(text):
    print(f"{time.monotonic() - began:5.0f} s  {text}", flush=True)


def mixture(pictures):
    """PCA and Gaussians of the descriptors of pictures."""
    compute = tf.function(net.descriptors)
    rows = []
    for i in range(0, len(pictures), 50):
        for d in compute(tf.constant(pictures[i:i + 50], tf.float32) / 255):
            d = d.numpy().reshape(-1, d.shape[-1])
            rows.append(d[rng.choice(len(d), 1500)])
    rows = np.concatenate(rows)
    mean = rows.mean(0)
    _, vectors = np.linalg.eigh(np.cov(rows - mean, rowvar=False))
    basis = vectors[:, ::-1][:, :net.COMPONENTS]
    some = ((rows - mean) @ basis)[rng.choice(len(rows), 60000, replace=False)]
    start = MiniBatchKMeans(net.WORDS, n_init=1, random_state=args.seed, batch_size=4096, max_iter=30).fit(some)
    words = GaussianMixture(net.WORDS, covariance_type="diag", max_iter=15, means_init=start.cluster_centers_,
                            reg_covar=1e-5, random_state=args.seed).fit(some)
    return {"mean": mean, "basis": basis, "weights": words.weights_, "means": words.means_, "variances": words.covariances_}


def encoded(fisher, pictures):
    compute = tf.function(fisher.__call__)
    return np.concatenate([compute(tf.constant(pictures[i:i + 20], tf.float32) / 255).numpy()
                           for i in range(0, len(pictures), 20)])


def margins(gram, labels, queries):
    """Decision of each class's machine, trained on gram, for the rows of queries."""
    out, machines = [], []
    for c in range(len(data.CLASSES)):
        machine = SVC(C=args.c, kernel="precomputed", cache_size=600).fit(gram, labels == c)
        machines.append(machine)
        out.append(machine.decision_function(queries))
    return np.stack(out, 1), machines


def nll(margins, labels, temperature):
    z = margins / temperature
    z = z - z.max(1, keepdims=True)
    return float((np.log(np.exp(z).sum(1)) - z[np.arange(len(labels)), labels]).mean())


pictures, labels = data.load(args.data, "train")
pictures = np.stack([data.squashed(p) for p in pictures])
if not (cache / "mixture.npz").exists():
    np.savez(cache / "mixture.npz", **mixture(pictures))
fisher = net.Fisher(**np.load(cache / "mixture.npz"))
say("descriptors and their Gaussians")
if not (cache / "features.npy").exists():
    np.save(cache / "features.npy", encoded(fisher, pictures))
features = np.load(cache / "features.npy").astype(np.float32)
say(f"features {features.shape}")
gram = (features @ features.T).astype(np.float64)

count = len(labels)
fold = np.random.default_rng(1).permutation(count) % FOLDS
out = np.zeros((count, len(data.CLASSES)))
for f in range(FOLDS):
    learn, rest = np.flatnonzero(fold != f), np.flatnonzero(fold == f)
    out[rest], _ = margins(gram[np.ix_(learn, learn)], labels[learn], gram[np.ix_(rest, learn)])
    say(f"fold {f}: {np.mean(out[rest].argmax(1) == labels[rest]):.4f}")
temperature = min(np.arange(0.05, 1, 0.005), key=lambda t: nll(out, labels, t))
say(f"five folds: {np.mean(out.argmax(1) == labels):.4f}, temperature {temperature:.3f}, nll {nll(out, labels, temperature):.4f}")

_, machines = margins(gram, labels, gram[:1])
kernel = np.stack([m.dual_coef_[0] @ features[m.support_] for m in machines], 1)
bias = np.array([m.intercept_[0] for m in machines])
model = net.Scenes(fisher, (kernel / temperature).astype(np.float32), (bias / temperature).astype(np.float32))
tf.saved_model.save(model, args.out, signatures=model.serve)
say(f"wrote {args.out}")
