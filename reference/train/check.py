"""Opens a SavedModel that `vision train` wrote in both of TensorFlow's ways and compares what they say, with each other
and with what `vision recognize` said of the same pictures.

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


if __name__ == "__main__":
    main(*sys.argv[1:])
