"""Writes testdata/models: SavedModels of a few kB whose answers can be worked out
by hand, and answers.json with one call of each.

Usage: python reference/savedmodel/make_tiny.py [NAME ...]
Needs tensorflow-cpu 2.18 and keras 3. Every answer is stated here by hand, and
the script fails if TensorFlow computes another one.
"""
import base64
import io
import json
import os
import shutil
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import keras
import numpy as np
import tensorflow as tf
from PIL import Image

ROOT = os.path.join(os.path.dirname(__file__), "..", "..", "testdata", "models")
MAKERS = {}
ANSWERS = {}


def maker(f):
    MAKERS[f.__name__] = f
    return f


def plane(n, *means, layout="NHWC", size=4, dtype=np.float32):
    """n pictures of one colour."""
    x = np.broadcast_to(np.array(means, dtype), (n, size, size, len(means))).copy()
    return x.transpose(0, 3, 1, 2).copy() if layout == "NCHW" else x


def answer(name, inputs, outputs, signature="serving_default", tags=("serve",)):
    """Checks by TensorFlow what was worked out by hand, and keeps it."""
    def flat(v):
        v = np.asarray(v)
        if v.dtype == object or v.dtype.kind in "SU":
            texts = [e if isinstance(e, bytes) else e.encode() for e in v.ravel().tolist()]
            return {"dtype": "string", "shape": list(v.shape), "base64": [base64.b64encode(t).decode() for t in texts]}
        return {"dtype": v.dtype.name, "shape": list(v.shape), "values": v.ravel().tolist()}

    with tf.Graph().as_default(), tf.compat.v1.Session() as s:
        meta = tf.compat.v1.saved_model.load(s, list(tags), os.path.join(ROOT, name))
        sig = meta.signature_def[signature]
        feed = {sig.inputs[k].name: v for k, v in inputs.items()}
        got = s.run({k: sig.outputs[k].name for k in outputs}, feed)
    for k, want in outputs.items():
        if np.asarray(want).dtype.kind in "SU":
            assert [t.decode() for t in got[k].ravel()] == np.asarray(want).ravel().tolist(), (name, k, got[k])
        else:
            np.testing.assert_allclose(got[k], want, atol=1e-5, err_msg=f"{name} {k}")
            assert got[k].dtype == np.asarray(want).dtype, (name, k, got[k].dtype)
    ANSWERS.setdefault(name, []).append({
        "tags": list(tags), "signature": signature,
        "inputs": {k: flat(v) for k, v in inputs.items()},
        "outputs": {k: flat(v) for k, v in outputs.items()},
    })


def f32(*rows):
    return np.array(rows, np.float32)


def save2(name, module, signatures):
    """Saves as TensorFlow 2 does."""
    tf.saved_model.save(module, os.path.join(ROOT, name), signatures=signatures)


def spec(shape, name, dtype=tf.float32):
    return tf.TensorSpec(shape, dtype, name)


def sigmoid(x):
    return 1 / (1 + np.exp(-np.asarray(x, np.float64)))


@maker
def mean_rgb():
    m = tf.Module()
    m.kernel = tf.Variable(np.eye(3, dtype=np.float32), name="kernel")
    m.bias = tf.Variable(np.zeros(3, np.float32), name="bias")

    @tf.function(input_signature=[spec([None, 4, 4, 3], "image")])
    def serve(image):
        return {"logits": tf.reduce_mean(image, [1, 2]) @ m.kernel + m.bias}

    save2("mean_rgb", m, serve)
    answer("mean_rgb", {"image": np.concatenate([plane(1, 0.25, 0.5, 1), plane(1, 1, 0, 0)])},
           {"logits": f32([0.25, 0.5, 1], [1, 0, 0])})


@maker
def mean_grey_nchw():
    m = tf.Module()
    m.kernel = tf.Variable([[1.0, -1.0]], name="kernel")
    m.bias = tf.Variable([0.0, 1.0], name="bias")

    @tf.function(input_signature=[spec([None, 1, 4, 4], "image")])
    def serve(image):
        return {"logits": tf.reduce_mean(image, [2, 3]) @ m.kernel + m.bias}

    save2("mean_grey_nchw", m, serve)
    answer("mean_grey_nchw", {"image": plane(1, 0.75, layout="NCHW")}, {"logits": f32([0.75, 0.25])})


