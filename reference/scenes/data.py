"""The fifteen classes of scene from a folder of pictures: <root>/{train,test}/<class>/*.jpg."""

import pathlib

import numpy as np
from PIL import Image

CLASSES = ("Bedroom", "Coast", "Forest", "Highway", "Industrial", "InsideCity", "Kitchen", "LivingRoom",
           "Mountain", "Office", "OpenCountry", "Store", "Street", "Suburb", "TallBuilding")
INDOOR = ("Bedroom", "Kitchen", "LivingRoom", "Office", "Store")
SIDE = 144  # of what the network sees


def load(root, split):
    """Pictures of Pillow, and class indices int32 [N]."""
    pictures, labels = [], []
    for index, name in enumerate(CLASSES):
        files = sorted((pathlib.Path(root) / split / name).glob("*.jpg"))
        if not files:
            raise SystemExit(f"no pictures of {name} under {root}/{split}")
        for file in files:
            with Image.open(file) as picture:
                pictures.append(picture.convert("RGB"))
            labels.append(index)
    return pictures, np.array(labels, np.int32)


def squashed(picture, box=None):
    """uint8 [SIDE, SIDE, 3]: the picture, or the box x0, y0, x1, y1 of it, by the rule of the card."""
    return np.asarray(picture.resize((SIDE, SIDE), Image.Resampling.BILINEAR, box))
