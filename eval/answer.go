package eval

import "image"

// An Answer is what a classifier said of one picture. Truth and Class are rows of the model's output; of rows
// with one name the first.
type Answer struct {
	Name  string      // as its set calls the picture
	Image image.Image // as the set gave it
	Truth int
	Class int     // that came first
	Score float64 // of Class, as the model gave it
}

// Answers calls f with every picture that Classification measures, in the set's order, one after the other. The other
// measures do not call it.
func Answers(f func(Answer)) Option {
	return func(o *options) { o.answer = f }
}
