package main

import (
	"context"
	"flag"
	"fmt"

	"stopgate/hook/quote"
)

// runShow prints one recorded stop in full.
func runShow(c command, flags *flag.FlagSet, args []string) error {
	format := formatFlag(flags, "print `FORMAT`: text, or json, the record as stored (schema journal)", "text", "json")
	utc := utcFlag(flags)
	if err := c.parse(flags, args, anyNumber); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return misused("expected one step, agent or task")
	}
	if err := c.recordable(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), readDeadline)
	defer cancel()
	stored, err := viewReader(c, *utc).Find(ctx, flags.Arg(0))
	if err != nil {
		return err
	}
	write := stored.WriteText
	if *format == "json" {
		write = stored.WriteJSON
	}
	return wrote("the stop", write(c.stdout))
}

// runStep prints what a task owes now, as the orchestrator is given it.
func runStep(c command, flags *flag.FlagSet, args []string) error {
	if err := c.parse(flags, args, anyNumber); err != nil {
		return err
	}
	if flags.NArg() > 1 {
		return misused("expected one task or step")
	}
	if err := c.recordable(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), readDeadline)
	defer cancel()
	owed, err := viewReader(c, false).OwedStep(ctx, flags.Arg(0))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(c.stdout, c.style(false).Wrap(quote.Lines(owed.Text())))
	return wrote("the step", err)
}
