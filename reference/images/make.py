"""Writes testdata/images: small synthetic pictures of every kind the library
reads, hostile files, and what Pillow makes of them (golden/*.png: upright,
convert("RGB")).

    python reference/images/make.py          # needs pillow, numpy, opencv

Everything is computed, so a second run writes the same pictures.
"""

import io
import pathlib
import shutil
import struct
import zlib

import cv2
import numpy as np
from PIL import Image, ImageOps

OUT = pathlib.Path(__file__).resolve().parents[2] / "testdata" / "images"
W, H = 37, 22  # no multiple of a JPEG block


def base():
    """A picture that no turn and no mirror leaves as it is."""
    y, x = np.mgrid[0:H, 0:W].astype(np.float64)
    rgb = np.stack([40 + 5 * x, 230 - 7 * y, 60 + 2 * x + 3 * y], -1)
    rgb[3:18, 5:9] = [230, 30, 40]  # an F
    rgb[3:7, 5:20] = [230, 30, 40]
    rgb[10:13, 5:15] = [30, 60, 220]
    return Image.fromarray(rgb.clip(0, 255).astype(np.uint8))


def alpha():
    y, x = np.mgrid[0:H, 0:W]
    return Image.fromarray(((x * 7 + y * 3) % 256).astype(np.uint8))


def write(name, data):
    path = OUT / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def encode(im, fmt, **kw):
    buf = io.BytesIO()
    im.save(buf, fmt, **kw)
    return buf.getvalue()


def golden(name, data=None):
    """Keeps what Pillow reads from the file, or from data in its place."""
    im = Image.open(io.BytesIO(data) if data else OUT / name)
    im.load()
    rgb = ImageOps.exif_transpose(im).convert("RGB")
    path = OUT / "golden" / (name.replace("/", "-") + ".png")
    path.parent.mkdir(parents=True, exist_ok=True)
    rgb.save(path, optimize=True)


def keep(name, data):
    write(name, data)
    golden(name)


# --- orientation -----------------------------------------------------------

