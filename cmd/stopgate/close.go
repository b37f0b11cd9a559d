package main

import (
	"context"
	"flag"
	"fmt"

	"stopgate/hook/quote"
)

// runClose ends a task by hand, in any state. It records the reason.
func runClose(c command, flags *flag.FlagSet, args []string) error {
	reason := flags.String("reason", "", "why the task ends: `TEXT`")
	if err := c.parse(flags, args, 1); err != nil {
		return err
	}
	task := flags.Arg(0)
	switch {
	case task == "":
		return misused("name the task")
	case *reason == "":
		return misused("say why with --reason TEXT")
	}
	if err := c.recordable(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), readDeadline)
	defer cancel()
	name, working, err := c.runner().Close(ctx, c.dir, task, *reason)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.stdout, "closed %s\n", quote.Lines(name))
	if working {
		fmt.Fprintln(c.stdout, "its coding agent has not reported: if it is still at work, stop it, because its report would open the task again")
	}
	return nil
}