@maker
def sigmoid_rgb():
    m = tf.Module()
    m.gain = tf.Variable(8.0, name="gain")

    @tf.function(input_signature=[spec([None, 4, 4, 3], "image")])
    def serve(image):
        return {"scores": tf.sigmoid(m.gain * (tf.reduce_mean(image, [1, 2]) - 0.5))}

    save2("sigmoid_rgb", m, serve)
    answer("sigmoid_rgb", {"image": plane(1, 1, 0.5, 0)}, {"scores": f32(sigmoid([4, 0, -4]))})


@maker
def softmax_features():
    m = tf.Module()
    m.kernel = tf.Variable([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]], name="kernel")

    @tf.function(input_signature=[spec([None, 4, 4, 3], "image")])
    def serve(image):
        features = tf.reduce_mean(image, [1, 2])
        return {"features": features, "probabilities": tf.nn.softmax(features @ m.kernel)}

    save2("softmax_features", m, serve)
    e = np.exp(1)
    answer("softmax_features", {"image": plane(1, 1, 0, 0.5)},
           {"features": f32([1, 0, 0.5]), "probabilities": f32([e / (e + 1), 1 / (e + 1)])})


@maker
def mean_uint8():
    m = tf.Module()
    m.scale = tf.Variable(1 / 255, name="scale")

    @tf.function(input_signature=[spec([None, None, None, 3], "image", tf.uint8)])
    def serve(image):
        return {"logits": tf.reduce_mean(tf.cast(image, tf.float32), [1, 2]) * m.scale}

    save2("mean_uint8", m, serve)
    answer("mean_uint8", {"image": plane(1, 255, 51, 0, size=2, dtype=np.uint8)}, {"logits": f32([1, 0.2, 0])})


@maker
def fixed_batch():
    m = tf.Module()
    m.kernel = tf.Variable(np.eye(3, dtype=np.float32), name="kernel")

    @tf.function(input_signature=[spec([1, 4, 4, 3], "image")])
    def serve(image):
        return {"logits": tf.reduce_mean(image, [1, 2]) @ m.kernel}

    save2("fixed_batch", m, serve)
    answer("fixed_batch", {"image": plane(1, 0.25, 0.5, 1)}, {"logits": f32([0.25, 0.5, 1])})


@maker
def jpeg_mean():
    m = tf.Module()
    m.scale = tf.Variable(1 / 255, name="scale")

    @tf.function(input_signature=[spec([None], "image_bytes", tf.string)])
    def serve(image_bytes):
        def one(data):
            pixels = tf.io.decode_jpeg(data, channels=3, dct_method="INTEGER_ACCURATE")
            return tf.reduce_mean(tf.cast(pixels, tf.float32), [0, 1]) * m.scale
        return {"logits": tf.map_fn(one, image_bytes, fn_output_signature=tf.TensorSpec([3], tf.float32))}

    save2("jpeg_mean", m, serve)

    def jpeg(grey):
        out = io.BytesIO()
        Image.new("RGB", (8, 8), (grey,) * 3).save(out, "JPEG", quality=95)
        return out.getvalue()

    answer("jpeg_mean", {"image_bytes": np.array([jpeg(255), jpeg(0)], object)}, {"logits": f32([1, 1, 1], [0, 0, 0])})


@maker
def two_signatures():
    m = tf.Module()
    m.kernel = tf.Variable(np.eye(3, dtype=np.float32), name="kernel")

    @tf.function(input_signature=[spec([None, 4, 4, 3], "image")])
    def classify(image):
        return {"logits": tf.reduce_mean(image, [1, 2]) @ m.kernel}

    @tf.function(input_signature=[spec([None, 4, 4, 3], "image")])
    def embed(image):
        return {"embedding": tf.reduce_max(image, [1, 2])}

    save2("two_signatures", m, {"classify": classify, "embed": embed})
    x = {"image": plane(1, 0.25, 0.5, 1)}
    answer("two_signatures", x, {"logits": f32([0.25, 0.5, 1])}, signature="classify")
    answer("two_signatures", x, {"embedding": f32([0.25, 0.5, 1])}, signature="embed")


