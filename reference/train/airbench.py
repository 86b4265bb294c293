"""Trains the nets "airbench" and, with --wide, "airbench-wide" in Keras as `vision train` does, on the same files, to compare what is reached.

    .venv/bin/python reference/train/airbench.py ../shared/data/cifar10-jpeg.tar.gz OUT.json --epochs 20

The recipe is that of models/objects: SGD with Nesterov momentum, one cycle, label smoothing, moving averages of
the weights, alternating flip, crops reflected at the edge, convolutions in bfloat16 where --bf16 is given. What
is drawn at random differs, so the figures are compared, not the weights. A checkpoint is kept beside OUT.json.
"""
import argparse
import io
import json
import os
import tarfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from PIL import Image

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
MEAN, STD = np.float32([0.4914, 0.4822, 0.4465]), np.float32([0.2470, 0.2435, 0.2616])


def load(archive):
    parts = {"train": ([], []), "test": ([], [])}
    with tarfile.open(archive) as tar:
        for member in tar:
            if member.name.endswith(".jpg"):
                part, name = member.name.split("/")[-3:-1]
                with Image.open(io.BytesIO(tar.extractfile(member).read())) as picture:
                    parts[part][0].append(np.asarray(picture.convert("RGB")))
                parts[part][1].append(CLASSES.index(name))
    return [(np.stack(x), np.array(y, np.int32)) for x, y in parts.values()]


def dirac(shape, rng):
    """[3, 3, in, out]: the first outputs are the inputs, the rest uniform as PyTorch begins."""
    limit = 1 / np.sqrt(shape[0] * shape[1] * shape[2])
    kernel = rng.uniform(-limit, limit, shape)
    for i in range(min(shape[2:])):
        kernel[:, :, :, i] = 0
        kernel[1, 1, i, i] = 1
    return kernel.astype(np.float32)


