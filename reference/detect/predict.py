"""What TensorFlow in Python says of the COCO pictures, as the outside reference of
`vision detect -exact` and of the test in detect/reference_test.go.

    python reference/detect/predict.py OUT [--min SCORE] [--shared DIR] [--only MODEL,MODEL]

writes OUT/<model>.jsonl, one line a picture:
    {"file", "size": [w, h], "objects": [{"name", "index", "score", "box": [x0, y0, x1, y1]}]}
with boxes in pixels of the picture, as fractions, not cut at its edge.

Pictures are decoded by Pillow. SSD takes them as they are; for CenterNet they are stretched
by tf.image.resize, as its card says. Needs tensorflow-cpu 2.18, Pillow.
"""
import argparse
import json
import os
import re
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from PIL import Image, ImageOps  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]


def ssd(serve, pixels):
    """The Object Detection API: rows of [x0, y0, x1, y1, score, class] in 0..1."""
    out = serve(input_tensor=tf.constant(pixels[None]))
    n = int(out["num_detections"].numpy()[0])
    y0, x0, y1, x1 = out["detection_boxes"].numpy()[0, :n].T
    return np.stack([x0, y0, x1, y1, out["detection_scores"].numpy()[0, :n], out["detection_classes"].numpy()[0, :n]], 1)


def centernet(serve, pixels):
    feed = tf.image.resize(tf.constant(pixels[None], tf.float32), (512, 512))
    rows = serve(input_0=feed)["output_2"].numpy()[0].copy()
    rows[:, :4] /= 512
    return rows


# model: how it is called, and its names; of numbered lists the number leads
MODELS = {
    "ssd_mobilenet_v1_coco": (ssd, "coco-90.txt"),
    "centernet_coco": (centernet, "coco-80.txt"),
}


def names_of(file):
    lines = (ROOT / "testdata" / "cards" / "labels" / file).read_text().splitlines()
    numbered = [re.match(r"(\d+)\s+(.*)", line) for line in lines]
    if all(numbered):
        return {int(m[1]): m[2] for m in numbered}
    return dict(enumerate(lines))


def predict(shared, name, file, serve, least, exact=False):
    call, labels = MODELS[name]
    picture = ImageOps.exif_transpose(Image.open(file)).convert("RGB")
    w, h = picture.size
    names = names_of(labels)
    objects = []
    for x0, y0, x1, y1, score, index in call(serve, np.asarray(picture)).tolist():
        if score >= least:
            objects.append({"name": names[int(index)], "index": int(index), "score": score if exact else round(score, 5),
                            "box": [v if exact else round(v, 2) for v in (x0 * w, y0 * h, x1 * w, y1 * h)]})
    objects.sort(key=lambda o: -o["score"])
    return {"file": file.name, "size": [w, h], "objects": objects}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--min", type=float, default=0.0, help="objects below this score are left out")
    parser.add_argument("--shared", type=Path, default=Path(os.environ.get("VISION_SHARED", ROOT.parent / "shared")))
    parser.add_argument("--only", default=",".join(MODELS), help="models, comma-separated")
    args = parser.parse_args()
    files = sorted((args.shared / "data" / "coco" / "images").glob("*.jpg"))
    if not files:
        sys.exit(f"no pictures in {args.shared / 'data' / 'coco' / 'images'}")
    args.out.mkdir(parents=True, exist_ok=True)
    for name in args.only.split(","):
        model = tf.saved_model.load(str(args.shared / "models" / name))
        serve = model.signatures["serving_default"]
        with open(args.out / f"{name}.jsonl", "w") as f:
            for file in files:
                f.write(json.dumps(predict(args.shared, name, file, serve, args.min)) + "\n")
        print(f"{name}: {len(files)} pictures", flush=True)


if __name__ == "__main__":
    main()
