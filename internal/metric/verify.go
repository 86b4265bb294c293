package metric

import (
	"math"
	"sort"
)

// A Verification is the outcome of the LFW protocol. Std are population deviations
// over the folds.
type Verification struct {
	Pairs       int       `json:"pairs"`
	Folds       int       `json:"folds"`
	Accuracy    float64   `json:"accuracy"` // mean over the folds
	AccuracyStd float64   `json:"accuracy_std"`
	Threshold   float64   `json:"threshold"` // mean of the folds' thresholds
	VAL         float64   `json:"val"`       // same pairs accepted at a FAR of 0.001, mean over the folds
	VALStd      float64   `json:"val_std"`
	FAR         float64   `json:"far"`            // the FAR really had on the folds that were held out
	Accuracies  []float64 `json:"accuracies"`     // by fold
	Thresholds  []float64 `json:"thresholds"`     // by fold, for the accuracy
	VALs        []float64 `json:"vals"`           // by fold
	VALAt       []float64 `json:"val_thresholds"` // by fold
}

// Steps of the threshold from 0 to 4 exclusive, and the false accept rate of VAL, as
// in facenet's lfw.py.
const (
	accuracySteps = 400
	valSteps      = 4000
	verifyFAR     = 1e-3
)

// Verify measures how well distances tell pairs of pictures of one person from
// pairs of two. Smaller is more alike, in any unit whose useful thresholds lie in
// 0..4: squared L2 of vectors of length 1 (0 to 4, the protocol's own) or cosine distance
// (0 to 2, half of it).
//
// The pairs are cut in their order into folds, as KFold without shuffling: the first
// len % folds are one longer. For each fold the threshold is chosen on the others, the
// first of 0, 0.01, ... 3.99 with the highest accuracy, and a pair is called the same
// if its distance is below it. For VAL the threshold, in steps of 0.001, is
// interpolated linearly to a false accept rate of 0.001 on the others; of equal
// rates the highest threshold counts; 0 if the rate is never reached.
//
// The LFW list has 10 folds of 600 pairs; leave out pairs whose pictures are missing and
// say how many. Every fold must hold pairs of both kinds.
func Verify(distance []float64, same []bool, folds int) (Verification, error) {
	n := len(distance)
	if len(same) != n || folds < 2 || folds > n {
		return Verification{}, broken("pairs", "want as many answers as distances and 2 folds to one a pair, got %d distances, %d answers, %d folds", n, len(same), folds)
	}
	for i, d := range distance {
		if math.IsNaN(d) {
			return Verification{}, broken("pairs", "pair %d: the distance is NaN", i)
		}
	}
	coarse, fine := make([]tally, folds), make([]tally, folds)
	start := 0
	for f := range folds {
		end := start + n/folds
		if f < n%folds {
			end++
		}
		coarse[f] = newTally(distance[start:end], same[start:end], accuracySteps)
		fine[f] = newTally(distance[start:end], same[start:end], valSteps)
		if coarse[f].same == 0 || coarse[f].differ == 0 {
			return Verification{}, broken("pairs", "fold %d, pairs %d to %d: want same and different ones, got %d and %d", f+1, start, end-1, coarse[f].same, coarse[f].differ)
		}
		start = end
	}
	v := Verification{Pairs: n, Folds: folds}
	var fars []float64
	for f := range folds {
		best := others(coarse, f).best()
		v.Accuracies = append(v.Accuracies, coarse[f].accuracy(best))
		v.Thresholds = append(v.Thresholds, threshold(best, accuracySteps))
		at := others(fine, f).atFAR(verifyFAR)
		val, far := rates(distance, same, n, folds, f, at)
		v.VALAt = append(v.VALAt, at)
		v.VALs = append(v.VALs, val)
		fars = append(fars, far)
	}
	v.Accuracy, v.AccuracyStd = meanStd(v.Accuracies)
	v.Threshold, _ = meanStd(v.Thresholds)
	v.VAL, v.VALStd = meanStd(v.VALs)
	v.FAR, _ = meanStd(fars)
	return v, nil
}

// A tally counts, for each threshold, the pairs whose distance is below it.
type tally struct {
	same, differ   int
	accepted, fake []int // same and different pairs below threshold i
}

