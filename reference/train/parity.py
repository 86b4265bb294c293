"""Trains LeNet-5, ResNet-20 and GoogLeNet in Keras for 50 steps from weights that Go made, on the batches that
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


def googlenet():
    """With both auxiliary heads and without dropout, whose draws differ."""
    def conv(name, x, filters, size, stride=1):
        return layers.Conv2D(filters, size, strides=stride, padding="same", activation="relu", name=name.replace("/", "-"))(x)

    def pool(x, stride):
        return layers.MaxPooling2D(3, stride, padding="same")(x)

    def response_norm(x):
        return layers.Lambda(lambda x: tf.nn.local_response_normalization(x, 2, 1.0, 1e-4 / 5, 0.75))(x)

    def inception(name, x, n):
        at = f"inception_{name}/"
        return layers.Concatenate()([
            conv(at + "1x1", x, n[0], 1), conv(at + "3x3", conv(at + "3x3_reduce", x, n[1], 1), n[2], 3),
            conv(at + "5x5", conv(at + "5x5_reduce", x, n[3], 1), n[4], 5), conv(at + "pool", pool(x, 1), n[5], 1)])

    def aux(name, x):
        x = conv(name + "/conv", layers.AveragePooling2D(5, 3)(x), 128, 1)
        x = layers.Dense(1024, activation="relu", name=name + "-fc")(layers.Flatten()(x))
        return layers.Dense(10, name=name + "-classifier")(x)

    i = keras.Input((80, 80, 3))
    x = pool(conv("conv1", i, 64, 7, 2), 2)
    x = conv("conv2", conv("conv2_reduce", response_norm(x), 64, 1), 192, 3)
    x = pool(response_norm(x), 2)
    x = inception("3a", x, (64, 96, 128, 16, 32, 32))
    x = pool(inception("3b", x, (128, 128, 192, 32, 96, 64)), 2)
    x = inception("4a", x, (192, 96, 208, 16, 48, 64))
    heads = [aux("aux1", x)]
    x = inception("4b", x, (160, 112, 224, 24, 64, 64))
    x = inception("4c", x, (128, 128, 256, 24, 64, 64))
    x = inception("4d", x, (112, 144, 288, 32, 64, 64))
    heads.append(aux("aux2", x))
    x = pool(inception("4e", x, (256, 160, 320, 32, 128, 128)), 2)
    x = inception("5a", x, (256, 160, 320, 32, 128, 128))
    x = inception("5b", x, (384, 192, 384, 48, 128, 128))
    x = layers.Dense(10, name="classifier")(layers.GlobalAveragePooling2D()(x))
    return keras.Model(i, [x] + heads)


def losses(name, model, size, planes, rate, normalise, weights, batch=20, aux=0.3):
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
            heads = model(x, training=True)
            heads = heads if isinstance(heads, list) else [heads]
            loss = loss_of(y, heads[0]) + sum(aux * loss_of(y, h) for h in heads[1:])
        optimizer.apply_gradients(zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables))
        return loss

    out = []
    for s in range(50):
        x, y = noise(s, batch, size, planes, 10)
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
        "googlenet": losses("googlenet", googlenet(), 80, 3, 5e-5, lambda x: x * 255 - np.float32([103.939, 116.779, 123.68]), weights + "/googlenet", batch=10),
    }
    with open(golden, "w") as f:
        json.dump(out, f, indent=1)
        f.write("\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
