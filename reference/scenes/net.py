"""The network of models/scenes: dense gradient descriptors, Fisher vectors, a linear layer.

After Lowe (SIFT, 2004), Perronnin, Sanchez and Mensink ("Improving the Fisher Kernel for
Large-Scale Image Classification", 2010) and Lazebnik, Schmid and Ponce ("Beyond Bags of
Features", 2006). Every step is a TensorFlow op, so that the graph is the whole model.
"""

import numpy as np
import tensorflow as tf

import data

LUMA = np.array([0.299, 0.587, 0.114], np.float32)
DIRECTIONS = 8
CELLS = (3.0, 4.5, 6.5)  # pixels of a descriptor's cell, one descriptor is 4 x 4 of them
STRIDE = 4  # pixels between descriptors
COMPONENTS = 64  # of a descriptor, after PCA
WORDS = 64  # Gaussians
ROWS, COLUMNS = 6, 2  # of the grid that the parts of a picture are made of
PARTS = [[(r, c) for r in rows for c in columns] for rows, columns in (
    [(range(6), range(2))]  # the whole
    + [(range(3 * a, 3 * a + 3), (b,)) for a in range(2) for b in range(2)]  # quarters
    + [(range(2 * a, 2 * a + 2), range(2)) for a in range(3)])]  # strips, a third of the height each
FEATURES = len(PARTS) * WORDS * 2 * COMPONENTS


def gaussian(sigma):
    x = np.arange(-np.ceil(3 * sigma), np.ceil(3 * sigma) + 1)
    kernel = np.exp(-x * x / (2 * sigma * sigma))
    return (kernel / kernel.sum()).astype(np.float32)


def triangle(width):
    x = np.arange(-np.ceil(width), np.ceil(width) + 1)
    kernel = np.maximum(0, 1 - np.abs(x) / width)
    return (kernel / kernel.sum()).astype(np.float32)


def smoothed(x, kernel):
    """Every channel with the kernel down and across."""
    tall = np.tile(kernel.reshape(-1, 1, 1, 1), (1, 1, x.shape[-1], 1))
    x = tf.nn.depthwise_conv2d(x, tall, [1, 1, 1, 1], "SAME")
    return tf.nn.depthwise_conv2d(x, tall.transpose(1, 0, 2, 3), [1, 1, 1, 1], "SAME")


def length(x, axes):
    return tf.sqrt(tf.reduce_sum(x * x, axes, keepdims=True) + 1e-12)


def descriptors(image):
    """RGB [N, SIDE, SIDE, 3] in 0..1 to one [N, n, n, 128] for each size of cell.

    Grey, with each picture's own mean and deviation taken out, so that a tint changes
    little; gradients by direction; sums over cells; length 1, no value above 0.2, the square
    root of each. Flat places stay short: the constants beside the lengths are of that order.
    """
    grey = tf.reduce_sum(image * LUMA, -1, keepdims=True)
    mean, variance = tf.nn.moments(grey, [1, 2, 3], keepdims=True)
    grey = (grey - mean) * tf.math.rsqrt(variance + 1e-4)
    angles = np.arange(DIRECTIONS) * 2 * np.pi / DIRECTIONS
    cos, sin = np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)
    out = []
    for cell in CELLS:
        padded = tf.pad(smoothed(grey, gaussian(cell / 5)), [[0, 0], [1, 1], [1, 1], [0, 0]], "SYMMETRIC")
        dx = (padded[:, 1:-1, 2:] - padded[:, 1:-1, :-2]) / 2
        dy = (padded[:, 2:, 1:-1] - padded[:, :-2, 1:-1]) / 2
        strength = tf.sqrt(dx * dx + dy * dy + 1e-12)
        towards = strength * tf.nn.relu((dx * cos + dy * sin) / (strength + 1e-6)) ** 5
        sums = smoothed(towards, triangle(cell))
        at = [int(round((i - 1.5) * cell)) for i in range(4)]
        n = len(range(-at[0], data.SIDE - at[3], STRIDE))
        last = (n - 1) * STRIDE + 1
        cells = [sums[:, y - at[0]:y - at[0] + last:STRIDE, x - at[0]:x - at[0] + last:STRIDE] for y in at for x in at]
        d = tf.concat(cells, -1)
        d = tf.minimum(d / (length(d, -1) + 0.25), 0.2)
        out.append(tf.sqrt(d / (length(d, -1) + 0.1) + 1e-8))
    return out


