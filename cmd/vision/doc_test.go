package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestDocHoldsTheHelp compares the help of every command with doc/cli.md, where it stands
// after a heading of the command's name.
func TestDocHoldsTheHelp(t *testing.T) {
	const file = root + "/doc/cli.md"
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	doc := string(data)
	for _, c := range commands() {
		text, _, _ := here("", append([]string{"help"}, strings.Fields(c.name)...)...)
		heading := fmt.Sprintf("\n## vision %s\n", c.name)
		block := regexp.MustCompile("(?s)" + regexp.QuoteMeta(heading) + "\n```text\n(.*?)```\n")
		m := block.FindStringSubmatchIndex(doc)
		if m == nil {
			t.Errorf("%s has no help under %q", file, strings.TrimSpace(heading))
			continue
		}
		if got := doc[m[2]:m[3]]; got != text && !*update {
			t.Errorf("%s: the help of %s differs (go test ./cmd/vision -update writes it anew):\n%s", file, c.name, got)
		}
		doc = doc[:m[2]] + text + doc[m[3]:]
	}
	if *update {
		if err := os.WriteFile(file, []byte(doc), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
