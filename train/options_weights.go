package train

import (
	"fmt"
	"maps"
	"slices"
)

// Balanced weighs the loss of each picture by the inverse of its class's frequency in the training part: n/(k*count), of n
// pictures in k classes, as scikit-learn's class_weight="balanced". The losses of a batch are averaged over its pictures,
// as with Keras' class_weight. Validation is not weighed.
func Balanced() Option {
	return func(s *settings) error { s.Balanced = true; return nil }
}

// ClassWeights weighs the loss of each picture by its class, as Balanced does; a class that is not named weighs 1.
func ClassWeights(weights map[string]float64) Option {
	return func(s *settings) error {
		s.given = maps.Clone(weights)
		for _, name := range slices.Sorted(maps.Keys(weights)) {
			if err := within(fmt.Sprintf("weight of class %q", name), weights[name], 1e-6, 1e6); err != nil {
				return err
			}
		}
		return nil
	}
}
