"""Writes the real photos of testdata/images from those that scikit-image
carries. Sources and licences: testdata/images/README.md.

    python reference/images/photos.py        # needs pillow, scikit-image
"""

import pathlib

import skimage
from PIL import Image

OUT = pathlib.Path(__file__).resolve().parents[2] / "testdata" / "images"
DATA = pathlib.Path(skimage.__file__).parent / "data"
PHOTOS = {
    "cat.jpg": "chelsea.png",
    "coffee.jpg": "coffee.png",
    "astronaut.jpg": "astronaut.png",
    "rocket.jpg": "rocket.jpg",
    "camera.jpg": "camera.png",
    "clock.jpg": "clock_motion.png",
    "text.png": "text.png",
}

for name, source in PHOTOS.items():
    im = Image.open(DATA / source)
    im = im.convert("L" if im.mode in ("L", "1") else "RGB")
    if name.endswith(".jpg"):
        im.save(OUT / name, quality=90, subsampling=2, optimize=True)
    else:
        im.save(OUT / name, optimize=True)
