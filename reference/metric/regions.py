"""The matching of ICDAR 2015 task 4.1 over shapely's polygons."""

import numpy as np
from shapely.geometry import Polygon

import golden


def match(truth, dont_care, found):
    regions = [(Polygon(q), d) for q, d in zip(truth, dont_care) if Polygon(q).is_valid]
    dets = []
    for q in found:
        p = Polygon(q)
        if p.is_valid and not any(d and p.area > 0 and p.intersection(r).area / p.area > .5 for r, d in regions):
            dets.append(p)
    taken = set()
    want = [r for r, d in regions if not d]
    for r in want:
        for i, p in enumerate(dets):
            if i not in taken and r.intersection(p).area / r.union(p).area > .5:
                taken.add(i)
                break
    return [len(taken), len(want), len(dets)]


def quad(rng, kind):
    x, y = rng.uniform(0, 100, 2)
    w, h = rng.uniform(5, 60, 2)
    q = np.array([[x, y], [x + w, y], [x + w, y + h], [x, y + h]]) + rng.normal(size=(4, 2)) * min(w, h) * .12
    if kind == 1:
        q = rng.uniform(0, 100, (4, 2))  # convex, concave or crossed
    if kind == 2:
        q[2] = q[0] + (q[1] - q[0]) * .3 + (q[3] - q[0]) * .3  # concave
    if kind == 3:
        q = q[::-1]  # the other way round
    if kind == 4:
        q = q.round(-1)  # often corners on each other or in line
    return q.round(1).tolist()


def main():
    rng = np.random.default_rng(9)
    pairs = []
    special = [
        [[0, 0], [10, 0], [10, 10], [0, 10]], [[5, 0], [15, 0], [15, 10], [5, 10]], [[0, 0], [10, 10], [10, 0], [0, 10]],
        [[0, 0], [10, 0], [20, 0], [30, 0]], [[0, 0], [10, 0], [10, 0], [0, 10]], [[3, 3], [3, 3], [3, 3], [3, 3]],
        [[0, 0], [10, 0], [5, 0], [0, 10]], [[0, 0], [10, 0], [0, 0], [0, 10]], [[0, 0], [10, 0], [10, 10], [5, 0]],
        [[0, 0], [20, 0], [10, 0], [10, 9]], [[0, 0], [5, 0], [10, 0], [5, 9]],
    ]
    quads = special + [quad(rng, i % 5) for i in range(120)]
    for a in quads:
        for b in [quads[i] for i in rng.choice(len(quads), 5)] + [a]:
            p, q = Polygon(a), Polygon(b)
            ok = [bool(p.is_valid and p.area > 0), bool(q.is_valid and q.area > 0)]
            inter = float(p.intersection(q).area) if all(ok) else 0
            pairs.append({"a": a, "b": b, "valid": ok, "areas": [float(p.area), float(q.area)], "inter": inter})
    sets = []
    for _ in range(40):
        truth = [quad(rng, int(rng.choice([0, 0, 0, 1, 2, 3]))) for _ in range(int(rng.integers(0, 9)))]
        found = [quad(rng, int(rng.choice([0, 0, 1, 2]))) for _ in range(int(rng.integers(0, 4)))]
        for q in truth:
            for _ in range(int(rng.integers(0, 3))):
                found.append((np.array(q) + rng.normal(size=(4, 2)) * rng.choice([.5, 3, 6])).round(1).tolist())
        found = [found[i] for i in rng.permutation(len(found))]
        dont_care = (rng.random(len(truth)) < .3).tolist()
        sets.append({"truth": truth, "dont_care": dont_care, "found": found, "counts": match(truth, dont_care, found)})
    golden.write("regions.json.gz", {"pairs": pairs, "sets": sets})


main()
