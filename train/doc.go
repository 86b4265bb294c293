// Package train fits a network to labelled pictures and writes a SavedModel that package recognize opens, and
// TensorFlow in Python too.
//
//	set, err := dataset.MNIST("mnist", "train")
//	test, err := dataset.MNIST("mnist", "test")
//	net, err := train.ByName("lenet5")
//	result, err := train.Fit(ctx, net, train.Data{Train: set, Valid: test}, train.Out("digits"), train.Epochs(20))
//	...
//	m, err := recognize.Open("digits")
//
// FineTune makes classes of your own out of a model that others have trained, in minutes:
//
//	result, err := train.FineTune(ctx, train.From("mobilenet_v2"), train.Data{Train: set, Valid: test}, train.Out("flowers"))
//
// A run may be stopped at any moment, also by killing the process, and goes on with Resume from its last
// checkpoint: with the same pictures, settings and number of threads its losses are those of a run that was never
// stopped. What is random (first weights, order, augmentation, dropout) is a function of the seed and of
// the step alone.
//
// Beside the model Fit writes what people look at: curves.png, event files for TensorBoard in logs, and of the validation
// part confusion.png, confusion.csv and worst.png; see Plain. It never costs a run: see Result.Unwritten.
//
// Each picture of the training part is changed in this order, by what was asked for: RandomResizedCrop, ColorJitter, PadCrop
// or ReflectCrop, Flip or AlternatingFlip, Cutout; then pictures of a batch are mixed by Mixup or CutMix.
package train
