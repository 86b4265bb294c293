"""The plain way to read text in Python with a PP-OCR detector and recogniser as TensorFlow
SavedModels: what PaddleOCR 2.x does by default (tools/infer/predict_det.py, predict_rec.py,
predict_system.py, ppocr/postprocess/db_postprocess.py), with TensorFlow and OpenCV.

The polygon that PaddleOCR grows with pyclipper is here grown with shapely, by the same distance.
"""
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import cv2  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from PIL import Image, ImageOps  # noqa: E402
from shapely.geometry import Polygon  # noqa: E402

MEAN, STD = np.float32([0.485, 0.456, 0.406]), np.float32([0.229, 0.224, 0.225])


def read_bgr(file):
    """The upright pixels of a file, BGR."""
    return np.ascontiguousarray(np.array(ImageOps.exif_transpose(Image.open(file)).convert("RGB"))[..., ::-1])


def det_size(h, w, kind="max", side=960):
    """The size at which a picture is fed: the longer side at most, or the shorter at least, side."""
    ratio = 1.0
    if kind == "max" and max(h, w) > side:
        ratio = side / max(h, w)
    if kind == "min" and min(h, w) < side:
        ratio = side / min(h, w)
    return max(int(round(int(h * ratio) / 32) * 32), 32), max(int(round(int(w * ratio) / 32) * 32), 32)


def mini_box(points):
    """The corners of the smallest rectangle around points, clockwise from the top left, and its shorter side."""
    rect = cv2.minAreaRect(points)
    p = sorted(cv2.boxPoints(rect).tolist(), key=lambda q: q[0])
    (a, d) = (0, 1) if p[1][1] > p[0][1] else (1, 0)
    (b, c) = (2, 3) if p[3][1] > p[2][1] else (3, 2)
    return np.array([p[a], p[b], p[c], p[d]], np.float32), min(rect[1])


def box_score(prob, box):
    """The mean probability inside a box."""
    h, w = prob.shape
    x0, x1 = (int(np.clip(f(box[:, 0].min() if f is np.floor else box[:, 0].max()), 0, w - 1)) for f in (np.floor, np.ceil))
    y0, y1 = (int(np.clip(f(box[:, 1].min() if f is np.floor else box[:, 1].max()), 0, h - 1)) for f in (np.floor, np.ceil))
    mask = np.zeros((y1 - y0 + 1, x1 - x0 + 1), np.uint8)
    cv2.fillPoly(mask, [(box - [x0, y0]).astype(np.int32)], 1)
    return cv2.mean(prob[y0:y1 + 1, x0:x1 + 1], mask)[0]


def boxes(prob, w, h, thresh=0.3, box_thresh=0.6, unclip=1.5, most=1000, min_size=3):
    """The quads of a probability map, in pixels of a picture of w x h, and their scores."""
    found, scores = [], []
    contours, _ = cv2.findContours((prob > thresh).astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    for c in contours[:most]:
        box, side = mini_box(c)
        if side < min_size:
            continue
        score = box_score(prob, box)
        if score < box_thresh:
            continue
        p = Polygon(box)
        grown = np.array(p.buffer(p.area * unclip / p.length).exterior.coords, np.float32)
        box, side = mini_box(grown.reshape(-1, 1, 2))
        if side < min_size + 2:
            continue
        box[:, 0] = np.clip(np.round(box[:, 0] / prob.shape[1] * w), 0, w)
        box[:, 1] = np.clip(np.round(box[:, 1] / prob.shape[0] * h), 0, h)
        if np.linalg.norm(box[0] - box[1]) <= 3 or np.linalg.norm(box[0] - box[3]) <= 3:
            continue
        found.append(box)
        scores.append(score)
    return found, scores


def reading_order(found):
    """Top to bottom, and left to right where tops are within 10 pixels: sorted_boxes."""
    order = sorted(range(len(found)), key=lambda i: (found[i][0][1], found[i][0][0]))
    for i in range(len(order) - 1):
        for j in range(i, -1, -1):
            a, b = found[order[j]], found[order[j + 1]]
            if abs(b[0][1] - a[0][1]) < 10 and b[0][0] < a[0][0]:
                order[j], order[j + 1] = order[j + 1], order[j]
            else:
                break
    return order


def crop(picture, box):
    """A box's pixels upright: get_rotate_crop_image."""
    w = int(max(np.linalg.norm(box[0] - box[1]), np.linalg.norm(box[2] - box[3])))
    h = int(max(np.linalg.norm(box[0] - box[3]), np.linalg.norm(box[1] - box[2])))
    m = cv2.getPerspectiveTransform(box, np.float32([[0, 0], [w, 0], [w, h], [0, h]]))
    out = cv2.warpPerspective(picture, m, (w, h), borderMode=cv2.BORDER_REPLICATE, flags=cv2.INTER_CUBIC)
    return np.rot90(out) if h >= 1.5 * w else out


class Pipeline:
    def __init__(self, models, keys, height=32, width=320, batch=6):
        models = Path(models)
        self.loaded = [tf.saved_model.load(str(models / m)) for m in ("ppocr_det", "ppocr_rec")]
        self.det, self.rec = (m.signatures["serving_default"] for m in self.loaded)
        self.names = Path(keys).read_text(encoding="utf-8").rstrip("\n").split("\n") + [" "]
        self.height, self.width, self.batch = height, width, batch

    def prob_map(self, picture, kind="max", side=960):
        h, w = det_size(*picture.shape[:2], kind, side)
        x = (cv2.resize(picture, (w, h)).astype(np.float32) / 255 - MEAN) / STD
        return self.det(image=tf.constant(x[None]))["prob_map"].numpy()[0, ..., 0]

    def recognise(self, crops):
        """Texts and scores, in batches of like widths."""
        out = [None] * len(crops)
        order = np.argsort([c.shape[1] / c.shape[0] for c in crops])
        for i in range(0, len(order), self.batch):
            part = order[i:i + self.batch]
            widest = max([self.width / self.height] + [crops[j].shape[1] / crops[j].shape[0] for j in part])
            w = int(self.height * widest)
            x = np.zeros((len(part), self.height, w, 3), np.float32)
            for k, j in enumerate(part):
                c = crops[j]
                cw = min(int(np.ceil(self.height * c.shape[1] / c.shape[0])), w)
                x[k, :, :cw] = cv2.resize(c, (cw, self.height)).astype(np.float32) / 127.5 - 1
            for j, p in zip(part, self.rec(image=tf.constant(x))["prob"].numpy()):
                out[j] = self.greedy(p)
        return out

    def greedy(self, p):
        best, top = p.argmax(-1), p.max(-1)
        kept = (best > 0) & np.append(True, best[1:] != best[:-1])
        return "".join(self.names[i - 1] for i in best[kept]), float(top[kept].mean()) if kept.any() else 0.0

    def read(self, picture, kind="max", side=960, drop=0.5):
        h, w = picture.shape[:2]
        found, _ = boxes(self.prob_map(picture, kind, side), w, h)
        found = [found[i] for i in reading_order(found)]
        read = self.recognise([crop(picture, b) for b in found])
        return [(b, t, s) for b, (t, s) in zip(found, read) if s >= drop]
