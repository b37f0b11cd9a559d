package hook

import (
	"context"
	"fmt"
	"strings"
	"time"

	"stopgate/hook/cleanup"
	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/judge"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/repochange"
	"stopgate/hook/rule"
	"stopgate/hook/scene"
	"stopgate/hook/step"
	"stopgate/hook/trace"
	"stopgate/hook/transcript"
)

// A coding agent can leave a process behind that writes to the repository after its stop was judged. So git's own files are compared once
// more before a gate or the branch-manager is launched for its work.

// lookAfter is what was done since the coding agent of a task stopped.
type afterStop struct {
	coder gates.Agent
	// now is what git's own files say now; nil if nothing was compared.
	now *repochange.Marked
	// findings are what the agent did, or what it left running.
	findings []rule.Finding
	// notes are changes of whom nothing shows that they were the agent's, in words.
	notes []string
	since time.Time
}

// name is how people know the coding agent.
func (a afterStop) name() string {
	return trace.OtherAgent{AgentType: a.coder.Type, AgentID: a.coder.ID}.String()
}

// lookAfter looks at what was done since the stop of the coding agent that the launch is for.
func lookAfter(ctx context.Context, s *scene.Scene, l launchedGate) afterStop {
	known := s.Tasks(ctx).Find(l.task)
	if known == nil || !l.found || known.State.Working || known.State.Coder.ID == "" {
		return afterStop{}
	}
	after := afterStop{coder: known.State.Coder}
	before, at := s.History(ctx).MarkedSince(after.coder.ID)
	if before == nil || before.Worktree != l.worktree {
		return afterStop{}
	}
	after.since = at
	in := s.As(after.coder)
	path := transcript.AgentPath(s.Event.TranscriptPath, after.coder.ID)
	agent := *withHands(ctx, in, peer(ctx, in, after.coder.ID))
	agent.Run.Time = at
	changes := judge.After(ctx, careful(ctx, s, l.place), witness(in), judge.Inquiry{
		Grounds: s.Grounds(), Agent: &agent, Marked: before, Launch: s.History(ctx).Launch(path).Seen(), Denied: s.History(ctx).Denied(),
		Coders: rivals(in, s.History(ctx).OtherCoders(after.coder.ID)), Rules: cleanup.Rules(s.Config(ctx)),
		Time: judge.Budget{Marks: marksWithin, Rest: lookWithin},
	})
	after.now = changes.Now
	after.findings, after.notes = repochange.VerifyAfter(changes)
	if changes.Incomplete != "" {
		after.notes = append(after.notes, "git's own files could not all be compared: "+quote.Line(quote.Clip(changes.Incomplete, quote.MaxReason)))
	}
	return after
}

// maxAfter bounds the changes in one note.
const maxAfter = 10

// tellAfter records what was done since the coding agent stopped. What the agent did halts the task as it would have at its stop: the
// launch is refused, and the person decides. What may be anybody's doing is told at the end of the turn.
func tellAfter(ctx context.Context, s *scene.Scene, l launchedGate, after afterStop) Answer {
	if len(after.notes) > 0 {
		first, omitted := quote.First(after.notes, maxAfter)
		text := fmt.Sprintf("since %s stopped in %s, the repository has changed, and nothing shows that this agent did it: %s%s",
			after.name(), quote.String(l.worktree, quote.MaxPath), strings.Join(first, "; "), quote.AndMore(omitted))
		s.Append(ctx, record.NewAlarm(text, after.since.Format(time.RFC3339Nano)).Entry())
	}
	if len(after.findings) == 0 {
		return Answer{}
	}
	if !l.enforced {
		for _, f := range after.findings {
			s.Append(ctx, record.NewAlarm("after "+after.name()+" had stopped: "+f.Line(), after.since.Format(time.RFC3339Nano)).Entry())
		}
		return Answer{}
	}
	fact := record.Fact{Worktree: l.worktree, Fact: gates.Fact{
		Kind: gates.CoderStopped, Task: l.task, At: l.at, Agent: after.coder.ID, AgentType: after.coder.Type, Verdict: gates.Violation, Tree: l.tree,
		Stop: quote.Digest("after", after.coder.ID, after.since.Format(time.RFC3339Nano), quote.JSON(after.findings)),
	}}
	scene.UpdateTask(ctx, s, l.task, func(t *record.Task) (bool, []record.Entry) {
		fact := t.StoppedAgain(fact)
		called := t.Answer(s.Event.SessionID, fact)
		stop := record.OtherStop(record.StopID{Said: fact.Fact.Stop}, rule.Violation, l.worktree, "")
		stop.Findings, stop.FindingsTotal, stop.Marked = after.findings, len(after.findings), after.now
		if called.Action != "" {
			stop.Step = t.Step(fact.Fact.Stop, after.coder, rule.Violation, called)
			stop.Step.Findings = after.findings
		}
		return true, []record.Entry{fact.Entry(), stop.Entry(after.coder, l.task)}
	})
	return Answer{Output: host.Deny(step.RefusalReason(
		fmt.Sprintf("%s is not launched, because of what was done after %s had stopped", l.name, after.name()), after.findings,
		"Show the person the evidence and wait for their decision."))}
}
