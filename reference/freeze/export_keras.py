"""Exports further Keras applications, whose layers the optimiser treats in other
ways than those of reference/keras/export.py: batch norm before the convolution,
separable convolutions.

    python reference/freeze/export_keras.py OUT [--images DIR] [--only NAME,NAME]

OUT is as reference/keras/export.py writes it; give it to
go test ./internal/session/freezetest -run Keras -keras OUT
"""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "keras"))

import export  # noqa: E402

TORCH = {"channels": "RGB", "range": [0, 1], "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}

export.MODELS = {
    "densenet121": ("DenseNet121", "densenet", 224, 256, TORCH),
    "resnet50_v2": ("ResNet50V2", "resnet_v2", 224, 256, export.TF),
    "xception": ("Xception", "xception", 299, 342, export.TF),
}


def check(name, probabilities, one_by_one):
    """Says how well the model tells pictures apart, and how far TensorFlow is from
    itself. These random models are not all as well conditioned as those of the other script."""
    print(f"{name}: {len(set(probabilities.argmax(1)))} different first labels for {len(probabilities)} pictures, "
          f"one by one differs by {abs(probabilities - one_by_one).max():.1e}", flush=True)


export.check = check

if __name__ == "__main__":
    sys.argv[1:] = [*sys.argv[1:], *([] if "--only" in sys.argv else ["--only", ",".join(export.MODELS)])]
    export.main()
