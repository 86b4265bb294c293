#!/usr/bin/env python3
"""Write the goldens of testdata/resample: what Pillow, TensorFlow and OpenCV make of
small pictures, which internal/preprocess must make of them too.

    python reference/resample/make.py

Needs numpy, pillow 13 (older ones take rows first where 13 takes columns),
tensorflow and opencv-python-headless. Each file is gzipped JSON
lines; "data" is the picture that came out, row by row, RGB, as bytes (Pillow, OpenCV)
or little-endian float32 (TensorFlow), in base64. The pictures that go in are made by
the same few lines here and in the test.
"""
import base64
import gzip
import json
import math
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import numpy as np

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "testdata", "resample")


def picture(kind, w, h):
    """The same as picture in goldens_test.go."""
    if kind == "constant":
        return np.tile(np.array([200, 3, 255], np.uint8), (h, w, 1))
    y, x, c = np.mgrid[0:h, 0:w, 0:3]
    if kind == "gradient":
        return ((x * 7 + y * 11 + c * 50) % 256).astype(np.uint8)
    out, state = np.empty(h * w * 3, np.uint8), 12345
    for i in range(out.size):  # "random"
        state = (state * 1664525 + 1013904223) % 2**32
        out[i] = state >> 24
    return out.reshape(h, w, 3)


# (w, h) -> (w, h): each with the reason it is there.
SIZES = [
    ((23, 17), (9, 7)),  # shrinks, odd ratios
    ((9, 7), (23, 17)),  # grows, odd ratios
    ((31, 12), (11, 19)),  # shrinks one way, grows the other
    ((24, 16), (12, 8)),  # twice smaller, which OpenCV treats apart
    ((24, 18), (8, 6)),  # three times smaller, a whole ratio
    ((24, 18), (12, 6)),  # whole ratios that differ
    ((12, 8), (24, 16)),  # twice larger: ties
    ((64, 3), (5, 2)),  # far smaller
    ((1, 13), (4, 5)),  # a side of one pixel
    ((13, 1), (5, 4)),
    ((5, 5), (1, 1)),
    ((16, 10), (16, 5)),  # one side unchanged
    ((10, 9), (10, 9)),  # both unchanged
    ((12, 31), (9, 8)),  # far less high: Pillow 13 takes columns first
]


def cases(also=()):
    for (src, dst) in SIZES:
        for kind in ("random", "gradient", "constant"):
            if kind == "random" or src == (23, 17):
                yield kind, src, dst
    yield from also


def write(name, rows):
    path = os.path.join(OUT, name + ".jsonl.gz")
    with open(path, "wb") as f, gzip.GzipFile(fileobj=f, mode="wb", compresslevel=9, mtime=0, filename="") as z:
        for row in rows:
            a = row.pop("out")
            assert a.dtype in (np.uint8, np.float32), a.dtype
            row["data"] = base64.b64encode(a.astype(a.dtype.newbyteorder("<")).tobytes()).decode()
            z.write((json.dumps(row) + "\n").encode())
    print(os.path.relpath(path), os.path.getsize(path))


def row(sampler, kind, src, dst, out, **more):
    return dict(sampler=sampler, kind=kind, w=src[0], h=src[1], outW=dst[0], outH=dst[1], out=out, **more)


def pillow():
    from PIL import Image

    for name in ("nearest", "box", "bilinear", "hamming", "bicubic", "lanczos"):
        how = Image.Resampling[name.upper()]
        big = [("random", (701, 37), (29, 13))] if name == "bilinear" else []
        for kind, src, dst in cases(big):
            im = Image.fromarray(picture(kind, *src))
            yield row("pillow-" + name, kind, src, dst, np.asarray(im.resize(dst, how)))
        # A reduced decode: 45 x 35 pixels in steps of two are 23 x 18, the last ones half.
        im = Image.fromarray(picture("random", 23, 18))
        out = im.resize((9, 7), how, box=(0, 0, 22.5, 17.5))
        yield row("pillow-" + name, "random", (45, 35), (9, 7), np.asarray(out), step=2)
        im = Image.fromarray(picture("random", 23, 17)).convert("L")
        yield row("pillow-" + name, "random", (23, 17), (9, 7), np.asarray(im.resize((9, 7), how)), grey=True)


def tensorflow():
    import tensorflow as tf

    for name in ("nearest", "bilinear", "bicubic", "area", "lanczos3", "lanczos5", "gaussian", "mitchellcubic"):
        for antialias in (False, True):
            if antialias and name in ("nearest", "area"):
                continue
            for kind, src, dst in cases():
                out = tf.image.resize(picture(kind, *src), dst[::-1], method=name, antialias=antialias)
                sampler = "tf-" + name + ("-antialias" if antialias else "")
                yield row(sampler, kind, src, dst, out.numpy().astype(np.float32))


