package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"time"

	"stopgate/hook/check"
	"stopgate/hook/host"
	"stopgate/hook/speaker"
)

// hookDeadline bounds one event. The host waits for it, and kills the hook at the timeout of hook/hooks.json.
const hookDeadline = 20 * time.Second

// hook answers one event of the host. stdout is protocol: one JSON object, or nothing.
func (c command) hook(args []string) int {
	flags := flag.NewFlagSet("hook", flag.ContinueOnError)
	if status, done := c.parse(flags, args); done {
		return status
	}
	if flags.NArg() > 0 {
		return c.misused("hook", "unexpected argument: the event is read from stdin")
	}
	ctx, cancel := context.WithTimeout(context.Background(), hookDeadline)
	defer cancel()
	c.awaits("hook", "an event or a report")
	input, err := io.ReadAll(io.LimitReader(c.stdin, host.MaxEventBytes+1))
	if err != nil {
		fmt.Fprintf(c.stderr, "stopgate: reading the event: %v\n", err)
		return exitNot
	}
	event, err := host.ParseEvent(input)
	if errors.Is(err, host.ErrNotEvent) && check.HoldsReport(string(input)) {
		return c.judge(ctx, string(input), judgeOptions{format: "json"})
	}
	if err != nil {
		fmt.Fprintf(c.stderr, "stopgate: reading the event: %v\n", err)
		return exitNot
	}
	runner := c.runner()
	who := speaker.Of(c.stdin, c.stdout, c.getenv)
	runner.FromClient, runner.ByHand, runner.Forged = who == speaker.Client, who == speaker.ByHand || who == speaker.Forged, who == speaker.Forged
	answer := runner.Run(ctx, event)
	if _, err := c.stdout.Write(answer.Output.JSON()); err != nil {
		fmt.Fprintf(c.stderr, "stopgate: answering the host: %v\n", err)
		answer.Undeliver(ctx)
		return exitNot
	}
	return exitOK
}
