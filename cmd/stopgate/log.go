package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"stopgate/hook/view"
)

// log prints what happened in the working directory's repository, by task.
func (c command) log(args []string) int {
	var o view.LogOptions
	var only selection
	var format string
	flags := flag.NewFlagSet("log", flag.ContinueOnError)
	flags.StringVar(&o.Task, "task", "", "show only what happened to `TASK`")
	only.flags(flags)
	flags.BoolVar(&o.Follow, "follow", false, "wait for more until interrupted; lines come as they happen, not by task")
	flags.BoolVar(&o.Records, "records", false, "show every record on a line of its own")
	flags.StringVar(&format, "format", "text", "print `FORMAT`: text, or json, the records as stored, one on each line (schema journal)")
	utc := utcFlag(flags)
	if status, done := c.parse(flags, args); done {
		return status
	}
	var err error
	switch o.Only, err = only.parse(c); {
	case flags.NArg() > 0:
		return c.misused("log", fmt.Sprintf("unexpected argument %q", flags.Arg(0)))
	case format != "text" && format != "json":
		return c.misused("log", fmt.Sprintf("--format is %q, not text or json", format))
	case err != nil:
		return c.misused("log", err.Error())
	}
	if status, done := c.noRepository("log"); done {
		return status
	}
	o.JSON = format == "json"
	ctx := context.Background()
	if o.Follow {
		var stop context.CancelFunc
		ctx, stop = signal.NotifyContext(ctx, os.Interrupt)
		defer stop()
	}
	reader := c.reader()
	reader.Style = c.style(*utc)
	book, err := c.bookOf(reader.Grounds.Key())
	if err != nil {
		return c.failed("log", err)
	}
	shown, damaged, err := reader.WriteLog(ctx, c.stdout, book, o)
	c.damaged("log", "the journal", damaged)
	switch {
	case errors.Is(err, syscall.EPIPE), o.Follow && errors.Is(err, context.Canceled):
		return exitOK // the reader has read enough
	case err != nil:
		return c.failed("log", err)
	case shown == 0 && !o.Only.All():
		fmt.Fprintln(c.stderr, "stopgate log: nothing that is recorded matches --since, --agent and --verdict")
	case shown == 0 && o.Task != "":
		fmt.Fprintf(c.stderr, "stopgate log: nothing is recorded for task %q; stopgate status --all lists the tasks\n", o.Task)
	case shown == 0:
		fmt.Fprintf(c.stderr, "stopgate log: nothing is recorded for %q\n", reader.Grounds.Key())
	}
	return exitOK
}
