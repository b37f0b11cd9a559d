package main

import (
	"context"
	"flag"
	"fmt"

	"stopgate/hook/quote"
)

// close ends a task by hand, whatever it waits for. It is recorded with the reason.
func (c command) close(args []string) int {
	flags := flag.NewFlagSet("close", flag.ContinueOnError)
	reason := flags.String("reason", "", "why the task ends: `TEXT`")
	if status, done := c.parse(flags, args); done {
		return status
	}
	task := flags.Arg(0)
	switch {
	case task == "":
		return c.misused("close", "name the task")
	case flags.NArg() > 1:
		return c.misused("close", fmt.Sprintf("unexpected argument %q", flags.Arg(1)))
	case *reason == "":
		return c.misused("close", "say why with --reason TEXT")
	}
	if status, done := c.noRepository("close"); done {
		return status
	}
	ctx, cancel := context.WithTimeout(context.Background(), readDeadline)
	defer cancel()
	name, err := c.runner().Close(ctx, c.dir, task, *reason)
	if err != nil {
		return c.failed("close", err)
	}
	fmt.Fprintf(c.stdout, "closed %s\n", quote.Lines(name))
	return exitOK
}
