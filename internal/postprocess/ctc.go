package postprocess

import "math"

// A Symbol is one character that CTC decoding found.
type Symbol struct {
	Row        int     // of the output
	From, To   int     // time steps at which it was seen, To not included
	Confidence float32 // the largest probability of it there; see CTCGreedy, CTCBeam
}

// CTCGreedy reads the probabilities of classes rows at each time step by the best row of each: repeats
// are one symbol, blanks are none. The confidence is the probability at the symbol's first step, as
// PaddleOCR's CTCLabelDecode has it. NaN is never the best.
func CTCGreedy(probs []float32, classes, blank int) []Symbol {
	var out []Symbol
	last := blank
	for t := 0; (t+1)*classes <= len(probs) && classes > 0; t++ {
		best := argmax(probs[t*classes:(t+1)*classes], blank)
		switch {
		case best == blank:
		case best == last:
			out[len(out)-1].To = t + 1
		default:
			out = append(out, Symbol{best, t, t + 1, probs[t*classes+best]})
		}
		last = best
	}
	return out
}

// argmax returns the first of the largest values, or none if none is a number.
func argmax(v []float32, none int) int {
	best, top := none, float32(math.Inf(-1))
	for i, x := range v {
		if x > top {
			best, top = i, x
		}
	}
	return best
}

// MeanConfidence is the score of a text: the mean of its symbols' confidences, 0 of none.
func MeanConfidence(symbols []Symbol) float32 {
	if len(symbols) == 0 {
		return 0
	}
	sum := 0.0
	for _, s := range symbols {
		sum += float64(s.Confidence)
	}
	return float32(sum / float64(len(symbols)))
}
