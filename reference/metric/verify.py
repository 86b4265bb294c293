"""The protocol of facenet's lfw.py, with scikit-learn's folds and scipy's interpolation."""

import numpy as np
from scipy.interpolate import interp1d
from sklearn.model_selection import KFold

import golden


def accuracy(threshold, distance, same):
    return np.mean((distance < threshold) == same)


def val_far(threshold, distance, same):
    below = distance < threshold
    return np.sum(below & same) / np.sum(same), np.sum(below & ~same) / np.sum(~same)


def protocol(distance, same, folds, target=1e-3):
    coarse, fine = np.arange(0, 4, 0.01), np.arange(0, 4, 0.001)
    acc, thr, val, far, val_thr = [], [], [], [], []
    for train, test in KFold(n_splits=folds, shuffle=False).split(np.arange(len(distance))):
        best = np.argmax([accuracy(t, distance[train], same[train]) for t in coarse])
        acc.append(accuracy(coarse[best], distance[test], same[test]))
        thr.append(coarse[best])
        rates = np.array([val_far(t, distance[train], same[train])[1] for t in fine])
        at = float(interp1d(rates, fine, kind="linear")(target)) if rates.max() >= target else 0.0
        v, f = val_far(at, distance[test], same[test])
        val.append(v)
        far.append(f)
        val_thr.append(at)
    return {
        "accuracies": np.array(acc).tolist(), "accuracy": float(np.mean(acc)), "accuracy_std": float(np.std(acc)),
        "thresholds": np.array(thr).tolist(), "vals": np.array(val).tolist(), "val": float(np.mean(val)),
        "val_std": float(np.std(val)), "far": float(np.mean(far)), "val_thresholds": val_thr,
    }


def main():
    rng = np.random.default_rng(3)
    sets = []
    for folds, size, decimals, shift in [(10, 60, 4, 0), (5, 600, 3, 0), (10, 61.3, 2, 0), (3, 40, 4, 3.5), (7, 300, 4, 0), (2, 1100, 3, 0)]:
        n = int(folds * size)
        # Same and different pairs in turn by halves of a fold, as in pairs.txt.
        same = (np.arange(n) % int(size)) < int(size) // 2
        distance = np.where(same, rng.normal(.8, .3, n), rng.normal(1.6, .25, n)).clip(0, 4).round(decimals)
        if shift:  # different pairs lie beyond all thresholds
            distance = np.where(same, distance, distance + shift)
        sets.append({"folds": folds, "distance": distance.tolist(), "same": same.astype(int).tolist(), **protocol(distance, same, folds)})
    # Cosine distances of random vectors around common centres, and squared L2 of the same.
    a = rng.normal(size=(400, 8)).astype(np.float32)
    b = rng.normal(size=(400, 8)).astype(np.float32)
    same = (np.arange(400) % 40) < 20
    b[same] = a[same] + rng.normal(size=(200, 8)).astype(np.float32) * np.float32(.5)
    a, b = np.round(a, 3), np.round(b, 3)
    x, y = a.astype(np.float64), b.astype(np.float64)
    cosine = 1 - (x * y).sum(1) / np.sqrt((x * x).sum(1) * (y * y).sum(1))
    vectors = {
        "a": [[float(str(v)) for v in row] for row in a], "b": [[float(str(v)) for v in row] for row in b],
        "same": same.astype(int).tolist(), "cosine": cosine.tolist(), "l2": ((x - y) ** 2).sum(1).tolist(),
        "result": protocol(cosine, same, 10),
    }
    golden.write("verify.json.gz", {"sets": sets, "vectors": vectors})


main()
