// Package jpegscale decodes a JPEG straight to a quarter or an eighth of its
// size, in pure Go and on several processors.
//
// It takes what cameras and most programs write: baseline and extended sequential Huffman coding of
// 8 bits, grey or Y'CbCr in 4:4:4, 4:2:2, 4:4:0 or 4:2:0, all components in one
// scan, with or without restart markers. Everything else, and everything that is
// broken in any way, is an error of package fault, and the caller turns to a
// decoder that takes more. What it decodes equals libjpeg-turbo's scaled decode to
// the bit (accurate transform, fancy upsampling): ITU-T T.81 for the stream, and for
// the pixels
//
//   - the reduced transforms of 1x1, 2x2 and 4x4 samples a block: the full transform
//     without the frequencies that cancel, in 13 fractional bits, rounded between its
//     two passes (the method of libjpeg's jidctred.c),
//   - chroma that is halved both ways comes from a transform of twice the size
//     instead of an upsampler; halved one way it is interpolated 3 to 1 at 1:4,
//     and repeated at 1:8,
//   - JFIF 1.02 colour in 16 fractional bits.
//
// # Speed
//
// At 1:2 the transforms take as much time as the codes, and libjpeg-turbo's vector code for them is
// faster than any that Go compiles; so that scale is not here. At 1:4 and 1:8 most of the work is Huffman decoding. A table look-up gives a
// code, its value and, where it fits, the end of the block behind it; each value goes
// straight into the sums of the first pass.
//
// A large scan is cut into parts, one a processor. Huffman codes
// synchronise themselves: a decoder that starts anywhere is soon in step with the
// right one (Weissenberger and Schmidt, Massively Parallel Huffman Decoding on GPUs,
// ICPP 2018). Each part is decoded from a guess; then, in order, each is continued
// beyond its end until it stands where the next one stood at the start of a unit, from
// where on that one is right. One that never gets there is simply continued, so that the result is
// always that of one processor. DC values are sums of differences; what a part has
// summed since its guess differs from the truth by a constant, and up to the last
// shift the pixels are linear in it.
package jpegscale