// threshold is numpy's arange(0, 4, 4/steps)[i].
func threshold(i, steps int) float64 {
	if steps == accuracySteps {
		return float64(i) * .01
	}
	return float64(i) * .001
}

func newTally(distance []float64, same []bool, steps int) tally {
	t := tally{accepted: make([]int, steps), fake: make([]int, steps)}
	for i, d := range distance {
		// Below all thresholds from the first that is greater.
		from := sort.Search(steps, func(j int) bool { return threshold(j, steps) > d })
		count := t.fake
		if same[i] {
			t.same++
			count = t.accepted
		} else {
			t.differ++
		}
		if from < steps {
			count[from]++
		}
	}
	for i := 1; i < steps; i++ {
		t.accepted[i] += t.accepted[i-1]
		t.fake[i] += t.fake[i-1]
	}
	return t
}

// others is the sum of all folds but one.
func others(folds []tally, but int) tally {
	steps := len(folds[0].accepted)
	sum := tally{accepted: make([]int, steps), fake: make([]int, steps)}
	for f, t := range folds {
		if f == but {
			continue
		}
		sum.same += t.same
		sum.differ += t.differ
		for i := range steps {
			sum.accepted[i] += t.accepted[i]
			sum.fake[i] += t.fake[i]
		}
	}
	return sum
}

func (t tally) accuracy(i int) float64 {
	return float64(t.accepted[i]+t.differ-t.fake[i]) / float64(t.same+t.differ)
}

// best is the first threshold with the most right answers.
func (t tally) best() int {
	best := 0
	for i := range t.accepted {
		if t.accepted[i]-t.fake[i] > t.accepted[best]-t.fake[best] {
			best = i
		}
	}
	return best
}

// atFAR is numpy's interp(far, rates, thresholds), or 0 if the rate is never reached.
func (t tally) atFAR(far float64) float64 {
	rate := func(i int) float64 { return float64(t.fake[i]) / float64(t.differ) }
	last := len(t.fake) - 1
	if rate(last) < far {
		return 0
	}
	next := sort.Search(len(t.fake), func(i int) bool { return rate(i) > far })
	if next > last {
		return threshold(last, valSteps)
	}
	if next == 0 {
		return threshold(0, valSteps)
	}
	low, high := threshold(next-1, valSteps), threshold(next, valSteps)
	return low + float64((high-low)/(rate(next)-rate(next-1))*(far-rate(next-1)))
}

// rates returns the parts of same and of different pairs of a fold below at.
func rates(distance []float64, same []bool, n, folds, f int, at float64) (val, far float64) {
	start := f*(n/folds) + min(f, n%folds)
	end := (f+1)*(n/folds) + min(f+1, n%folds)
	var all, below [2]int
	for i := start; i < end; i++ {
		k := one(same[i])
		all[k]++
		if distance[i] < at {
			below[k]++
		}
	}
	return float64(below[1]) / float64(all[1]), float64(below[0]) / float64(all[0])
}

func meanStd(v []float64) (mean, std float64) {
	for _, x := range v {
		mean += x
	}
	mean /= float64(len(v))
	for _, x := range v {
		std += (x - mean) * (x - mean)
	}
	return mean, math.Sqrt(std / float64(len(v)))
}

// SquaredL2 is the squared Euclidean distance of a and b, the LFW protocol's own.
func SquaredL2(a, b []float32) (float64, error) {
	if len(a) != len(b) {
		return 0, broken("embeddings", "want two of one length, got %d and %d", len(a), len(b))
	}
	sum := 0.
	for i := range a {
		d := float64(a[i]) - float64(b[i])
		sum += d * d
	}
	return sum, nil
}

// CosineDistance is 1 minus the cosine of the angle between a and b, 0 to 2. For
// vectors of length 1 it is half of SquaredL2. A vector of zeros has no angle and is
// refused.
func CosineDistance(a, b []float32) (float64, error) {
	if len(a) != len(b) {
		return 0, broken("embeddings", "want two of one length, got %d and %d", len(a), len(b))
	}
	var ab, aa, bb float64
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		ab += x * y
		aa += x * x
		bb += y * y
	}
	if aa == 0 || bb == 0 {
		return 0, broken("embeddings", "want vectors that are not zero, got lengths %g and %g", math.Sqrt(aa), math.Sqrt(bb))
	}
	return 1 - ab/math.Sqrt(aa*bb), nil
}
