"""What TensorFlow in Python finds on the photos, as the outside reference of
`vision face find -exact` and of the test in face/reference_test.go.

    python reference/face/predict.py OUT.jsonl [--shared DIR]

One line a picture: {"file", "size": [w, h], "faces": [{"score", "box": [x0, y0, x1, y1],
"landmarks": [[x, y] * 5]}], "distances": [[...]]}, the largest face first, boxes as fractions of pixels and
not cut at the edge, and the cosine distances between the embeddings of all faces of the picture.
"""
import argparse
import json

import numpy as np

from pipeline import Faces, read, shared


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("out")
    args.add_argument("--shared")
    args = args.parse_args()
    root = shared(args)
    faces = Faces(root / "models")
    with open(args.out, "w") as out:
        for file in sorted((root / "data" / "photos").iterdir()):
            rgb = read(file)
            box, score, points = faces.find(rgb)
            line = {"file": file.name, "size": [rgb.shape[1], rgb.shape[0]], "faces": [], "distances": []}
            for b, s, p in zip(box, score, points):
                line["faces"].append({"score": round(float(s), 6), "box": np.round(b.astype(float), 3).tolist(), "landmarks": np.round(p.astype(float), 3).tolist()})
            if len(box):
                v = faces.embed([faces.align(rgb, p) for p in points])
                line["distances"] = np.round(1 - v @ v.T, 5).tolist()
            out.write(json.dumps(line) + "\n")
            print(file.name, len(box))


main()
