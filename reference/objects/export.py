"""Writes the SavedModel of models/objects from averaged weights of train.py.

    python export.py --weights run/average.weights.h5 --out model [--temperature 1.0]

Inference only: each batch norm is folded into the convolution before it, so the
graph is convolution, bias, ReLU and pooling. One signature, serving_default: image
float32 [N, 32, 32, 3] RGB in 0..1 to probabilities [N, 10] and features [N, 192].
"""

import argparse
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import tensorflow as tf

import net as network


def folded(net, block, half):
    """Kernel and bias of a convolution with its batch norm folded in.

    In the first half of a block a max pool stands between the two. Scaling and
    pooling can change places only where no scale is negative.
    """
    kernel, = net.get_layer(f"conv{block}{half}").get_weights()
    norm = net.get_layer(f"norm{block}{half}")
    gamma, beta, mean, variance = (w.astype(np.float64) for w in norm.get_weights())
    scale = gamma / np.sqrt(variance + norm.epsilon)
    if half == "a" and (scale < 0).any():
        raise SystemExit(f"norm{block}a has a negative scale: it cannot be folded past the pool")
    return (kernel * scale).astype(np.float32), (beta - mean * scale).astype(np.float32)


class Objects(tf.Module):
    """The network for inference; equal to the Keras one up to rounding."""

    def __init__(self, net, temperature):
        super().__init__()
        pairs = {"whiten": net.get_layer("whiten").get_weights()}
        for block in range(1, len(network.WIDTHS) + 1):
            for half in "ab":
                pairs[f"conv{block}{half}"] = folded(net, block, half)
        pairs["logits"] = [w / np.float32(temperature) for w in net.get_layer("logits").get_weights()]
        self.kernels = {name: tf.Variable(kernel, name=f"{name}_kernel") for name, (kernel, _) in pairs.items()}
        self.biases = {name: tf.Variable(bias, name=f"{name}_bias") for name, (_, bias) in pairs.items()}

    def conv(self, x, name, padding="SAME"):
        x = tf.nn.conv2d(x, self.kernels[name], 1, padding, name=name)
        x = tf.nn.bias_add(x, self.biases[name], name=f"{name}_add")
        return tf.nn.relu(x, name=f"{name}_relu")

    @tf.function(input_signature=[tf.TensorSpec([None, 32, 32, 3], tf.float32, name="image")])
    def serve(self, image):
        x = self.conv(image, "whiten", "VALID")
        for block in range(1, len(network.WIDTHS) + 1):
            x = self.conv(x, f"conv{block}a")
            x = tf.nn.max_pool2d(x, 2, 2, "VALID", name=f"pool{block}")
            x = self.conv(x, f"conv{block}b")
        features = tf.reduce_max(x, [1, 2], name="features")
        logits = tf.matmul(features, self.kernels["logits"], name="logits")
        logits = tf.nn.bias_add(logits, self.biases["logits"], name="logits_add")
        return {"probabilities": tf.nn.softmax(logits, name="probabilities"), "features": features}


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--weights", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--temperature", type=float, default=1.0,
                        help="logits are divided by it; see calibrate in evaluate.py")
    args = parser.parse_args()

    net = network.build()
    net.load_weights(args.weights)
    module = Objects(net, args.temperature)
    image = np.random.default_rng(0).random((8, 32, 32, 3), np.float32)
    want = tf.nn.softmax(net(image, training=False) / args.temperature)
    worst = float(tf.reduce_max(tf.abs(module.serve(image)["probabilities"] - want)))
    if worst > 1e-5:
        raise SystemExit(f"folded network differs from the trained one by {worst:.2g}")
    tf.saved_model.save(module, args.out, signatures=module.serve)
    print(f"wrote {args.out}, differs from the trained network by {worst:.2g} at most")
