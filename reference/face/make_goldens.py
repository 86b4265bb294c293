"""Writes testdata/align/opencv.jsonl.gz: similarity fits of scikit-image, and what cv2.warpAffine makes
of a picture that the test can make again. Needs OpenCV 5, scikit-image.

    python reference/face/make_goldens.py

A line: {"w", "h", "points": [[x, y] * 5], "size", "fit": [[a, b, c], [d, e, f]], "sha256": of the warped RGB
bytes, "sample": its first 64 bytes of the middle row}. The picture of w x h has in channel c of pixel
(x, y) the value (x * (7 + c) + y * (13 - c) + (x * y * (c + 1)) // 5) % 256. "sample" is there to see how far
off another result is.
"""
import gzip
import hashlib
import json
from pathlib import Path

import cv2
import numpy as np
from skimage.transform import SimilarityTransform

from pipeline import ARCFACE

OUT = Path(__file__).resolve().parents[2] / "testdata" / "align" / "opencv.jsonl.gz"


def picture(w, h):
    y, x = np.mgrid[:h, :w].astype(np.int64)
    return np.stack([(x * (7 + c) + y * (13 - c) + x * y * (c + 1) // 5) % 256 for c in range(3)], -1).astype(np.uint8)


def main():
    rng = np.random.default_rng(7)
    lines = []
    for i in range(60):
        w, h = int(rng.integers(20, 400)), int(rng.integers(20, 400))
        size = [112, 112, 128, 224, 256][i % 5]
        ratio = size / 112 if size % 112 == 0 else size / 128
        template = ARCFACE.astype(np.float64) * ratio
        if size % 112:
            template[:, 0] += 8 * ratio
        # A face somewhere, turned, sometimes over the edge, with points that do not fit exactly.
        angle, side = rng.uniform(-np.pi, np.pi) if i % 3 == 0 else rng.uniform(-0.4, 0.4), rng.uniform(10, 300)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        centre = np.array([rng.uniform(-0.1, 1.1) * w, rng.uniform(-0.1, 1.1) * h])
        points = (ARCFACE / 112 - 0.5) @ turn.T * side + centre + rng.normal(0, side / 40, (5, 2))
        points = np.round(points, 3)
        fit = SimilarityTransform.from_estimate(points, template).params[:2]
        warped = cv2.warpAffine(picture(w, h), fit, (size, size), flags=cv2.INTER_LINEAR, borderValue=0)
        lines.append({"w": w, "h": h, "points": points.tolist(), "size": size, "fit": fit.tolist(),
                      "sha256": hashlib.sha256(warped.tobytes()).hexdigest(), "sample": warped[size // 2].reshape(-1)[:64].tolist()})
    OUT.parent.mkdir(exist_ok=True)
    with gzip.GzipFile(OUT, "wb", mtime=0) as f:
        f.write("".join(json.dumps(line) + "\n" for line in lines).encode())


main()
