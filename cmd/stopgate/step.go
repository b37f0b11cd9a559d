package main

import (
	"context"
	"flag"
	"fmt"

	"stopgate/hook/quote"
)

// step prints what a task owes now, as the orchestrator is given it.
func (c command) step(args []string) int {
	flags := flag.NewFlagSet("step", flag.ContinueOnError)
	if status, done := c.parse(flags, args); done {
		return status
	}
	if flags.NArg() > 1 {
		return c.misused("step", "expected one task or step")
	}
	if status, done := c.noRepository("step"); done {
		return status
	}
	ctx, cancel := context.WithTimeout(context.Background(), readDeadline)
	defer cancel()
	owed, err := c.reader().OwedStep(ctx, flags.Arg(0))
	if err != nil {
		return c.failed("step", err)
	}
	if _, err := fmt.Fprintln(c.stdout, c.style(false).Wrap(quote.Lines(owed.Text()))); err != nil {
		return c.failed("step", fmt.Errorf("writing the step: %w", err))
	}
	return exitOK
}
