package eval

import (
	"context"
	"fmt"
	"math"

	"github.com/gosight/vision/dataset"
	"github.com/gosight/vision/internal/metric"
)

// A VerificationResult holds fractions in [0, 1], and distances in 0..4. Deviations are
// population deviations over the folds.
type VerificationResult struct {
	Scope
	Pairs        int          `json:"pairs"`          // that were measured
	PairsLeftOut int          `json:"pairs_left_out"` // pairs of a picture that was left out
	Accuracy     float64      `json:"accuracy"`       // mean over the folds
	AccuracyStd  float64      `json:"accuracy_std"`
	Threshold    float64      `json:"threshold"` // mean of the folds' thresholds, squared L2; half of it is the cosine distance
	VAL          float64      `json:"val"`       // pairs of one person that are accepted at a false accept rate of 0.001
	VALStd       float64      `json:"val_std"`
	FAR          float64      `json:"far"` // the false accept rate really had on the folds held out
	Folds        []FoldResult `json:"folds"`
}

// A FoldResult is what came of one fold with the thresholds of the others.
type FoldResult struct {
	Accuracy     float64 `json:"accuracy"`
	Threshold    float64 `json:"threshold"`
	VAL          float64 `json:"val"`
	VALThreshold float64 `json:"val_threshold"`
}

const verificationProtocol = "LFW: squared L2 distance of vectors brought to length 1; for each fold the threshold of 0, 0.01, ... 3.99 with the highest accuracy on the other folds, " +
	"below it the same person; VAL at a false accept rate of 0.001, thresholds in steps of 0.001 interpolated linearly; pairs of missing pictures are left out before the folds are cut (facenet's lfw.py)"

// Verification measures vectors of faces by the LFW protocol: those of face.Model, for
// instance, of the pictures as they are or of the face found in them; the caller's function decides.
// Vectors may have any length but 0.
//
// The vectors of all pictures are kept until the end.
func Verification(ctx context.Context, pairs *dataset.Pairs, embed Stream[[]float32], opts ...Option) (*VerificationResult, error) {
	r := &VerificationResult{Scope: Scope{Protocol: verificationProtocol}}
	vectors := map[string][]float32{}
	err := run(ctx, pairs.Set, embed, opts, &r.Scope, func(a asked, v []float32) error {
		if len(v) == 0 {
			return fmt.Errorf("eval: want a vector, got an empty one")
		}
		if d, err := metric.CosineDistance(v, v); err != nil || math.IsNaN(d) {
			return fmt.Errorf("eval: want a vector of finite numbers that are not all zero")
		}
		vectors[a.ex.Name] = v
		return nil
	})
	if err != nil {
		return nil, err
	}
	var distance []float64
	var same []bool
	for _, p := range pairs.Pairs {
		a, b := vectors[p.A], vectors[p.B]
		if a == nil || b == nil {
			r.PairsLeftOut++
			continue
		}
		cosine, err := metric.CosineDistance(a, b)
		if err != nil {
			return nil, fmt.Errorf("eval: %s and %s: %w", p.A, p.B, err)
		}
		distance, same = append(distance, 2*cosine), append(same, p.Same)
	}
	v, err := metric.Verify(distance, same, pairs.Folds)
	if err != nil {
		return nil, fmt.Errorf("eval: %w", err)
	}
	r.Pairs, r.Accuracy, r.AccuracyStd, r.Threshold = v.Pairs, v.Accuracy, v.AccuracyStd, v.Threshold
	r.VAL, r.VALStd, r.FAR = v.VAL, v.VALStd, v.FAR
	for i := range v.Accuracies {
		r.Folds = append(r.Folds, FoldResult{v.Accuracies[i], v.Thresholds[i], v.VALs[i], v.VALAt[i]})
	}
	return r, nil
}
