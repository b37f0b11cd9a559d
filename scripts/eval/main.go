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
	seed := flags.Uint64("seed", 1, "what the cases follow from")
	stops := flags.Int("stops", 2000, "how many stops are played at least")
	from := flags.Int("from", 0, "skip that many kinds")
	only := flags.String("kinds", "", "play only kinds whose names contain one of these parts, separated by commas")
	number := flags.Int("case", -1, "play the case of that number alone, and keep its folder")
	binary := flags.String("program", "", "the program; built if not given")
	peers := flags.String("peers", "", "folders of other tools that are asked about the same stops, separated by commas")
	out := flags.String("out", "", "the file that the figures are written to, beside stdout")
	if flags.Parse(args) != nil {
		return 2
	}
	if err := evaluate(*seed, *stops, *from, *only, *number, *binary, *out, *peers, stdout, stderr); err != nil {
		fmt.Fprintln(stderr, "eval:", err)
		return 1
	}
	return 0
}

func evaluate(seed uint64, stops, from int, only string, number int, binary, out, peers string, stdout, stderr io.Writer) error {
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
	if number < 0 {
		defer func() { _ = os.RemoveAll(dir) }()
	}
	if binary, err = client.Program(binary, source, dir); err != nil {
		return err
	}
	s, err := newStage(dir, binary, source)
	if err != nil {
		return err
	}
	if peers != "" {
		var notes []string
		s.peers, notes = findPeers(strings.Split(peers, ","))
		for _, note := range notes {
			fmt.Fprintln(stderr, "eval:", note)
		}
	}
	c := &corpus{stage: s, seed: seed, kinds: spread(kinds()), measureEach: 10}
	if only != "" {
		c.kinds = named(c.kinds, only)
	}
	c.kinds = c.kinds[min(from, len(c.kinds)):]
	if len(c.kinds) == 0 {
		return fmt.Errorf("no kind is called %q", only)
	}
	if number >= 0 {
		c.keep = true
		r := c.one(number)
		r.tell(stdout)
		fmt.Fprintln(stdout, "its folder:", dir)
		return nil
	}
	c.shown = func(r result) {
		if r.isWorthALook() {
			r.tell(stderr)
		}
	}
	figures := count(c.upTo(stops))
	about := environment(seed, stops, only, source, len(s.peers) > 0)
	page := figures.page(about)
	if len(s.peers) > 0 {
		page = figures.peersPage(about, s.peers)
	}
	if _, err := io.WriteString(stdout, page); err != nil {
		return err
	}
	if out != "" {
		if err := os.WriteFile(out, []byte(page), 0o644); err != nil {
			return err
		}
	}
	fmt.Fprintln(stdout, figures.line())
	if figures.broken > 0 {
		return fmt.Errorf("%d of %d cases could not be played, for the reasons above", figures.broken, len(figures.results))
	}
	return nil
}
