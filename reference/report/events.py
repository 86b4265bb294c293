"""Reads event files with TensorBoard's own reader.

    go test -run Events ./internal/report -update      # writes the files of testdata/events
    .venv/bin/python reference/report/events.py internal/report/testdata/events > internal/report/testdata/events.json

prints what the files in a folder hold: by tag, wall time, step and value. Of a folder that `vision train` wrote

    .venv/bin/python reference/report/events.py MODEL/logs/train MODEL/logs/validation MODEL/history.json

compares the event files with the history.
"""
import json
import sys

import numpy as np
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator


def read(folder):
    a = EventAccumulator(folder, size_guidance={"scalars": 0})
    a.Reload()
    return {tag: [(e.wall_time, e.step, e.value) for e in a.Scalars(tag)] for tag in sorted(a.Tags()["scalars"])}


def compare(train, valid, history):
    epochs = json.load(open(history))
    for folder, fields in [(train, {"epoch_loss": "loss", "epoch_accuracy": "accuracy", "epoch_learning_rate": "rate", "epoch_seconds": "seconds"}),
                           (valid, {"epoch_loss": "valid_loss", "epoch_accuracy": "valid_accuracy"})]:
        found = read(folder)
        assert set(found) == set(fields), found.keys()
        for tag, field in fields.items():
            got = [(step, value) for _, step, value in found[tag]]
            want = [(e["epoch"], float(np.float32(e[field]))) for e in epochs]
            assert got == want, (folder, tag, got, want)
    print(f"{len(epochs)} epochs, as in {history}")


if len(sys.argv) == 2:
    print(json.dumps(read(sys.argv[1])))
else:
    compare(*sys.argv[1:])