@maker
def keras_dense():
    inputs = keras.Input((4, 4, 3), name="image")
    x = keras.layers.GlobalAveragePooling2D()(inputs)
    model = keras.Model(inputs, keras.layers.Dense(3, name="logits")(x))
    model.layers[-1].set_weights([np.eye(3, dtype=np.float32)[::-1], np.array([0, 0, 1], np.float32)])
    model.export(os.path.join(ROOT, "keras_dense"), verbose=False)
    answer("keras_dense", {"image": plane(1, 0.25, 0.5, 1)}, {"output_0": f32([1, 0.5, 1.25])})


@maker
def same_name():
    m = tf.Module()
    m.first = tf.Variable(2.0, name="w")
    m.second = tf.Variable(3.0, name="w")

    @tf.function(input_signature=[spec([None], "x")])
    def serve(x):
        return {"y": x * m.first + m.second}

    save2("same_name", m, serve)
    answer("same_name", {"x": f32(1, 2)}, {"y": f32(5, 7)})


@maker
def control_flow():
    m = tf.Module()
    m.step = tf.Variable(2.0, name="step")

    @tf.function(input_signature=[spec([], "x")])
    def serve(x):
        y = tf.cond(x < 0.0, lambda: -x, lambda: x * m.step)
        _, total = tf.while_loop(lambda i, t: i < 3, lambda i, t: (i + 1, t + m.step), [0, y])
        return {"y": total}

    save2("control_flow", m, serve)
    answer("control_flow", {"x": np.float32(-1)}, {"y": np.float32(7)})
    answer("control_flow", {"x": np.float32(1)}, {"y": np.float32(8)})


@maker
def counter():
    m = tf.Module()
    m.calls = tf.Variable(0.0, name="calls")

    @tf.function(input_signature=[spec([None], "x")])
    def serve(x):
        return {"y": x + m.calls.assign_add(1.0)}

    save2("counter", m, serve)
    answer("counter", {"x": f32(1, 2)}, {"y": f32(2, 3)})


@maker
def asset_table():
    words = os.path.join(ROOT, "words.txt")
    with open(words, "w") as f:
        f.write("cat\ndog\nfox\n")
    m = tf.Module()
    m.words = tf.saved_model.Asset(words)
    m.table = tf.lookup.StaticHashTable(tf.lookup.TextFileInitializer(
        m.words, tf.int64, tf.lookup.TextFileIndex.LINE_NUMBER, tf.string, tf.lookup.TextFileIndex.WHOLE_LINE), "?")

    @tf.function(input_signature=[spec([None], "index", tf.int64)])
    def serve(index):
        return {"name": m.table.lookup(index)}

    save2("asset_table", m, serve)
    os.remove(words)
    answer("asset_table", {"index": np.array([2, 0, 9])}, {"name": np.array(["fox", "cat", "?"])})


@maker
def reads_file():
    m = tf.Module()

    @tf.function
    def read(path):
        return tf.io.read_file(path)

    @tf.function(input_signature=[spec([], "path", tf.string)])
    def serve(path):
        return {"bytes": tf.strings.length(read(path))}

    save2("reads_file", m, serve)
    path = os.path.join(ROOT, "five.txt")
    with open(path, "w") as f:
        f.write("12345")
    answer("reads_file", {"path": path.encode()}, {"bytes": np.int32(5)})
    os.remove(path)
    del ANSWERS["reads_file"]  # depends on where the file lies


