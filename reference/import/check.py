"""Imports weight files by the command and holds the models against what Keras and TF-Slim answered.

    python reference/import/check.py bin/vision REF OUT [--only NAME,NAME]

REF is what make.py and slim.py wrote. For each file, OUT/<name> is imported anew; then TensorFlow in Python runs the SavedModel on
the very inputs, and `vision recognize -exact` runs it on the pictures. Prints the largest differences of probabilities, the time
and the largest resident memory of the import; exits 1 if one is above 1e-4. For checkpoints the pictures are left
out: slim.py prepares them by another resampler, and the card's is Slim's.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

LIMIT = 1e-4


def imported(vision, file, net, out):
    if out.exists():
        shutil.rmtree(out)
    began = time.time()
    # GNU time, since a child of this process begins with its memory.
    p = subprocess.run(["time", "-f", "%M", vision, "models", "import", str(file), "-net", net, "-out", str(out), "-json"], capture_output=True)
    if p.returncode:
        sys.exit(f"{file}: {p.stderr.decode()}")
    return json.loads(p.stdout), time.time() - began, int(p.stderr.split()[-1]) // 1024


def in_python(out, inputs):
    f = tf.saved_model.load(str(out)).signatures["serving_default"]
    return f(image=tf.constant(inputs))["probabilities"].numpy()


def in_go(vision, out, pictures, classes):
    lines = subprocess.run([vision, "recognize", "-model", str(out), "-exact", "-json", "-top", str(classes), *pictures],
                           check=True, stdout=subprocess.PIPE).stdout.splitlines()
    rows = np.zeros((len(pictures), classes))
    for i, line in enumerate(lines):
        for label in json.loads(line)["labels"]:
            rows[i, label["index"]] = label["score"]
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("vision")
    parser.add_argument("ref", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--only", default="")
    args = parser.parse_args()
    failed = False
    print(f"{'file':32} {'Python':>8} {'Go':>8} {'surest':>13} {'import':>7} {'memory':>7}")
    for folder in sorted(args.ref.iterdir()):
        net = folder.name
        if args.only and net not in args.only.split(",") or not (folder / "pictures.json").exists():
            continue
        inputs, outputs = np.load(folder / "inputs.npy").astype(np.float32), np.load(folder / "outputs.npy")
        pictures = json.loads((folder / "pictures.json").read_text())
        for file in ("weights.h5", "whole.h5", "v1.ckpt", "v2.ckpt"):
            if not (folder / file).exists() and not (folder / (file + ".index")).exists():
                continue
            out = args.out / (net + "-" + file.split(".")[0])
            said, seconds, memory = imported(args.vision, folder / file, net, out)
            python = np.abs(in_python(out, inputs) - outputs).max()
            go = "-"
            if file.endswith(".h5"):
                go = np.abs(in_go(args.vision, out, pictures, said["classes"]) - outputs).max()
                failed |= bool(go > LIMIT)
                go = f"{go:.1e}"
            failed |= bool(python > LIMIT)
            top = outputs.max(1)
            print(f"{net + '/' + file:32} {python:8.1e} {go:>8} {top.min():6.3f}-{top.max():.3f} {seconds:6.1f}s {memory:4} MB", flush=True)
            shutil.rmtree(out)
    sys.exit(failed)


if __name__ == "__main__":
    main()