STORE = {  # how an upright picture is stored under each EXIF orientation
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def exif(n, order="<"):
    """An EXIF block whose second directory contradicts the first."""
    mark = b"II*\0" if order == "<" else b"MM\0*"
    entry = struct.pack(order + "HHIHH", 0x0112, 3, 1, n, 0)
    other = struct.pack(order + "HHIHH", 0x0112, 3, 1, 9 - n, 0)
    first = struct.pack(order + "H", 1) + entry + struct.pack(order + "I", 26)
    return b"Exif\0\0" + mark + struct.pack(order + "I", 8) + first + struct.pack(order + "H", 1) + other + bytes(4)


def orientations():
    for n, turn in STORE.items():
        im = base() if turn is None else base().transpose(turn)
        e = exif(n, "<" if n % 2 else ">")
        keep(f"orient/{n}.jpg", encode(im, "JPEG", quality=95, subsampling=0, exif=e))
        keep(f"orient/{n}.png", encode(im, "PNG", optimize=True, exif=e))
    im = base().transpose(STORE[6])
    keep("orient/6.webp", encode(im, "WEBP", lossless=True, exif=exif(6)))
    tif = io.BytesIO()
    im.save(tif, "TIFF", tiffinfo={274: 6})
    keep("orient/6.tif", tif.getvalue())
    jpeg = encode(base(), "JPEG", quality=95, subsampling=0, exif=exif(6))
    keep("orient/broken.jpg", jpeg.replace(b"Exif\0\0II*\0\x08\0\0\0", b"Exif\0\0II*\0\xff\xff\xff\x7f"))


# --- JPEG ------------------------------------------------------------------


def segments(data):
    """Splits a JPEG's header into (marker, bytes) up to the first scan."""
    at, out = 2, []
    while data[at + 1] != 0xDA:
        n = struct.unpack(">H", data[at + 2 : at + 4])[0]
        out.append((data[at + 1], data[at : at + 2 + n]))
        at += 2 + n
    return out, data[at:]


def jpegs():
    im = base()
    bgr = np.asarray(im)[:, :, ::-1]
    for name in ("411", "420", "422", "440", "444"):
        factor = getattr(cv2, "IMWRITE_JPEG_SAMPLING_FACTOR_" + name)
        ok, buf = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 95, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, factor])
        assert ok
        keep(f"kinds/{name}.jpg", buf.tobytes())
    plain = encode(im, "JPEG", quality=95, subsampling=0)
    keep("kinds/progressive.jpg", encode(im, "JPEG", quality=95, subsampling=0, progressive=True))
    keep("kinds/restart.jpg", encode(im, "JPEG", quality=95, subsampling=0, restart_marker_blocks=2))
    keep("kinds/grey.jpg", encode(im.convert("L"), "JPEG", quality=95))
    keep("kinds/rgb.jpg", encode(im, "JPEG", quality=95, keep_rgb=True))
    keep("kinds/trailing.jpg", plain + b"and more" * 20)
    head, scan = segments(plain)
    junk = b"\xff\xd8" + b"".join(s + b"\x00\x12\x34" + b"\xff" * 3 for _, s in head) + scan
    keep("kinds/junk.jpg", junk)

    # Ink beyond a plain negative, so that K counts.
    c, m, y = (np.asarray(b, int) for b in ImageOps.invert(im).split())
    k = np.minimum(np.minimum(c, m), y) // 2
    cmyk = Image.merge("CMYK", [Image.fromarray(p.astype(np.uint8)) for p in (c - k, m - k, y - k, k)])
    adobe = encode(cmyk, "JPEG", quality=95)
    keep("kinds/cmyk.jpg", adobe)
    head, scan = segments(adobe)
    keep("kinds/cmyk-noadobe.jpg", b"\xff\xd8" + b"".join(s for mk, s in head if mk != 0xEE) + scan)
    # YCCK: the planes hold Y, Cb, Cr of the inverse, and the Adobe marker says so.
    r, g, b, kk = cmyk.split()
    ycc = Image.merge("RGB", [r, g, b]).convert("YCbCr").split()
    ycck = encode(Image.merge("CMYK", [ImageOps.invert(p) for p in ycc] + [kk]), "JPEG", quality=95)
    head, scan = segments(ycck)
    head = [(mk, s[:-1] + b"\x02" if mk == 0xEE else s) for mk, s in head]
    keep("kinds/ycck.jpg", b"\xff\xd8" + b"".join(s for _, s in head) + scan)


# --- PNG -------------------------------------------------------------------


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(w, h, depth, colour, interlace, raw, extra=b""):
    head = struct.pack(">IIBBBBB", w, h, depth, colour, 0, 0, interlace)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + extra
        + chunk(b"IDAT", zlib.compress(raw, 9)) + chunk(b"IEND", b"")
    )


def adam7(rgb):
    """The seven passes of an interlaced PNG, unfiltered."""
    raw = b""
    for y0, x0, dy, dx in ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)):
        for row in rgb[y0::dy, x0::dx]:
            if len(row):
                raw += b"\0" + row.tobytes()
    return raw