def opencv():
    import cv2

    cv2.ocl.setUseOpenCL(False)
    big = [("random", (70, 37), (29, 13)), ("random", (29, 13), (70, 37)), ("random", (33, 40), (32, 32))]
    for name in ("nearest", "linear", "area", "cubic"):
        for kind, src, dst in cases(big):
            out = cv2.resize(picture(kind, *src), dst, interpolation=getattr(cv2, "INTER_" + name.upper()))
            yield row("opencv-" + name, kind, src, dst, out)


def modes():
    """Whole ways of preparing a picture, in the words of their libraries."""
    import cv2
    import tensorflow as tf
    from PIL import Image

    src = (53, 37)
    a = picture("random", *src)
    # torchvision.transforms: Resize(16), CenterCrop(13)
    w, h = int(16 * 53 / 37), 16
    left, top = int(round((w - 13) / 2.0)), int(round((h - 13) / 2.0))
    im = Image.fromarray(a).resize((w, h), Image.Resampling.BILINEAR).crop((left, top, left + 13, top + 13))
    yield row("pillow-bilinear", "random", src, (13, 13), np.asarray(im), mode="crop", shorter=16)
    out = tf.image.resize(tf.image.central_crop(a, 0.875), (11, 12))
    yield row("tf-bilinear", "random", src, (12, 11), out.numpy(), mode="central", fraction=0.875)
    cut = tf.image.central_crop(a, 0.6).numpy()
    im = Image.fromarray(cut).resize((13, 11), Image.Resampling.LANCZOS)
    yield row("pillow-lanczos", "random", src, (13, 11), np.asarray(im), mode="central", fraction=0.6)
    im = cv2.resize(cut, (40, 41), interpolation=cv2.INTER_CUBIC)
    yield row("opencv-cubic", "random", src, (40, 41), im, mode="central", fraction=0.6)
    im = cv2.resize(cut, (40, 41), interpolation=cv2.INTER_LINEAR)
    yield row("opencv-linear", "random", src, (40, 41), im, mode="central", fraction=0.6)
    # insightface's SCRFD.detect
    W, H = 32, 32
    im = np.zeros((H, W, 3), np.uint8)
    nh = int(W * (src[1] / src[0]))
    im[:nh] = cv2.resize(a, (W, nh))
    yield row("opencv-linear", "random", src, (W, H), im, mode="letterbox", pad=[0], rounding="floor", anchor="top-left")
    # Ultralytics' LetterBox
    W, H = 32, 32
    r = min(H / src[1], W / src[0])
    nw, nh = int(round(src[0] * r)), int(round(src[1] * r))
    dw, dh = (W - nw) / 2, (H - nh) / 2
    top, bottom = int(round(dh - 0.1)), int(round(dh + 0.1))
    left, right = int(round(dw - 0.1)), int(round(dw + 0.1))
    im = cv2.resize(a, (nw, nh), interpolation=cv2.INTER_LINEAR)
    im = cv2.copyMakeBorder(im, top, bottom, left, right, cv2.BORDER_CONSTANT, value=(114, 114, 114))
    yield row("opencv-linear", "random", src, (W, H), im, mode="letterbox", pad=[114])
    out = tf.image.resize_with_pad(a, H, W)
    yield row("tf-bilinear", "random", src, (W, H), out.numpy(), mode="letterbox", pad=[0], rounding="floor")
    # PaddleOCR's resize_norm_img, before it normalises
    ratio = src[0] / float(src[1])
    im = np.zeros((20, 32, 3), np.uint8)
    im[:, : math.ceil(20 * ratio)] = cv2.resize(a, (math.ceil(20 * ratio), 20))
    yield row("opencv-linear", "random", src, (32, 20), im, mode="height", pad=[0], minSide=32)
    out = tf.image.per_image_standardization(tf.image.resize(a, (11, 12)))
    yield row("tf-bilinear", "random", src, (12, 11), out.numpy(), standardize=True)
    flat = picture("constant", *src)[:, :, :1].repeat(3, axis=2)
    assert tf.reduce_max(tf.abs(tf.image.per_image_standardization(flat))) == 0


if __name__ == "__main__":
    os.makedirs(OUT, exist_ok=True)
    every = dict(pillow=pillow, tensorflow=tensorflow, opencv=opencv, modes=modes)
    for name in sys.argv[1:] or every:
        write(name, every[name]())
