import contextlib
import copy
import io

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

import golden


def evaluate(truth, found):
    with contextlib.redirect_stdout(io.StringIO()):
        gt = COCO()
        gt.dataset = copy.deepcopy(truth)
        gt.createIndex()
        ev = COCOeval(gt, gt.loadRes(copy.deepcopy(found)), "bbox")
        ev.evaluate()
        ev.accumulate()
        ev.summarize()
    per = []
    for k, category in enumerate(ev.params.catIds):
        p = ev.eval["precision"][:, :, k, 0, 2]
        per.append([int(category)] + [float(v[v > -1].mean()) if (v > -1).any() else -1.0 for v in (p, p[0])])
    return {"stats": [float(v) for v in ev.stats], "categories": per}


def boxes(rng, n):
    size = np.exp(rng.uniform(np.log(4), np.log(260), (n, 2)))
    at = rng.uniform(0, 400, (n, 2))
    return np.round(np.hstack([at, size]), 1)


def make(seed, images, categories, objects, noise):
    rng = np.random.default_rng(seed)
    ids = rng.permutation(np.arange(1, 3 * images))[:images].tolist()  # gaps, no order
    cats = rng.permutation(np.arange(1, 2 * categories + 1))[:categories].tolist()
    annotations, found = [], []
    for image in ids:
        kind = rng.random()
        n = 0 if kind < .2 else int(rng.integers(1, objects + 1))  # a fifth of the pictures are empty
        for b in boxes(rng, n):
            crowd = int(rng.random() < .12)
            c = int(rng.choice(cats[:-1]))  # the last category has no object
            area = float(np.round(b[2] * b[3] * rng.uniform(.4, 1), 1))
            a = {"id": len(annotations) + 1, "image_id": image, "category_id": c, "bbox": b.tolist(), "area": area, "iscrowd": crowd}
            if rng.random() < .1:
                a["ignore"] = 1
            annotations.append(a)
            for _ in range(int(rng.integers(0, 4)) + 3 * crowd):
                d = np.round(b + rng.normal(size=4) * noise * np.array([b[2], b[3], b[2], b[3]]), 1)
                d[2:] = np.maximum(d[2:], 0)
                found.append({"image_id": image, "category_id": c, "bbox": d.tolist(), "score": float(np.round(rng.beta(3, 2), 2))})
        for b in boxes(rng, int(rng.integers(0, objects))):
            c = int(rng.choice(cats))
            found.append({"image_id": image, "category_id": c, "bbox": b.tolist(), "score": float(np.round(rng.beta(2, 3), 2))})
    if seed % 3 == 0:  # more detections than are counted, in one picture and category
        for b in boxes(rng, 130):
            found.append({"image_id": ids[0], "category_id": cats[0], "bbox": b.tolist(), "score": float(np.round(rng.random(), 2))})
    order = rng.permutation(len(found))
    return {"images": [{"id": i} for i in ids], "categories": [{"id": c} for c in cats], "annotations": annotations}, [found[i] for i in order]


def main():
    sets = []
    for seed in range(10):
        truth, found = make(seed, images=8 + 2 * seed, categories=2 + seed % 5, objects=5 + seed % 4, noise=.05 + .02 * (seed % 4))
        truth["info"] = {}
        sets.append({"truth": truth["annotations"], "found": found, **evaluate(truth, found)})
    # One object of each size, found; the id of the first is 0 or not.
    zero = {}
    for first in (0, 1):
        truth = {
            "info": {},
            "images": [{"id": 1}],
            "categories": [{"id": 1}],
            "annotations": [
                {"id": first + i, "image_id": 1, "category_id": 1, "bbox": [100 * i, 0, s, s], "area": s * s, "iscrowd": 0}
                for i, s in enumerate((20, 50, 99))
            ],
        }
        found = [{"image_id": 1, "category_id": 1, "bbox": a["bbox"], "score": .9 - .1 * i} for i, a in enumerate(truth["annotations"])]
        zero[str(first)] = {"truth": truth["annotations"], "found": found, **evaluate(truth, found)}
    golden.write("coco.json.gz", {
        "sets": sets,
        "zero": zero,
        "thresholds": COCOeval(iouType="bbox").params.iouThrs.tolist(),
        "recalls": COCOeval(iouType="bbox").params.recThrs.tolist(),
    })


main()
