"""Writes testdata/models/detect_*: detectors of a few kB whose answers can be worked out
by hand. Needs tensorflow-cpu 2.18.

    python reference/detect/make_tiny.py

detect_bright  `image` [-1,32,32,3] float32 0..1 -> `rows` [-1,1,6]: the box of the pixels whose
               mean of R, G, B is above 0.5, as x0, y0, x1, y1 in pixels of the input, the mean
               brightness in the box's pixels that are bright as score, and as class the
               strongest channel of these (0, 1, 2). Score 0 if nothing is bright.
detect_api     `input_tensor` uint8 [1,-1,-1,3] -> the four outputs of the Object Detection API,
               three rows: the box as above with the class numbers 1, 13, 90 for R, G, B;
               the whole picture with score 0.25 and class 1; a row of NaN that
               num_detections = 2 leaves out.
detect_encoded `encoded_image_string_tensor` string [1], a JPEG or PNG file -> the same.
detect_heads   `image` [-1,16,16,3] float32 0..1 -> outputs of many forms that do not look at the
               picture but for its mean m, by which all scores (or logits) are multiplied. The
               numbers are below, and again in detect/heads_test.go.
"""
import os
import shutil
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

MODELS = Path(__file__).resolve().parents[2] / "testdata" / "models"


def bright(image):
    """The box of bright pixels of one picture [h, w, 3] in 0..1: x0, y0, x1, y1, score, class."""
    grey = tf.reduce_mean(image, -1)
    mask = tf.cast(grey > 0.5, tf.float32)
    rows, cols = tf.reduce_max(mask, 1), tf.reduce_max(mask, 0)

    def ends(line):
        n = tf.cast(tf.shape(line)[0], tf.float32)
        lo = tf.cast(tf.argmax(line), tf.float32)
        return lo, n - tf.cast(tf.argmax(line[::-1]), tf.float32)

    (x0, x1), (y0, y1) = ends(cols), ends(rows)
    count = tf.reduce_sum(mask)
    score = tf.reduce_sum(grey * mask) / tf.maximum(count, 1.0)
    strongest = tf.argmax(tf.reduce_sum(image * mask[..., None], [0, 1]))
    return x0, y0, x1, y1, score, strongest


class Bright(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([None, 32, 32, 3], tf.float32, "image")])
    def serve(self, image):
        def one(picture):
            *numbers, c = bright(picture)
            return tf.stack([*numbers, tf.cast(c, tf.float32)])[None]

        return {"rows": tf.map_fn(one, image)}


def api(pixels):
    picture = tf.cast(pixels, tf.float32) / 255
    x0, y0, x1, y1, score, c = bright(picture)
    h, w = tf.cast(tf.shape(picture)[0], tf.float32), tf.cast(tf.shape(picture)[1], tf.float32)
    nan = float("nan")
    number = tf.gather(tf.constant([1.0, 13.0, 90.0]), c)
    return {
        "detection_boxes": tf.stack([tf.stack([y0 / h, x0 / w, y1 / h, x1 / w]), tf.constant([0.0, 0, 1, 1]), tf.constant([nan] * 4)])[None],
        "detection_scores": tf.stack([score, 0.25, nan])[None],
        "detection_classes": tf.stack([number, 1.0, nan])[None],
        "num_detections": tf.constant([2.0]),
    }


class Api(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([1, None, None, 3], tf.uint8, "input_tensor")])
    def serve(self, input_tensor):
        return api(input_tensor[0])


class Encoded(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([1], tf.string, "encoded_image_string_tensor")])
    def serve(self, encoded_image_string_tensor):
        return api(tf.io.decode_jpeg(encoded_image_string_tensor[0], channels=3, dct_method="INTEGER_ACCURATE"))


# Boxes of the YOLO outputs: centre x, centre y, width, height in pixels of the input of 16 x 16.
# 0 and 1 overlap with IoU 6*8 / (64+64-48) = 0.6; 2 is 0 again; 3 stands alone.
YOLO_BOXES = [[6, 6, 8, 8], [8, 6, 8, 8], [6, 6, 8, 8], [13, 13, 4, 6]]
YOLO_SCORES = [[0.75, 0.125], [0.5, 0.25], [0.125, 0.625], [0.25, 0.375]]
YOLO_OBJECT = [1, 0.5, 1, 0.5]

