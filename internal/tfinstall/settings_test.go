package tfinstall

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// environment is a fake one for Settings.
type environment map[string]string

func (e environment) get(name string) string { return e[name] }

func (e environment) apply(settings []Setting) {
	for _, s := range settings {
		e[s.Name] = s.Value
	}
}

func TestSettingsKeepWhatTheUserHas(t *testing.T) {
	inst := &Installation{Dir: "/x y/tf"}
	for _, tt := range []struct {
		name, cflags, ldflags, level string
		wantC, wantLD, wantLevel     string
	}{
		{
			name:  "nothing set: the Go tool's own flags are repeated",
			wantC: "-O2 -g '-I/x y/tf/include'", wantLD: "-O2 -g '-L/x y/tf/lib' '-Wl,-rpath,/x y/tf/lib'", wantLevel: "2",
		},
		{
			name: "set", cflags: "-O3 -DA=1", ldflags: "-s", level: "0",
			wantC: "-O3 -DA=1 '-I/x y/tf/include'", wantLD: "-s '-L/x y/tf/lib' '-Wl,-rpath,/x y/tf/lib'", wantLevel: "0",
		},
		{
			name: "quoted", cflags: `"-DA='b c'" '-DB="d e"' -DC='f'"g"`, ldflags: "  -s\t-w ", level: "3",
			wantC:  `"-DA='b c'" '-DB="d e"' -DC='f'"g" '-I/x y/tf/include'`,
			wantLD: "-s -w '-L/x y/tf/lib' '-Wl,-rpath,/x y/tf/lib'", wantLevel: "3",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			env := environment{"CGO_CFLAGS": tt.cflags, "CGO_LDFLAGS": tt.ldflags, "TF_CPP_MIN_LOG_LEVEL": tt.level}
			for range 2 { // the second time changes nothing
				settings, err := Settings(inst, "", env.get)
				if err != nil {
					t.Fatal(err)
				}
				env.apply(settings)
				if env["CGO_CFLAGS"] != tt.wantC || env["CGO_LDFLAGS"] != tt.wantLD ||
					env["TF_CPP_MIN_LOG_LEVEL"] != tt.wantLevel || env["CGO_ENABLED"] != "1" {
					t.Errorf("got %q", env)
				}
			}
		})
	}
}

func TestSettingsDropAnotherInstallation(t *testing.T) {
	old, now := install(t), install(t)
	env := environment{"CGO_CFLAGS": "-O1"}
	for _, dir := range []string{old.Dir, now.Dir} {
		settings, err := Settings(&Installation{Dir: dir}, "", env.get)
		if err != nil {
			t.Fatal(err)
		}
		env.apply(settings)
	}
	for name, v := range env {
		if strings.Contains(v, old.Dir) {
			t.Errorf("%s still names the first: %s", name, v)
		}
	}
	if want := "-O1 '-I" + filepath.Join(now.Dir, "include") + "'"; env["CGO_CFLAGS"] != want {
		t.Errorf("got %s, want %s", env["CGO_CFLAGS"], want)
	}
}

