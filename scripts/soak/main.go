//go:build linux

// Soak plays sessions of the host against the built program while everything around it fails: hooks are killed and stopped at random moments, the
// disk is full, the state folder is read-only, locks are held, and the clock is set back. Then it counts what was lost.
//
// go run ./scripts/soak [-minutes 10] [-seed 1] [-tasks 50]
//
// The seed determines the choices, but not how the processes interleave.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"stopgate/scripts/client"
)

func main() { os.Exit(command(os.Args[1:], os.Stdout, os.Stderr)) }

// command runs the program without os.Exit; it returns the exit status.
func command(args []string, stdout, stderr io.Writer) int {
	var o options
	flags := flag.NewFlagSet("soak", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Float64Var(&o.minutes, "minutes", 10, "how long rounds are begun; one round is played at least")
	flags.Uint64Var(&o.seed, "seed", 1, "what the choices follow from")
	flags.IntVar(&o.tasks, "tasks", 50, "tasks in a round, in three sessions; each needs four agents at least")
	flags.StringVar(&o.program, "program", "", "the program; built if not given")
	flags.StringVar(&o.only, "faults", strings.Join(faults, ","), "the faults, separated by commas; none if empty")
	flags.StringVar(&o.keep, "keep", "", "an empty folder to play in, which is kept with everything in it")
	if flags.Parse(args) != nil {
		return 1
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	sum, err := soak(ctx, o, stderr)
	if err != nil {
		fmt.Fprintln(stderr, "soak:", err)
		return 1
	}
	fmt.Fprintln(stdout, sum.line())
	if sum.failed() {
		return 1
	}
	return 0
}

type options struct {
	minutes       float64
	seed          uint64
	tasks         int
	program, only string
	keep          string
}

// soak plays rounds until the time is over, and sums up their figures.
func soak(ctx context.Context, o options, progress io.Writer) (sum tally, err error) {
	dir := o.keep
	if dir == "" {
		if dir, err = os.MkdirTemp("", "soak-"); err != nil {
			return sum, err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return sum, err
	}
	if o.program, err = client.Program(o.program, ".", dir); err != nil {
		return sum, err
	}
	end := time.Now().Add(time.Duration(o.minutes * float64(time.Minute)))
	for n := uint64(0); n == 0 || time.Now().Before(end) && ctx.Err() == nil; n++ {
		r, err := newRound(o, filepath.Join(dir, fmt.Sprintf("round-%d", n)), rand.New(rand.NewPCG(o.seed, n)), progress)
		if err != nil {
			return sum, err
		}
		played := r.play(ctx)
		if err := errors.Join(r.close(), ctx.Err()); err != nil {
			return sum, err
		}
		fmt.Fprintf(progress, "round %d: %s (%s)\n", n, played.line(), r.what())
		sum.add(played)
		if o.keep == "" {
			if err := os.RemoveAll(r.dir); err != nil {
				return sum, err
			}
		}
	}
	return sum, nil
}
