package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"syscall"
	"time"

	"stopgate/hook/artifact/trash"
	"stopgate/hook/quote"
	"stopgate/hook/site"
	"stopgate/hook/style"
	"stopgate/hook/tidy"
	"stopgate/hook/worktree"
)

// cleanDeadline bounds one cleaning. What is not reached by then is kept and listed.
const cleanDeadline = 10 * time.Minute

// runClean removes the artifacts of one worktree by hand.
func runClean(c command, flags *flag.FlagSet, args []string) error {
	dir := flags.String("worktree", ".", "clean the worktree that contains `DIR`")
	dryRun := flags.Bool("dry-run", false, "show what would be removed, and remove nothing")
	format := formatFlag(flags, "print `FORMAT`: text, or json (schema cleanup)", "text", "json")
	if err := c.parse(flags, args, 0); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), cleanDeadline)
	defer cancel()
	done, err := tidy.ByHand(ctx, c.worktreesByHand(), c.sweep, c.abs(*dir), *dryRun, c.now())
	switch {
	case errors.Is(err, worktree.ErrNoRepository):
		return errNotRepository(c.abs(*dir))
	case err != nil:
		return err
	}
	if *format == "json" {
		err = quote.WriteJSON(c.stdout, done)
	} else {
		err = done.WriteText(c.stdout, c.style(false))
	}
	if err != nil && !errors.Is(err, syscall.EPIPE) {
		return wrote("the result", err)
	}
	if *dryRun {
		fmt.Fprintln(c.stderr, "stopgate clean: dry run: nothing was removed")
	}
	if done.FailedTotal > 0 {
		return errNot
	}
	return nil
}

// runRestore brings back what was moved to the trash. Without a step it lists the trash.
func runRestore(c command, flags *flag.FlagSet, args []string) error {
	to := flags.String("to", "", "restore into the worktree `DIR` instead of the original one")
	utc := utcFlag(flags)
	if err := c.parse(flags, args, anyNumber); err != nil {
		return err
	}
	if flags.NArg() > 2 {
		return misused("expected at most one step and one path")
	}
	if err := c.recordable(); err != nil {
		return err
	}
	folder, err := c.trash(site.GroundsOf("", c.dir).Key())
	if err != nil {
		return err
	}
	held, err := trash.List(folder)
	if err != nil {
		return fmt.Errorf("reading the trash: %w", err)
	}
	look := c.style(*utc)
	if flags.NArg() == 0 {
		for _, a := range held {
			fmt.Fprintf(c.stdout, "%s  %s  %s in %s, %s\n", a.ID, look.Time(a.Removed), quote.Line(string(a.Path)), quote.Line(a.Worktree), quote.Plural(int(a.Bytes), "byte"))
		}
		if len(held) == 0 {
			fmt.Fprintln(c.stdout, "the trash is empty")
		}
		return nil
	}
	into := ""
	if *to != "" {
		into = c.abs(*to)
	}
	restored, err := tidy.BringBack(folder, held, flags.Arg(0), flags.Arg(1), into)
	failed := 0
	for _, r := range restored {
		if r.Err != nil {
			failed++
			fmt.Fprintf(c.stdout, "%s  %s: %s\n", look.Paint(style.Caution, "skipped"), quote.Line(r.Path), quote.Line(r.Err.Error()))
			continue
		}
		fmt.Fprintf(c.stdout, "%s %s\n", look.Paint(style.Good, "restored"), quote.Line(r.Path))
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(c.stdout, "restored %s, skipped %d\n", quote.Plural(len(restored)-failed, "file"), failed)
	if failed > 0 {
		return errNot
	}
	return nil
}
