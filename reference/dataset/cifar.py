"""Makes tiny CIFAR archives in every form in which the sets are, or were, distributed, and says what they hold.

    .venv/bin/python reference/dataset/cifar.py dataset/testdata

The python archives of 2009 were pickled by Python 2: keys, names and the arrays' bytes are its byte strings, and numpy's
modules have their old names. A pickler below writes that; pickle.load(encoding="bytes") reads it back here, as users of the real files do.
The arrays are also pickled by Python 3's own pickler in all its protocols.
"""
import io
import json
import pathlib
import pickle
import struct
import sys
import tarfile

import numpy as np

FINE = ["c%02d" % i for i in range(100)]
COARSE = ["k%02d" % i for i in range(20)]
TEN = "airplane automobile bird cat deer dog frog horse ship truck".split()


class Python2(pickle._Pickler):
    """Writes str and bytes alike as Python 2's byte strings, protocol 2."""

    dispatch = dict(pickle._Pickler.dispatch)

    def save_bytes(self, obj):
        obj = obj.encode("latin-1") if isinstance(obj, str) else obj
        head = b"U" + bytes([len(obj)]) if len(obj) < 256 else b"T" + struct.pack("<i", len(obj))
        self.write(head + obj)
        self.memoize(obj)

    dispatch[bytes] = save_bytes
    dispatch[str] = save_bytes


def python2(obj):
    f = io.BytesIO()
    Python2(f, 2).dump(obj)
    data = f.getvalue().replace(b"cnumpy._core.multiarray\n", b"cnumpy.core.multiarray\n")
    assert b"_core" not in data
    return data


def pixels(n, seed):
    """Pictures that pack well and differ in every plane, row and column."""
    i = np.arange(n)[:, None, None, None]
    plane = np.arange(3)[None, :, None, None]
    y = np.arange(32)[None, None, :, None]
    x = np.arange(32)[None, None, None, :]
    return ((seed * 31 + i * 7 + plane * 90 + 5 * (y // 4) + 3 * (x // 8)) % 256).astype(np.uint8).reshape(n, 3072)


def tar(path, files):
    with tarfile.open(path, "w:gz", compresslevel=9) as t:
        for name, data in files:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            t.addfile(info, io.BytesIO(data))


def expected(names, labels, data):
    weights = np.arange(1, 3073, dtype=np.int64)  # a sum that knows places
    return [{"name": n, "class": int(c), "sum": int((d.astype(np.int64) * weights).sum())} for n, c, d in zip(names, labels, data)]


def main(out):
    out = pathlib.Path(out)
    want = {}

    # CIFAR-10
    parts = [("data_batch_%d" % b, pixels(3, b), [(b * 3 + i) % 10 for i in range(3)]) for b in range(1, 6)] + [("test_batch", pixels(2, 9), [9, 0])]
    def record(d, *labels):
        return bytes(labels) + d.tobytes()
    tar(out / "cifar10-bin.tar.gz", [("cifar-10-batches-bin/%s.bin" % n, b"".join(record(x, c) for x, c in zip(d, l))) for n, d, l in parts]
        + [("cifar-10-batches-bin/batches.meta.txt", ("\n".join(TEN) + "\n\n").encode())])
    def batch(n, d, l):
        return {"batch_label": n, "labels": l, "data": d, "filenames": ["x_s_%06d.png" % i for i in range(len(l))]}
    meta = {"num_cases_per_batch": 3, "label_names": TEN, "num_vis": 3072}
    tar(out / "cifar10-python2.tar.gz", [("cifar-10-batches-py/batches.meta", python2(meta))]
        + [("cifar-10-batches-py/" + n, python2(batch(n, d, l))) for n, d, l in parts])
    for n, d, l in parts:
        back = pickle.loads(python2(batch(n, d, l)), encoding="bytes")
        assert (back[b"data"] == d).all() and back[b"labels"] == l
    # Each batch by another of Python 3's protocols; the third one with the columns first, the test part as bytes alone.
    files = [("batches.meta", pickle.dumps(meta, protocol=4))]
    for protocol, (n, d, l) in enumerate(parts):
        d = np.asfortranarray(d) if protocol in (3, 4) else d
        d = d.tobytes() if n == "test_batch" else d
        b = {k.encode(): v for k, v in batch(n, d, l).items()} if protocol == 3 else batch(n, d, l)
        files.append((n, pickle.dumps(b, protocol=min(protocol, 5))))
    files.append(("readme.html", b"text"))
    tar(out / "cifar10-python3.tar.gz", files)
    for part, which in ("train", parts[:5]), ("test", parts[5:]):
        want["cifar10/" + part] = [e for n, d, l in which for e in expected(["%s/%d" % (n, i) for i in range(len(l))], l, d)]

    # CIFAR-100
    parts = [("train", pixels(5, 20), [99, 0, 57, 20, 3], [19, 0, 4, 1, 2]), ("test", pixels(2, 30), [1, 98], [1, 18])]
    tar(out / "cifar100-bin.tar.gz", [("cifar-100-binary/%s.bin" % n, b"".join(record(x, c, f) for x, f, c in zip(d, fl, cl))) for n, d, fl, cl in parts]
        + [("cifar-100-binary/fine_label_names.txt", "\n".join(FINE).encode()), ("cifar-100-binary/coarse_label_names.txt", "\n".join(COARSE).encode())])
    tar(out / "cifar100-python2.tar.gz", [("cifar-100-python/meta", python2({"fine_label_names": FINE, "coarse_label_names": COARSE}))]
        + [("cifar-100-python/" + n, python2({"filenames": [], "batch_label": n, "fine_labels": fl, "coarse_labels": cl, "data": d})) for n, d, fl, cl in parts])
    for n, d, fl, cl in parts:
        names = ["%s/%d" % (n, i) for i in range(len(fl))]
        want["cifar100/" + n] = expected(names, fl, d)
        want["cifar100coarse/" + n] = expected(names, cl, d)

    (out / "cifar.json").write_text(json.dumps(want, indent=1) + "\n")


main(*sys.argv[1:])