def build(pictures, rng, widths):
    i = keras.Input((32, 32, 3))
    x = layers.ReLU()(layers.Conv2D(24, 2, name="whiten")(i))

    def norm(x, name):
        return layers.ReLU()(layers.BatchNormalization(momentum=0.8, epsilon=1e-5, scale=False, name=name)(x))

    for block, width in enumerate(widths, 1):
        x = layers.Conv2D(width, 3, padding="same", use_bias=False, name=f"conv{block}a")(x)
        x = norm(layers.MaxPooling2D(2)(x), f"norm{block}a")
        x = layers.Conv2D(width, 3, padding="same", use_bias=False, name=f"conv{block}b")(x)
        x = norm(x, f"norm{block}b")
    x = layers.GlobalMaxPooling2D()(x)
    x = layers.Dense(10, name="logits", dtype="float32")(x)
    net = keras.Model(i, layers.Rescaling(1 / 9, dtype="float32")(x))
    for layer in net.layers:
        if layer.name.startswith("conv"):
            layer.set_weights([dirac(layer.kernel.shape, rng)])
    net.get_layer("logits").set_weights([rng.uniform(-1, 1, (widths[-1], 10)) / np.sqrt(widths[-1]), np.zeros(10)])

    x = (pictures[np.arange(5000) * len(pictures) // 5000] / np.float32(255) - MEAN) / STD
    patches = np.stack([x[:, a:31 + a, b:31 + b] for a in (0, 1) for b in (0, 1)], 3).reshape(-1, 12)
    values, vectors = np.linalg.eigh(np.cov(patches, rowvar=False, bias=True))
    filters = vectors / np.sqrt(values + 0.02)
    filters = np.concatenate([filters, -filters], 1)
    net.get_layer("whiten").set_weights([filters.reshape(2, 2, 3, 24), np.zeros(24)])
    return net


def main():
    p = argparse.ArgumentParser()
    p.add_argument("archive")
    p.add_argument("out")
    p.add_argument("--epochs", type=int, default=20)
    p.add_argument("--batch", type=int, default=512)
    p.add_argument("--rate", type=float, default=0.5)
    p.add_argument("--decay", type=float, default=0.00133)
    p.add_argument("--smoothing", type=float, default=0.2)
    p.add_argument("--crop", type=int, default=2)
    p.add_argument("--cutout", type=int, default=0)
    p.add_argument("--wide", action="store_true")
    p.add_argument("--average", type=float, default=0.99)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--bf16", action="store_true")
    a = p.parse_args()
    rng = np.random.default_rng(a.seed)
    keras.utils.set_random_seed(a.seed)
    if a.bf16:
        keras.config.set_dtype_policy("mixed_bfloat16")
    (pictures, labels), (test, truth) = load(a.archive)
    net = build(pictures, rng, (128, 384, 384) if a.wide else (64, 256, 256))
    learned = [v for v in net.trainable_variables if v.path != "whiten/kernel"]
    momenta = [tf.Variable(tf.zeros(v.shape)) for v in learned]
    average = [tf.Variable(v.value) for v in learned]
    rate, done = tf.Variable(0.0), tf.Variable(0)
    keep = tf.train.Checkpoint(weights=[v.value for v in net.weights], momenta=momenta, average=average, done=done)
    if os.path.exists(a.out + ".ckpt.index"):
        keep.read(a.out + ".ckpt").assert_consumed()

    @tf.function
    def step(x, y):
        x = (tf.cast(x, tf.float32) / 255 - MEAN) / STD
        target = tf.one_hot(y, 10) * (1 - a.smoothing) + a.smoothing / 10
        with tf.GradientTape() as tape:
            logits = net(x, training=True)
            loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(target, logits))
        values = [v.value for v in learned]
        for v, m, avg, g in zip(learned, momenta, average, tape.gradient(loss, values)):
            r = rate * (64 if v.path.endswith("beta") else 1)
            g = tf.cast(g, tf.float32)
            if len(v.shape) > 1:
                g += a.decay * v.value
            m.assign(0.9 * m - r * g)
            v.value.assign_add(0.9 * m - r * g)
            avg.assign(a.average * avg + (1 - a.average) * v.value)
        return loss, tf.reduce_sum(tf.cast(tf.argmax(logits, 1, tf.int32) == y, tf.int32))

    @tf.function
    def predict(x):
        return tf.argmax(net((tf.cast(x, tf.float32) / 255 - MEAN) / STD, training=False), 1, tf.int32)

    per = len(labels) // a.batch
    total = per * a.epochs
    warm = total / 4
    mirrored = np.random.default_rng(a.seed).random(len(labels)) < 0.5
    history, began = [], time.monotonic()
    for epoch in range(int(done) // per, a.epochs):
        rng = np.random.default_rng([a.seed, epoch])
        order, losses, right = rng.permutation(len(labels)), [], 0
        c = a.crop
        for at in range(per):
            s = epoch * per + at
            up = (1 - np.cos(np.pi * s / warm)) / 2
            rate.assign(a.rate * (0.04 + 0.96 * up if s < warm else (1 + np.cos(np.pi * (s - warm) / (total - warm))) / 2))
            pick = order[at * a.batch:(at + 1) * a.batch]
            x = np.pad(pictures[pick], ((0, 0), (c, c), (c, c), (0, 0)), "reflect")
            dx, dy = rng.integers(0, 2 * c + 1, (2, len(pick)))
            x = np.stack([p[j:j + 32, i:i + 32] for p, i, j in zip(x, dx, dy)])
            flip = mirrored[pick] ^ (epoch % 2 == 1)
            x[flip] = x[flip, :, ::-1]
            if a.cutout:
                for p, (i, j) in zip(x, rng.integers(0, 32, (len(pick), 2))):
                    p[max(i - a.cutout // 2, 0):i + (a.cutout + 1) // 2, max(j - a.cutout // 2, 0):j + (a.cutout + 1) // 2] = MEAN * 255
            loss, hits = step(tf.constant(x), tf.constant(labels[pick]))
            losses.append(float(loss))
            right += int(hits)
        done.assign((epoch + 1) * per)
        own = [v.numpy() for v in learned]
        for v, avg in zip(learned, average):
            v.assign(avg)
        hits = sum(int((predict(tf.constant(test[i:i + 500])).numpy() == truth[i:i + 500]).sum()) for i in range(0, len(truth), 500))
        for v, o in zip(learned, own):
            v.assign(o)
        keep.write(a.out + ".ckpt")
        history.append({"epoch": epoch + 1, "loss": float(np.mean(losses)), "accuracy": right / (per * a.batch),
                        "valid_accuracy": hits / len(truth), "seconds": time.monotonic() - began})
        print(json.dumps(history[-1]), flush=True)
        with open(a.out, "w") as f:
            json.dump({"settings": vars(a) | {"archive": "cifar10-jpeg.tar.gz", "out": ""}, "parameters": net.count_params(), "history": history}, f, indent=1)


if __name__ == "__main__":
    main()