def v1(name, tags, build, signature, resource, method="tensorflow/serving/predict", extra=None):
    """Saves as TensorFlow 1 does, with SavedModelBuilder."""
    tf1 = tf.compat.v1
    builder = tf1.saved_model.Builder(os.path.join(ROOT, name))
    for i, (tag_set, make) in enumerate([(tags, build)] + (extra or [])):
        with tf.Graph().as_default(), tf1.Session() as s, tf1.variable_scope("", use_resource=resource):
            inputs, outputs = make(tf1)
            s.run(tf1.global_variables_initializer())
            sig = tf1.saved_model.build_signature_def(
                {k: tf1.saved_model.build_tensor_info(v) for k, v in inputs.items()},
                {k: tf1.saved_model.build_tensor_info(v) for k, v in outputs.items()}, method)
            if i == 0:
                builder.add_meta_graph_and_variables(s, tag_set, {signature: sig})
            else:
                builder.add_meta_graph(tag_set, {signature: sig})
    builder.save()


def v1_mean(bias, partitioner=None):
    def build(tf1):
        x = tf1.placeholder(tf.float32, [None, 4, 4, 3], "image")
        if partitioner:  # a constant initialiser cannot be cut
            kernel = tf1.get_variable("head/kernel", [3, 3], initializer=tf1.ones_initializer(), partitioner=partitioner)
        else:
            kernel = tf1.get_variable("head/kernel", initializer=np.eye(3, dtype=np.float32))
        b = tf1.get_variable("head/bias", initializer=np.array(bias, np.float32))
        return {"image": x}, {"logits": tf1.identity(tf1.matmul(tf1.reduce_mean(x, [1, 2]), kernel) + b, "logits")}
    return build


@maker
def tf1_resource():
    v1("tf1_resource", ["photoprism"], v1_mean([0, 0, 1]), "predict_images", True)
    answer("tf1_resource", {"image": plane(1, 0.25, 0.5, 1)}, {"logits": f32([0.25, 0.5, 2])},
           signature="predict_images", tags=["photoprism"])


@maker
def tf1_ref():
    v1("tf1_ref", ["serve"], v1_mean([0, 0, 1]), "serving_default", False)
    answer("tf1_ref", {"image": plane(1, 0.25, 0.5, 1)}, {"logits": f32([0.25, 0.5, 2])})


@maker
def tf1_partitioned():
    v1("tf1_partitioned", ["serve"], v1_mean([0, 0, 1], tf.compat.v1.fixed_size_partitioner(3)), "serving_default", True)
    answer("tf1_partitioned", {"image": plane(1, 0.25, 0.5, 1)}, {"logits": f32([1.75, 1.75, 2.75])})


@maker
def tf1_two_graphs():
    def doubled(tf1):
        inputs, outputs = v1_mean([0, 0, 1])(tf1)
        return inputs, {"logits": tf1.multiply(outputs["logits"], 2, "doubled")}

    v1("tf1_two_graphs", ["single"], v1_mean([0, 0, 1]), "serving_default", True, extra=[(["double", "gpu"], doubled)])
    x = {"image": plane(1, 0.25, 0.5, 1)}
    answer("tf1_two_graphs", x, {"logits": f32([0.25, 0.5, 2])}, tags=["single"])
    answer("tf1_two_graphs", x, {"logits": f32([0.5, 1, 4])}, tags=["double", "gpu"])


def main():
    os.makedirs(ROOT, exist_ok=True)
    path = os.path.join(ROOT, "answers.json")
    if os.path.exists(path):
        with open(path) as f:
            ANSWERS.update(json.load(f))
    for name in sys.argv[1:] or MAKERS:
        ANSWERS.pop(name, None)
        shutil.rmtree(os.path.join(ROOT, name), ignore_errors=True)
        MAKERS[name]()
        folder = os.path.join(ROOT, name)
        for extra in ("fingerprint.pb",):  # carries a random number, and nobody reads it
            if os.path.exists(os.path.join(folder, extra)):
                os.remove(os.path.join(folder, extra))
        if os.path.isdir(os.path.join(folder, "assets")) and not os.listdir(os.path.join(folder, "assets")):
            os.rmdir(os.path.join(folder, "assets"))
        print(name)
    with open(path, "w") as f:
        f.write("{\n" + ",\n".join(f" {json.dumps(k)}: [\n  " + ",\n  ".join(json.dumps(c) for c in v) + "\n ]"
                                 for k, v in sorted(ANSWERS.items())) + "\n}\n")


main()
