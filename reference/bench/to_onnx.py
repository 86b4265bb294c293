"""Converts SavedModels to ONNX for the ONNX Runtime peer of the benchmark.

    python reference/bench/to_onnx.py .bench/keras .bench/onnx mobilenet_v2 resnet50

Writes .bench/onnx/<name>.onnx, float32, free batch, NHWC input as in the SavedModel, and
checks that ONNX Runtime answers as Keras did. With --library it prints the path of the
onnxruntime shared library of this Python, for the Go binding to load.
"""
import json
import os
import subprocess
import sys
from pathlib import Path

OPSET = "17"  # tf2onnx 1.17 writes it, and every onnxruntime in use reads it


def library():
    import onnxruntime

    found = sorted((Path(onnxruntime.__file__).parent / "capi").glob("libonnxruntime.so.*"))
    found += sorted((Path(onnxruntime.__file__).parent / "capi").glob("libonnxruntime.*dylib"))
    if not found:
        sys.exit("onnxruntime is installed without its shared library")
    return found[0]


def convert(saved, target):
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_suffix(".onnx.part")
    done = subprocess.run(
        [sys.executable, "-m", "tf2onnx.convert", "--saved-model", str(saved), "--output", str(beside), "--opset", OPSET],
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2"}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        sys.exit(f"{saved.name}: tf2onnx: {done.stdout[-2000:]}")
    beside.rename(target)


def check(saved, target):
    import numpy as np
    import onnxruntime

    expected = json.loads((saved / "expected.json").read_text())

    def floats(part):
        return np.fromfile(saved / expected[part]["file"], "<f4").reshape(expected[part]["shape"])

    session = onnxruntime.InferenceSession(str(target), providers=["CPUExecutionProvider"])
    (answer,) = session.run(None, {session.get_inputs()[0].name: floats("inputs")})
    diff = float(np.abs(answer - floats("outputs")).max())
    print(f"{target.name}: differs from Keras by {diff:.1e}", flush=True)
    if diff > 1e-4:
        sys.exit(f"{target.name}: the conversion changed the answers")


def main():
    if sys.argv[1:] == ["--library"]:
        print(library())
        return
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    source, out = Path(sys.argv[1]), Path(sys.argv[2])
    for name in sys.argv[3:]:
        target = out / f"{name}.onnx"
        made = source / name / "expected.json"
        if target.exists() and target.stat().st_mtime > made.stat().st_mtime:
            print(f"{name}: up to date")
            continue
        convert(source / name, target)
        check(source / name, target)


if __name__ == "__main__":
    main()
