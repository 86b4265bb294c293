"""COCO mean average precision of the two COCO models in Python: TensorFlow, Pillow and
pycocotools, as the outside reference of `vision eval detect`.

    python reference/detect/evaluate.py [--shared DIR] [--only MODEL,MODEL] [--ours FILE ...]

prints a line of JSON a model with the twelve numbers of COCOeval.summarize over shared/data/coco, whose
labels have YOLO's form: areas are those of the boxes. Boxes are those of the model, as fractions of a pixel and
not cut at the picture's edge; numbers of classes are COCO's, 1 to 90.

With --ours, files that `vision eval detect -json` wrote, it prints rows for results/accuracy.csv and exits with
1 if a mean average precision is further than 0.005 off. Needs tensorflow-cpu 2.18, Pillow, pycocotools.
"""
import argparse
import contextlib
import csv
import datetime
import io
import json
import os
import sys
from pathlib import Path

import predict  # beside this file
import tensorflow as tf
from PIL import Image
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

KEYS = ["ap", "ap50", "ap75", "ap_small", "ap_medium", "ap_large", "ar1", "ar10", "ar100", "ar_small", "ar_medium", "ar_large"]
WITHIN = 0.005


def eighty():
    """COCO's number of each of the 80 classes of YOLO's labels."""
    return sorted(n for n in predict.names_of("coco-90.txt") if n > 0)


def truth(folder):
    numbers = eighty()
    images, objects = [], []
    for i, file in enumerate(sorted((folder / "images").glob("*.jpg"))):
        w, h = Image.open(file).size
        images.append({"id": i + 1, "file_name": file.name, "width": w, "height": h})
        labels = folder / "labels" / (file.stem + ".txt")
        for line in labels.read_text().split("\n") if labels.exists() else []:
            if line.strip():
                c, cx, cy, bw, bh = line.split()
                bw, bh = float(bw) * w, float(bh) * h
                objects.append({"id": len(objects) + 1, "image_id": i + 1, "category_id": numbers[int(c)], "iscrowd": 0, "area": bw * bh,
                                "bbox": [float(cx) * w - bw / 2, float(cy) * h - bh / 2, bw, bh]})
    return {"images": images, "annotations": objects, "categories": [{"id": n} for n in numbers]}


def evaluate(gt, found):
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = gt
        coco.createIndex()
        e = COCOeval(coco, coco.loadRes(found), "bbox")
        e.evaluate()
        e.accumulate()
        e.summarize()
    return dict(zip(KEYS, map(float, e.stats)))


def detections(name, gt, shared):
    model = tf.saved_model.load(str(shared / "models" / name))
    serve = model.signatures["serving_default"]
    dense = eighty() if predict.MODELS[name][1] == "coco-80.txt" else None
    found = []
    for image in gt["images"]:
        answer = predict.predict(shared, name, shared / "data" / "coco" / "images" / image["file_name"], serve, 0.0, exact=True)
        for o in answer["objects"]:
            x0, y0, x1, y1 = o["box"]
            found.append({"image_id": image["id"], "category_id": dense[o["index"]] if dense else o["index"], "score": o["score"],
                          "bbox": [x0, y0, x1 - x0, y1 - y0]})
    return found


def main():
    root = predict.ROOT
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--shared", type=Path, default=Path(os.environ.get("VISION_SHARED", root.parent / "shared")))
    parser.add_argument("--only", default=",".join(predict.MODELS), help="models, comma-separated")
    parser.add_argument("--ours", type=Path, nargs="*", default=[], help="what vision eval detect -json wrote")
    parser.add_argument("--machine", default="", help="for the rows")
    args = parser.parse_args()
    gt = truth(args.shared / "data" / "coco")
    reference = {}
    for name in args.only.split(","):
        reference[name] = evaluate(gt, detections(name, gt, args.shared))
        print(json.dumps({"model": name, "pictures": len(gt["images"]), **reference[name]}), flush=True)
    far = False
    rows = csv.writer(sys.stdout, lineterminator="\n")
    for file in args.ours:
        ours = json.loads(file.read_text())
        name, how = Path(ours["model"]).name, "exact" if "exact" in file.stem else "default"
        command = (f"bin/vision eval detect -model ../shared/models/{name} -card testdata/cards{' -exact' if how == 'exact' else ''} -json -data coco:../shared/data/coco; "
                   "python reference/detect/evaluate.py")
        for key in ("ap", "ap50"):
            rows.writerow([datetime.date.today(), "detect", name, f"COCO sample ({how})", ours["pictures"], key, f"{ours[key]:.4f}", f"{reference[name][key]:.4f}",
                           "TensorFlow in Python with Pillow and pycocotools", command, args.machine, f"TensorFlow {tf.__version__}; graft 0.10.0; Pillow 13; Go 1.26"])
        far = far or abs(ours["ap"] - reference[name]["ap"]) > WITHIN
    sys.exit(1 if far else 0)


if __name__ == "__main__":
    main()
