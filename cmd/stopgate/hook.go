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

// runHook answers one event of the host. stdout is protocol: one JSON object, or nothing.
func runHook(c command, flags *flag.FlagSet, args []string) error {
	if err := c.parse(flags, args, anyNumber); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return misused("unexpected argument: the event is read from stdin")
	}
	ctx, cancel := context.WithTimeout(context.Background(), hookDeadline)
	defer cancel()
	c.awaits("hook", "an event or a report")
	event, input, err := readEvent(c)
	if errors.Is(err, host.ErrNotEvent) && check.HoldsReport(string(input)) {
		return judgeMessage(ctx, c, string(input), judgeOptions{format: "json"})
	}
	if err != nil {
		return notDone(c, err)
	}
	if looks(event) {
		c.heap.expectLook()
	}
	runner := c.runner()
	who := speaker.Of(c.stdin, c.stdout, c.getenv)
	runner.FromClient, runner.ByHand, runner.Forged = who == speaker.Client, who == speaker.ByHand || who == speaker.Forged, who == speaker.Forged
	answer := runner.Run(ctx, event)
	if _, err := c.stdout.Write(answer.Output.JSON()); err != nil {
		answer.Undeliver(ctx)
		return notDone(c, fmt.Errorf("answering the host: %w", err))
	}
	return nil
}

// looks reports whether the answer to an event needs a look at a worktree if the event is of an agent that is judged.
func looks(ev host.Event) bool {
	switch ev.HookEventName {
	case host.SubagentStart, host.SubagentStop:
		return true
	case host.PreToolUse, host.PostToolUse:
		return host.IsAgentTool(ev.ToolName)
	}
	return false
}

// readEvent reads one event of the host from stdin. input is the whole input.
func readEvent(c command) (event host.Event, input []byte, err error) {
	input, err = io.ReadAll(io.LimitReader(c.stdin, host.MaxEventBytes+1))
	if err == nil {
		event, err = host.ParseEvent(input)
	}
	if err != nil {
		return event, input, fmt.Errorf("reading the event: %w", err)
	}
	return event, input, nil
}

// notDone prints why the host gets no answer. It ends the program with 1, which the host does not take for a block.
func notDone(c command, err error) error {
	fmt.Fprintf(c.stderr, "stopgate: %v\n", err)
	return errNot
}
