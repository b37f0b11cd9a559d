package hook

import (
	"context"
	"fmt"
	"slices"
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
	lines := []string{expected}
	switch ev.Source {
	case "fork":
		lines = append(lines, inherited(ctx, s)...)
	case "compact":
		lines = append(lines, stillOwed(ctx, s)...)
	}
	return strings.Join(lines, "\n")
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

// maxListed is the maximum number of tasks that are listed at the start of a session.
const maxListed = 8

// inherited lists the waiting tasks of the session from which this one was forked. A fork has the context of that session, but receives none of its
// steps. Its transcript is a copy, so it shows the launches of those tasks' agents.
func inherited(ctx context.Context, s *scene.Scene) []string {
	launches, err := transcript.ReadLaunches(ctx, s.Event.TranscriptPath, false)
	tasks := slices.DeleteFunc(s.Pending(ctx), func(t *record.Task) bool { return err == nil && !knowsAgent(launches, t.State.History) })
	return listed(tasks, "This session is a fork. These tasks wait for a step, which the other session may do, too. Ask the person which of the two continues them:")
}

// stillOwed lists the waiting tasks of a session whose context was compacted. The summary may leave out a step that was told before, and it is not told
// again if the orchestrator was reminded of it.
func stillOwed(ctx context.Context, s *scene.Scene) []string {
	tasks := slices.DeleteFunc(s.Tasks(ctx).All(), func(t *record.Task) bool { return t.LastIn != s.Event.SessionID })
	return listed(tasks, "Your context was compacted. These tasks of this session wait for a step:")
}

// listed returns the heading and one line for each task that waits for a step; nothing if there is none.
func listed(tasks []*record.Task, heading string) []string {
	var waiting []string
	for _, t := range tasks {
		if owed := t.State.Owed(); owed.Action != "" && owed.Action != gates.Wait {
			next := t.Reminder(owed)
			waiting = append(waiting, next.Lead()+" The whole step: "+next.Command())
		}
	}
	if len(waiting) == 0 {
		return nil
	}
	first, omitted := quote.First(waiting, maxListed)
	if omitted > 0 {
		first = append(first, fmt.Sprintf("and %d more: stopgate status lists them", omitted))
	}
	return append([]string{heading}, first...)
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
