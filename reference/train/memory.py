"""Measures the resident memory of a training at the end of each epoch.

    python3 reference/train/memory.py OUT.csv bin/vision train -data mnist:../shared/data/mnist -net lenet5 -out DIR -epochs 10 -json

Linux alone: it reads /proc. -json gives an epoch a line; the figure is read when the line comes.
"""
import csv
import json
import subprocess
import sys


def main():
    rows = []
    with subprocess.Popen(sys.argv[2:], stdout=subprocess.PIPE, text=True) as run:
        for line in run.stdout:
            epoch = json.loads(line)
            with open(f"/proc/{run.pid}/status") as f:
                kilobytes = next(int(s.split()[1]) for s in f if s.startswith("VmRSS:"))
            rows.append((epoch["epoch"], f"{epoch['seconds']:.1f}", f"{kilobytes / 1024:.1f}"))
    if run.returncode:
        sys.exit(run.returncode)
    with open(sys.argv[1], "w", newline="") as f:
        table = csv.writer(f, lineterminator="\n")
        table.writerow(("epoch", "seconds", "rss_mb"))
        table.writerows(rows)


if __name__ == "__main__":
    main()
