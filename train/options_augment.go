package train

import "cmp"

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

// RandomResizedCrop shows of each picture a part, stretched to the size of the net: of at least the part least of its
// area, 0.08 as published, and a ratio of 3/4 to 4/3 (Szegedy and others, "Going deeper with convolutions", 2014; drawn as
// torchvision's RandomResizedCrop draws). Other changes come after it.
//
// The pictures of the training part are then kept whole, as squares of 4/3 of the net's size, or of their own size if
// that is less: up to 16/9 of the bytes; see Memory. Crops are sampled from these with a triangle filter that does not
// alias. Validation sees pictures as the finished model will.
func RandomResizedCrop(least float64) Option {
	return func(s *settings) error { s.Augment.Crop = least; return within("random resized crop", least, 0.01, 1) }
}

// ColorJitter changes the colours of each picture, in an order that is drawn too: brightness, contrast and saturation by
// a factor of max(0, 1-v) to 1+v each, and the hue by up to that part of a turn, at most 0.5. 0 leaves one as it is. The
// formulas are those of torchvision's ColorJitter: brightness is times the factor, contrast and saturation move away from
// the mean grey of the picture and the grey of the pixel (ITU-R BT.601), hue turns that of HSV. Grey pictures
// have no saturation and no hue.
func ColorJitter(brightness, contrast, saturation, hue float64) Option {
	return func(s *settings) error {
		s.Augment.Jitter = jitter{brightness, contrast, saturation, hue}
		return cmp.Or(within("brightness", brightness, 0, 10), within("contrast", contrast, 0, 10), within("saturation", saturation, 0, 10),
			within("hue", hue, 0, 0.5))
	}
}

// Mixup trains on mixtures of two pictures of a batch, and on their classes in the same parts, which are drawn from
// Beta(alpha, alpha) for each batch; 0.2 for instance (Zhang and others, "mixup: Beyond empirical risk minimization",
// 2017). The mixture is rounded to whole levels of 255. Each picture is one half of a pair and the other of another.
//
// With CutMix too, each batch is mixed one way or the other. The accuracy of training counts the class of which a
// picture has more as the right one, so it stays low, and says little beside that of the validation.
func Mixup(alpha float64) Option {
	return func(s *settings) error { s.Augment.Mix.Up = alpha; return within("mixup", alpha, 0.05, 100) }
}

// CutMix covers a box in each picture with that of another of the batch, and trains on both classes in the parts that
// they have of the pixels (Yun and others, "CutMix", 2019). The box has the area drawn from Beta(alpha, alpha), 1 for
// instance, and its centre anywhere, so that it may reach beyond the picture; what is counted is what is within. Of the
// accuracy of training, Mixup says what counts.
func CutMix(alpha float64) Option {
	return func(s *settings) error { s.Augment.Mix.Cut = alpha; return within("cutmix", alpha, 0.05, 100) }
}

// MixPart is the part of the batches that Mixup and CutMix change, 0.5 for instance; default is all.
func MixPart(part float64) Option {
	return func(s *settings) error { s.Augment.Mix.Part = part; return within("mix part", part, 1e-6, 1) }
}
