package main

import (
	"context"
	"flag"
	"fmt"

	"stopgate/hook/quote"
)

// show prints one recorded stop in full.
func (c command) show(args []string) int {
	flags := flag.NewFlagSet("show", flag.ContinueOnError)
	format := flags.String("format", "text", "print `FORMAT`: text, or json, the record as stored (schema journal)")
	utc := utcFlag(flags)
	if status, done := c.parse(flags, args); done {
		return status
	}
	switch {
	case flags.NArg() != 1:
		return c.misused("show", "expected one step, agent or task")
	case *format != "text" && *format != "json":
		return c.misused("show", fmt.Sprintf("--format is %q, not text or json", *format))
	}
	if status, done := c.noRepository("show"); done {
		return status
	}
	ctx, cancel := context.WithTimeout(context.Background(), readDeadline)
	defer cancel()
	reader := c.reader()
	reader.Style = c.style(*utc)
	stored, err := reader.Find(ctx, flags.Arg(0))
	if err != nil {
		return c.failed("show", err)
	}
	write := stored.WriteText
	if *format == "json" {
		write = stored.WriteJSON
	}
	if err := write(c.stdout); err != nil {
		return c.failed("show", fmt.Errorf("writing the stop: %w", err))
	}
	return exitOK
}

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
