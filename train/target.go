package train

// A marker writes targets: what the scores of pictures shall be.
type marker struct {
	classes   int
	smoothing float64
	weights   []float32 // of the classes; nil: all are 1
}

// batch gives targets, a row a picture that sums to 1, the weights of the pictures' losses, nil if all are 1, and the
// classes that count as right: of a mixed picture that of which it has more. x is nil for pictures that are not mixed.
//
// The loss of a mixed picture is that of both classes in the parts that they have, each with its class's weight: w =
// own*w1 + (1-own)*w2 times the loss against own*w1/w and (1-own)*w2/w.
func (m *marker) batch(classes []int, x *mixture) (targets, weights []float32, right []int) {
	targets = make([]float32, len(classes)*m.classes)
	right = classes
	if x != nil {
		right = append([]int(nil), classes...)
	}
	if m.weights != nil {
		weights = make([]float32, len(classes))
	}
	off := float32(m.smoothing / float64(m.classes))
	for i, class := range classes {
		own, other := float32(1), class
		if x != nil {
			own, other = float32(x.own), classes[x.with[i]]
			if x.own < 0.5 {
				right[i] = other
			}
		}
		if m.weights != nil {
			a, b := own*m.weights[class], (1-own)*m.weights[other]
			weights[i], own = a+b, a/(a+b)
		}
		row := targets[i*m.classes : (i+1)*m.classes]
		for j := range row {
			row[j] = off
		}
		on := float32(1 - m.smoothing)
		if class == other {
			row[class] += on
			continue
		}
		row[class] += own * on
		row[other] += (1 - own) * on
	}
	return targets, weights, right
}
