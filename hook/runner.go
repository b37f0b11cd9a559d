// Package hook is the story: a file for each event of the host, from what stands on stdin to what the host is answered. The packages
// below it read, look, judge and word; what happens in which order is decided here.
package hook

import (
	"context"

	"stopgate/hook/delivery"
	"stopgate/hook/host"
	"stopgate/hook/judge"
	"stopgate/hook/scene"
)

// Runner answers the host's events.
type Runner struct {
	scene.World
	// ByHand: something inside the client gave the event, and not the client. It is answered as by hand: what follows from it is not recorded,
	// so that it counts for nothing, and takes nothing away. Forged: it looks like the client's.
	ByHand, Forged bool
}

// Answer is the answer to one event.
type Answer struct {
	Output host.Output
	// Case is the stop that was judged; nil for other events and for a stop that had been judged before.
	Case *judge.Case

	carried delivery.Carried // the agents' steps in Output
}

// Undeliver takes back that the steps in Output were delivered. Call it if the output could not be written.
func (a Answer) Undeliver(ctx context.Context) { a.carried.Undo(ctx) }

// delivered is the answer that carries steps.
func delivered(c delivery.Carried) Answer { return Answer{Output: c.Output, carried: c} }

// Run answers one event. An event that does not concern stopgate gets a silent answer before anything is opened.
func (r *Runner) Run(ctx context.Context, ev host.Event) Answer {
	if r.ByHand {
		return r.runByHand(ctx, ev)
	}
	return r.run(ctx, ev)
}

func (r *Runner) run(ctx context.Context, ev host.Event) Answer {
	s := r.Scene(ev)
	switch ev.HookEventName {
	case host.SubagentStart:
		return subagentStart(ctx, s)
	case host.SubagentStop:
		return subagentStop(ctx, s)
	case host.PreToolUse:
		if host.IsAgentTool(ev.ToolName) {
			return agentLaunch(ctx, s)
		}
		return toolUse(ctx, s)
	case host.PostToolUse:
		if ev.ToolName == "AskUserQuestion" {
			return questionAnswered(ctx, s)
		}
		return agentReturn(ctx, s)
	case host.PostToolUseFailure:
		return launchFailed(ctx, s)
	case host.UserPromptSubmit:
		return promptSubmitted(ctx, s)
	case host.Stop:
		return turnEnd(ctx, s)
	case host.ConfigChange:
		return configChange(ctx, s)
	}
	return Answer{}
}
