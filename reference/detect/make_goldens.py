"""Writes internal/postprocess/testdata/nms.json and peaks.json: what TensorFlow keeps of random
boxes and finds in random heat maps. Needs tensorflow-cpu 2.18.

    python reference/detect/make_goldens.py

Numbers are multiples of 1/64, so that text holds them exactly, and scores repeat, so that
ties are tested. Per class is tf.image.non_max_suppression class by class, as
torchvision.ops.batched_nms says it.
"""
import json
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

OUT = Path(__file__).resolve().parents[2] / "internal" / "postprocess" / "testdata"


def nms(rng, count, spread, levels, iou, most):
    lo = np.round(rng.uniform(0, spread, (count, 2)) * 64) / 64
    size = np.round(rng.uniform(0.5, 40, (count, 2)) * 64) / 64
    boxes = np.concatenate([lo, lo + size], 1).astype(np.float32)  # x0, y0, x1, y1
    scores = (rng.integers(1, levels + 1, count) / levels).astype(np.float32)
    classes = rng.integers(0, 3, count)
    yxyx = boxes[:, [1, 0, 3, 2]]
    limit = most or count
    agnostic = tf.image.non_max_suppression(yxyx, scores, limit, iou).numpy()
    kept = []
    for c in range(3):
        at = np.flatnonzero(classes == c)
        if len(at):
            kept.extend(at[tf.image.non_max_suppression(yxyx[at], scores[at], len(at), iou).numpy()])
    kept.sort(key=lambda i: (-scores[i], i))
    return {"iou": iou, "most": most, "boxes": boxes.tolist(), "scores": scores.tolist(), "classes": classes.tolist(),
            "agnostic": agnostic.tolist(), "per_class": [int(i) for i in kept[:limit]]}


def peaks(rng, h, w, c, levels, most):
    """Heat maps in multiples of 1/levels; the peaks as the reference of CenterNet finds them."""
    heat = (rng.integers(0, levels + 1, (h, w, c)) / levels).astype(np.float32)
    pooled = tf.nn.max_pool2d(heat[None], 3, 1, "SAME").numpy()[0]
    top = tf.math.top_k(np.where(heat == pooled, heat, 0).reshape(-1), min(most, heat.size))
    rows = [[int(i) // c, int(i) % c, float(s)] for s, i in zip(top.values.numpy(), top.indices.numpy()) if s > 0]
    return {"h": h, "w": w, "c": c, "most": most, "heat": heat.reshape(-1).tolist(), "peaks": rows}


def main():
    rng = np.random.default_rng(4)
    sets = [nms(rng, *a) for a in [(60, 60, 1024, 0.5, 0), (60, 20, 16, 0.7, 0), (40, 10, 4, 0.3, 5), (25, 400, 64, 0.5, 0), (30, 5, 8, 0.0, 0), (1, 5, 8, 0.5, 0)]]
    maps = [peaks(rng, *a) for a in [(8, 6, 3, 1024, 100), (5, 7, 2, 4, 100), (8, 8, 4, 64, 10), (1, 1, 2, 8, 100), (1, 9, 1, 16, 3)]]
    OUT.mkdir(exist_ok=True)
    (OUT / "nms.json").write_text(json.dumps(sets, separators=(",", ":")) + "\n")
    (OUT / "peaks.json").write_text(json.dumps(maps, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
