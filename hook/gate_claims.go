package hook

import (
	"context"
	"fmt"

	"stopgate/hook/gates"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/scene"
	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// undone are findings on files that the coding agent had changed when its stop was verified, and that git does not show as changed any more
// when a gate is launched: a process that it left behind may have put them back. They are judged against the same
// snapshot as then. Where the worktree is as it was at the stop, or cannot be seen, there are none: the gates hold what they cannot compare.
func undone(ctx context.Context, s *scene.Scene, l launchedGate) []rule.Finding {
	known := s.Tasks(ctx).Find(l.task)
	if known == nil || l.role != launch.GateRole || !l.found || l.tree == "" || known.State.Tree == "" || known.State.Tree == l.tree {
		return nil
	}
	launched := s.History(ctx).Launch(transcript.AgentPath(s.Event.TranscriptPath, known.State.Coder.ID)).Seen()
	if launched == nil || launched.Worktree != l.worktree {
		return nil
	}
	looking, done := context.WithTimeout(ctx, lookWithin)
	defer done()
	var findings []rule.Finding
	for _, state := range careful(looking, s, l.place).Claims(looking, l.place, known.Files(), worktree.Base{Snapshot: &launched.Snapshot}) {
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
	coder := s.Tasks(ctx).Find(l.task).State.Coder
	return refuse(ctx, s, refusal{
		agent: gates.Agent{Type: l.agentType}, task: l.task, findings: findings,
		what: fmt.Sprintf("%s is not launched, because the work of task %s was undone after it was verified", l.name, quote.String(l.task, quote.MaxTaskShort)),
		advice: fmt.Sprintf("Find out what put the files back, then send the coding agent (SendMessage to %s) to do the work again and to report.",
			quote.String(coder.ID, quote.MaxName)),
	})
}
