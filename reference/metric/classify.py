import numpy as np
from sklearn.calibration import calibration_curve
from sklearn.metrics import balanced_accuracy_score, confusion_matrix, top_k_accuracy_score

import golden


def ece(correct, confidence, bins=15):
    """Weights scikit-learn's calibration curve by the size of its bins."""
    true, pred = calibration_curve(correct, confidence, n_bins=bins, strategy="uniform")
    which = np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], confidence)
    size = np.bincount(which, minlength=bins)
    return float(np.sum(np.abs(true - pred) * size[size > 0]) / len(confidence))


def main():
    rng = np.random.default_rng(1)
    sets = []
    for n, classes, step in [(40, 7, 0), (200, 10, 0), (60, 6, 8), (150, 12, 15), (30, 40, 0)]:
        truth = rng.integers(0, classes - 1, n)  # the last class has no picture
        if step:  # few different scores, so that many are tied; step 15 puts some on a bin's edge
            scores = rng.integers(0, step + 1, (n, classes)).astype(np.float32) / np.float32(step)
        else:
            logits = rng.normal(size=(n, classes)) * 2
            logits[np.arange(n), truth] += 1.5
            e = np.exp(logits)
            scores = np.round(e / e.sum(1, keepdims=True), 6).astype(np.float32)
        labels = np.arange(classes)
        answer = np.argsort(scores, axis=1, kind="mergesort")[:, -1]
        confidence = scores[np.arange(n), answer].astype(np.float64)
        sets.append({
            "truth": truth.tolist(),
            "scores": [[float(str(v)) for v in row] for row in scores],
            "top": [float(top_k_accuracy_score(truth, scores, k=k, labels=labels)) for k in range(1, classes)],
            "confusion": confusion_matrix(truth, answer, labels=labels).tolist(),
            "balanced": float(balanced_accuracy_score(truth, answer)),
            "ece": ece(answer == truth, confidence),
        })
    golden.write("classify.json.gz", sets)


main()
