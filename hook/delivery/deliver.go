// Package delivery tells the orchestrator and the person what they have to know, with the first event that can carry it, and records that. It finds
// what has not been told yet: agents that ended without a seen stop, and steps that were not done.
package delivery

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"stopgate/hook/crosscheck"
	"stopgate/hook/host"
	"stopgate/hook/record"
	"stopgate/hook/scene"
	"stopgate/hook/step"
)

// Carried is the output that brings steps to the orchestrator; silent if there are none.
type Carried struct {
	Output host.Output

	scene *scene.Scene
	steps []record.OwedStep // in Output
}

// Undo records that the steps were not delivered after all. Call it if the output could not be written.
func (c Carried) Undo(ctx context.Context) {
	if len(c.steps) > 0 {
		c.scene.Append(ctx, record.Returned(record.Delivery{Via: c.scene.Event.HookEventName}, c.steps)...)
	}
}

// Picker selects the steps to deliver from the history of a session.
type Picker func(record.History) []record.OwedStep

// OwedFor selects the steps owed for one agent.
func OwedFor(agentID string) Picker {
	return func(h record.History) []record.OwedStep { return h.Owed(agentID) }
}

// Deliver delivers the steps that pick selects, and records that under the journal's lock, so that only one of several events delivers a step. If
// pick selects nothing from the history as last read, no lock is taken. Steps that do not fit into the answer wait for the next event. A step that
// the orchestrator has already read, or that is superseded, is only recorded.
func Deliver(ctx context.Context, s *scene.Scene, pick Picker) Carried {
	if s.Event.SessionID == "" {
		fmt.Fprintln(s.Log, "stopgate: the event names no session, so nothing can be delivered to it")
		return Carried{}
	}
	due := pick(s.History(ctx))
	if len(due) == 0 {
		return Carried{}
	}
	shown := crosscheck.AlreadyShown(ctx, s, due)
	carried, recorded := scene.Update(ctx, s, func(h record.History) ([]record.OwedStep, []record.Entry) {
		list := pick(h)
		list, others := record.Apart(list, shown)
		list = record.FirstThatFit(s.Event.HookEventName, list)
		return list, append(record.Delivered(record.Delivery{Via: s.Event.HookEventName}, others), record.Delivered(crosscheck.Telling(s, observes(ctx, s, stepsOf(list))), list)...)
	})
	if len(carried) == 0 {
		return Carried{}
	}
	if !recorded && s.Event.HookEventName == host.Stop {
		return Carried{} // an unrecorded delivery would be repeated at every Stop, and each would start another turn
	}
	return Carried{Output: Carry(ctx, s, stepsOf(carried)), scene: s, steps: carried}
}

func stepsOf(list []record.OwedStep) []*step.Step {
	steps := make([]*step.Step, len(list))
	for i, owed := range list {
		steps[i] = owed.Step
	}
	return steps
}

// observes reports whether the steps go only to the person, because of mode: observe.
func observes(ctx context.Context, s *scene.Scene, steps []*step.Step) bool {
	return !slices.ContainsFunc(steps, func(next *step.Step) bool { return s.EnforcesFor(ctx, next.AgentID) })
}

// Carry returns the answer with the steps for the orchestrator and one line for each step for the person: the result of an agent's stop, or what
// waits for them. At the end of the turn the client shows the steps themselves. There the steps are short, and the lines have only what waits. At
// Stop the steps are sent as context, which also continues the turn; the model would read a block twice (2.1.330). In the mode observe everything
// goes to the person and nothing to a model.
func Carry(ctx context.Context, s *scene.Scene, steps []*step.Step) host.Output {
	if len(steps) == 0 {
		return host.Output{}
	}
	observes := observes(ctx, s, steps)
	var texts, notices []string
	for _, next := range steps {
		texts = append(texts, next.At(s.Event.HookEventName))
		notice := next.Notice()
		if s.Event.HookEventName != host.Stop {
			notice = next.Headline(s.History(ctx).Agent(next.AgentID).Corrections())
		}
		if observes {
			notice = next.ObservedNotice()
		}
		if notice != "" {
			notices = append(notices, notice)
		}
	}
	if warning := s.Settings(ctx).Warning(); warning != "" {
		notices = append(notices, warning)
	}
	if warning := s.Journal().Warning(); warning != "" {
		notices, texts = append(notices, warning), append(texts, warning)
	}
	out := host.Output{}
	if !observes {
		out = host.Context(s.Event.HookEventName, strings.Join(texts, "\n\n"))
	}
	out.SystemMessage = strings.Join(notices, "\n")
	return out
}
