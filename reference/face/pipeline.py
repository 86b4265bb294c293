"""The way from a picture to faces and embeddings in Python: MTCNN in TensorFlow, alignment with
scikit-image and OpenCV as insightface does it, MobileFaceNet in TensorFlow.

Needs tensorflow-cpu 2.18, OpenCV, Pillow, scikit-image.
"""
import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
import cv2  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from PIL import Image, ImageOps  # noqa: E402
from skimage.transform import SimilarityTransform  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]

# insightface, utils/face_align.py.
ARCFACE = np.array([[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]], np.float32)


def shared(args):
    root = Path(args.shared) if args.shared else Path(os.environ.get("VISION_SHARED", ROOT.parent / "shared"))
    if not (root / "models" / "mtcnn").is_dir():
        sys.exit(f"{root} holds no models/mtcnn: name the folder with --shared")
    return root


def read(file):
    """Upright RGB."""
    with Image.open(file) as im:
        return np.asarray(ImageOps.exif_transpose(im).convert("RGB"))


class Faces:
    def __init__(self, models):
        # A SavedModel's signatures live as long as the object that holds them.
        self.kept = [tf.saved_model.load(str(models / name)) for name in ("mtcnn", "mobilefacenet")]
        self.mtcnn, self.net = (m.signatures["serving_default"] for m in self.kept)

    def find(self, rgb):
        """Boxes x0, y0, x1, y1, scores, and points [n, 5, 2] of x, y, all in pixels; largest box first."""
        out = self.mtcnn(image_bgr=tf.constant(rgb[..., ::-1], tf.float32), min_size=tf.constant(20.0),
                         thresholds=tf.constant([0.6, 0.7, 0.7]), factor=tf.constant(0.709))
        box = out["box"].numpy().reshape(-1, 4)[:, [1, 0, 3, 2]]
        score, marks = out["prob"].numpy().reshape(-1), out["landmarks"].numpy().reshape(-1, 10)
        points = np.stack([marks[:, 5:], marks[:, :5]], -1)
        order = np.argsort(-(box[:, 2] - box[:, 0]) * (box[:, 3] - box[:, 1]), kind="stable")
        return box[order], score[order], points[order]

    def align(self, rgb, points, size=112):
        to = ARCFACE.astype(np.float64) * size / 112
        fit = SimilarityTransform.from_estimate(points.astype(np.float64), to)
        return cv2.warpAffine(rgb, fit.params[:2], (size, size), flags=cv2.INTER_LINEAR, borderValue=0)

    def embed(self, faces):
        """Vectors of length 1 of faces [n, 112, 112, 3]."""
        v = self.net(image_rgb=tf.constant(np.asarray(faces), tf.float32))["embedding"].numpy().astype(np.float64)
        return v / np.linalg.norm(v, axis=1, keepdims=True)
