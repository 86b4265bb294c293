package main

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/agnivade/levenshtein"
)

// classNames returns the names of a list with commas, nil for "". Each must be one of a
// model's names; a model without any calls its classes by their numbers.
func classNames(list string, names []string) ([]string, error) {
	if list == "" {
		return nil, nil
	}
	var only []string
	for name := range strings.SplitSeq(list, ",") {
		name = strings.TrimSpace(name)
		_, err := strconv.ParseUint(name, 10, 31)
		switch {
		case name == "":
			return nil, usagef("-classes %s: want names between the commas", list)
		case names == nil && err != nil:
			return nil, usagef("-classes: %q: the model names no classes; want their numbers", name)
		case names != nil && !slices.Contains(names, name):
			return nil, usagef("-classes: the model has no class %q%s", name, likeNames(name, names))
		}
		only = append(only, name)
	}
	return only, nil
}

// likeNames suggests names that are spelt nearly like one.
func likeNames(name string, names []string) string {
	const most = 3
	type near struct {
		name string
		far  int
	}
	var list []near
	low := strings.ToLower(name)
	for _, n := range names {
		lower := strings.ToLower(n)
		far := levenshtein.ComputeDistance(low, lower)
		if within := len(low) > 2 && (strings.Contains(lower, low) || len(lower) > 2 && strings.Contains(low, lower)); within {
			far = min(far, 1)
		}
		if n != "" && far <= max(1, utf8.RuneCountInString(name)/3) {
			list = append(list, near{n, far})
		}
	}
	slices.SortStableFunc(list, func(a, b near) int { return cmp.Compare(a.far, b.far) })
	var quoted []string
	for _, n := range list[:min(most, len(list))] {
		quoted = append(quoted, strconv.Quote(n.name))
	}
	switch {
	case quoted != nil:
		return fmt.Sprintf("; did you mean %s?", strings.Join(quoted, " or "))
	case len(names) <= 20:
		return "; it has " + strings.Join(slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == "" }), ", ")
	}
	return ""
}
