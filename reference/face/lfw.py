"""LFW, folds 1 to 5, with TensorFlow and OpenCV in Python: the outside reference of TestLFW in face/lfw_test.go.

    python reference/face/lfw.py [--shared DIR]

The protocol, the same on both sides: a picture is searched with MTCNN (min_size 20, thresholds 0.6, 0.7,
0.7, factor 0.709); the largest face is aligned by its five points to the ArcFace template at 112 x 112 and
embedded by MobileFaceNet. Where nothing is found, the whole picture, resized to 112 x 112 (cv2.resize, INTER_LINEAR),
stands for the face; how many these are is printed. Distances are squared L2 of vectors of length 1. Folds as
in pairs.txt; the threshold of each is the best of 0, 0.01, ... 3.99 on the other folds; a pair is the same
below it (facenet, lfw.py).
"""
import argparse
import tarfile
from io import BytesIO

import cv2
import numpy as np
from sklearn.model_selection import KFold

from pipeline import Faces, read, shared


def accuracy(distance, same, folds):
    steps = np.arange(0, 4, 0.01)
    found = []
    for train, test in KFold(n_splits=folds, shuffle=False).split(np.arange(len(distance))):
        best = np.argmax([np.mean((distance[train] < t) == same[train]) for t in steps])
        found.append((np.mean((distance[test] < steps[best]) == same[test]), steps[best]))
    return np.array(found)


def pairs(file):
    lines = [line.split() for line in open(file)]
    folds, each = int(lines[0][0]), int(lines[0][1])
    name = "{}_{:04d}".format
    for f in lines[1:]:
        if len(f) == 3:
            yield name(f[0], int(f[1])), name(f[0], int(f[2])), True
        else:
            yield name(f[0], int(f[1])), name(f[2], int(f[3])), False
    return folds, each


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--shared")
    args = args.parse_args()
    root = shared(args)
    data = root / "data" / "lfw90"
    faces = Faces(root / "models")
    folds = int(open(data / "pairs.txt").readline().split()[0])
    all_pairs = list(pairs(data / "pairs.txt"))
    wanted = {n for a, b, _ in all_pairs for n in (a, b)}
    vectors, nothing = {}, 0
    with tarfile.open(data / "images.tar.gz") as tar:
        for member in tar:
            name = member.name.rsplit("/", 1)[-1].removesuffix(".jpg")
            if name not in wanted or name in vectors:
                continue
            rgb = read(BytesIO(tar.extractfile(member).read()))
            _, _, points = faces.find(rgb)
            if len(points):
                face = faces.align(rgb, points[0])
            else:
                nothing += 1
                face = cv2.resize(rgb, (112, 112), interpolation=cv2.INTER_LINEAR)
            vectors[name] = faces.embed(face[None])[0]
    there = [(a, b, s) for a, b, s in all_pairs if a in vectors and b in vectors]
    distance = np.array([((vectors[a] - vectors[b]) ** 2).sum() for a, b, _ in there])
    same = np.array([s for _, _, s in there])
    found = accuracy(distance, same, folds)
    print(f"pictures {len(vectors)}, without a face {nothing}; pairs {len(there)}, missing {len(all_pairs) - len(there)}; folds {folds}")
    print(f"accuracy {found[:, 0].mean():.5f} +- {found[:, 0].std():.5f}, threshold {found[:, 1].mean():.4f} (cosine {1 - found[:, 1].mean() / 2:.4f})")
    print("by fold", np.round(found[:, 0], 4).tolist())


main()
