package card

import "testing"

func TestFileOfNames(t *testing.T) {
	for _, c := range []struct {
		names []string
		ok    bool
	}{
		{[]string{"cat", "dog"}, true},
		{[]string{"1 euro", "2 euro"}, true}, // a numbered list begins with 0
		{[]string{" ", "\u3000"}, true},
		{[]string{"0 none", "1 one"}, false},
		{[]string{"0 none", "10 ten"}, false},
		{[]string{"/a/abbey 0", "/a/airport 1"}, false},
		{[]string{"a", ""}, false},
		{[]string{"", "a"}, false},
		{[]string{"a\nb", "c"}, false},
		{[]string{"a\r", "c"}, false},
		{[]string{"\ufeffa", "c"}, false},
		{[]string{"caf\xe9", "c"}, false},
		{nil, false},
	} {
		data, ok := FileOf(c.names)
		if ok != c.ok {
			t.Errorf("%q: %v, want %v", c.names, ok, c.ok)
		}
		if list, err := parseNames(data, "labels.txt"); ok && (err != nil || len(list.names) != len(c.names)) {
			t.Errorf("%q: %v", c.names, err)
		}
	}
}
