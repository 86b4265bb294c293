package eval

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/gosight/vision/dataset"
	"github.com/gosight/vision/internal/card"
)

// numbers give the classes of a set and of a model numbers that can be compared.
type numbers struct {
	truth func(class int) (int64, error) // of the set's class
	found func(index int) int64          // of the model's; negative: none of the set's
	name  func(number int64) string
	how   string
}

// alike is the part of COCO's names that a list must spell the same at the same place to
// be taken for one: some are spelt in several ways (tv and tvmonitor, couch and sofa).
const alike = 0.85

// cocoNames returns COCO's names by number, 1 to 90, "" in the gaps.
func cocoNames() ([]string, error) {
	c := &card.Card{Output: card.Output{Labels: "builtin:coco-90"}}
	names, err := c.Labels(nil, "", 0)
	if err != nil {
		return nil, fmt.Errorf("eval: %w", err)
	}
	for i, n := range names {
		if n == strconv.Itoa(i) || i == 0 {
			names[i] = ""
		}
	}
	return names, nil
}

// cocoNumbers returns COCO's number, 1 to 90, of each row of a model, 0 for a row that
// is none of its classes; nil if the model is not one of COCO's. Its names may
// stand at COCO's numbers, or at those of the 80 classes without gaps, one row up or down.
func cocoNumbers(names, coco []string) []int64 {
	var dense []int64 // of the 80
	for id, n := range coco {
		if n != "" {
			dense = append(dense, int64(id))
		}
	}
	for _, shift := range []int{0, -1, 1} { // a background row more or less
		for _, gaps := range []bool{true, false} {
			list, same := make([]int64, len(names)), 0
			for i, n := range names {
				k := i - shift
				switch {
				case gaps && k >= 0 && k < len(coco) && coco[k] != "":
					list[i] = int64(k)
				case !gaps && k >= 0 && k < len(dense):
					list[i] = dense[k]
				}
				if list[i] > 0 && coco[list[i]] == n {
					same++
				}
			}
			if float64(same) >= alike*float64(len(dense)) {
				return list
			}
		}
	}
	return nil
}

// isCOCO reports whether the categories of a set are COCO's by number.
func isCOCO(set *dataset.Set, coco []string) bool {
	same := 0
	for i, id := range set.IDs {
		if id > 0 && id < int64(len(coco)) && coco[id] != "" && coco[id] == set.Classes[i] {
			same++
		}
	}
	return same > 0 && float64(same) >= alike*float64(len(set.IDs))
}

// numbersOf joins the classes of a set of objects and of a detector.
func numbersOf(set *dataset.Set, names []string) (*numbers, error) {
	coco, err := cocoNames()
	if err != nil {
		return nil, err
	}
	model := cocoNumbers(names, coco)
	switch {
	case model != nil && set.Classes == nil:
		return densely(model, coco), nil
	case model != nil && isCOCO(set, coco):
		return &numbers{
			truth: func(class int) (int64, error) { return set.IDs[class], nil },
			found: func(index int) int64 { return cocoNumber(model, index) },
			name:  func(n int64) string { return coco[n] },
			how:   "by COCO's numbers",
		}, nil
	case set.Classes != nil:
		j, err := byName(set.Classes, names)
		if err != nil {
			return nil, err
		}
		return &numbers{
			truth: func(class int) (int64, error) { return int64(j.rows[class]), nil },
			found: func(index int) int64 {
				if index < 0 || index >= len(j.first) {
					return -1
				}
				return int64(j.first[index])
			},
			name: func(n int64) string { return names[n] },
			how:  j.how,
		}, nil
	}
	return plainly(names), nil
}

func cocoNumber(model []int64, index int) int64 {
	if index < 0 || index >= len(model) || model[index] == 0 {
		return -1
	}
	return model[index]
}

// densely joins labels numbered 0 to 79 with a model of COCO's classes.
func densely(model []int64, coco []string) *numbers {
	var ids []int64
	for id, n := range coco {
		if n != "" {
			ids = append(ids, int64(id))
		}
	}
	return &numbers{
		truth: func(class int) (int64, error) {
			if class < 0 || class >= len(ids) {
				return 0, &ClassError{[]string{strconv.Itoa(class)}, slices.DeleteFunc(slices.Clone(coco), func(n string) bool { return n == "" })}
			}
			return ids[class], nil
		},
		found: func(index int) int64 { return cocoNumber(model, index) },
		name:  func(n int64) string { return coco[n] },
		how:   "by COCO's numbers, 0 to 79 in the labels",
	}
}

// plainly joins labels that are numbered as the model numbers its classes, but for a
// background row.
func plainly(names []string) *numbers {
	offset := 0
	if len(names) > 0 && (names[0] == "" || names[0] == "background") {
		offset = 1
	}
	return &numbers{
		truth: func(class int) (int64, error) {
			if names != nil && class+offset >= len(names) {
				return 0, &ClassError{[]string{strconv.Itoa(class)}, names[offset:]}
			}
			return int64(class + offset), nil
		},
		found: func(index int) int64 { return int64(index) },
		name: func(n int64) string {
			if n >= int64(len(names)) {
				return strconv.FormatInt(n, 10)
			}
			return names[n]
		},
		how: "by number, as the labels name none",
	}
}
