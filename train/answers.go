package train

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
)

// answers are what a net said of the pictures of the validation part, in their order.
type answers struct {
	classes []int     // that came first
	scores  []float32 // its probability
}

// answersFile lies beside the variables of the best epoch: for each picture class and probability, as uint32 and
// float32, little-endian. What is told of the best epoch can so be written by a run that was resumed after it.
const answersFile = "answers"

// add takes rows of logits, one a picture.
func (a *answers) add(logits []float32, pictures int) {
	k := len(logits) / max(pictures, 1)
	for i := range pictures {
		row := logits[i*k : (i+1)*k]
		best := 0
		for j, v := range row {
			if v > row[best] {
				best = j
			}
		}
		z := 0.0
		for _, v := range row {
			z += math.Exp(float64(v - row[best]))
		}
		a.classes = append(a.classes, best)
		a.scores = append(a.scores, float32(1/z))
	}
}

// surest are the n wrong answers of highest probability, best first; of equal ones those that came first.
func (a *answers) surest(truths []int, n int) []int {
	var wrong []int
	for i, truth := range truths {
		if a.classes[i] != truth {
			wrong = append(wrong, i)
		}
	}
	slices.SortStableFunc(wrong, func(i, j int) int { return cmp.Compare(a.scores[j], a.scores[i]) })
	return wrong[:min(n, len(wrong))]
}

func (a *answers) bytes() []byte {
	b := make([]byte, 0, 8*len(a.classes))
	for i, c := range a.classes {
		b = binary.LittleEndian.AppendUint32(b, uint32(c))
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(a.scores[i]))
	}
	return b
}

// readAnswers reads those of so many pictures and classes.
func readAnswers(b []byte, pictures, classes int) (*answers, error) {
	if len(b) != 8*pictures {
		return nil, fmt.Errorf("train: answers of the best epoch: want %d bytes for the %d pictures of the validation part, got %d: is it another part?", 8*pictures, pictures, len(b))
	}
	a := &answers{}
	for ; len(b) > 0; b = b[8:] {
		c := binary.LittleEndian.Uint32(b)
		if int64(c) >= int64(classes) {
			return nil, fmt.Errorf("train: answers of the best epoch: want classes below %d, got %d", classes, c)
		}
		a.classes = append(a.classes, int(c))
		a.scores = append(a.scores, math.Float32frombits(binary.LittleEndian.Uint32(b[4:])))
	}
	return a, nil
}
