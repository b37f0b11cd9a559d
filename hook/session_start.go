package hook

import (
	"context"
	"fmt"
	"strings"

	"stopgate/hook/delivery"
	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/journal"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/scene"
	"stopgate/hook/transcript"
)

// expected tells the orchestrator which text must come with each coding agent. If a hook was switched off or killed, the text is missing, and the
// orchestrator notices.
const expected = "The plugin stopgate checks coding agents here. Each coding agent returns to you with a text from stopgate that names its verdict, beside its result or at the end of your turn. " +
	"If one returns and you have no such text by your next turn, its work was not checked: launch no gate and no branch-manager for it, and tell the person to run stopgate doctor."

// SessionStarted returns the text for the orchestrator at the start of a session, and again after its context was compacted; "" outside a
// repository and in the mode observe. If another client continues the session, it records that the agents of the first one are gone.
func (r *Runner) SessionStarted(ctx context.Context, ev host.Event) string {
	s := r.Scene(ev)
	if s.Grounds().Repository == nil {
		return ""
	}
	if ev.Source == "resume" {
		takeGone(ctx, s, false, func(string) bool { return true }) // a client that was killed could not say so
	}
	if !s.Enforces(ctx) {
		return ""
	}
	if ev.Source != "fork" {
		return expected
	}
	return strings.Join(append([]string{expected}, inherited(ctx, s)...), "\n")
}

// takeGone records that those of the session's agents at work are gone: the session stopped them on purpose, or their client has ended. No
// task waits for them any more. It reports whether there are such agents.
func takeGone(ctx context.Context, s *scene.Scene, stopped bool, is func(id string) bool) bool {
	gone := s.History(ctx).Gone(stopped, is)
	if len(gone) > 0 {
		s.Append(ctx, gone...)
		delivery.Release(ctx, s)
	}
	return len(gone) > 0
}

// TrimJournal removes old records of the repository beyond the bounds, except those of open tasks. Call it at the start of a session, when nobody
// waits for an answer.
func (r *Runner) TrimJournal(ctx context.Context, ev host.Event, b journal.Bounds) {
	s := r.Scene(ev)
	s.Journal().Trim(ctx, b, record.CapsOf(s.Config(ctx)))
}

// maxInherited is the maximum number of tasks that a fork is told about.
const maxInherited = 8

// inherited lists the waiting tasks of the session from which this one was forked. A fork has the context of that session, but receives none of its
// steps. Its transcript is a copy, so it shows the launches of those tasks' agents.
func inherited(ctx context.Context, s *scene.Scene) []string {
	launches, err := transcript.ReadLaunches(ctx, s.Event.TranscriptPath, false)
	var waiting []string
	for _, t := range s.Pending(ctx) {
		owed := t.State.Owed()
		if owed.Action == "" || owed.Action == gates.Wait || err == nil && !knowsAgent(launches, t.State.History) {
			continue
		}
		next := t.Reminder(owed)
		waiting = append(waiting, next.Lead()+" With its prompt: "+next.Command())
	}
	if len(waiting) == 0 {
		return nil
	}
	first, omitted := quote.First(waiting, maxInherited)
	if omitted > 0 {
		first = append(first, fmt.Sprintf("and %d more: stopgate status lists them", omitted))
	}
	return append([]string{"This session is a fork. These tasks wait for a step, which the other session may do, too. Ask the person which of the two continues them:"}, first...)
}

// knowsAgent reports whether launches has the launch of an agent that stopped for the task with that history.
func knowsAgent(launches transcript.Launches, history []gates.Event) bool {
	for _, e := range history {
		if _, ok := launches.Of(e.Agent, ""); ok {
			return true
		}
	}
	return len(history) == 0
}
