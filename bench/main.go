// Command bench runs the same work through this library and its peers, in one run,
// and prints ratios. See README.md.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run() error {
	var (
		pattern    = flag.String("run", ".", "measures whose name matches: photo, model, overhead, goroutines, folder, open, memory, detect, face, ocr, scene, training")
		rounds     = flag.Int("n", 15, "rounds; in each, every contender has one turn")
		quick      = flag.Bool("quick", false, "three rounds and no record: to see that it works")
		out        = flag.String("o", "", "CSV file to append to (default results/speed.csv of the project; none with -quick)")
		soakN      = flag.Int("soak", 0, "instead, classify this many pictures and watch the memory")
		parity     = flag.Bool("parity", false, "instead, compare the answers of five Keras models with Keras' own")
		goroutines = flag.Int("goroutines", 8, "of -soak")
		serveAs    = flag.String("serve", "", "internal: answer requests as this contender")
		onceAs     = flag.String("once", "", "internal: open once as this contender")
		reqLine    = flag.String("request", "", "internal: what -once opens")
	)
	flag.Parse()
	if flag.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flag.Arg(0))
	}
	switch {
	case *serveAs != "":
		return serve(*serveAs)
	case *onceAs != "":
		return once(*onceAs, *reqLine)
	}
	wanted, err := regexp.Compile(*pattern)
	if err != nil {
		return err
	}
	p, err := findPlaces()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(p.root, ".bench"), 0o755); err != nil {
		return err
	}
	b := &bench{places: p, rounds: *rounds, log: os.Stderr}
	if *parity {
		return b.parity()
	}
	networks := *soakN > 0
	for _, m := range measures {
		networks = networks || !m.task && wanted.MatchString(m.name)
	}
	if networks {
		if err := p.prepare(os.Stderr); err != nil {
			return err
		}
	}
	if *soakN > 0 {
		return b.soak(*soakN, *goroutines)
	}
	if *quick {
		b.rounds = 3
	}
	if b.rounds < 1 {
		return fmt.Errorf("want at least one round, got %d", b.rounds)
	}
	if *out == "" && !*quick {
		*out = filepath.Join(p.root, "results", "speed.csv")
	}
	return b.all(wanted, networks, *out)
}

// all runs the wanted measures and prints and records what they give.
// With networks the contenders that classify are started.
func (b *bench) all(wanted *regexp.Regexp, networks bool, out string) error {
	on := thisMachine()
	if networks {
		if err := b.startAll(on); err != nil {
			return err
		}
		defer b.stopAll()
	}
	before := load()
	for _, m := range measures {
		if !wanted.MatchString(m.name) {
			continue
		}
		fmt.Fprintf(b.log, "%s: %s\n", m.name, m.does)
		if err := m.run(b); err != nil {
			return err
		}
	}
	fmt.Printf("%s; load average %.1f before\n\n", on, before)
	if before > 1 {
		fmt.Print("THE MACHINE WAS BUSY: take these figures for a try, not for a result\n\n")
	}
	if err := print(os.Stdout, b.results); err != nil {
		return err
	}
	if out == "" {
		return nil
	}
	command := "cd bench && go run . " + strings.Join(os.Args[1:], " ")
	return record(out, b.results, strings.TrimSpace(command), on)
}

// startAll starts the contenders; one that cannot start is left out, loudly.
func (b *bench) startAll(on machine) error {
	b.peers = map[string]*peer{}
	names := []string{"vision", "graft", "python", "onnxruntime"}
	if on.bf16() {
		names = append(names, "vision-bf16")
	} else {
		fmt.Println("SKIPPED: bf16, since this CPU has no bfloat16 instructions")
	}
	for _, name := range names {
		p, err := b.start(name, b.networks())
		if err != nil {
			if name == "vision" {
				return err
			}
			fmt.Printf("SKIPPED: %s: %v\n", name, err)
			continue
		}
		b.peers[name] = p
	}
	// An interrupt reaches the whole group of processes; this one only has to end.
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt)
	go func() { <-stop; os.Exit(130) }()
	return nil
}

func (b *bench) stopAll() {
	for name, p := range b.peers {
		if err := p.close(); err != nil {
			fmt.Fprintf(b.log, "%s: %v\n", name, err)
		}
	}
}