# [x0, y0, x1, y1, score, class]
EDGE_ROWS = [[-4, -4, 8, 8, 0.875, 0], [12, 12, 40, 40, 0.75, 1], [20, 2, 30, 8, 0.625, 0], [8, 4, 8, 12, 0.5, 0], [4, 4, 4.125, 12, 0.375, 1]]
NAN_ROWS = [[2, 2, 6, 6, np.nan, 0], [8, 8, 12, 12, 0.5, 1]]
NAN_BOX = [[2, np.nan, 6, 6, 0.5, 0]]
ODD_CLASS = [[2, 2, 6, 6, 0.5, 1.5]]

# Heat of two classes on 4 x 4 cells: peaks at (1, 1) and (3, 3) of class 0, at (1, 1) of class 1; (2, 1) of
# class 0 is no peak beside (1, 1).
HEAT = np.zeros((4, 4, 2), np.float32)
HEAT[1, 1, 0], HEAT[1, 2, 0], HEAT[3, 3, 0], HEAT[1, 1, 1] = 0.75, 0.5, 0.25, 0.625
SIZES = np.broadcast_to(np.array([4, 6], np.float32), (4, 4, 2))
SIDES = np.broadcast_to(np.array([1, 2, 3, 4], np.float32), (4, 4, 4))
SHIFTED = np.broadcast_to(np.array([0.5, 0.25, 4, 6], np.float32), (4, 4, 4))

# What an SSD says of two anchors: ty, tx, th, tw; and of background and two classes.
CODES = [[0, 0, 0, 0], [10, -5, 5 * np.log(2), 0]]
CLASS_SCORES = [[0.875, 0.5, 0.25], [0.125, 0.25, 0.75]]


def grid():
    """300 rows: cells of 4 x 4 pixels at (i % 13, i // 13 % 13), scores i/512, class i % 2."""
    rows = []
    for i in range(300):
        x, y = i % 13, i // 13 % 13
        rows.append([x, y, x + 4, y + 4, i / 512, i % 2])
    return rows


class Heads(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([None, 16, 16, 3], tf.float32, "image")])
    def serve(self, image):
        m = tf.reduce_mean(image, [1, 2, 3])

        def rows(values, scored):
            """values for every picture, with the columns scored multiplied by m."""
            values = np.array(values, np.float32)
            factor = np.zeros(values.shape[-1], np.float32)
            factor[scored] = 1
            shape = [-1] + [1] * values.ndim
            return values * (1 - factor + factor * tf.reshape(m, shape))

        yolo = np.concatenate([YOLO_BOXES, YOLO_SCORES], 1)
        objectness = np.concatenate([YOLO_BOXES, np.array(YOLO_OBJECT)[:, None], YOLO_SCORES], 1)
        boxes = np.array(YOLO_BOXES, np.float32)
        return {
            "yolo_columns": tf.transpose(rows(yolo, [4, 5]), [0, 2, 1]),
            "yolo_rows": rows(objectness, [4]),
            "many_rows": rows(grid(), [4]),
            "edge_rows": rows(EDGE_ROWS, [4]),
            "nan_rows": rows(NAN_ROWS, [4]),
            "nan_box": rows(NAN_BOX, [4]),
            "odd_class": rows(ODD_CLASS, [4]),
            "heat": rows(HEAT, [0, 1]),
            "sizes": rows(SIZES, []),
            "sides": rows(SIDES, []),
            "shifted": rows(SHIFTED, []),
            "codes": rows(CODES, []),
            "class_scores": rows(CLASS_SCORES, [0, 1, 2]),
            "boxes": rows(boxes, []),
            "scores": rows([s[0] for s in YOLO_SCORES], [0, 1, 2, 3]),
            "box_classes": tf.cast(rows([1, 0, 1, 1], []), tf.int64),
            "two_scores": rows(YOLO_SCORES, [0, 1]),
        }


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
    save("detect_bright", Bright())
    save("detect_api", Api())
    save("detect_encoded", Encoded())
    save("detect_heads", Heads())
