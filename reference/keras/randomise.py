"""Random weights that make a network worth comparing. A Keras application with
weights=None answers 0.001 for every class of every picture, and its batch norms
do nothing; an error in folding or in preprocessing would not show. Here every
layer gets random weights whose outputs, on real pictures, neither vanish nor
explode, and every batch norm gets the statistics of what flows into it, off by
noise, with a random gamma and beta."""
from contextlib import contextmanager

import keras
import numpy as np

NOISE = 0.2  # of the batch-norm statistics, relative to the deviation
SUREST = 0.6  # largest probability over all pictures; surer, and rounding errors of VGG grow past what is compared


def _channel_stats(x):
    x = np.asarray(x, np.float64)
    axes = tuple(range(x.ndim - 1))
    return x.mean(axes), x.std(axes)


def _feeds_add(layer):
    """Whether all that uses the layer's output is a skip connection's addition."""
    users = [node.operation for node in layer._outbound_nodes]
    if len(users) == 1 and isinstance(users[0], keras.layers.Dropout):
        return _feeds_add(users[0])
    return all(isinstance(u, keras.layers.Add) for u in users)


def _set_norm(layer, x, rng):
    mean, std = _channel_stats(x)
    std = np.maximum(std, 1e-2 * max(std.max(), 1e-3))
    n = mean.size
    layer.moving_mean.assign(mean + NOISE * std * rng.standard_normal(n))
    layer.moving_variance.assign((std * np.exp(NOISE * rng.standard_normal(n))) ** 2)
    if layer.scale:
        # Branches beside a skip connection add little, as in trained nets: without that
        # a random deep net is chaotic, and rounding errors grow from block to block.
        layer.gamma.assign(rng.uniform(0.5, 1.5, n) * (0.2 if _feeds_add(layer) else 1))
    if layer.center:
        layer.beta.assign(0.3 * rng.standard_normal(n))


def _set_kernel(layer, rng):
    shape = layer.kernel.shape
    depthwise = isinstance(layer, keras.layers.DepthwiseConv2D)
    fan_in = np.prod(shape[:2]) if depthwise else np.prod(shape[:-1])
    layer.kernel.assign(rng.standard_normal(shape) * np.sqrt(2.0 / fan_in))  # He et al. 2015


def _set_bias(layer, linear, rng):
    """Centres and scales each channel of a layer with a bias, so that nets without
    batch norm keep telling pictures apart; then moves each by a random amount.
    `linear` is the layer's output before its activation, with a bias of zero."""
    mean, std = _channel_stats(linear)
    std = np.maximum(std, 1e-2 * max(std.max(), 1e-3))
    scale = rng.uniform(0.5, 1.5, mean.size) / std
    layer.kernel.assign(np.asarray(layer.kernel) * scale.astype(np.float32))
    layer.bias.assign(-mean * scale + 0.3 * rng.standard_normal(mean.size))


@contextmanager
def _calling(cls, before):
    original = cls.call

    def call(self, inputs, *args, **kwargs):
        before(self, inputs)
        return original(self, inputs, *args, **kwargs)

    cls.call = call
    try:
        yield
    finally:
        cls.call = original


def randomise(model, batch, seed):
    """Sets all weights of model, layer by layer, in one pass of batch (fed as the
    model wants it)."""
    rng = np.random.default_rng(seed)
    head = model.layers[-1]

    def norm(layer, x):
        _set_norm(layer, x, rng)

    def weighted(layer, x):
        if getattr(layer, "kernel", None) is None or layer.name in done:
            return
        done.add(layer.name)
        _set_kernel(layer, rng)
        if not layer.use_bias or layer is head:
            return
        layer.bias.assign(np.zeros(layer.bias.shape))
        activation, layer.activation = layer.activation, keras.activations.linear
        if x.ndim == 4 and x.shape[1] * x.shape[2] == 1:
            # The gates of a squeeze-and-excite block see means that hardly differ between
            # pictures; scaled up, they would turn rounding errors into answers.
            layer.bias.assign(0.3 * rng.standard_normal(layer.bias.shape))
        else:
            _set_bias(layer, layer(x), rng)
        layer.activation = activation

    done = set()
    for layer in model.layers:
        if isinstance(layer, keras.layers.Normalization):
            layer.adapt(np.asarray(batch) / 255.0)  # sits behind a Rescaling(1/255) in EfficientNet
    kinds = [keras.layers.Conv2D, keras.layers.DepthwiseConv2D, keras.layers.Dense]
    bases = {next(c for c in k.__mro__ if "call" in c.__dict__) for k in kinds}
    with _calling(keras.layers.BatchNormalization, norm):
        managers = [_calling(b, weighted) for b in bases]
        for m in managers:
            m.__enter__()
        try:
            features = keras.Model(model.input, head.input)(batch, training=False)
        finally:
            for m in managers:
                m.__exit__(None, None, None)
    _set_head(head, np.asarray(features, np.float64), rng)


def _set_head(head, features, rng):
    """Centres the logits and scales them until the surest answer has probability
    SUREST: far from both the flat and the saturated end of softmax. Directions in
    which the pictures differ most are damped, by the fourth root of how much, so that
    the others get a label of their own too."""
    kernel = rng.standard_normal(head.kernel.shape)
    _, s, v = np.linalg.svd(features - features.mean(0), full_matrices=False)
    v, s = v[:-1], s[:-1]  # as many directions as pictures, less the mean
    kernel += v.T @ (((s.min() / s) ** 0.25 - 1)[:, None] * (v @ kernel))
    centred = (features - features.mean(0)) @ kernel
    low, high = 0.0, 50.0 / centred.std()
    for _ in range(40):
        scale = (low + high) / 2
        logits = scale * centred
        e = np.exp(logits - logits.max(1, keepdims=True))
        low, high = (scale, high) if (e / e.sum(1, keepdims=True)).max() < SUREST else (low, scale)
    head.kernel.assign(kernel * scale)
    head.bias.assign(-features.mean(0) @ kernel * scale)
