"""The contender "Keras" of the training benchmark: Model.fit with what it does by default, an epoch a request. It
speaks as bench/serve.go does. The nets are those of reference/train/parity.py, the pictures every eighth of the
training part, as float32 in memory.
"""
import io
import sys
import tarfile
import time
from pathlib import Path

import protocol  # first: it keeps the real standard output
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "train"))

import gzip  # noqa: E402

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from PIL import Image  # noqa: E402

import parity  # noqa: E402


def mnist(folder):
    with gzip.open(next(Path(folder).glob("train-images*.gz"))) as f:
        pictures = np.frombuffer(f.read(), np.uint8, offset=16).reshape(-1, 28, 28, 1)
    with gzip.open(next(Path(folder).glob("train-labels*.gz"))) as f:
        labels = np.frombuffer(f.read(), np.uint8, offset=8)
    return pictures[::8] / np.float32(255), labels[::8]


def cifar10(archive):
    pictures, classes = [], []
    with tarfile.open(archive) as tar:
        names = sorted(m.name for m in tar if "/train/" in m.name and m.name.endswith(".jpg"))[::8]
    wanted = set(names)
    with tarfile.open(archive) as tar:
        for member in tar:
            if member.name in wanted:
                with Image.open(io.BytesIO(tar.extractfile(member).read())) as picture:
                    pictures.append(np.asarray(picture.convert("RGB")))
                classes.append(member.name.split("/")[-2])
    kinds = sorted(set(classes))
    mean, std = np.float32([0.4914, 0.4822, 0.4465]), np.float32([0.2470, 0.2435, 0.2616])
    return (np.stack(pictures) / np.float32(255) - mean) / std, np.array([kinds.index(c) for c in classes])


class Peer:
    def versions(self, request):
        return {"versions": f"tensorflow {tf.__version__}, keras {keras.__version__}, python {sys.version.split()[0]}"}

    def open(self, request):
        start = time.perf_counter()
        if request["model"] == "lenet5":
            self.data, self.model = mnist(request["dir"]), parity.lenet5()
        else:
            self.data, self.model = cifar10(request["dir"]), parity.resnet20()
        self.batch = request["batch"]
        self.model.compile(optimizer=keras.optimizers.SGD(0.01, momentum=0.9, nesterov=True), metrics=["accuracy"],
                           loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        return {"ms": [(time.perf_counter() - start) * 1e3]}

    def epoch(self, request):
        start = time.perf_counter()
        self.model.fit(*self.data, batch_size=self.batch, epochs=1, verbose=0)
        return {"ms": [(time.perf_counter() - start) * 1e3 / len(self.data[1])]}


if __name__ == "__main__":
    protocol.serve(Peer())