func TestSettingsWithRunPathOfTheCaller(t *testing.T) {
	now := install(t)
	env := environment{}
	for _, rpath := range []string{"", "$ORIGIN/lib", "$ORIGIN/lib"} {
		settings, err := Settings(&Installation{Dir: now.Dir}, rpath, env.get)
		if err != nil {
			t.Fatal(err)
		}
		env.apply(settings)
	}
	want := "-O2 -g '-L" + filepath.Join(now.Dir, "lib") + "' -Wl,-rpath,$ORIGIN/lib"
	if got := env["CGO_LDFLAGS"]; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestSettingsRefuse(t *testing.T) {
	none := environment{}
	for _, dir := range []string{"/a,b", "/a:b", "/a'b", `/a"b`, "/a$b", "/a\nb"} {
		if s, err := Settings(&Installation{Dir: dir}, "", none.get); err == nil {
			t.Errorf("%q gives %q, want an error", dir, s)
		}
	}
	if s, err := Settings(&Installation{Dir: "/a"}, "a,b", none.get); err == nil {
		t.Errorf("a run path with a comma gives %q, want an error", s)
	}
	broken := environment{"CGO_CFLAGS": "-O2 'open"}
	if s, err := Settings(&Installation{Dir: "/a"}, "", broken.get); err == nil {
		t.Errorf("an open quote gives %q, want an error", s)
	}
}

// nasty values must come through every shell unchanged.
var nasty = []Setting{
	{"CGO_CFLAGS", `-O2 "-DA='b c'" '-I/x y/include' $HOME #no \n`},
	{"CGO_LDFLAGS", "`id` $(id) & ; * ~"},
	{"TF_CPP_MIN_LOG_LEVEL", "2"},
	{"EMPTY", ""},
}

func TestFormatComesThroughTheShell(t *testing.T) {
	text, err := Format("sh", nasty)
	if err != nil {
		t.Fatal(err)
	}
	for _, shell := range []string{"sh", "dash", "bash", "zsh", "fish"} {
		if _, err := exec.LookPath(shell); err != nil {
			t.Logf("no %s here, so it is not tried", shell)
			continue
		}
		script := text
		if shell == "fish" {
			if script, err = Format("fish", nasty); err != nil {
				t.Fatal(err)
			}
		}
		for _, s := range nasty {
			out, err := exec.CommandContext(t.Context(), shell, "-c", script+`printf %s "$`+s.Name+`"`).CombinedOutput()
			if err != nil || string(out) != s.Value {
				t.Errorf("%s: %s is %q, want %q (%v)", shell, s.Name, out, s.Value, err)
			}
		}
	}
}

func TestFormatComesThroughMake(t *testing.T) {
	if _, err := exec.LookPath("make"); err != nil {
		t.Skip("SKIPPED, nothing was tested: make is missing")
	}
	text, err := Format("make", nasty)
	if err != nil {
		t.Fatal(err)
	}
	p := filepath.Join(t.TempDir(), "Makefile")
	if err := os.WriteFile(p, []byte(text+"all:\n\t@printf %s \"$$CGO_CFLAGS\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "make", "-s", "-f", p).CombinedOutput()
	if err != nil || string(out) != nasty[0].Value {
		t.Errorf("got %q, want %q (%v)", out, nasty[0].Value, err)
	}
}

func TestFormatOthers(t *testing.T) {
	text, err := Format("json", nasty)
	if err != nil {
		t.Fatal(err)
	}
	m := map[string]string{}
	if err := json.Unmarshal([]byte(text), &m); err != nil || m["CGO_CFLAGS"] != nasty[0].Value || len(m) != len(nasty) {
		t.Errorf("json is %s, %v", text, err)
	}
	text, err = Format("go", []Setting{{"CGO_ENABLED", "1"}, {"CGO_CFLAGS", "-O2 -g"}, {"TF_CPP_MIN_LOG_LEVEL", "2"}})
	if want := "go env -w CGO_ENABLED=1 'CGO_CFLAGS=-O2 -g'\n"; err != nil || text != want {
		t.Errorf("go is %q, %v, want %q", text, err, want)
	}
	if _, err := Format("tcsh", nasty); err == nil {
		t.Error("tcsh: want an error")
	}
}

func FuzzSplitQuoted(f *testing.F) {
	for _, s := range []string{"", "-O2 -g", `"a b" 'c d' e`, `'a"b c' "d'e f"`, `''`, `"open`, `a"b"c`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		fields, err := splitQuoted(s)
		if err != nil {
			return
		}
		again, err := splitQuoted(joinQuoted(fields))
		if err != nil || len(again) != len(fields) {
			t.Fatalf("%q is %q and comes back as %q, %v", s, fields, again, err)
		}
		for i := range fields {
			if fields[i] != again[i] {
				t.Fatalf("%q: field %d is %q and comes back as %q", s, i, fields[i], again[i])
			}
		}
	})
}
