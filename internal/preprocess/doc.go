// Package preprocess brings an upright picture to what a network is fed: resized
// as the card says, by the resampler that the card names, in the card's channel
// order, range and layout; and gives the map from the network's input back to
// the picture.
//
// # Resamplers
//
// Each name stands for the behaviour of one reference, which the goldens in
// testdata/resample hold fast:
//
//   - pillow-nearest, -box, -bilinear, -hamming, -bicubic, -lanczos:
//     Image.resize on 8-bit pixels, with antialias; bit-equal to Pillow 13. Older
//     versions resize rows first even where the height shrinks by more than twice
//     as many pixels as the width, and differ there: by 1 of 255 for filters
//     without negative weights.
//   - tf-nearest, -bilinear, -bicubic, -area: tf.image.resize as it is by default,
//     without antialias; tf-lanczos3, -lanczos5, -gaussian, -mitchellcubic too.
//     The result is float, not rounded; within 1e-4 of the 255.
//   - tf-bilinear-antialias, -bicubic-antialias, -lanczos3-antialias,
//     -lanczos5-antialias, -gaussian-antialias, -mitchellcubic-antialias:
//     tf.image.resize(..., antialias=True); float, within 1e-4 of the 255.
//   - opencv-nearest, -linear, -area, -cubic: cv2.resize on 8-bit pixels;
//     nearest, linear and area bit-equal, cubic within 1 of 255.
//
// # Geometry
//
// w x h is the upright picture, W x H the network's input.
//
//   - crop: the shorter side becomes N = Shorter, the longer one L = N*long/short,
//     and the W x H pixels from (left, top) are fed. Rounding says how.
//     torchvision: L truncated, left = (L-W)/2 rounded half to even, as
//     torchvision.transforms.Resize and CenterCrop do.
//     round: L = int(N*long/short + 0.5), left = (L-W)/2 truncated.
//     floor: L and left truncated.
//   - central: int((w - w*Fraction)/2) columns are cut from either side, rows
//     alike, and the rest is stretched to W x H, as tf.image.central_crop and
//     tf.image.resize do. The resampler does not see what was cut.
//   - squash: stretched to W x H.
//   - letterbox: r = min(W/w, H/h); the picture is w*r x h*r, rounded half to
//     even, at (W - w*r)/2 - 0.1 rounded half to even (Ultralytics), or at
//     (0, 0) with Anchor "top-left". With Rounding "floor" the size is truncated,
//     and so is the offset (W - w*r)/2, from w*r as it was before
//     (tf.image.resize_with_pad; with "top-left" insightface).
//   - height: the height becomes H, the width w*H/h rounded up, at most MaxSide;
//     then it is padded on the right to at least MinSide and to a multiple of
//     Multiple (PaddleOCR's recognizer).
//   - none: with MinSide, a picture whose shorter side is less grows to it; then,
//     with MaxSide, one whose longer side is more shrinks to it, both truncated;
//     then, with Multiple, each side is rounded half to even to a multiple, at
//     least one (PaddleOCR).
//
// A side that would vanish has one pixel.
//
// GRAY is Pillow's L, (19595*R + 38470*G + 7471*B + 32768) >> 16, taken before
// resizing, as Image.convert("L").resize does.
package preprocess
