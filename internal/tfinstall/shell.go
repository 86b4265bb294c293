package tfinstall

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Shells lists the forms that Format knows.
func Shells() []string { return []string{"sh", "fish", "json", "make", "go"} }

// Format writes settings for a shell (sh, fish), a program (json), a makefile
// (make), or as the go env -w command that keeps them (go).
func Format(shell string, settings []Setting) (string, error) {
	var b strings.Builder
	switch shell {
	case "sh":
		for _, s := range settings {
			fmt.Fprintf(&b, "export %s=%s\n", s.Name, Quote(s.Value))
		}
	case "fish":
		for _, s := range settings {
			v := strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s.Value)
			fmt.Fprintf(&b, "set -gx %s '%s'\n", s.Name, v)
		}
	case "make":
		for _, s := range settings {
			v := strings.NewReplacer("$", "$$", "#", `\#`).Replace(s.Value)
			fmt.Fprintf(&b, "export %s := %s\n", s.Name, v)
		}
	case "go":
		b.WriteString("go env -w")
		for _, a := range Persistent(settings) {
			b.WriteString(" " + Quote(a))
		}
		b.WriteString("\n")
	case "json":
		m := map[string]string{}
		for _, s := range settings {
			m[s.Name] = s.Value
		}
		data, err := json.MarshalIndent(m, "", "  ")
		if err != nil {
			return "", err
		}
		b.Write(append(data, '\n'))
	default:
		return "", fmt.Errorf("unknown shell %q, want one of %s", shell, strings.Join(Shells(), ", "))
	}
	return b.String(), nil
}

// Persistent gives NAME=value for the settings that go env -w can keep. The rest
// is TensorFlow's own and belongs in the user's profile.
func Persistent(settings []Setting) []string {
	var args []string
	for _, s := range settings {
		if strings.HasPrefix(s.Name, "CGO_") {
			args = append(args, s.Name+"="+s.Value)
		}
	}
	return args
}

// Quote writes s as one word of a POSIX shell.
func Quote(s string) string {
	if s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+./=,:@%") == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
