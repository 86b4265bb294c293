"""The contender "python" of the measures of tasks: the reference pipelines of reference/detect,
reference/face, reference/ocr and reference/scenes, behind the protocol of bench/serve.go. It opens one task and goes through
folders, one file after the other, from the file on disk to what is in it.
"""
import importlib.util
import sys
import time
from pathlib import Path

import protocol  # first: it keeps the real standard output

ROOT = Path(__file__).resolve().parents[2]


def module(path):
    """A script of reference as a module; several are called alike."""
    spec = importlib.util.spec_from_file_location("reference_" + path.replace("/", "_"), ROOT / "reference" / f"{path}.py")
    m = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(m)
    return m


def detect(r):
    import tensorflow as tf
    predict = module("detect/predict")
    folder = Path(r["dirs"][0])
    model = tf.saved_model.load(str(folder))
    serve = model.signatures["serving_default"]

    def one(file):
        answer = predict.predict(Path(r["shared"]), folder.name, Path(file), serve, 0.0, exact=True)
        return sum(o["score"] >= 0.5 for o in answer["objects"])
    one.keeps = model  # a SavedModel's signatures live as long as it does
    return one


def face(r):
    pipeline = module("face/pipeline")
    faces = pipeline.Faces(Path(r["shared"]) / "models")

    def one(file):
        rgb = pipeline.read(file)
        box, score, points = faces.find(rgb)
        if len(box):
            faces.embed([faces.align(rgb, p) for p in points])
        return int((score >= 0.9).sum())
    return one


def ocr(r):
    pipeline = module("ocr/pipeline")
    shared = Path(r["shared"])
    reader = pipeline.Pipeline(shared / "models", shared / "models" / "labels" / "ppocr_keys_6623.txt")

    def one(file):
        return sum(len(text.split()) for _, text, _ in reader.read(pipeline.read_bgr(file)))
    return one


def scene(r):
    """As reference/scenes/data.py feeds the network: squashed by Pillow, in 0..1."""
    import numpy as np
    import tensorflow as tf
    from PIL import Image, ImageOps
    model = tf.saved_model.load(r["dirs"][0])
    serve = model.signatures["serving_default"]

    def one(file):
        picture = ImageOps.exif_transpose(Image.open(file)).convert("RGB").resize((144, 144), Image.BILINEAR)
        return serve(image=tf.constant(np.asarray(picture, np.float32)[None] / 255))["probabilities"].numpy().shape[0]
    one.keeps = model
    return one


class Peer:
    def versions(self, request):
        import tensorflow as tf
        return {"versions": f"tensorflow {tf.__version__}, python {sys.version.split()[0]}"}

    def open(self, request):
        start = time.perf_counter()
        self.one = {"detect": detect, "face": face, "ocr": ocr, "scene": scene}[request["model"]](request)
        return {"ms": [(time.perf_counter() - start) * 1e3]}

    def folder(self, request):
        start = time.perf_counter()
        found = sum(self.one(f) for f in request["files"])
        return {"ms": [(time.perf_counter() - start) * 1e3 / len(request["files"])], "found": found}


if __name__ == "__main__":
    protocol.serve(Peer())