def pngs():
    im, a = base(), alpha()
    keep("kinds/rgb8.png", encode(im, "PNG"))
    rgba = im.copy()
    rgba.putalpha(a)
    keep("kinds/rgba8.png", encode(rgba, "PNG"))
    grey = im.convert("L")
    keep("kinds/grey8.png", encode(grey, "PNG"))
    keep("kinds/grey1.png", encode(im.convert("1"), "PNG"))
    keep("kinds/greyalpha8.png", encode(Image.merge("LA", [grey, a]), "PNG"))
    keep("kinds/greytrns8.png", encode(grey, "PNG", transparency=grey.getpixel((6, 4))))
    pal = im.quantize(13)
    keep("kinds/palette4.png", encode(pal, "PNG", bits=4))
    keep("kinds/palette8.png", encode(im.quantize(200), "PNG"))
    keep("kinds/palettetrns.png", encode(pal, "PNG", transparency=bytes(range(0, 260, 20))))
    wide = np.asarray(im).astype(np.uint16) * 256 + np.arange(H * W * 3).reshape(H, W, 3) % 256
    deep = wide.astype(">u2")
    rows = lambda p: b"".join(b"\0" + r.tobytes() for r in p)
    keep("kinds/rgb16.png", png(W, H, 16, 2, 0, rows(deep)))
    four = np.concatenate([deep, (np.asarray(a).astype(np.uint16) * 257).astype(">u2")[:, :, None]], 2)
    keep("kinds/rgba16.png", png(W, H, 16, 6, 0, rows(four)))
    # Pillow 13 keeps 16-bit grey as I;16 and cuts it at 255 on the way to RGB;
    # the high byte is what every other depth gives, so it is what is kept here.
    g16 = deep[:, :, :1]
    write("kinds/grey16.png", png(W, H, 16, 0, 0, rows(g16)))
    golden("kinds/grey16.png", encode(Image.fromarray((g16[:, :, 0] >> 8).astype(np.uint8)), "PNG"))
    keep("kinds/interlaced.png", png(W, H, 8, 2, 1, adam7(np.asarray(im))))
    other = im.transpose(Image.Transpose.ROTATE_180)
    keep("kinds/animated.png", encode(im, "PNG", save_all=True, append_images=[other], duration=50))
    keep("kinds/trailing.png", encode(im, "PNG") + b"and more" * 20)


# --- GIF, BMP, TIFF, WebP --------------------------------------------------


def gifs():
    pal = base().quantize(31)
    other = base().transpose(Image.Transpose.ROTATE_180).quantize(31)
    keep("kinds/still.gif", encode(pal, "GIF"))
    keep("kinds/animated.gif", encode(pal, "GIF", save_all=True, append_images=[other], duration=50))
    clear = encode(pal, "GIF", transparency=pal.getpixel((6, 4)))
    keep("kinds/transparent.gif", clear)
    # The first frame does not fill its canvas: a larger screen, a shifted frame.
    for name, data in (("offset", encode(pal, "GIF")), ("offset-transparent", clear)):
        b = bytearray(data)
        b[6:10] = struct.pack("<HH", W + 9, H + 7)
        at = bytes(b).index(b"\x2c\0\0\0\0" + struct.pack("<HH", W, H))
        b[at + 1 : at + 5] = struct.pack("<HH", 5, 4)
        keep(f"kinds/{name}.gif", bytes(b))


def bmps():
    im, a = base(), alpha()
    plain = encode(im, "BMP")
    keep("kinds/24.bmp", plain)
    keep("kinds/8.bmp", encode(im.quantize(200), "BMP"))
    keep("kinds/1.bmp", encode(im.convert("1"), "BMP"))
    rgba = im.copy()
    rgba.putalpha(a)
    keep("kinds/32.bmp", encode(rgba, "BMP"))
    b = bytearray(encode(im.transpose(Image.Transpose.FLIP_TOP_BOTTOM), "BMP"))
    b[22:26] = struct.pack("<i", -H)
    keep("kinds/topdown.bmp", bytes(b))


def tiffs():
    im, a = base(), alpha()
    for name, kw in (("none", {}), ("lzw", {"compression": "tiff_lzw"}), ("deflate", {"compression": "tiff_adobe_deflate"}),
                     ("packbits", {"compression": "packbits"}), ("pages", {"save_all": True, "append_images": [im.rotate(90)]})):
        keep(f"kinds/{name}.tif", encode(im, "TIFF", **kw))
    keep("kinds/grey.tif", encode(im.convert("L"), "TIFF"))
    keep("kinds/palette.tif", encode(im.quantize(200), "TIFF"))
    keep("kinds/fax.tif", encode(im.convert("1"), "TIFF", compression="group4"))
    keep("kinds/fax-white0.tif", encode(im.convert("1"), "TIFF", compression="group4", tiffinfo={262: 0}))
    keep("kinds/bilevel.tif", encode(im.convert("1"), "TIFF"))
    rgba = im.copy()
    rgba.putalpha(a)
    keep("kinds/rgba.tif", encode(rgba, "TIFF"))
    write("kinds/cmyk-unsupported.tif", encode(im.convert("CMYK"), "TIFF"))
    write("kinds/jpeg-unsupported.tif", encode(im, "TIFF", compression="jpeg"))


