package postprocess

// NMS is greedy non-maximum suppression: it sorts cs, best first, equal scores in
// the order in which they came, and drops each candidate that overlaps one already kept by more
// than iou. With perClass, candidates of different classes leave each other alone. At
// most most candidates are kept; 0 means all. The result shares memory with cs.
//
// It keeps what tf.image.non_max_suppression and torchvision.ops.nms keep of boxes with
// an area (torchvision.ops.batched_nms with perClass). Time is the number of
// candidates times that of those kept.
func NMS(cs []Candidate, iou float32, perClass bool, most int) []Candidate {
	Sort(cs)
	kept := cs[:0]
	for _, c := range cs {
		if most > 0 && len(kept) == most {
			break
		}
		if !suppressed(kept, c, iou, perClass) {
			kept = append(kept, c)
		}
	}
	return kept
}

// suppressed reports whether c overlaps one of kept too much. Neighbours in score are
// often neighbours in place, so it looks at the latest first.
func suppressed(kept []Candidate, c Candidate, iou float32, perClass bool) bool {
	for i := len(kept) - 1; i >= 0; i-- {
		k := &kept[i]
		if perClass && k.Class != c.Class {
			continue
		}
		if k.Box.X0 >= c.Box.X1 || c.Box.X0 >= k.Box.X1 || k.Box.Y0 >= c.Box.Y1 || c.Box.Y0 >= k.Box.Y1 {
			continue // apart: saves the division
		}
		if IoU(k.Box, c.Box) > iou {
			return true
		}
	}
	return false
}
