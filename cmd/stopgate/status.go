package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"syscall"
	"time"

	"stopgate/hook/quote"
	"stopgate/hook/site"
	"stopgate/hook/view"
)

// readDeadline bounds reading a journal and the worktrees of its tasks.
const readDeadline = time.Minute

// status prints where the tasks of the working directory's repository stand.
func (c command) status(args []string) int {
	flags := flag.NewFlagSet("status", flag.ContinueOnError)
	format := flags.String("format", "text", "print `FORMAT`: text, or json (schema status)")
	all := flags.Bool("all", false, "include the tasks that are done")
	watch := flags.Bool("watch", false, "show it again whenever something happens, until interrupted")
	utc := utcFlag(flags)
	if status, done := c.parse(flags, args); done {
		return status
	}
	switch {
	case flags.NArg() > 0:
		return c.misused("status", fmt.Sprintf("unexpected argument %q", flags.Arg(0)))
	case *format != "text" && *format != "json":
		return c.misused("status", fmt.Sprintf("--format is %q, not text or json", *format))
	case *watch && *format != "text":
		return c.misused("status", "--watch shows text alone; stopgate log --follow --format json follows the records")
	}
	if status, done := c.noRepository("status"); done {
		return status
	}
	if *watch {
		return c.watch(*all, *utc)
	}
	status, err := c.tasks(context.Background(), *all, *utc)
	if err != nil {
		return c.failed("status", err)
	}
	write := status.WriteText
	if *format == "json" {
		write = status.WriteJSON
	}
	if err := write(c.stdout); err != nil {
		return c.failed("status", fmt.Errorf("writing the result: %w", err))
	}
	c.damaged("status", "the journal", status.DamagedLines)
	return exitOK
}

// tasks reads where the tasks of the working directory's repository stand.
func (c command) tasks(ctx context.Context, all, utc bool) (view.Status, error) {
	ctx, cancel := context.WithTimeout(ctx, readDeadline)
	defer cancel()
	reader := c.reader()
	reader.Style = c.style(utc)
	return reader.Status(ctx, all)
}

// reader reads what is recorded for the working directory's repository. Its journal is the one that the hook writes there, whatever project
// the host has named.
func (c command) reader() view.Reader {
	return view.Reader{Grounds: site.GroundsOf("", c.dir), OpenJournal: c.openJournal, Observe: c.worktrees(), Now: c.now, Log: c.stderr}
}

// noRepository ends a command that was called outside of a repository, where nothing is recorded either. done is false otherwise.
func (c command) noRepository(name string) (status int, done bool) {
	if err := c.recordable(); err != nil {
		return c.failed(name, err), true
	}
	return exitOK, false
}

// recordable fails where the working directory is in no repository and no session was held in it.
func (c command) recordable() error {
	grounds := site.GroundsOf("", c.dir)
	if grounds.Repository != nil {
		return nil
	}
	if book, err := c.bookOf(grounds.Key()); err == nil {
		if _, err := os.Stat(book.Folder()); err == nil {
			return nil
		}
	}
	return errNotRepository(c.dir)
}

// failed prints why a subcommand could not do its work, and returns the exit status for it. A reader that has closed the pipe has read
// enough: that is no failure.
func (c command) failed(name string, err error) int {
	if errors.Is(err, syscall.EPIPE) {
		return exitOK
	}
	fmt.Fprintf(c.stderr, "stopgate %s: %s\n", name, quote.Lines(err.Error()))
	return exitCannotRun
}

// damaged reports lines of the journal, or of what else was read, that could not be read.
func (c command) damaged(name, source string, lines int) {
	if lines > 0 {
		fmt.Fprintf(c.stderr, "stopgate %s: skipped %s of %s that cannot be read\n", name, quote.Plural(lines, "line"), source)
	}
}
