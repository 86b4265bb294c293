"""Opens a SavedModel that `vision train` wrote in both of TensorFlow's ways and compares what they say, with each other
and with what `vision recognize` said of the same pictures. Then it goes on training the model by its signature "train", in
both ways, and holds the first step against the gradient that TensorFlow's GradientTape finds.

    vision train -data mnist:DIR -net lenet5 -out MODEL
    vision recognize -json -model MODEL PICTURES > answers.jsonl
    .venv/bin/python reference/train/check.py MODEL answers.jsonl
"""
import json
import pathlib
import sys

import numpy as np
import tensorflow as tf
from PIL import Image


def main(model, answers):
    card = json.loads(pathlib.Path(model, "card.json").read_text())
    labels = pathlib.Path(model, "labels.txt").read_text().splitlines()
    grey = card["input"]["channels"] == "GRAY"
    size = card["input"]["width"], card["input"]["height"]
    lo, hi = card["input"]["range"]
    mean, std = np.float32(card["input"].get("mean", [0])), np.float32(card["input"].get("std", [1]))
    rows, told = [], []
    for line in open(answers):
        a = json.loads(line)
        m = Image.open(a["file"]).convert("L" if grey else "RGB").resize(size, Image.BILINEAR)
        x = np.asarray(m, np.float32)
        x = x[..., None] if grey else x
        x = x[..., ::-1] if card["input"]["channels"] == "BGR" else x
        rows.append((lo + x / 255 * (hi - lo) - mean) / std)
        scores = {v["index"]: v["score"] for v in a["labels"]}
        told.append([scores.get(i, np.nan) for i in range(len(labels))])
    x, told = np.stack(rows), np.array(told)

    v2 = tf.saved_model.load(model)
    a = v2.signatures["serving_default"](tf.constant(x))["probabilities"].numpy()
    with tf.compat.v1.Session(graph=tf.Graph()) as s:
        meta = tf.compat.v1.saved_model.loader.load(s, ["serve"], model)
        sig = meta.signature_def["serving_default"]
        feed = {sig.inputs["image"].name: x}
        b = s.run(sig.outputs["probabilities"].name, feed)
        # What loaders may also want: the collections, initializers that work, a saver.
        assert len(tf.compat.v1.trainable_variables()) > 0
        saver = tf.compat.v1.train.Saver()
        path = saver.save(s, str(pathlib.Path(model).parent / "again"), write_meta_graph=False)
        s.run(tf.compat.v1.global_variables_initializer())
        assert np.abs(s.run(sig.outputs["probabilities"].name, feed) - b).max() > 0
        saver.restore(s, path)
        assert np.abs(s.run(sig.outputs["probabilities"].name, feed) - b).max() == 0
    print("pictures %d, variables %d" % (len(x), len(v2.variables)))
    print("tf.saved_model.load against the V1 loader: %.2g" % np.abs(a - b).max())
    print("vision recognize against tf.saved_model.load: %.2g" % np.nanmax(np.abs(told - a)))
    learn(model, x, a)


def learn(model, x, probabilities, rate=0.01, steps=20):
    """The pictures' own answers, one class on, are learnt: the loss must fall, and serving_default must know of it."""
    classes = probabilities.shape[1]
    targets = np.eye(classes, dtype=np.float32)[(probabilities.argmax(1) + 1) % classes]
    v2 = tf.saved_model.load(model)
    train, serve = v2.signatures["train"], v2.signatures["serving_default"]
    wants = train.structured_input_signature[1]

    def values(i):
        all = {"image": x, "targets": targets, "rate": np.float32(rate), "step": np.array([i, 1], np.int64)}
        return {k: v for k, v in all.items() if k in wants}

    def feeds(i):
        return {k: tf.constant(v) for k, v in values(i).items()}

    before = [v.numpy() for v in v2.variables]
    names = [v.name for v in v2.variables]
    moving = any("moving_" in n for n in names)
    if not moving and "step" not in wants:  # then both signatures compute the same function
        trainable = list(v2.variables)
        with tf.GradientTape() as tape:
            tape.watch(trainable)
            p = serve(tf.constant(x))["probabilities"]
            loss = -tf.reduce_mean(tf.reduce_sum(targets * tf.math.log(p), 1))
        grads = tape.gradient(loss, trainable)
    losses = [float(train(**feeds(0))["loss"])]
    if not moving and "step" not in wants:
        worst = max(np.abs(v.numpy() - (b - rate * g.numpy())).max() for v, b, g in zip(trainable, before, grads))
        print("first step against GradientTape: loss %.2g, variables %.2g" % (abs(losses[0] - float(loss)), worst))
        assert abs(losses[0] - float(loss)) < 1e-4 and worst < 1e-5
    losses += [float(train(**feeds(i))["loss"]) for i in range(1, steps)]
    changed = sum(not np.array_equal(b, v.numpy()) for b, v in zip(before, v2.variables))
    after = serve(tf.constant(x))["probabilities"].numpy()
    print("signature train, tf.saved_model.load: loss %.4f to %.4f in %d steps, %d of %d variables changed, answers moved by %.2g"
          % (losses[0], losses[-1], steps, changed, len(before), np.abs(after - probabilities).max()))
    assert losses[-1] < losses[0] and changed > 0 and np.abs(after - probabilities).max() > 1e-3
    # A module can be saved again with what it has learnt.
    again = str(pathlib.Path(model).parent / "again_model")
    tf.saved_model.save(v2, again, signatures={"serving_default": serve})
    assert np.abs(tf.saved_model.load(again).signatures["serving_default"](tf.constant(x))["probabilities"].numpy() - after).max() < 1e-5
    with tf.compat.v1.Session(graph=tf.Graph()) as s:
        meta = tf.compat.v1.saved_model.loader.load(s, ["serve"], model)
        sig = meta.signature_def["train"]
        old = []
        for i in range(steps):
            old.append(s.run(sig.outputs["loss"].name, {sig.inputs[k].name: v for k, v in values(i).items()}))
    print("signature train, V1 loader against tf.saved_model.load: %.2g" % np.abs(np.array(old) / losses - 1).max())


if __name__ == "__main__":
    main(*sys.argv[1:])
