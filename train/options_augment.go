package train

// AlternatingFlip mirrors each picture, left for right, in every other epoch: in the first epoch half of the pictures,
// which of them is a function of the seed and of their number (Jordan, "94% on CIFAR-10 in 3.29 seconds on a single
// GPU", 2024). Two epochs together show every picture both ways, which chance alone does for half of them. It takes the
// place of Flip.
func AlternatingFlip() Option {
	return func(s *settings) error { s.Augment.Alternate = true; return nil }
}

// ReflectCrop moves each picture by up to n pixels in each direction, as PadCrop does; what comes in is the picture
// itself, reflected at its edge, whose pixels are not repeated (numpy.pad's mode "reflect"). The last of ReflectCrop and
// PadCrop counts. n must be below the side of the net's pictures.
func ReflectCrop(n int) Option {
	return func(s *settings) error {
		s.Augment.Pad, s.Augment.Reflect = n, true
		return atLeast("reflect-crop", n, 0)
	}
}
