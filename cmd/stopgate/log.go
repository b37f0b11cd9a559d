package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"

	"stopgate/hook/view"
)

// runLog prints what happened in the working directory's repository, by task.
func runLog(c command, flags *flag.FlagSet, args []string) error {
	var o view.LogOptions
	flags.StringVar(&o.Task, "task", "", "show only what happened to `TASK`")
	c.selectionFlags(flags, &o.Only)
	flags.BoolVar(&o.Follow, "follow", false, "wait for more until interrupted; lines come as they happen, not by task")
	flags.BoolVar(&o.Records, "records", false, "show every record on a line of its own")
	format := formatFlag(flags, "print `FORMAT`: text, or json, the records as stored, one on each line (schema journal)", "text", "json")
	utc := utcFlag(flags)
	if err := c.parse(flags, args, 0); err != nil {
		return err
	}
	if err := c.recordable(); err != nil {
		return err
	}
	o.JSON = *format == "json"
	ctx := context.Background()
	if o.Follow {
		var stop context.CancelFunc
		ctx, stop = signal.NotifyContext(ctx, os.Interrupt)
		defer stop()
	}
	reader := viewReader(c, *utc)
	book, err := c.bookOf(reader.Grounds.Key())
	if err != nil {
		return err
	}
	shown, damaged, err := reader.WriteLog(ctx, c.stdout, book, o)
	c.damaged("log", "the journal", damaged)
	switch {
	case o.Follow && errors.Is(err, context.Canceled): // the reader has read enough
	case err != nil:
		return err
	case shown == 0 && !o.Only.All():
		fmt.Fprintln(c.stderr, "stopgate log: nothing that is recorded matches --since, --agent and --verdict")
	case shown == 0 && o.Task != "":
		fmt.Fprintf(c.stderr, "stopgate log: nothing is recorded for task %q; stopgate status --all lists the tasks\n", o.Task)
	case shown == 0:
		fmt.Fprintf(c.stderr, "stopgate log: nothing is recorded for %q\n", reader.Grounds.Key())
	}
	return nil
}
