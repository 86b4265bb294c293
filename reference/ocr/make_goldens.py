"""Writes testdata/ocr/*.json.gz: what OpenCV and TensorFlow make of small inputs that are drawn here
from fixed seeds, for the tests of internal/postprocess and internal/perspective.

    python reference/ocr/make_goldens.py

boxes.json.gz        probability maps in 1/255 -> the quads of PaddleOCR's rule (pipeline.boxes before rounding) and
                     their scores, with OpenCV's findContours, minAreaRect, fillPoly
beam.json.gz         probabilities [T, C] -> the text of tf.nn.ctc_beam_search_decoder, with its probability
perspective.json.gz  a picture and quads -> cv2.warpPerspective(INTER_CUBIC, BORDER_REPLICATE); upright quads as
                     PaddleOCR's get_rotate_crop_image cuts them

Needs what reference/ocr/pipeline.py needs.
"""
import base64
import gzip
import json
from pathlib import Path

import cv2
import numpy as np
import tensorflow as tf
from shapely.geometry import Polygon

import pipeline

OUT = Path(__file__).resolve().parents[2] / "testdata" / "ocr"


def save(name, rows):
    with gzip.GzipFile(OUT / name, "wb", mtime=0) as f:
        f.write(json.dumps(rows).encode())
    print(name, len(rows))


def prob_map(rng, w, h):
    """Blurred turned bars with dents, holes and specks."""
    m = np.zeros((h, w), np.float32)
    for _ in range(rng.integers(1, 7)):
        box = ((rng.uniform(0, w), rng.uniform(0, h)), (rng.uniform(6, w / 2), rng.uniform(4, 14)), rng.uniform(-90, 90))
        cv2.fillPoly(m, [np.int32(cv2.boxPoints(box))], float(rng.uniform(0.4, 1)))
    for _ in range(rng.integers(0, 5)):
        cv2.circle(m, (int(rng.integers(w)), int(rng.integers(h))), int(rng.integers(1, 4)), float(rng.choice([0, 0.9])), -1)
    m = cv2.GaussianBlur(m, (3, 3), 0) + rng.uniform(-0.05, 0.05, m.shape).astype(np.float32)
    return np.clip(np.round(m * 16) * 16, 0, 255).astype(np.uint8)  # in few steps, which pack well


def boxes(m, thresh, box_thresh, unclip, min_size):
    prob = m.astype(np.float32) / 255
    found = []
    # Holes are left out on purpose: RETR_EXTERNAL misses what lies in them, so contours without a parent are kept, and
    # those whose parent is a hole.
    contours, tree = cv2.findContours((prob > thresh).astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    for c, node in zip(contours, tree[0] if len(contours) else []):
        if node[3] >= 0:
            continue
        box, side = pipeline.mini_box(c)
        if side < min_size:
            continue
        score = pipeline.box_score(prob, box)
        if score < box_thresh:
            continue
        p = Polygon(box)
        grown = np.array(p.buffer(p.area * unclip / p.length).exterior.coords, np.float32)
        box, side = pipeline.mini_box(grown.reshape(-1, 1, 2))
        if side < min_size + 2:
            continue
        found.append({"quad": box.tolist(), "score": score})
    return found


def make_boxes(rng):
    rows = []
    for i in range(60):
        w, h = int(rng.integers(20, 120)), int(rng.integers(20, 90))
        rule = {"thresh": 0.3, "box_thresh": float(rng.choice([0.3, 0.5, 0.6])), "unclip": float(rng.choice([1.5, 2.0, 1.2])), "min_size": 3}
        m = prob_map(rng, w, h)
        rows.append({"w": w, "map": base64.b64encode(m.tobytes()).decode(), **rule, "boxes": boxes(m, **rule)})
    return rows


def make_beam(rng):
    rows = []
    for i in range(60):
        t, c = int(rng.integers(1, 9)), int(rng.integers(2, 6))
        p = rng.dirichlet(np.full(c, 0.5), t).astype(np.float32)
        # Blank is the last class there. A beam that keeps everything is exact.
        decoded, log = tf.nn.ctc_beam_search_decoder(np.log(np.maximum(p, 1e-30))[:, None], [t], beam_width=5000, top_paths=2)
        log = log.numpy()[0]
        if len(log) > 1 and log[0] - log[1] < 1e-3:
            continue  # two texts as likely as each other
        rows.append({"probs": p.tolist(), "text": decoded[0].values.numpy().tolist(), "log": float(log[0])})
    return rows


def make_perspective(rng):
    h, w = 40, 60
    y, x = np.mgrid[:h, :w]
    pic = np.stack([127 + 120 * np.sin(x / 3), 127 + 120 * np.cos(y / 2.5), rng.uniform(0, 255, (h, w))], -1).astype(np.uint8)
    cases = []
    for i in range(12):
        c = np.float32([rng.uniform(10, 50), rng.uniform(10, 30)])
        size, angle = rng.uniform(8, 30, 2) * [1, 0.5], rng.uniform(-180, 180)
        q = cv2.boxPoints(((float(c[0]), float(c[1])), (float(size[0]), float(size[1])), float(angle))) + rng.uniform(-2, 2, (4, 2)).astype(np.float32)
        cw, ch = (int(max(np.linalg.norm(q[a] - q[b]), np.linalg.norm(q[d] - q[e]))) for a, b, d, e in ((0, 1, 2, 3), (0, 3, 1, 2)))
        # Corners of pixels, not centres: the matrix between halves of pixels.
        m = cv2.getPerspectiveTransform(np.float32(q - 0.5), np.float32([[-0.5, -0.5], [cw - 0.5, -0.5], [cw - 0.5, ch - 0.5], [-0.5, ch - 0.5]]))
        out = cv2.warpPerspective(pic, m, (cw, ch), borderMode=cv2.BORDER_REPLICATE, flags=cv2.INTER_CUBIC)
        cases.append({"quad": q.tolist(), "w": cw, "h": ch, "pix": base64.b64encode(out.tobytes()).decode()})
    for x0, y0, x1, y1 in ((3, 4, 30, 20), (0, 0, 60, 40), (50, 10, 60, 15), (20, 5, 26, 38)):
        q = np.float32([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])
        out = np.ascontiguousarray(pipeline.crop(pic, q))
        if y1 - y0 >= 1.5 * (x1 - x0):
            q = np.roll(q, -1, 0)
        cases.append({"quad": q.tolist(), "w": out.shape[1], "h": out.shape[0], "pix": base64.b64encode(out.tobytes()).decode(), "exact": True})
    return {"w": w, "h": h, "pix": base64.b64encode(pic.tobytes()).decode(), "cases": cases}


if __name__ == "__main__":
    OUT.mkdir(parents=True, exist_ok=True)
    save("boxes.json.gz", make_boxes(np.random.default_rng(1)))
    save("beam.json.gz", make_beam(np.random.default_rng(2)))
    save("perspective.json.gz", make_perspective(np.random.default_rng(3)))
