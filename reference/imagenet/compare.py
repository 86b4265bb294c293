"""Holds the answers of `vision recognize` against those of TensorFlow in Python.

    bin/vision recognize -model ../shared/models/X -card testdata/cards -exact -json -top 1001 \\
        ../shared/data/imagenet > X.jsonl
    python reference/imagenet/compare.py REFERENCE X.jsonl [--max-diff 1e-4] [--lose 0]

REFERENCE is a folder that predict.py wrote; X is the model's name, or say --model. Prints a
table of both and exits 1 where a limit is broken. With --lose 1 (for answers made without
-exact) the library may have one picture fewer right, and --max-diff is not checked
unless it is given.

The truth of a picture is the synset with which its name starts: line i of the
synset-sorted list of 1000 names is class i, which is output row i of models with 1000
outputs and row i+1 of those with 1001, whose row 0 is background.
"""
import argparse
import json
import os
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]


def read(path):
    """File name -> its labels, or None where the command reports an error."""
    out = {}
    for line in Path(path).read_text().splitlines():
        answer = json.loads(line)
        if "error" in answer:
            print(f"{answer.get('file')}: {answer['error']}")
        out[Path(answer["file"]).name] = answer.get("labels")
    return out


def truth(shared, files, classes):
    lines = (shared / "models" / "labels" / "imagenet_1000_synset_names_sorted.txt").read_text().splitlines()
    row = {line.split("_")[0]: i + classes - 1000 for i, line in enumerate(lines)}
    return np.array([row[f.split("_")[0]] for f in files])


def hits(best, true, k):
    return sum(t in b[:k] for b, t in zip(best, true))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("reference", type=Path)
    parser.add_argument("answers", type=Path)
    parser.add_argument("--model", help="default: the name of the answers' file")
    parser.add_argument("--shared", type=Path, default=Path(os.environ.get("VISION_SHARED", ROOT.parent / "shared")))
    parser.add_argument("--max-diff", type=float, help="largest probability difference; 1e-4 unless --lose is given")
    parser.add_argument("--lose", type=int, help="pictures that the library may have fewer right")
    args = parser.parse_args()
    name = args.model or args.answers.stem
    exact = args.lose is None
    limit = args.max_diff if args.max_diff is not None else (1e-4 if exact else None)

    rows = np.load(args.reference / f"{name}.npy")
    files = [json.loads(line)["file"] for line in open(args.reference / f"{name}.jsonl")]
    answers = read(args.answers)
    absent = [f for f in files if not answers.get(f)]
    if absent:
        sys.exit(f"{name}: no answer for {len(absent)} of {len(files)} pictures: {', '.join(absent[:3])}")
    true = truth(args.shared, files, rows.shape[1])

    theirs = [list(np.argsort(-r, kind="stable")[:5]) for r in rows]
    ours = [[a["index"] for a in answers[f][:5]] for f in files]
    diff = [max(abs(a["score"] - float(rows[i, a["index"]])) for a in answers[f]) for i, f in enumerate(files)]
    given = min(len(answers[f]) for f in files)

    t1, t5, o1, o5 = hits(theirs, true, 1), hits(theirs, true, 5), hits(ours, true, 1), hits(ours, true, 5)
    same1 = sum(a[0] == b[0] for a, b in zip(ours, theirs))
    same5 = sum(a == b for a, b in zip(ours, theirs))
    n = len(files)
    print(f"{name}, {n} pictures          TensorFlow   vision")
    print(f"  top-1 right                  {t1:>10}   {o1:>6}")
    print(f"  top-5 right                  {t5:>10}   {o5:>6}")
    print(f"  same first label             {same1:>10} of {n}")
    print(f"  same five labels in order    {same5:>10} of {n}")
    print(f"  largest probability difference {max(diff):.2e}  ({files[int(np.argmax(diff))]}; {given} classes compared)")

    broken = []
    if exact and (o1, o5) != (t1, t5):
        broken.append("top-1 or top-5 differs")
    if exact and same1 != n:
        broken.append(f"{n - same1} first labels differ")
    if not exact and (o1 < t1 - args.lose or o5 < t5 - args.lose):
        broken.append(f"more than {args.lose} picture(s) fewer right")
    if limit is not None and max(diff) > limit:
        broken.append(f"a probability differs by more than {limit:g}")
    if broken:
        sys.exit(f"{name}: " + "; ".join(broken))


if __name__ == "__main__":
    main()
