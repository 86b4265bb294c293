"""Makes train/testdata/recipe.json: what the changes to pictures and losses of package train are held against.

    .venv/bin/python reference/train/recipe.py train/testdata/recipe.json

Colours are of Pillow's ImageEnhance, which torchvision's ColorJitter calls for PIL pictures, of tf.image.adjust_hue, and
of the formulas of torchvision.transforms.functional for float tensors, written in numpy. Crops are of Pillow's resize
with a box, their distribution of torchvision's RandomResizedCrop.get_params written in numpy, that of CutMix' boxes of
rand_bbox of its authors. Weights are of scikit-learn, weighed losses of Keras' train_on_batch(class_weight=...), Beta of
scipy.
"""
import base64
import json
import math
import sys

import keras
import numpy as np
import scipy.stats
import tensorflow as tf
from PIL import Image, ImageEnhance
from sklearn.utils.class_weight import compute_class_weight


def picture(w, h, planes, seed):
    """Fields of colour with grain, from a generator of its own so that versions of numpy do not matter."""
    x = seed
    out = np.zeros((h, w, planes), np.uint8)
    for i in range(h):
        for j in range(w):
            for k in range(planes):
                x = (x * 1664525 + 1013904223) & 0xFFFFFFFF
                out[i, j, k] = min((i * 31 + j * 17 + k * 80) % 230 + (x >> 27), 255)
    out[0, 0] = 90  # grey: it has no hue
    return out


def b64(a):
    return base64.b64encode(np.ascontiguousarray(a).tobytes()).decode()


def grey(x):
    return (x * np.array([0.299, 0.587, 0.114])).sum(-1, keepdims=True)


def colours():
    src = picture(13, 9, 3, 5)
    x = src.astype(np.float64)
    cases = []
    for f in [0, 0.4, 1, 1.4, 2]:
        clip = lambda v: np.clip(v, 0, 255)
        for what, enhance, exact in [
            ("brightness", ImageEnhance.Brightness, clip(x * f)),
            ("contrast", ImageEnhance.Contrast, clip(grey(x).mean() + f * (x - grey(x).mean()))),
            ("saturation", ImageEnhance.Color, clip(grey(x) + f * (x - grey(x)))),
        ]:
            pillow = enhance(Image.fromarray(src)).enhance(f)
            cases.append(dict(what=what, by=f, pillow=b64(np.asarray(pillow)), exact=np.round(exact, 4).ravel().tolist()))
    for f in [-0.5, -0.3, -0.05, 0, 0.1, 0.5]:
        exact = tf.image.adjust_hue((x / 255).astype(np.float32), f).numpy() * 255.0
        cases.append(dict(what="hue", by=f, exact=np.round(exact.astype(np.float64), 4).ravel().tolist()))
    return dict(w=13, h=9, pix=b64(src), cases=cases)


def crops():
    out = []
    for w, h, planes, size, boxes in [
        (40, 30, 3, 16, [(0, 0, 40, 30), (3, 5, 14, 11), (20.5, 0, 19.5, 30), (1.25, 2.75, 5.5, 4.125), (0, 0, 7, 5), (33, 25, 7, 5)]),
        (9, 23, 1, 12, [(0, 0, 9, 23), (2.5, 10.25, 3.75, 5), (0, 0, 1, 1)]),
    ]:
        src = picture(w, h, planes, w)
        image = Image.fromarray(src if planes == 3 else src[..., 0])
        for x, y, bw, bh in boxes:
            got = image.resize((size, size), Image.BILINEAR, box=(x, y, x + bw, y + bh))
            out.append(dict(w=w, h=h, planes=planes, size=size, box=[x, y, bw, bh], pix=b64(src), want=b64(np.asarray(got))))
    return out


