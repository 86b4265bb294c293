"""The network of models/objects and its data-dependent start."""

import keras
import numpy as np

WIDTHS = (48, 144, 192)
WHITEN = 24  # 12 eigenvectors of 2x2x3 patches, with both signs


def dirac(shape, rng):
    """He-normal kernel [3, 3, in, out] whose first `in` outputs copy their input."""
    height, width, inputs, outputs = shape
    kernel = rng.normal(0, np.sqrt(2 / (height * width * inputs)), shape)
    for channel in range(min(inputs, outputs)):
        kernel[:, :, :, channel] = 0
        kernel[1, 1, channel, channel] = 1
    return kernel.astype(np.float32)


def build(seed=0):
    """Input [N, 32, 32, 3] RGB in 0..1, output logits [N, 10].

    After Jordan, "94% on CIFAR-10 in 3.29 Seconds on a Single GPU" (2024): a 2x2
    whitening convolution, then three blocks of conv, pool, norm, conv, norm. ReLU
    takes GELU's place, so that inference can fuse it, and the blocks are narrower.
    """
    layers = keras.layers
    picture = layers.Input((32, 32, 3), name="image")
    x = layers.Conv2D(WHITEN, 2, name="whiten")(picture)
    x = layers.ReLU(name="whiten_relu")(x)
    for block, width in enumerate(WIDTHS, 1):
        x = layers.Conv2D(width, 3, padding="same", use_bias=False, name=f"conv{block}a")(x)
        x = layers.MaxPooling2D(2, name=f"pool{block}")(x)
        x = layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name=f"norm{block}a")(x)
        x = layers.ReLU(name=f"relu{block}a")(x)
        x = layers.Conv2D(width, 3, padding="same", use_bias=False, name=f"conv{block}b")(x)
        x = layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name=f"norm{block}b")(x)
        x = layers.ReLU(name=f"relu{block}b")(x)
    x = layers.GlobalMaxPooling2D(name="features")(x)
    x = layers.Dense(10, name="logits", dtype="float32")(x)
    net = keras.Model(picture, x)

    rng = np.random.default_rng(seed)
    for layer in net.layers:
        if layer.name.startswith("conv"):
            layer.set_weights([dirac(layer.kernel.shape, rng)])
    return net


def whiten(net, pictures, floor=5e-4):
    """Sets the first layer so that its outputs on `pictures` (uint8) are
    uncorrelated, with the mean of the patches taken off by the bias."""
    x = pictures[:5000].astype(np.float32) / 255
    patches = np.stack([x[:, i:31 + i, j:31 + j] for i in (0, 1) for j in (0, 1)], 3)
    patches = patches.reshape(-1, 12)
    mean = patches.mean(0)
    values, vectors = np.linalg.eigh(np.cov(patches - mean, rowvar=False))
    filters = vectors / np.sqrt(values + floor)  # a column each
    filters = np.concatenate([filters, -filters], 1)
    net.get_layer("whiten").set_weights(
        [filters.reshape(2, 2, 3, WHITEN).astype(np.float32), (-mean @ filters).astype(np.float32)])
