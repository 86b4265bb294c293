"""The contender "TensorFlow in Python" of the benchmark: a process that takes one JSON
request a line on standard input and gives one JSON answer a line on standard output,
as bench/serve.go does for the contenders in Go. Times are taken here, around each call.

It does what a Python service does: tf.io.decode_jpeg of the whole picture,
tf.image.resize with antialias, the serving signature of tf.saved_model.load. With
"ratio": 4 the JPEG is decoded at a quarter of its size, for information.
"""
import sys
import time
from pathlib import Path

import protocol  # first: it keeps the real standard output

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402


class Model:
    def __init__(self, request):
        self.loaded = tf.saved_model.load(request["dir"])
        self.serve = self.loaded.signatures["serving_default"]
        (self.key,) = self.serve.structured_input_signature[1]
        self.size, self.shorter, self.mode = request["size"], request["shorter"], request["mode"]
        self.feeds = {}

    def run(self, tensor):
        (answer,) = self.serve(**{self.key: tensor}).values()
        return answer.numpy()

    def photo(self, data, ratio):
        picture = tf.io.decode_jpeg(data, channels=3, ratio=ratio)
        h, w = picture.shape[:2]
        scale = self.shorter / min(h, w)
        h, w = max(self.size, int(h * scale)), max(self.size, int(w * scale))
        picture = tf.image.resize(picture, (h, w), antialias=True)
        top, left = (h - self.size) // 2, (w - self.size) // 2
        picture = picture[top:top + self.size, left:left + self.size]
        if self.mode == "caffe":
            picture = picture[..., ::-1] - [103.939, 116.779, 123.68]
        else:
            picture = picture / 127.5 - 1
        return self.run(picture[None])


def timed(n, call):
    times, answer = [], None
    for _ in range(n):
        start = time.perf_counter()
        answer = call()
        times.append((time.perf_counter() - start) * 1e3)
    best = int(answer[0].argmax())
    return {"ms": times, "index": best, "score": float(answer[0][best])}


class Peer:
    def __init__(self):
        self.models, self.files = {}, {}

    def file(self, path):
        if path not in self.files:
            self.files[path] = Path(path).read_bytes()
        return self.files[path]

    def versions(self, request):
        return {"versions": f"tensorflow {tf.__version__}, python {sys.version.split()[0]}"}

    def open(self, request):
        start = time.perf_counter()
        self.models[request["model"]] = Model(request)
        return {"ms": [(time.perf_counter() - start) * 1e3]}

    def photo(self, request):
        model, data = self.models[request["model"]], self.file(request["file"])
        return timed(request["n"], lambda: model.photo(data, request.get("ratio") or 1))

    def tensor(self, request):
        model, batch = self.models[request["model"]], request["batch"]
        key = (request["file"], batch)
        if key not in model.feeds:
            rows = np.frombuffer(self.file(request["file"]), "<f4").reshape(-1, model.size, model.size, 3)
            model.feeds[key] = tf.constant(rows[:batch])
        return timed(request["n"], lambda: model.run(model.feeds[key]))

    def folder(self, request):
        """Every picture of a list of files once, read from disk, one after the other."""
        model = self.models[request["model"]]
        start = time.perf_counter()
        for path in request["files"]:
            model.photo(Path(path).read_bytes(), 1)
        return {"ms": [(time.perf_counter() - start) * 1e3 / len(request["files"])]}


if __name__ == "__main__":
    protocol.serve(Peer())
