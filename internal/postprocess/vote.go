package postprocess

import "github.com/gosight/vision/internal/label"

// Share tells how much of a vote among ranked classes the first of two sides has, in
// [0, 1]. side says on which a class lies by its index: above 0 the first, below 0 the
// second, 0 has no say. With voters above 0 the best so many classes that have a say vote,
// each with one voice, as in the rule of Places365; with 0 all do, each with its score, and
// where all these are 0 with one voice.
func Share(ranked label.Labels, side []int8, voters int) float32 {
	var first, all, firstCount, allCount float64
	for _, l := range ranked {
		s := side[l.Index]
		if s == 0 {
			continue
		}
		score := float64(l.Score)
		all += score
		allCount++
		if s > 0 {
			first += score
			firstCount++
		}
		if voters > 0 && int(allCount) == voters {
			break
		}
	}
	switch {
	case allCount == 0:
		return 0.5
	case voters > 0 || all == 0:
		return float32(firstCount / allCount)
	}
	return float32(first / all)
}
