"""Writes testdata/models/face_*: a detector and an embedder of a few kB whose answers can be
worked out by hand. Needs tensorflow-cpu 2.18.

    python reference/face/make_tiny.py

face_bright  `image_bgr` [-1,-1,3] float32 BGR 0..255, `min_size` [], as MTCNN has them -> for each of red, green
             and blue the box of the pixels in which that channel is above 128 and the two others are not, in
             this order, if there are any and the box is at least min_size wide and high: `box` [k,4] = y0, x0, y1, x1 in
             pixels, `prob` [k] = the mean of the channel in these pixels / 255, `landmarks` [k,10] = five y,
             then five x, at (0.3, 0.4), (0.7, 0.4), (0.5, 0.6), (0.35, 0.8), (0.65, 0.8) of width and height.
face_heads   `image` [-1,16,16,3] float32 0..1 -> two boxes, scores (0.75, 0.5 times the mean of the
             picture), and landmarks in many forms. The numbers are below, and again in internal/detector/points_test.go.
face_mean    `face` [-1,-1,-1,3] float32 -> `embedding` [-1,12]: the means of the three channels in the four
             quarters of the picture: top left, top right, bottom left, bottom right.
"""
import os
import shutil
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

MODELS = Path(__file__).resolve().parents[2] / "testdata" / "models"
POINTS = np.array([[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.35, 0.8], [0.65, 0.8]], np.float32)


def ends(line):
    n = tf.cast(tf.shape(line)[0], tf.float32)
    return tf.cast(tf.argmax(line), tf.float32), n - tf.cast(tf.argmax(line[::-1]), tf.float32)


class Bright(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([None, None, 3], tf.float32, "image_bgr"), tf.TensorSpec([], tf.float32, "min_size")])
    def serve(self, image_bgr, min_size):
        rgb = image_bgr[..., ::-1]
        high = rgb > 128
        alone = tf.reduce_sum(tf.cast(high, tf.int32), -1, keepdims=True) == 1
        mask = tf.cast(high & alone, tf.float32)
        boxes, scores, there = [], [], []
        for c in range(3):
            m = mask[..., c]
            (y0, y1), (x0, x1) = ends(tf.reduce_max(m, 1)), ends(tf.reduce_max(m, 0))
            count = tf.reduce_sum(m)
            boxes.append(tf.stack([y0, x0, y1, x1]))
            scores.append(tf.reduce_sum(rgb[..., c] * m) / tf.maximum(count, 1.0) / 255)
            there.append((count > 0) & (x1 - x0 >= min_size) & (y1 - y0 >= min_size))
        there = tf.stack(there)
        box = tf.boolean_mask(tf.stack(boxes), there)
        y = box[:, :1] + (box[:, 2:3] - box[:, :1]) * POINTS[:, 1]
        x = box[:, 1:2] + (box[:, 3:] - box[:, 1:2]) * POINTS[:, 0]
        return {"box": box, "prob": tf.boolean_mask(tf.stack(scores), there), "landmarks": tf.concat([y, x], 1)}


# Boxes in pixels of 16 x 16, points in pixels: box i has point j at (10 i + j, 5 + j / 2).
BOXES = [[1, 2, 9, 10], [6, 4, 14, 16]]
PLACES = np.array([[[10 * i + j, 5 + j / 2] for j in range(5)] for i in range(2)], np.float32)
# Relative to anchors (0.5, 0.5, 0.25, 0.5) and (0.25, 0.75, 0.5, 0.25) of the input, centre and size, scale 10: all
# five points of the first move by 4/10 of its width right and 2/10 of its height up; of the second none moves.
MOVED = np.array([[[4, -2]] * 5, [[0, 0]] * 5], np.float32)


class Heads(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([None, 16, 16, 3], tf.float32, "image")])
    def serve(self, image):
        m = tf.reduce_mean(image, [1, 2, 3])

        def each(values):
            values = np.array(values, np.float32)
            return values * tf.ones(tf.concat([tf.shape(m), [1] * values.ndim], 0))

        return {
            "boxes": each(BOXES),
            "scores": each([0.75, 0.5]) * m[:, None],
            "codes": each([[0, 0, 0, 0], [0, 0, 0, 0]]),
            "two_scores": each([[0.75], [0.5]]) * m[:, None, None],
            "xy_pairs": each(PLACES),
            "yx_pairs": each(PLACES[..., ::-1].reshape(2, 10)),
            "x_then_y": each(PLACES.transpose(0, 2, 1).reshape(2, 10)),
            "y_then_x": each(PLACES[..., ::-1].transpose(0, 2, 1).reshape(2, 10)),
            "moved": each(MOVED.reshape(2, 10)),
            "not_finite": each(np.where(PLACES == 12, np.nan, PLACES)),
            "three_points": each(PLACES[:, :3].reshape(2, 6)),
            "one_row": each(PLACES[:1]),
        }


class Mean(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([None, None, None, 3], tf.float32, "face")])
    def serve(self, face):
        h, w = tf.shape(face)[1] // 2, tf.shape(face)[2] // 2
        quarters = [face[:, :h, :w], face[:, :h, w:], face[:, h:, :w], face[:, h:, w:]]
        return {"embedding": tf.concat([tf.reduce_mean(q, [1, 2]) for q in quarters], -1)}


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
    save("face_bright", Bright())
    save("face_heads", Heads())
    save("face_mean", Mean())
