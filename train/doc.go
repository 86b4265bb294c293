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
// On says where to compute: GPUs, several devices that share each batch, a TensorFlow server.
//
// The SavedModel of Fit has a signature "train" beside serving_default, by which other programs, in Go or Python, go on
// training it: from image (float32 [N, H, W, C], normalised as serving_default takes it), targets (float32 [N, classes],
// each row summing to 1), rate (float32) and, where the net has dropout, step (int64 [2]: the step's number and a seed) it
// makes one step of gradient descent on the model's own variables, without momentum or weight decay, moves the statistics of
// batch normalisation, and gives loss (float32), the batch's before the step.
//
// Each picture of the training part is changed in this order, by what was asked for: RandomResizedCrop, ColorJitter, PadCrop
// or ReflectCrop, Flip or AlternatingFlip, Cutout; then pictures of a batch are mixed by Mixup or CutMix.
package train
