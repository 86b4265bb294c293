"""What TensorFlow in Python with Pillow says of the ImageNet pictures, as the outside
reference of `vision recognize -exact`.

    python reference/imagenet/predict.py OUT [--shared DIR] [--only MODEL,MODEL]

writes OUT/<model>.jsonl, one line a picture in the form of the command:
    {"file", "labels": [{"name", "index", "score"}]}     the five best
and OUT/<model>.npy, float32 [pictures, classes], rows in the same order.
"""
import argparse
import json
import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

import pillow_rule as rule  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]


def minus_one_to_one(picture):
    return rule.crop(picture, 256, 224) / 127.5 - 1


def bgr_minus_mean(picture):
    return rule.squash(picture, 227)[..., ::-1] - np.array([104, 117, 123], np.float32)


# model: how its README says a picture is fed, and its names, a line an output row
MODELS = {
    "mobilenet_v2_imagenet": (minus_one_to_one, "imagenet_1001_coral.txt"),
    "mobilenet_v1_075_imagenet": (minus_one_to_one, "imagenet_1000_synset_names_sorted.txt"),
    "squeezenet_imagenet": (bgr_minus_mean, "imagenet_1000_synset_names_sorted.txt"),
}


def predict(shared, name, files):
    prepare, labels = MODELS[name]
    names = (shared / "models" / "labels" / labels).read_text().splitlines()
    model = tf.saved_model.load(str(shared / "models" / name))
    serve = model.signatures["serving_default"]
    (key,) = serve.structured_input_signature[1]
    rows = []
    for file in files:
        feed = np.ascontiguousarray(prepare(rule.load(file))[None], np.float32)
        (row,) = (v.numpy()[0] for v in serve(**{key: tf.constant(feed)}).values())
        rows.append(row)
    return names, np.stack(rows)


def write(out, name, files, names, rows):
    np.save(out / f"{name}.npy", rows.astype(np.float32))
    with open(out / f"{name}.jsonl", "w") as f:
        for file, row in zip(files, rows):
            best = np.argsort(-row, kind="stable")[:5]
            labels = [{"name": names[i], "index": int(i), "score": float(row[i])} for i in best]
            f.write(json.dumps({"file": file.name, "labels": labels}) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--shared", type=Path, default=Path(os.environ.get("VISION_SHARED", ROOT.parent / "shared")))
    parser.add_argument("--only", default=",".join(MODELS), help="models, comma-separated")
    args = parser.parse_args()
    files = sorted((args.shared / "data" / "imagenet").glob("*.JPEG"))
    if not files:
        sys.exit(f"no pictures in {args.shared / 'data' / 'imagenet'}")
    args.out.mkdir(parents=True, exist_ok=True)
    for name in args.only.split(","):
        names, rows = predict(args.shared, name, files)
        write(args.out, name, files, names, rows)
        print(f"{name}: {len(files)} pictures, {rows.shape[1]} classes", flush=True)


if __name__ == "__main__":
    main()
