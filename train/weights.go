package train

import (
	"fmt"
	"slices"
)

// classWeights are the weights of the losses, a class each; nil if all are 1.
func classWeights(r recipe, classes []int) []float32 {
	var w []float64
	switch {
	case r.Balanced:
		w = balanced(classes, len(r.Classes))
	case r.Weights != nil:
		w = r.Weights
	default:
		return nil
	}
	out := make([]float32, len(w))
	for i, v := range w {
		out[i] = float32(v)
	}
	return out
}

// balanced weighs each class by the inverse of its frequency: n / (k * count), of n pictures in k classes (King and
// Zeng, "Logistic regression in rare events data", 2001; scikit-learn's class_weight="balanced").
func balanced(classes []int, k int) []float64 {
	w := make([]float64, k)
	for _, c := range classes {
		w[c]++
	}
	for i, count := range w {
		w[i] = float64(len(classes)) / (float64(k) * count)
	}
	return w
}

// inOrder puts given weights into the order of the classes.
func inOrder(given map[string]float64, classes []string) ([]float64, error) {
	w := make([]float64, len(classes))
	for i, c := range classes {
		w[i] = 1
		if v, ok := given[c]; ok {
			w[i] = v
		}
	}
	for name := range given {
		if !slices.Contains(classes, name) {
			return nil, &SettingError{fmt.Sprintf("class weights: want classes of the training part (%q), got %q", classes, name)}
		}
	}
	return w, nil
}
