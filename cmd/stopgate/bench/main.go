// Bench prints a table of stopgate's costs. Times depend on the machine and its load, so each row is a ratio to something measured in
// turn with it: git doing the same, or a program that does nothing.
//
//	go run ./cmd/stopgate/bench [-records N] [-sessions N] [-rounds N] [-check FILE] [-tolerance N] [FILES...]
//
// FILES are the sizes of the repositories that it makes, by default 1000, 3000, 10000 and 100000. It builds the program from the module in the
// working directory. It fails on a wrong answer, but never because of a time. With -check it fails if a ratio is worse than the one in that
// file by more than the tolerance, three times in a row.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) > 1 && args[0] == alone {
		return doAlone(ctx, args[1], args[2:])
	}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	records := flags.Int("records", 1_000_000, "the records of the long journal; 0 leaves it out")
	sessions := flags.Int("sessions", 1_000, "the recorded sessions that are replayed; 0 leaves them out")
	rounds := flags.Int("rounds", 0, "how often each thing is measured at most; 0 is as often as it needs")
	check := flags.String("check", "", "a file with a table to compare the ratios with")
	tolerance := flags.Float64("tolerance", 1.2, "how many times as large a ratio may be")
	if err := flags.Parse(args); err != nil {
		return err
	}
	sizes := []int{1_000, 3_000, 10_000, 100_000}
	if flags.NArg() > 0 {
		sizes = nil
		for _, arg := range flags.Args() {
			n, err := strconv.Atoi(arg)
			if err != nil || n < minFiles {
				return fmt.Errorf("%q is not a number of files, at least %d", arg, minFiles)
			}
			sizes = append(sizes, n)
		}
		slices.Sort(sizes)
	}
	if *check != "" {
		return compareWith(*check, *tolerance, func() ([]row, error) { return measure(ctx, sizes, *records, *sessions, *rounds) })
	}
	rows, err := measure(ctx, sizes, *records, *sessions, *rounds)
	if err != nil {
		return err
	}
	return write(os.Stdout, rows)
}

// measure is one run, with at most so many rounds for each measurement; 0 means as many as it needs.
func measure(ctx context.Context, sizes []int, records, sessions, rounds int) (rows []row, err error) {
	dir, err := os.MkdirTemp("", "stopgate-bench-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return nil, err
	}
	b := &bench{ctx: ctx, dir: dir, rounds: rounds, progress: os.Stderr}
	parts := []func() error{b.build, b.start, b.guard}
	if records > 0 {
		parts = append(parts, func() error { return b.journal(records) })
	}
	if sessions > 0 {
		parts = append(parts, func() error { return b.replay(sessions) })
	}
	for _, part := range parts {
		if err := part(); err != nil {
			return nil, err
		}
	}
	for _, n := range sizes {
		if err := b.repository(n); err != nil {
			return nil, fmt.Errorf("with %d files: %w", n, err)
		}
	}
	b.growth(sizes)
	return b.rows, nil
}

// A bench is one run.
type bench struct {
	ctx       context.Context
	dir       string // for all files that it makes
	rounds    int    // the most rounds; 0 for no limit
	progress  io.Writer
	rows      []row
	claims    []time.Duration // ten claims in process, by size
	processes []time.Duration // ten claims as a process, by size
}

// A row compares two things that were measured in turn.
type row struct{ what, ours, than, theirs, ratio, target string }

// compare adds a row of times.
func (b *bench) compare(what string, ours time.Duration, than string, theirs time.Duration, target string) {
	b.rows = append(b.rows, row{what, milliseconds(ours), than, milliseconds(theirs), fmt.Sprintf("%.2f", float64(ours)/float64(theirs)), target})
}

// compareMemory adds a row of bytes.
func (b *bench) compareMemory(what string, used, most int64, target string) {
	b.rows = append(b.rows, row{what, mib(used), "its bound", mib(most), fmt.Sprintf("%.2f", float64(used)/float64(most)), target})
}

// more returns the difference of two times.
func more(ours, theirs time.Duration) string {
	return fmt.Sprintf("%+.2f ms", (ours-theirs).Seconds()*1e3)
}

// run runs a program in a folder, and returns its output. If environ is nil, the program gets the environment of this process.
func (b *bench) run(dir string, environ []string, stdin, program string, words ...string) (string, error) {
	cmd := exec.CommandContext(b.ctx, program, words...)
	cmd.Dir, cmd.Env, cmd.Stdin = dir, environ, strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s %q: %w\n%s", program, words, err, out)
	}
	return string(out), nil
}

// writeIn writes a file and makes its folders.
func writeIn(name string, content []byte, mode fs.FileMode) error {
	return errors.Join(os.MkdirAll(filepath.Dir(name), 0o750), os.WriteFile(name, content, mode))
}

func milliseconds(d time.Duration) string { return fmt.Sprintf("%.2f ms", d.Seconds()*1e3) }

func mib(n int64) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }

func write(w io.Writer, rows []row) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0) // Flush returns its errors
	_, _ = fmt.Fprintln(t, "what\tours\tcompared with\ttheirs\tratio\ttarget")
	for _, r := range rows {
		_, _ = fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", r.what, r.ours, r.than, r.theirs, r.ratio, r.target)
	}
	return t.Flush()
}

// inTurn runs the functions one after the other, for several rounds, so that a slow moment of the machine affects all of them. It returns
// the median time of each, without the first round.
func (b *bench) inTurn(rounds int, functions ...func() error) ([]time.Duration, error) {
	return b.inTurnAfter(rounds, func() error { return nil }, functions...)
}

// inTurnAfter is inTurn, and calls prepare before each round without measuring it.
func (b *bench) inTurnAfter(rounds int, prepare func() error, functions ...func() error) ([]time.Duration, error) {
	if b.rounds > 0 {
		rounds = min(rounds, b.rounds)
	}
	times := make([][]time.Duration, len(functions))
	for round := range rounds + 1 {
		if err := prepare(); err != nil {
			return nil, err
		}
		for i, f := range functions {
			if err := b.ctx.Err(); err != nil {
				return nil, err
			}
			start := time.Now()
			if err := f(); err != nil {
				return nil, err
			}
			if round > 0 {
				times[i] = append(times[i], time.Since(start))
			}
		}
	}
	medians := make([]time.Duration, len(functions))
	for i := range times {
		slices.Sort(times[i])
		medians[i] = times[i][len(times[i])/2]
	}
	return medians, nil
}