class Fisher(tf.Module):
    """From pictures to Fisher vectors [N, FEATURES], by a PCA and a mixture of Gaussians."""

    def __init__(self, mean, basis, weights, means, variances):
        super().__init__()
        as_float = lambda name, v: tf.Variable(np.asarray(v, np.float32), name=name)
        self.mean, self.basis = as_float("pca_mean", mean), as_float("pca_basis", basis)
        # The logarithm of a Gaussian's density is linear in y and its square.
        self.density = as_float("density", np.concatenate([-0.5 / variances, means / variances], 1).T)
        self.bias = as_float("density_bias", np.log(weights) - 0.5 * np.sum(means ** 2 / variances + np.log(2 * np.pi * variances), 1))
        self.means, self.variances = as_float("means", means), as_float("variances", variances)
        self.first = as_float("first", 1 / (np.sqrt(variances) * np.sqrt(weights)[:, None]))
        self.second = as_float("second", 1 / (variances * np.sqrt(2 * weights)[:, None]))

    def sums(self, image):
        """[N, ROWS * COLUMNS, WORDS, 1 + 2 COMPONENTS]: how much of each word a cell of the
        grid has, with the sums of the squares and of the values."""
        total = 0
        for d in descriptors(image):
            n = d.shape[1]
            y = tf.matmul(tf.reshape(d, [-1, d.shape[-1]]) - self.mean, self.basis)
            both = tf.concat([y * y, y], -1)
            share = tf.reshape(tf.nn.softmax(tf.matmul(both, self.density) + self.bias), [-1, n, n, WORDS])
            both = tf.reshape(tf.concat([tf.ones_like(y[:, :1]), both], -1), [-1, n, n, 1 + 2 * COMPONENTS])
            rows = [round(i * n / ROWS) for i in range(ROWS + 1)]
            columns = [round(i * n / COLUMNS) for i in range(COLUMNS + 1)]
            cells = []
            for top, end in zip(rows, rows[1:]):
                for left, right in zip(columns, columns[1:]):
                    size = (end - top) * (right - left)
                    q = tf.reshape(share[:, top:end, left:right], [-1, size, WORDS])
                    v = tf.reshape(both[:, top:end, left:right], [-1, size, 1 + 2 * COMPONENTS])
                    cells.append(tf.matmul(q, v, transpose_a=True))
            total += tf.stack(cells, 1)
        return total

    def one(self, image):
        """The vectors of pictures as they are, [N, PARTS, WORDS, 2 COMPONENTS], each part's of length 1."""
        cells = self.sums(image)
        s = tf.stack([tf.add_n([cells[:, r * COLUMNS + c] for r, c in part]) for part in PARTS], 1)
        count, squares, values = s[..., :1], s[..., 1:1 + COMPONENTS], s[..., 1 + COMPONENTS:]
        everything = tf.reduce_sum(count, 2, keepdims=True)
        mean = (values - count * self.means) * self.first / everything
        spread = (squares - 2 * values * self.means + count * (self.means ** 2 - self.variances)) * self.second / everything
        v = tf.concat([mean, spread], -1)
        v = tf.sign(v) * tf.sqrt(tf.abs(v) + 1e-12)
        return v / length(v, [2, 3])

    def __call__(self, image):
        """Those of pictures and their mirror images together, of length 1: a picture and its
        mirror image have the same."""
        both = self.one(tf.concat([image, tf.reverse(image, [2])], 0))
        plain, mirrored = tf.split(both, 2)
        v = tf.reshape(plain + mirrored, [-1, FEATURES])
        return v / length(v, [1])


class Scenes(tf.Module):
    """The whole model."""

    def __init__(self, fisher, kernel, bias):
        super().__init__()
        self.fisher = fisher
        self.kernel, self.bias = tf.Variable(kernel, name="kernel"), tf.Variable(bias, name="bias")

    @tf.function(input_signature=[tf.TensorSpec([None, data.SIDE, data.SIDE, 3], tf.float32, name="image")])
    def serve(self, image):
        features = self.fisher(image)
        logits = tf.nn.bias_add(tf.matmul(features, self.kernel), self.bias)
        return {"probabilities": tf.nn.softmax(logits), "features": features}