def get_params(rng, width, height, scale, ratio=(3 / 4, 4 / 3)):
    area = height * width
    log_ratio = np.log(ratio)
    for _ in range(10):
        target_area = area * rng.uniform(*scale)
        aspect_ratio = np.exp(rng.uniform(*log_ratio))
        w = int(round(math.sqrt(target_area * aspect_ratio)))
        h = int(round(math.sqrt(target_area / aspect_ratio)))
        if 0 < w <= width and 0 < h <= height:
            i = rng.integers(0, height - h + 1)
            j = rng.integers(0, width - w + 1)
            return i, j, h, w
    in_ratio = float(width) / float(height)
    if in_ratio < min(ratio):
        w = width
        h = int(round(w / min(ratio)))
    elif in_ratio > max(ratio):
        h = height
        w = int(round(h * max(ratio)))
    else:
        w, h = width, height
    return (height - h) // 2, (width - w) // 2, h, w


def drawn():
    out = []
    rng = np.random.default_rng(1)
    for width, height, least in [(500, 375, 0.08), (375, 500, 0.35), (32, 32, 0.08), (900, 100, 0.08), (60, 400, 0.9), (3, 2, 0.08)]:
        got = np.array([get_params(rng, width, height, (least, 1)) for _ in range(40000)], np.float64)
        y, x, h, w = got.T
        out.append(dict(w=width, h=height, least=least, **{
            name: [v.mean(), v.std()] for name, v in dict(x=x, y=y, cw=w, ch=h, area=w * h / (width * height), ratio=np.log(w / h)).items()}))
    return out


def rand_bbox(rng, size, lam):
    cut_rat = np.sqrt(1.0 - lam)
    cut = int(size * cut_rat)
    cx, cy = rng.integers(size), rng.integers(size)
    x1, y1 = np.clip(cx - cut // 2, 0, size), np.clip(cy - cut // 2, 0, size)
    x2, y2 = np.clip(cx + cut // 2, 0, size), np.clip(cy + cut // 2, 0, size)
    return 1 - (x2 - x1) * (y2 - y1) / (size * size)


def mixes():
    rng = np.random.default_rng(2)
    at = [0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98]
    out = dict(at=at, beta=[], cutmix=[])
    for a in [0.1, 0.2, 1, 4]:
        out["beta"].append(dict(alpha=a, below=scipy.stats.beta.cdf(at, a, a).tolist()))
    for a, size in [(1, 32), (0.5, 7)]:
        own = np.array([rand_bbox(rng, size, rng.beta(a, a)) for _ in range(200000)])
        out["cutmix"].append(dict(alpha=a, size=size, below=[float((own <= v).mean()) for v in at]))
    return out


def weights():
    out = []
    for classes in [[0, 0, 0, 1], [0, 1, 2] * 5 + [2] * 30, [3, 0, 1, 2, 3, 3]]:
        out.append(dict(classes=classes, want=compute_class_weight("balanced", classes=np.unique(classes), y=classes).tolist()))
    return out


def losses():
    logits = np.array([[1.5, -0.3, 0.2], [0.1, 0.9, -2], [-1, 0, 3.25], [0, 0, 0]], np.float32)
    classes, weight = [0, 2, 2, 1], {0: 0.5, 1: 3.0, 2: 1.25}
    out = []
    for smoothing in [0, 0.1]:
        i = keras.Input((3,))
        model = keras.Model(i, keras.layers.Activation("linear")(i))
        model.compile("sgd", keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=smoothing))
        y = keras.utils.to_categorical(classes, 3)
        out.append(dict(smoothing=smoothing, loss=float(model.train_on_batch(logits, y, class_weight=weight))))
    return dict(logits=logits.ravel().tolist(), classes=classes, weights=[weight[i] for i in range(3)], cases=out)


if __name__ == "__main__":
    all = dict(colours=colours(), crops=crops(), drawn=drawn(), mixes=mixes(), weights=weights(), losses=losses())
    with open(sys.argv[1], "w") as f:
        f.write("{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in all.items()) + "\n}\n")
