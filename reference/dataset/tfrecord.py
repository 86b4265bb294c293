"""Makes tiny TFRecord files with TensorFlow's own writer, plain and compressed, and says what they hold.

    .venv/bin/python reference/dataset/tfrecord.py dataset/testdata/tfrecord
"""
import io
import json
import pathlib
import sys

import numpy as np
import tensorflow as tf
from PIL import Image

CLASSES = ["daisy", "rose", "tulip"]


def picture(i):
    """Its PNG, and the sum that knows places: over planes, rows and columns."""
    a = (np.arange(4 * 5 * 3).reshape(4, 5, 3) * (i + 3) % 256).astype(np.uint8)
    f = io.BytesIO()
    Image.fromarray(a).save(f, "PNG")
    flat = a.transpose(2, 0, 1).astype(np.int64).ravel()
    return f.getvalue(), int((flat * np.arange(1, flat.size + 1)).sum())


def value(v):
    if isinstance(v, bytes):
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=[v]))
    if isinstance(v, float):
        return tf.train.Feature(float_list=tf.train.FloatList(value=[v]))
    return tf.train.Feature(int64_list=tf.train.Int64List(value=[v]))


def example(features):
    return tf.train.Example(features=tf.train.Features(feature={k: value(v) for k, v in features.items()})).SerializeToString()


def write(path, compression, records):
    path.parent.mkdir(parents=True, exist_ok=True)
    with tf.io.TFRecordWriter(str(path), tf.io.TFRecordOptions(compression_type=compression)) as w:
        for r in records:
            w.write(r)


def main(out):
    out = pathlib.Path(out)
    want = {}

    def slim(name, shards, count, compression="", offset=0, first=0):
        """As TF-Slim writes its sets."""
        want[name] = []
        for s in range(shards):
            records = []
            for k in range(count):
                i = first + s * count + k
                png, total = picture(i)
                label = i % 3
                records.append(example({"image/encoded": png, "image/format": b"png", "image/class/label": label + offset,
                                        "image/class/text": CLASSES[label].encode(), "image/height": 4, "image/width": 5, "image/object/bbox/xmin": 0.5}))
                base = "%s-%05d-of-%05d" % (name.split("/")[1], s, shards)
                want[name].append({"name": "%s#%d" % (base, k), "class": label, "sum": total})
            write(out / name.split("/")[0] / base, compression, records)

    slim("plain/train", 3, 3)
    slim("plain/validation", 1, 3, first=20)
    slim("gzip/train", 2, 2, "GZIP", offset=1)
    slim("zlib/train", 2, 2, "ZLIB", offset=1)

    # As TensorFlow Datasets writes its sets: other features, and the classes in a file.
    want["tfds/train"] = []
    records = []
    for i in range(4):
        png, total = picture(i)
        records.append(example({"image": png, "label": i % 2, "file_name": b"x.png"}))
        want["tfds/train"].append({"name": "flowers-train.tfrecord-00000-of-00001#%d" % i, "class": i % 2, "sum": total})
    write(out / "tfds" / "flowers-train.tfrecord-00000-of-00001", "", records)
    (out / "tfds" / "label.labels.txt").write_text("\n".join(CLASSES) + "\n")

    # And read back as TensorFlow does.
    for folder, compression in ("plain", ""), ("gzip", "GZIP"), ("zlib", "ZLIB"), ("tfds", ""):
        for f in sorted((out / folder).glob("*-of-*")):
            n = sum(1 for _ in tf.data.TFRecordDataset(str(f), compression_type=compression))
            assert n > 0, f

    (out / "want.json").write_text(json.dumps(want, indent=1) + "\n")


main(*sys.argv[1:])
