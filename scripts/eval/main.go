// Eval measures how good the program's judgement is. It plays honest and dishonest agents in real repositories through the real program, and counts
// the verdicts. Labels come from how a case was made.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"stopgate/scripts/client"
)

func main() { os.Exit(command(os.Args[1:], os.Stdout, os.Stderr)) }

// command runs the program without os.Exit; it returns the exit status.
func command(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("eval", flag.ContinueOnError)
	flags.SetOutput(stderr)
	o := options{stdout: stdout, stderr: stderr}
	flags.Uint64Var(&o.seed, "seed", 1, "what the cases follow from")
	flags.IntVar(&o.stops, "stops", 2000, "how many stops are played at least")
	flags.IntVar(&o.from, "from", 0, "skip that many kinds")
	flags.StringVar(&o.only, "kinds", "", "play only kinds whose names contain one of these parts, separated by commas")
	flags.IntVar(&o.number, "case", -1, "play the case of that number alone, and keep its folder")
	flags.StringVar(&o.binary, "program", "", "the program; built if not given")
	flags.StringVar(&o.peers, "peers", "", "folders of other tools that are asked about the same stops, separated by commas")
	flags.StringVar(&o.out, "out", "", "the file that the figures are written to, beside stdout")
	if flags.Parse(args) != nil {
		return 2
	}
	if err := evaluate(o); err != nil {
		fmt.Fprintln(stderr, "eval:", err)
		return 1
	}
	return 0
}

// options are the flags, and where to write.
type options struct {
	seed                     uint64
	stops, from, number      int
	only, binary, peers, out string
	stdout, stderr           io.Writer
}

func evaluate(o options) error {
	source, err := os.Getwd()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "eval-")
	if err != nil {
		return err
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return err
	}
	if o.number < 0 {
		defer func() { _ = os.RemoveAll(dir) }()
	}
	program, err := client.Program(o.binary, source, dir)
	if err != nil {
		return err
	}
	s, err := newStage(dir, program, source)
	if err != nil {
		return err
	}
	if o.peers != "" {
		var notes []string
		s.peers, notes = findPeers(strings.Split(o.peers, ","))
		for _, note := range notes {
			fmt.Fprintln(o.stderr, "eval:", note)
		}
	}
	c := &corpus{stage: s, seed: o.seed, kinds: spread(kinds()), measureEach: 10}
	if o.only != "" {
		c.kinds = named(c.kinds, o.only)
	}
	c.kinds = c.kinds[min(o.from, len(c.kinds)):]
	if len(c.kinds) == 0 {
		return fmt.Errorf("no kind is called %q", o.only)
	}
	if o.number >= 0 {
		c.keep = true
		r := c.one(o.number)
		r.tell(o.stdout)
		fmt.Fprintln(o.stdout, "its folder:", dir)
		return nil
	}
	c.shown = func(r result) {
		if r.isWorthALook() {
			r.tell(o.stderr)
		}
	}
	figures := count(c.upTo(o.stops))
	about := environment(o.seed, o.stops, o.only, source, len(s.peers) > 0)
	page := figures.page(about)
	if len(s.peers) > 0 {
		page = figures.peersPage(about, s.peers)
	}
	if _, err := io.WriteString(o.stdout, page); err != nil {
		return err
	}
	if o.out != "" {
		if err := os.WriteFile(o.out, []byte(page), 0o644); err != nil {
			return err
		}
	}
	fmt.Fprintln(o.stdout, figures.line())
	if figures.broken > 0 {
		return fmt.Errorf("%d of %d cases could not be played, for the reasons above", figures.broken, len(figures.results))
	}
	return nil
}
