package main

import (
	"context"
	"flag"
	"fmt"
	"strings"
)

func helpCommand() *command {
	c := newCommand("help", "[COMMAND]", "tell what a command does")
	c.run = func(_ context.Context, a *app, args []string) error {
		if len(args) == 0 {
			return a.help(nil)
		}
		name := strings.Join(args, " ")
		for _, c := range commands() {
			if c.name == name {
				return a.help(c)
			}
		}
		if list := names(name); list != "" {
			return a.overview(name)
		}
		return usagef("unknown command %q; there are %s", name, names(""))
	}
	return c
}

// help writes the help of a command, or of all.
func (a *app) help(c *command) error {
	if c == nil || c.name == "help" {
		return a.overview("")
	}
	return write(a, helpOf(c))
}

// overview lists the commands, or those of a group.
func (a *app) overview(group string) error {
	var b strings.Builder
	if group == "" {
		b.WriteString("Vision recognises pictures with TensorFlow models.\n\n")
	}
	b.WriteString("Usage: vision COMMAND [FLAGS] [ARGUMENTS]\n\n")
	var rows [][]string
	for _, c := range commands() {
		if group == "" || strings.HasPrefix(c.name, group+" ") {
			rows = append(rows, []string{c.name, c.about})
		}
	}
	b.WriteString(columns("  ", rows))
	b.WriteString("\nMore: vision help COMMAND\n")
	if group == "" {
		b.WriteString("Exit status: 0 everything answered; 1 some file failed, the rest answered;\n" +
			"2 wrong usage, or a model or set that does not open; 130 interrupted.\n")
	}
	return write(a, b.String())
}

// helpOf returns the help of one command.
func helpOf(c *command) string {
	flagName := func(f *flag.Flag) string {
		value, _ := flag.UnquoteUsage(f)
		return strings.TrimSpace("-" + f.Name + " " + value)
	}
	longest := 0
	c.flags.VisitAll(func(f *flag.Flag) { longest = max(longest, len(flagName(f))) })
	var b strings.Builder
	usage := "Usage: vision " + c.name
	if longest > 0 {
		usage += " [FLAGS]"
	}
	if c.args != "" {
		usage += " " + c.args
	}
	fmt.Fprintf(&b, "%s\n\n%s.\n", usage, strings.ToUpper(c.about[:1])+c.about[1:])
	if c.examples != "" {
		fmt.Fprintf(&b, "\n  %s\n", strings.ReplaceAll(c.examples, "\n", "\n  "))
	}
	if c.more != "" {
		for _, paragraph := range strings.Split(c.more, "\n\n") {
			fmt.Fprintf(&b, "\n%s\n", strings.Join(wrap(paragraph, width), "\n"))
		}
	}
	var rows [][]string
	c.flags.VisitAll(func(f *flag.Flag) {
		name := flagName(f)
		_, text := flag.UnquoteUsage(f)
		if f.DefValue != "" && f.DefValue != "false" {
			text += " (default " + f.DefValue + ")"
		}
		for i, line := range wrap(text, width-longest-4) {
			if i > 0 {
				name = ""
			}
			rows = append(rows, []string{name, line})
		}
	})
	if len(rows) > 0 {
		fmt.Fprintf(&b, "\nFlags:\n%s", columns("  ", rows))
	}
	return b.String()
}

// width is how many characters a line of help has at most.
const width = 80

// wrap breaks a text into lines of at most width characters.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}
