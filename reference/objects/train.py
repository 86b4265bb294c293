"""Trains the network of models/objects on CIFAR-10.

    python train.py --data cifar10 --out run --minutes 50
    python train.py --data cifar10 --out run --epochs 16

The learning rate follows the time used (--minutes) or the steps done (--epochs): up
to its peak in the first fifth, then down to zero. The test pictures are looked at
now and then for the log; nothing is chosen by them: what is kept is the running
average of the weights at the end. A run that was stopped goes on with --resume; a
finished one can be given another round of the same schedule with --start.
"""

import argparse
import os
import pathlib
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
import tensorflow as tf

import augment
import data
import net as network

parser = argparse.ArgumentParser()
parser.add_argument("--data", required=True, help="folder with train/ and test/")
parser.add_argument("--out", required=True, help="folder for weights and checkpoint")
parser.add_argument("--minutes", type=float, default=0)
parser.add_argument("--epochs", type=float, default=0)
parser.add_argument("--batch", type=int, default=128)
parser.add_argument("--rate", type=float, default=0.12)
parser.add_argument("--decay", type=float, default=5e-4)
parser.add_argument("--smoothing", type=float, default=0.1)
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--bfloat16", action="store_true", help="convolutions in bfloat16, weights in float32")
parser.add_argument("--resume", action="store_true", help="go on from the checkpoint in --out")
parser.add_argument("--start", help="averaged weights of another run, instead of random ones")
args = parser.parse_args()
if (args.minutes > 0) == (args.epochs > 0):
    parser.error("give one of --minutes and --epochs")

out = pathlib.Path(args.out)
out.mkdir(parents=True, exist_ok=True)
rng = np.random.default_rng(args.seed)
keras.utils.set_random_seed(args.seed)
if args.bfloat16:
    keras.config.set_dtype_policy("mixed_bfloat16")


def cached(split):
    file = out / f"{split}.npz"
    if not file.exists():
        pictures, labels = data.load(args.data, split)
        np.savez(file, pictures=pictures, labels=labels)
    stored = np.load(file)
    return stored["pictures"], stored["labels"]


pictures, labels = cached("train")
test_pictures, test_labels = cached("test")
net = network.build(args.seed)
if args.start:
    net.load_weights(args.start)
else:
    network.whiten(net, pictures)

# The whitening filters stay as computed; their bias learns.
learned = [v for v in net.trainable_variables if v.path != "whiten/kernel"]
rate = tf.Variable(0.0)
momenta = [tf.Variable(tf.zeros_like(v.value)) for v in learned]
average = [tf.Variable(v.value) for v in net.weights]
elapsed = tf.Variable(0.0, dtype=tf.float64)  # seconds of training, over all resumes
done = tf.Variable(0, dtype=tf.int64)  # steps
checkpoint = tf.train.Checkpoint(weights=[v.value for v in net.weights], momenta=momenta,
                                 average=average, elapsed=elapsed, done=done)
if args.resume:
    checkpoint.read(str(out / "checkpoint")).assert_consumed()


@tf.function
def step(x, y):
    """One step of SGD with Nesterov momentum; weight decay on kernels alone."""
    target = tf.one_hot(y, 10) * (1 - args.smoothing) + args.smoothing / 10
    with tf.GradientTape() as tape:
        logits = net(x, training=True)
        loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(target, logits))
    values = [v.value for v in learned]
    for v, m, g in zip(values, momenta, tape.gradient(loss, values)):
        if len(v.shape) > 1:
            g += args.decay * v
        m.assign(0.9 * m + g)
        v.assign_sub(rate * (g + 0.9 * m))
    return loss


@tf.function
def follow(share):
    for a, v in zip(average, net.weights):
        a.assign_add(share * (tf.cast(v.value, a.dtype) - a))


predict = tf.function(lambda x: net(x, training=False))


def evaluate(every):
    """Share of test pictures, one in `every`, named rightly by the averaged weights."""
    pictures, labels = test_pictures[::every], test_labels[::every]
    own = [v.numpy() for v in net.weights]
    net.set_weights([a.numpy() for a in average])
    right = 0
    for i in range(0, len(labels), 500):
        logits = predict(tf.constant(pictures[i:i + 500].astype(np.float32) / 255))
        right += int((logits.numpy().argmax(1) == labels[i:i + 500]).sum())
    net.save_weights(out / "average.weights.h5")
    net.set_weights(own)
    return right / len(labels)


def schedule(progress):
    return args.rate * min((progress + 0.01) / 0.2, (1 - progress) / 0.8)


per_epoch = len(labels) // args.batch
mirrored = rng.random(len(labels)) < 0.5
last = saved = time.monotonic()
losses = []
while True:
    epoch, at = divmod(int(done), per_epoch)
    if at == 0 or not losses:
        order = rng.permutation(len(labels))
    progress = float(elapsed) / (60 * args.minutes) if args.minutes else int(done) / (per_epoch * args.epochs)
    if progress >= 1:
        break
    rate.assign(schedule(progress))
    pick = order[at * args.batch:(at + 1) * args.batch]
    flip = mirrored[pick] ^ (epoch % 2 == 1)  # each picture is mirrored every other epoch
    x = augment.batch(pictures[pick], flip, rng)
    losses.append(float(step(tf.constant(x), tf.constant(labels[pick]))))
    done.assign_add(1)
    if int(done) % 5 == 0:
        # A horizon of 250 steps, shorter at the start.
        follow(tf.constant(max(0.02, 5 / (int(done) + 5)), tf.float32))
    now = time.monotonic()
    elapsed.assign_add(now - last)
    last = now
    if int(done) % 50 == 0:
        print(f"step {int(done)} epoch {int(done) / per_epoch:.2f} progress {progress:.3f} rate {float(rate):.4f} "
              f"loss {np.mean(losses[-50:]):.4f} {float(elapsed) / int(done) * 1000:.0f} ms/step", flush=True)
    if now - saved > 300:
        checkpoint.write(str(out / "checkpoint"))
        print(f"epoch {int(done) / per_epoch:.2f} test {evaluate(5):.4f}", flush=True)
        saved = last = time.monotonic()

checkpoint.write(str(out / "checkpoint"))
print(f"end: {int(done)} steps, {int(done) / per_epoch:.2f} epochs, {float(elapsed) / 60:.1f} minutes, "
      f"test {evaluate(1):.4f}", flush=True)
