"""Writes testdata/images/scaled: one photo in every sampling, of odd sizes, with
restart markers, optimised tables and low and high quality, as encoders other
than Pillow write it. The tests decode them at 1:4 and 1:8 by two decoders.

    python reference/images/scaled.py        # needs opencv
"""

import pathlib

import cv2

IMAGES = pathlib.Path(__file__).resolve().parents[2] / "testdata" / "images"
OUT = IMAGES / "scaled"
OUT.mkdir(exist_ok=True)
cat = cv2.imread(str(IMAGES / "cat.jpg"))

# name: x, y, width, height, sampling (none: grey), quality, restart interval, optimised
FILES = {
    "420": (100, 20, 250, 187, "420", 90, 0, False),
    "422": (100, 20, 251, 186, "422", 85, 0, True),
    "440": (100, 20, 249, 185, "440", 92, 0, False),
    "444": (100, 20, 187, 163, "444", 80, 0, True),
    "grey": (100, 20, 253, 189, None, 90, 0, True),
    "420-restart": (90, 30, 239, 181, "420", 75, 3, True),
    "422-restart": (90, 30, 233, 121, "422", 90, 5, False),
    "440-restart": (90, 30, 121, 177, "440", 95, 1, False),
    "grey-restart": (90, 30, 255, 97, None, 60, 8, False),
    "420-coarse": (100, 40, 199, 201, "420", 4, 0, True),
    "444-fine": (120, 60, 91, 83, "444", 100, 0, False),
    "422-narrow": (150, 60, 9, 133, "422", 90, 0, False),
    "440-flat": (150, 60, 133, 9, "440", 90, 0, False),
    "420-column": (150, 60, 1, 77, "420", 90, 0, False),
}

for name, (x, y, w, h, sampling, quality, restart, optimised) in FILES.items():
    im = cat[y : y + h, x : x + w]
    how = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_RST_INTERVAL, restart, cv2.IMWRITE_JPEG_OPTIMIZE, int(optimised)]
    if sampling is None:
        im = cv2.cvtColor(im, cv2.COLOR_BGR2GRAY)
    else:
        how += [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, getattr(cv2, "IMWRITE_JPEG_SAMPLING_FACTOR_" + sampling)]
    ok, buf = cv2.imencode(".jpg", im, how)
    assert ok
    (OUT / (name + ".jpg")).write_bytes(buf.tobytes())
