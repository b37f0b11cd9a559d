package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"stopgate/hook/journal"
	"stopgate/hook/launch"
	"stopgate/hook/view"
)

// followEvery is how often a journal is asked for more. Asking costs a few system calls.
const followEvery = 200 * time.Millisecond

// logOptions are the flags of log.
type logOptions struct {
	task   string // "" for every task
	follow bool
	format string // text or json
}

// log prints the journal of the working directory's repository, one line for each record.
func (c command) log(args []string) int {
	var o logOptions
	flags := flag.NewFlagSet("log", flag.ContinueOnError)
	flags.StringVar(&o.task, "task", "", "show only the records of `TASK`")
	flags.BoolVar(&o.follow, "follow", false, "wait for new records until interrupted")
	flags.StringVar(&o.format, "format", "text", "print `FORMAT`: text, or json, the records as stored, one on each line (schema journal)")
	if status, done := c.parse(flags, args); done {
		return status
	}
	switch {
	case flags.NArg() > 0:
		return c.misused("log", fmt.Sprintf("unexpected argument %q", flags.Arg(0)))
	case o.format != "text" && o.format != "json":
		return c.misused("log", fmt.Sprintf("--format is %q, not text or json", o.format))
	}
	if status, done := c.noRepository("log"); done {
		return status
	}
	ctx := context.Background()
	if o.follow {
		var stop context.CancelFunc
		ctx, stop = signal.NotifyContext(ctx, os.Interrupt)
		defer stop()
	}
	reader := c.reader()
	book, err := c.bookOf(reader.Grounds.Key())
	if err != nil {
		return c.failed("log", err)
	}
	told, damaged, err := c.tell(ctx, book, reader.LogWords(ctx), o)
	c.damaged("log", damaged)
	switch {
	case errors.Is(err, syscall.EPIPE), o.follow && errors.Is(err, context.Canceled):
		return exitOK // the reader has read enough
	case err != nil:
		return c.failed("log", err)
	case told == 0 && o.task != "":
		fmt.Fprintf(c.stderr, "stopgate log: nothing is recorded for task %q; stopgate status --all lists the tasks\n", o.task)
	case told == 0:
		fmt.Fprintf(c.stderr, "stopgate log: nothing is recorded for %q\n", reader.Grounds.Key())
	}
	return exitOK
}

// tell writes the records in order. It counts them, and the lines that are damaged. With o.follow it ends when ctx does.
func (c command) tell(ctx context.Context, book *journal.Journal, words *view.LogWords, o logOptions) (told, damaged int, err error) {
	var at journal.Cursor
	for {
		records, bad, next, err := book.After(ctx, at)
		damaged += bad
		if err != nil {
			return told, damaged, err
		}
		for _, rec := range records {
			entry := words.Entry(rec)
			if o.task != "" && launch.TaskKey(entry.Task) != launch.TaskKey(o.task) {
				continue
			}
			line := entry.Line
			if o.format == "json" {
				line = view.RecordJSON(rec)
			}
			if _, err := io.WriteString(c.stdout, line+"\n"); err != nil {
				return told, damaged, fmt.Errorf("writing the log: %w", err)
			}
			told++
		}
		if next != at {
			at = next
			continue
		}
		if !o.follow {
			if at.Unfinished() {
				damaged++
			}
			return told, damaged, nil
		}
		select {
		case <-ctx.Done():
			return told, damaged, ctx.Err()
		case <-time.After(followEvery):
		}
	}
}
