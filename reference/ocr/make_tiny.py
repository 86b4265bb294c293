"""Writes testdata/models/text_bright and text_colours: a detector and a recogniser of text of a few
kB whose answer can be worked out by hand. Needs tensorflow-cpu 2.18.

    python reference/ocr/make_tiny.py

text_bright   `image` [-1,-1,-1,3] float32 0..1 -> `prob_map` [-1,h,w,1]: 0.9 times the largest of R, G, B.
              `broken` is the same with NaN where the red alone is 1; `half` is at half the size.
text_colours  `image` [-1,8,-1,3] float32 0..1 -> `prob` [-1,w/4,6]. Each time step looks at the upper four rows of four
              columns: m is their mean colour. Row k is s_k / sum(s) with s_k = 1 - max|m - colour_k|, at least 0;
              the colours are those of blank (white), a (red), b (green), c (blue), d (yellow) and the space
              (cyan); black, as padding is, counts as blank, too. `nan` is all NaN, `logits` the logarithms.
              Below the letters lines are white, so that text on its head is blank.
"""
import os
import shutil
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

MODELS = Path(__file__).resolve().parents[2] / "testdata" / "models"
COLOURS = np.array([[1, 1, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [0, 1, 1], [0, 0, 0]], np.float32)


class Bright(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([None, None, None, 3], tf.float32, "image")])
    def serve(self, image):
        prob = 0.9 * tf.reduce_max(image, -1, keepdims=True)
        red = (image[..., :1] == 1) & (image[..., 1:2] == 0) & (image[..., 2:] == 0)
        return {"prob_map": prob, "broken": tf.where(red, tf.constant(float("nan")), prob), "half": prob[:, ::2, ::2]}


class Colours(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([None, 8, None, 3], tf.float32, "image")])
    def serve(self, image):
        shape = tf.shape(image)
        n, w = shape[0], shape[2] // 4
        m = tf.reduce_mean(tf.reshape(image[:, :4, :w * 4], [n, 4, w, 4, 3]), [1, 3])
        s = tf.maximum(1 - tf.reduce_max(tf.abs(m[:, :, None] - COLOURS), -1), 0)
        s = tf.concat([s[..., :1] + s[..., 6:], s[..., 1:6]], -1)
        prob = s / tf.reduce_sum(s, -1, keepdims=True)
        return {"prob": prob, "nan": prob * float("nan"), "logits": tf.math.log(prob + 1e-9)}


def save(name, module):
    folder = MODELS / name
    shutil.rmtree(folder, ignore_errors=True)
    tf.saved_model.save(module, str(folder), signatures=module.serve)
    for left in ("fingerprint.pb", "assets"):
        path = folder / left
        if path.is_dir():
            path.rmdir()
        else:
            path.unlink(missing_ok=True)
    print(name, sum(f.stat().st_size for f in folder.rglob("*") if f.is_file()), "bytes")


if __name__ == "__main__":
    save("text_bright", Bright())
    save("text_colours", Colours())
