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
	"stopgate/hook/launch"
	"stopgate/hook/look"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/repochange"
	"stopgate/hook/rule"
	"stopgate/hook/scene"
	"stopgate/hook/session"
	"stopgate/hook/step"
	"stopgate/hook/trace"
	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// A coding agent can leave a process behind that writes to the repository after its stop was judged. So git's own files are compared once
// more before a gate or the branch-manager is launched for its work.

// afterStop is what was done since the coding agent of a task stopped.
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
	known := s.Tasks(ctx).Find(l.Task)
	if known == nil || !l.Found || known.State.Working || known.State.Coder.ID == "" {
		return afterStop{}
	}
	after := afterStop{coder: known.State.Coder}
	before, at := s.History(ctx).MarkedSince(after.coder.ID)
	if before == nil || before.Worktree != l.Worktree {
		return afterStop{}
	}
	after.since = at
	in := s.As(after.coder)
	path := transcript.AgentPath(s.Event.TranscriptPath, after.coder.ID)
	agent := *session.WithHands(ctx, in, session.Peer(ctx, in, after.coder.ID))
	agent.Run.Time = at
	changes := judge.After(ctx, look.Careful(ctx, s, l.Place), session.Witness(in), judge.Inquiry{
		Grounds: s.Grounds(), Agent: &agent, Marked: before, Launch: s.History(ctx).Launch(path).Seen(), Denied: s.History(ctx).Denied(),
		Coders: session.Rivals(in, s.History(ctx).OtherCoders(after.coder.ID)), Rules: cleanup.Rules(s.Config(ctx)),
		Time: judge.Budget{Marks: look.MarksWithin, Rest: look.Within},
	})
	after.now = changes.Now
	after.findings, after.notes = repochange.VerifyAfter(changes)
	if changes.Incomplete != "" {
		after.notes = append(after.notes, "git's own files could not all be compared: "+quote.Reason(changes.Incomplete))
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
			after.name(), quote.String(l.Worktree, quote.MaxPath), strings.Join(first, "; "), quote.AndMore(omitted))
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
	fact := record.Fact{Worktree: l.Worktree, Fact: gates.Fact{
		Kind: gates.CoderStopped, Task: l.Task, At: l.at, Agent: after.coder.ID, AgentType: after.coder.Type, Verdict: gates.Violation, Tree: l.tree,
		Stop: quote.Digest("after", after.coder.ID, after.since.Format(time.RFC3339Nano), quote.JSON(after.findings)),
	}}
	scene.UpdateTask(ctx, s, l.Task, func(t *record.Task) (bool, []record.Entry) {
		fact := t.StoppedAgain(fact)
		called := t.Answer(s.Event.SessionID, fact)
		stop := record.OtherStop(record.StopID{Said: fact.Fact.Stop}, rule.Violation, l.Worktree, "")
		stop.Findings, stop.FindingsTotal, stop.Marked = after.findings, len(after.findings), after.now
		if called.Action != "" {
			stop.Step = t.Step(fact.Fact.Stop, after.coder, rule.Violation, called)
			stop.Step.Findings = after.findings
		}
		return true, []record.Entry{fact.Entry(), stop.Entry(after.coder, l.Task)}
	})
	return Answer{Output: host.Deny(step.RefusalReason(
		fmt.Sprintf("%s is not launched, because of what was done after %s had stopped", l.name, after.name()), after.findings,
		"Show the person the evidence and wait for their decision."))}
}

// undone are findings on files that the coding agent had changed when its stop was verified, and that git does not show as changed any more
// when a gate is launched: a process that it left behind may have put them back. They are judged against the same
// snapshot as then. Where the worktree is as it was at the stop, or cannot be seen, there are none: the gates hold what they cannot compare.
func undone(ctx context.Context, s *scene.Scene, l launchedGate) []rule.Finding {
	known := s.Tasks(ctx).Find(l.Task)
	if known == nil || l.Role != launch.GateRole || !l.Found || l.tree == "" || known.State.Tree == "" || known.State.Tree == l.tree {
		return nil
	}
	launched := s.History(ctx).Launch(transcript.AgentPath(s.Event.TranscriptPath, known.State.Coder.ID)).Seen()
	if launched == nil || launched.Worktree != l.Worktree {
		return nil
	}
	looking, done := context.WithTimeout(ctx, look.Within)
	defer done()
	var findings []rule.Finding
	for _, state := range look.Careful(looking, s, l.Place).Claims(looking, l.Place, known.Files(), worktree.Base{Snapshot: &launched.Snapshot}) {
		gone := state.Change == worktree.Unchanged || state.Change == worktree.Missing || state.Change.Made() && state.BaseEqual
		if gone && len(findings) < maxUndone {
			findings = append(findings, rule.Finding{
				Rule: rule.ClaimUnchanged, Severity: rule.Block, Path: state.Path,
				Message: fmt.Sprintf("%s was changed when the work was verified; now git shows it as it was when the agent was launched (%s)", quote.String(state.Path, quote.MaxPath), state.Change),
			})
		}
	}
	return findings
}

// maxUndone bounds the files in one refusal.
const maxUndone = 20

// refuseUndone refuses to launch what would look at work that is not there any more.
func refuseUndone(ctx context.Context, s *scene.Scene, l launchedGate, findings []rule.Finding) Answer {
	coder := s.Tasks(ctx).Find(l.Task).State.Coder
	return refuse(ctx, s, refusal{
		agent: gates.Agent{Type: l.agentType}, task: l.Task, findings: findings,
		what: fmt.Sprintf("%s is not launched, because the work of task %s was undone after it was verified", l.name, quote.String(l.Task, quote.MaxTaskShort)),
		advice: fmt.Sprintf("Find out what put the files back, then send the coding agent (SendMessage to %s) to do the work again and to report.",
			quote.String(coder.ID, quote.MaxName)),
	})
}
