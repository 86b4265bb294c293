"""Random variants of 32x32 pictures, a whole batch at a time."""

import numpy as np
import tensorflow as tf


def batch(pictures, flip, rng):
    """Pictures uint8 [N, 32, 32, 3] to float32 in 0..1, the same shape.

    `flip` says which are mirrored. All are shifted by up to 4 pixels, the border
    reflected. A third is also scaled and stretched, a half changed a little in
    brightness, contrast and colour, so that photos shrunk from other sources are
    not strange to the network; a half loses a square of 8 pixels.
    """
    n = len(pictures)
    scaled = rng.random(n) < 1 / 3
    zoom = np.where(scaled, np.exp(rng.uniform(-0.25, 0.25, n)), 1)
    aspect = np.where(scaled, np.exp(rng.uniform(-0.15, 0.15, n)), 1)
    sx, sy = zoom * aspect, zoom / aspect
    dx, dy = rng.integers(-4, 5, (2, n))
    mirror = np.where(flip, -1, 1)
    # Output pixel (x, y) shows input pixel (a*x + c, e*y + f), about the centre 15.5.
    transform = np.zeros((n, 8), np.float32)
    transform[:, 0] = mirror * sx
    transform[:, 2] = 15.5 - mirror * sx * 15.5 + dx
    transform[:, 4] = sy
    transform[:, 5] = 15.5 - sy * 15.5 + dy
    x = tf.raw_ops.ImageProjectiveTransformV3(
        images=pictures, transforms=transform, output_shape=[32, 32], fill_value=0.0,
        interpolation="BILINEAR", fill_mode="REFLECT").numpy()
    x = x.astype(np.float32) / 255

    jitter = (rng.random(n) < 0.5).astype(np.float32)[:, None, None, None]
    contrast = 1 + jitter * rng.uniform(-0.25, 0.25, (n, 1, 1, 1)).astype(np.float32)
    colour = 1 + jitter * rng.uniform(-0.08, 0.08, (n, 1, 1, 3)).astype(np.float32)
    shift = jitter * rng.uniform(-0.12, 0.12, (n, 1, 1, 1)).astype(np.float32)
    x = np.clip((x * colour - 0.5) * contrast + 0.5 + shift, 0, 1)

    rows = np.arange(32)
    top, left = rng.integers(-4, 29, (2, n, 1))
    cut = ((rows >= top) & (rows < top + 8))[:, :, None] & ((rows >= left) & (rows < left + 8))[:, None, :]
    cut &= (rng.random(n) < 0.5)[:, None, None]
    x[cut] = 0.47
    return x
