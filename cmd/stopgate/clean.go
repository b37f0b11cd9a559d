package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"stopgate/hook/artifact"
	"stopgate/hook/quote"
	"stopgate/hook/site"
	"stopgate/hook/style"
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

// restore brings back what was moved to the trash. Without a step it lists the trash.
func (c command) restore(args []string) int {
	flags := flag.NewFlagSet("restore", flag.ContinueOnError)
	to := flags.String("to", "", "restore into the worktree `DIR` instead of the original one")
	utc := utcFlag(flags)
	if status, done := c.parse(flags, args); done {
		return status
	}
	if flags.NArg() > 2 {
		return c.misused("restore", "expected at most one step and one path")
	}
	if status, done := c.noRepository("restore"); done {
		return status
	}
	folder, err := c.trash(site.GroundsOf("", c.dir).Key())
	if err != nil {
		return c.failed("restore", err)
	}
	held, err := artifact.ListTrash(folder)
	if err != nil {
		return c.failed("restore", fmt.Errorf("reading the trash: %w", err))
	}
	look := c.style(*utc)
	if flags.NArg() == 0 {
		for _, a := range held {
			fmt.Fprintf(c.stdout, "%s  %s  %s in %s, %s\n", a.ID, look.Time(a.Removed), quote.Lines(string(a.Path)), quote.Lines(a.Worktree), quote.Plural(int(a.Bytes), "byte"))
		}
		if len(held) == 0 {
			fmt.Fprintln(c.stdout, "the trash is empty")
		}
		return exitOK
	}
	id, only := flags.Arg(0), flags.Arg(1)
	held = slices.DeleteFunc(held, func(a artifact.Trashed) bool { return !namesStep(a.ID, id) })
	ids := map[string]bool{}
	for _, a := range held {
		ids[a.ID] = true
	}
	switch {
	case len(held) == 0:
		return c.failed("restore", fmt.Errorf("the trash holds nothing from step %q; stopgate restore lists its contents", id))
	case len(ids) > 1:
		return c.failed("restore", fmt.Errorf("more than one step begins with %q; give a whole id", id))
	}
	return c.bringBack(folder, held, only, *to)
}

// namesStep reports whether name is the id of a step, or the beginning of it, as in other commands.
func namesStep(id, name string) bool {
	name = strings.TrimPrefix(name, "step:")
	return id == name || len(name) >= 4 && strings.HasPrefix(id, name)
}

// bringBack restores the artifacts of one step, and prints what it did. A path in only restricts it to what is at or below that path.
func (c command) bringBack(folder string, held []artifact.Trashed, only, to string) int {
	look := c.style(false)
	var restored, failed int
	for _, a := range held {
		worktree := cmp.Or(to, a.Worktree)
		if to != "" {
			worktree = c.abs(to)
		}
		inside := only
		if only != "" {
			if inside = path.Clean(filepath.ToSlash(only)); filepath.IsAbs(only) {
				rel, err := filepath.Rel(worktree, only)
				if err != nil {
					continue
				}
				inside = filepath.ToSlash(rel)
			}
			if top := string(a.Path); !within(inside, top) && !within(top, inside) {
				continue
			}
		}
		root, err := os.OpenRoot(worktree)
		if errors.Is(err, fs.ErrNotExist) {
			return c.failed("restore", fmt.Errorf("the worktree %q no longer exists; choose another with --to DIR", worktree))
		}
		if err != nil {
			return c.failed("restore", fmt.Errorf("opening the worktree: %w", err))
		}
		done, err := artifact.Restore(folder, a, inside, root)
		_ = root.Close() // nothing more is done through it
		if err != nil {
			return c.failed("restore", err)
		}
		for _, r := range done {
			if r.Err != nil {
				failed++
				fmt.Fprintf(c.stdout, "%s  %s: %s\n", look.Paint(style.Caution, "skipped"), quote.Lines(r.Path), quote.Lines(r.Err.Error()))
				continue
			}
			restored++
			fmt.Fprintf(c.stdout, "%s %s\n", look.Paint(style.Good, "restored"), quote.Lines(r.Path))
		}
	}
	if restored+failed == 0 {
		return c.failed("restore", fmt.Errorf("that step removed nothing at %q", only))
	}
	fmt.Fprintf(c.stdout, "restored %s, skipped %d\n", quote.Plural(restored, "file"), failed)
	if failed > 0 {
		return exitNot
	}
	return exitOK
}

// within reports whether a path is dir or lies below it.
func within(p, dir string) bool { return p == dir || strings.HasPrefix(p, dir+"/") }
