package card

import (
	"bytes"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

const docFile = "../../" + Page

func page(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile(docFile)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestDocSnippetsAreCards reads every JSON snippet of the page as a whole card.
func TestDocSnippetsAreCards(t *testing.T) {
	snippets := regexp.MustCompile("(?s)```json\n(.*?)```").FindAllStringSubmatch(page(t), -1)
	if len(snippets) < 10 {
		t.Errorf("%d snippets", len(snippets))
	}
	for i, s := range snippets {
		if _, err := Parse([]byte(s[1]), fmt.Sprintf("snippet %d", i+1)); err != nil {
			t.Errorf("%v in\n%s", err, s[1])
		}
	}
}

// TestDocFragmentsAreCards reads the pieces of cards in the tables: each must be
// good as a part of the card, of its input or of its output.
func TestDocFragmentsAreCards(t *testing.T) {
	n := 0
	for _, m := range regexp.MustCompile("`(\"[a-z_]+\": [^`]*)`").FindAllStringSubmatch(page(t), -1) {
		n++
		if m[1] == `"preset": "NAME"` {
			continue
		}
		var errs []error
		for _, form := range []string{`{"task": "other", %s}`, `{"task": "other", "input": {%s}}`, `{"task": "other", "input": {"resize": {%s}}}`,
			`{"task": "other", "output": {%s}}`, `{"task": "ocr-recognize", "ocr": {%s}}`} {
			if _, err := Parse(fmt.Appendf(nil, form, m[1]), "fragment"); err != nil {
				errs = append(errs, err)
			}
		}
		if len(errs) == 5 {
			t.Errorf("%s: %v", m[1], errs)
		}
	}
	if n < 40 {
		t.Errorf("%d fragments", n)
	}
}

func TestDocSpeaksOfEveryFieldAndWord(t *testing.T) {
	text := page(t)
	for _, p := range paths(reflect.TypeFor[Card](), "") {
		p = strings.TrimPrefix(p, "accuracy.")
		if !strings.Contains(text, "`"+p+"`") && !strings.Contains(text, "### "+p) {
			t.Errorf("no word of the field %s", p)
		}
		for _, w := range words(p) {
			if !strings.Contains(text, "`"+w+"`") {
				t.Errorf("no word of %s %s", p, w)
			}
		}
	}
	for _, name := range Builtins() {
		if !strings.Contains(text, "`"+name+"`") {
			t.Errorf("no word of builtin:%s", name)
		}
	}
}

// TestDocHasTheChaptersThatErrorsPointTo collects the pointers of errors, and the
// links of the page, and looks for their headings.
func TestDocHasTheChaptersThatErrorsPointTo(t *testing.T) {
	text := page(t)
	heading := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(text, -1) {
		slug := strings.ToLower(regexp.MustCompile(`[^\w\- ]`).ReplaceAllString(m[1], ""))
		heading[strings.ReplaceAll(slug, " ", "-")] = true
	}
	var source bytes.Buffer
	for _, name := range []string{"complete.go", "complete_input.go", "complete_output.go"} {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		source.Write(data)
	}
	asked := regexp.MustCompile(`s\.missing\("([a-z_.]+)"`).FindAllStringSubmatch(source.String(), -1)
	if len(asked) < 20 {
		t.Errorf("%d fields that are asked for", len(asked))
	}
	for _, m := range asked {
		if a := anchor(m[1]); !heading[a] {
			t.Errorf("%s: no heading for #%s", m[1], a)
		}
	}
	for _, m := range regexp.MustCompile(`\]\(#([^)]*)\)`).FindAllStringSubmatch(text, -1) {
		if !heading[m[1]] {
			t.Errorf("a link to #%s, which is no heading", m[1])
		}
	}
}

// TestDocListsThePresets keeps the table of presets equal to the presets.
func TestDocListsThePresets(t *testing.T) {
	var b strings.Builder
	b.WriteString("<!-- presets -->\n| preset | models | what it says | what it leaves to you, what it chose |\n|---|---|---|---|\n")
	for _, p := range Presets() {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", p.Name, strings.Join(p.Models, ", "), p.About, p.Note)
	}
	b.WriteString("<!-- /presets -->")
	text := page(t)
	table := regexp.MustCompile(`(?s)<!-- presets -->.*<!-- /presets -->`)
	if *update {
		text = table.ReplaceAllLiteralString(text, b.String())
		if err := os.WriteFile(docFile, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if !strings.Contains(text, b.String()) {
		t.Errorf("the table of presets in %s is not up to date: go test ./internal/card -run DocLists -update", docFile)
	}
}
