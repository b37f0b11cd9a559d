package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"syscall"
	"time"

	"stopgate/hook/tidy"
	"stopgate/hook/worktree"
)

// cleanDeadline bounds one cleaning. What is not reached by then is kept and listed.
const cleanDeadline = 10 * time.Minute

// clean removes the artifacts of one worktree by hand.
func (c command) clean(args []string) int {
	flags := flag.NewFlagSet("clean", flag.ContinueOnError)
	dir := flags.String("worktree", ".", "clean the worktree that contains `DIR`")
	dryRun := flags.Bool("dry-run", false, "show what would be removed, and remove nothing")
	format := flags.String("format", "text", "print `FORMAT`: text, or json (schema cleanup)")
	if status, done := c.parse(flags, args); done {
		return status
	}
	switch {
	case flags.NArg() > 0:
		return c.misused("clean", fmt.Sprintf("unexpected argument %q", flags.Arg(0)))
	case *format != "text" && *format != "json":
		return c.misused("clean", fmt.Sprintf("--format is %q, not text or json", *format))
	}
	ctx, cancel := context.WithTimeout(context.Background(), cleanDeadline)
	defer cancel()
	done, err := tidy.ByHand(ctx, c.worktrees(), c.sweep, c.abs(*dir), *dryRun, c.now())
	switch {
	case errors.Is(err, worktree.ErrNoRepository):
		return c.failed("clean", errNotRepository(c.abs(*dir)))
	case err != nil:
		return c.failed("clean", err)
	}
	write := func(w io.Writer) error { return done.WriteText(w, c.style(false)) }
	if *format == "json" {
		write = done.WriteJSON
	}
	if err := write(c.stdout); err != nil && !errors.Is(err, syscall.EPIPE) {
		return c.failed("clean", fmt.Errorf("writing the result: %w", err))
	}
	if *dryRun {
		fmt.Fprintln(c.stderr, "stopgate clean: dry run: nothing was removed")
	}
	if done.FailedTotal > 0 {
		return exitNot
	}
	return exitOK
}
