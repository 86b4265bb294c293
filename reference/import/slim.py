"""Makes a TF-Slim checkpoint of Inception v1 in both formats of TensorFlow, and Slim's answers to real pictures with it.

    PYTHONPATH=DIR python reference/import/slim.py OUT

with tf-slim 1.1.0 and, in DIR, tf-keras 2.18.0, whose layers Slim is built on. The net is tf_slim.nets.inception_v1 as it
is, with 1001 classes; kernels are random, statistics those of what flows through, off by noise. OUT/googlenet/ holds
    v1.ckpt                      the table format of the published checkpoint (inception_v1.ckpt)
    v2.ckpt.index, .data-...     what TensorFlow has written since 0.12
    variables.txt                names and shapes, kept as internal/pretrained/testdata/inception_v1.txt
    inputs.npy, outputs.npy, pictures.json   as make.py writes them
"""
import importlib
import json
import os
import sys
from pathlib import Path

os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE.parent / "keras"), str(HERE.parent / "imagenet")]

import numpy as np  # noqa: E402
import tf_keras.src.legacy_tf_layers as legacy  # noqa: E402

# tf-slim asks for the name that these layers had.
sys.modules["tf_keras.legacy_tf_layers"] = legacy
for module in ("base", "convolutional", "core", "normalization", "pooling"):
    sys.modules["tf_keras.legacy_tf_layers." + module] = importlib.import_module(legacy.__name__ + "." + module)

import tensorflow as tf  # noqa: E402
import tf_slim as slim  # noqa: E402
from tf_slim.nets import inception_v1  # noqa: E402

import pillow_rule  # noqa: E402

CLASSES, SIZE, CALIBRATION, EXPECTED, SEED = 1001, 224, 16, 8, 20240611
SUREST = 0.6  # as in ../keras/randomise.py


def picture(p):
    """Slim's preprocess_for_eval by Pillow: the central 87.5 % squashed. What is compared is the net; inputs are saved."""
    w, h = p.size
    dx, dy = int((w - w * 0.875) / 2), int((h - h * 0.875) / 2)
    return pillow_rule.squash(p.crop((dx, dy, w - dx, h - dy)), SIZE) / 127.5 - 1


def pictures():
    paths = [p for p in sorted((ROOT / "testdata" / "images").iterdir()) if p.suffix in (".jpg", ".png")]
    return [p for p in paths if min(pillow_rule.load(p).size) >= 150]


def net(x, training):
    scope = inception_v1.inception_v1_arg_scope()
    decay = {"decay": 0.0} if training else {}
    with slim.arg_scope(scope), slim.arg_scope([slim.batch_norm], **decay):
        return inception_v1.inception_v1(x, CLASSES, is_training=training, dropout_keep_prob=1.0, reuse=tf.compat.v1.AUTO_REUSE)


def randomise(s, x, batch, ends, rng):
    for v in tf.compat.v1.global_variables():
        shape = v.shape.as_list()
        if v.op.name.endswith("weights"):
            v.load(rng.standard_normal(shape) * np.sqrt(2 / np.prod(shape[:-1])), s)
        elif v.op.name.endswith("beta"):
            v.load(0.3 * rng.standard_normal(shape), s)
    # With decay 0 one step in training makes every moving statistic that of the batch.
    s.run(tf.compat.v1.get_collection(tf.compat.v1.GraphKeys.UPDATE_OPS), {x: batch})
    for v in tf.compat.v1.global_variables():
        n = v.shape.as_list()
        if v.op.name.endswith("moving_variance"):
            std = np.sqrt(s.run(v))
            mean = next(m for m in tf.compat.v1.global_variables() if m.op.name == v.op.name.replace("variance", "mean"))
            mean.load(s.run(mean) + 0.2 * std * rng.standard_normal(n), s)
            v.load((std * np.exp(0.2 * rng.standard_normal(n))) ** 2, s)
    features = s.run(tf.reduce_mean(ends["Mixed_5c"], [1, 2]), {x: batch}).astype(np.float64)
    kernel = rng.standard_normal((features.shape[1], CLASSES))
    centred = (features - features.mean(0)) @ kernel
    low, high = 0.0, 50 / centred.std()
    for _ in range(40):
        scale = (low + high) / 2
        e = np.exp(scale * (centred - centred.max(1, keepdims=True)))
        low, high = (scale, high) if (e / e.sum(1, keepdims=True)).max() < SUREST else (low, scale)
    for v in tf.compat.v1.global_variables():
        if "Logits" in v.op.name:
            v.load((kernel * scale).reshape(v.shape) if v.op.name.endswith("weights") else -features.mean(0) @ kernel * scale, s)


def main():
    out = Path(sys.argv[1]) / "googlenet"
    out.mkdir(parents=True, exist_ok=True)
    tf.compat.v1.disable_eager_execution()
    rng = np.random.default_rng(SEED)
    paths = pictures()
    photos = [pillow_rule.load(p) for p in paths]
    batch = []
    for i in range(CALIBRATION):
        p = photos[i % len(photos)]
        if i >= len(photos):
            w, h = p.size
            cw, ch = int(w * rng.uniform(0.4, 0.7)), int(h * rng.uniform(0.4, 0.7))
            left, top = int(rng.integers(0, w - cw)), int(rng.integers(0, h - ch))
            p = p.crop((left, top, left + cw, top + ch))
        batch.append(picture(p))
    batch = np.stack(batch)
    x = tf.compat.v1.placeholder(tf.float32, [None, SIZE, SIZE, 3])
    net(x, True)
    _, ends = net(x, False)
    tf.compat.v1.train.get_or_create_global_step()
    with tf.compat.v1.Session() as s:
        s.run(tf.compat.v1.global_variables_initializer())
        randomise(s, x, batch, ends, rng)
        order = [i % len(paths) for i in range(EXPECTED)]
        inputs = np.stack([picture(photos[i]) for i in order])
        outputs, alone = s.run(ends["Predictions"], {x: inputs}), np.concatenate([s.run(ends["Predictions"], {x: b[None]}) for b in inputs])
        top, labels = outputs.max(1), len(set(outputs.argmax(1)))
        print(f"googlenet: {labels} different first labels for {len(top)} pictures of which {len(set(order))} differ, "
              f"largest probability {top.min():.3f} to {top.max():.3f}, one by one differs by {np.abs(outputs - alone).max():.1e}")
        if labels < len(set(order)) // 2 or top.min() < 0.02 or top.max() > 0.9:
            sys.exit("answers too alike or too sure to prove anything")
        for version, name in ((1, "v1.ckpt"), (2, "v2.ckpt")):
            tf.compat.v1.train.Saver(write_version=version).save(s, str(out / name), write_meta_graph=False, write_state=False)
    table = [f"{v.op.name} {'x'.join(map(str, v.shape.as_list()))}" for v in tf.compat.v1.global_variables() if v.shape.rank]
    (out / "variables.txt").write_text("\n".join(["# tf_slim.nets.inception_v1, tf-slim 1.1.0; by reference/import/slim.py", *sorted(table)]) + "\n")
    np.save(out / "inputs.npy", inputs)
    np.save(out / "outputs.npy", outputs)
    (out / "pictures.json").write_text(json.dumps([str(paths[i]) for i in order], indent=1) + "\n")


if __name__ == "__main__":
    main()
