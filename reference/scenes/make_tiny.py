"""Writes testdata/models/scene_places365: a model of a few kB in the shape of a Places365
network, whose answer can be worked out by hand. Needs tensorflow-cpu 2.18.

    python reference/scenes/make_tiny.py

`image` [-1,8,8,3] float32 RGB, (value/255 - mean) / std of ImageNet -> `logits` [-1,365]. With p = 364
times the mean of red in 0..1, row k has -|k - p|/2: the ten best are the ten rows about p.
"""
import os
import shutil
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

FOLDER = Path(__file__).resolve().parents[2] / "testdata" / "models" / "scene_places365"
CLASSES = 365


class Places(tf.Module):
    def __init__(self):
        super().__init__()
        self.rows = tf.Variable(np.arange(CLASSES, dtype=np.float32), name="rows")

    @tf.function(input_signature=[tf.TensorSpec([None, 8, 8, 3], tf.float32, "image")])
    def serve(self, image):
        red = tf.reduce_mean(image[..., 0], [1, 2], keepdims=False) * 0.229 + 0.485
        return {"logits": -0.5 * tf.abs(self.rows - (CLASSES - 1) * red[:, None])}


if __name__ == "__main__":
    shutil.rmtree(FOLDER, ignore_errors=True)
    module = Places()
    red = 51  # p = 72.8: rows 73, 72, 74, 71, ...
    picture = (np.full((1, 8, 8, 3), red / 255, np.float32) - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    got = module.serve(tf.constant(picture, tf.float32))["logits"].numpy()[0]
    assert np.argsort(-got)[:4].tolist() == [73, 72, 74, 71] and abs(got[73] + 0.1) < 1e-4, got[70:76]
    tf.saved_model.save(module, str(FOLDER), signatures=module.serve)
    (FOLDER / "fingerprint.pb").unlink(missing_ok=True)
    assets = FOLDER / "assets"
    if assets.is_dir():
        assets.rmdir()
    print(sum(f.stat().st_size for f in FOLDER.rglob("*") if f.is_file()), "bytes")
