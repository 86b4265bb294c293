"""How a picture becomes a network's input, in Pillow: the reference that the
library's exact mode is held against. Nothing here is taken from the library."""
import numpy as np
from PIL import Image, ImageOps


def load(path):
    """The upright picture in RGB."""
    return ImageOps.exif_transpose(Image.open(path)).convert("RGB")


def crop(picture, shorter, size):
    """Shorter side to `shorter`, then the centre `size` x `size`, as
    torchvision.transforms.Resize and CenterCrop compute both: the longer side is
    truncated, the offset rounded half to even."""
    w, h = picture.size
    if w <= h:
        w, h = shorter, int(shorter * h / w)
    else:
        w, h = int(shorter * w / h), shorter
    picture = picture.resize((w, h), Image.BILINEAR)
    left, top = int(round((w - size) / 2.0)), int(round((h - size) / 2.0))
    return np.asarray(picture.crop((left, top, left + size, top + size)), np.float32)


def squash(picture, size):
    """Both sides to `size`, ratio lost."""
    return np.asarray(picture.resize((size, size), Image.BILINEAR), np.float32)
