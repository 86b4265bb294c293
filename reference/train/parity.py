"""Trains LeNet-5 and ResNet-20 in Keras for 50 steps from weights that Go made, on the batches that
internal/nets/train_test.go feeds, and writes the losses that the test compares.

    VISION_PARITY=OUT go test -run Keras ./internal/nets    # writes the weights; fails if goldens are old
    .venv/bin/python reference/train/parity.py OUT internal/nets/testdata/keras_losses.json

OUT is the full path of a folder.
"""
import json
import sys

import keras
import numpy as np
import tensorflow as tf
from keras import layers


def noise(step, batch, size, planes, classes):
    x = (step * 7919 + 17) & 0xFFFFFFFF
    out = []

    def draw():
        nonlocal x
        x = (x * 1664525 + 1013904223) & 0xFFFFFFFF
        return x >> 24

    for i in range(batch):
        fields = [draw() // 2 for _ in range(16 * planes)]
        for y in range(size):
            for at in range(size * planes):
                v = fields[(y * 4 // size * 4 + at // planes * 4 // size) * planes + at % planes] + draw() // 16
                out.append(v + 80 if y * classes // size == i % classes else v)
    targets = np.eye(classes, dtype=np.float32)[np.arange(batch) % classes]
    return np.array(out, np.uint8).reshape(batch, size, size, planes), targets


def lenet5():
    i = keras.Input((28, 28, 1))
    x = layers.Conv2D(6, 5, padding="same", activation="relu", name="conv1")(i)
    x = layers.MaxPooling2D()(x)
    x = layers.Conv2D(16, 5, activation="relu", name="conv2")(x)
    x = layers.Flatten()(layers.MaxPooling2D()(x))
    x = layers.Dense(120, activation="relu", name="dense1")(x)
    x = layers.Dense(84, activation="relu", name="dense2")(x)
    return keras.Model(i, layers.Dense(10, name="logits")(x))


def resnet20():
    def conv(name, x, filters, stride=1):
        x = layers.Conv2D(filters, 3, strides=stride, padding="same", use_bias=False, name=name.replace("/", "-"))(x)
        return layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name=name.replace("/", "-") + "_bn")(x)

    i = keras.Input((32, 32, 3))
    x = layers.ReLU()(conv("conv", i, 16))
    for stage, filters in enumerate([16, 32, 64]):
        for block in range(3):
            at, stride, short = f"stage{stage + 1}_block{block + 1}/", 1, x
            if stage > 0 and block == 0:
                stride = 2
                more = filters // 4
                short = keras.ops.pad(x[:, ::2, ::2, :], [[0, 0], [0, 0], [0, 0], [more, more]])
            y = layers.ReLU()(conv(at + "conv1", x, filters, stride))
            x = layers.ReLU()(layers.Add()([conv(at + "conv2", y, filters), short]))
    return keras.Model(i, layers.Dense(10, name="logits")(layers.GlobalAveragePooling2D()(x)))


def losses(name, model, size, planes, rate, normalise, weights):
    r = tf.train.load_checkpoint(weights)
    have = set(r.get_variable_to_shape_map())
    for layer in model.layers:
        for v in layer.weights:
            key = layer.name.replace("-", "/") + "/" + v.path.split("/")[-1]
            v.assign(r.get_tensor(key))
            have.discard(key)
    if have:
        sys.exit(f"{name}: Keras has no {sorted(have)}")
    optimizer = keras.optimizers.SGD(rate, momentum=0.9, nesterov=True)
    loss_of = keras.losses.CategoricalCrossentropy(from_logits=True)

    @tf.function
    def step(x, y):
        with tf.GradientTape() as tape:
            loss = loss_of(y, model(x, training=True))
        optimizer.apply_gradients(zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables))
        return loss

    out = []
    for s in range(50):
        x, y = noise(s, 20, size, planes, 10)
        out.append(float(step(normalise(x.astype(np.float32) / 255), y)))
    print(name, model.count_params(), out[0], out[-1])
    return out


def main(weights, golden):
    x, _ = noise(2, 10, 28, 1, 10)
    total = 0
    for i, v in enumerate(x.reshape(-1)):
        total = (total * 31 + int(v) + i) & 0xFFFFFFFFFFFFFFFF
    print("noise %016x" % total)
    mean, std = np.float32([0.4914, 0.4822, 0.4465]), np.float32([0.2470, 0.2435, 0.2616])
    out = {
        "lenet5": losses("lenet5", lenet5(), 28, 1, 0.02, lambda x: x, weights + "/lenet5"),
        "resnet20": losses("resnet20", resnet20(), 32, 3, 1e-4, lambda x: (x - mean) / std, weights + "/resnet20"),
    }
    with open(golden, "w") as f:
        json.dump(out, f, indent=1)
        f.write("\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