def webps():
    im, a = base(), alpha()
    rgba = im.copy()
    rgba.putalpha(a)
    keep("kinds/lossy.webp", encode(im, "WEBP", quality=95))
    keep("kinds/lossless.webp", encode(im, "WEBP", lossless=True))
    keep("kinds/lossy-alpha.webp", encode(rgba, "WEBP", quality=95, exact=True))
    keep("kinds/lossless-alpha.webp", encode(rgba, "WEBP", lossless=True, exact=True))
    other = im.transpose(Image.Transpose.ROTATE_180)
    keep("kinds/animated.webp", encode(im, "WEBP", save_all=True, append_images=[other], quality=95, duration=50))
    keep("kinds/animated-alpha.webp", encode(rgba, "WEBP", save_all=True, append_images=[other.convert("RGBA")], lossless=True, exact=True, duration=50))


# --- hostile ---------------------------------------------------------------


def hostile():
    im = base()
    jpeg, plain = encode(im, "JPEG", quality=90), encode(im, "PNG")
    write("hostile/empty.jpg", b"")
    write("hostile/text.jpg", b"This is a text that somebody has renamed.\n" * 3)
    write("hostile/cut.jpg", jpeg[: len(jpeg) * 2 // 3])
    write("hostile/cut-header.jpg", jpeg[:60])
    write("hostile/no-eoi.jpg", jpeg[:-2])
    write("hostile/cut.png", plain[: len(plain) * 2 // 3])
    write("hostile/cut-header.png", plain[:20])
    write("hostile/bad-crc.png", plain[:29] + b"\0\0\0\0" + plain[33:])
    for name, w, h in (("huge", 50000, 50000), ("zero", 0, 22)):
        write(f"hostile/{name}.png", png(w, h, 8, 2, 0, b""))
        at = jpeg.index(b"\xff\xc0\x00\x11\x08") + 5
        write(f"hostile/{name}.jpg", jpeg[:at] + struct.pack(">HH", h, w) + jpeg[at + 4 :])
        gif = encode(im.quantize(3), "GIF")
        write(f"hostile/{name}.gif", gif[:6] + struct.pack("<HH", w, h) + gif[10:])
        bmp = encode(im, "BMP")
        write(f"hostile/{name}.bmp", bmp[:18] + struct.pack("<ii", w, h) + bmp[26:])
        tif = io.BytesIO()
        im.save(tif, "TIFF")
        t = tif.getvalue()
        t = t.replace(struct.pack("<HHI", 256, 4, 1) + struct.pack("<I", W), struct.pack("<HHII", 256, 4, 1, w))
        t = t.replace(struct.pack("<HHI", 257, 4, 1) + struct.pack("<I", H), struct.pack("<HHII", 257, 4, 1, h))
        write(f"hostile/{name}.tif", t)
    vp8x = b"VP8X" + struct.pack("<IB3x", 10, 0x10) + struct.pack("<I", 49999)[:3] * 2
    write("hostile/huge.webp", b"RIFF" + struct.pack("<I", 4 + len(vp8x)) + b"WEBP" + vp8x)
    # 20 MB of zeros in a comment of 20 KB.
    z = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(20 << 20), 9))
    raw = b"".join(b"\0" + r.tobytes() for r in np.asarray(im))
    write("hostile/ztxt.png", png(W, H, 8, 2, 0, raw, z))
    golden("hostile/ztxt.png", plain)  # Pillow refuses the comment; the pixels are sound
    keep("hostile/one.png", encode(im.crop((6, 4, 7, 5)), "PNG"))
    keep("hostile/one.jpg", encode(im.crop((6, 4, 7, 5)), "JPEG", subsampling=0))
    keep("hostile/tall.png", encode(im.resize((1, 5000)), "PNG", optimize=True))


if __name__ == "__main__":
    for folder in ("orient", "kinds", "hostile", "golden"):
        shutil.rmtree(OUT / folder, ignore_errors=True)
    for make in (orientations, jpegs, pngs, gifs, bmps, tiffs, webps, hostile):
        make()
