// Package decode turns the bytes of a picture file into an upright picture.
//
// New reads no more than the header: format, size, limits, EXIF orientation.
// Load gives the pixels as preprocessing wants them, scaled down while decoding
// where the file is a JPEG and the caller needs less than all of it.
//
// It reads JPEG, PNG (of an APNG the default picture), GIF and WebP (of an
// animation the first frame, on its canvas), BMP and TIFF (first page). Colour
// profiles and gamma are ignored, as in the pipelines that networks are trained
// with. The package is pure Go.
//
// A JPEG of which a quarter or less is wanted, along each axis, is decoded by package jpegscale;
// every other by a JPEGDecoder, which is TensorFlow's libjpeg-turbo, and what that
// does not take by image/jpeg. The first two give the same pixels.
//
// Files are hostile until proven otherwise. Errors are typed: *fault.FormatError
// for data that is broken, *fault.UnsupportedError for formats and variants that
// are not read, *fault.LimitError for a picture over the limit, found before its
// pixels are allocated.
package decode
