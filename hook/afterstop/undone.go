package afterstop

import (
	"context"

	"stopgate/hook/actor"
	"stopgate/hook/launch"
	"stopgate/hook/look"
	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/scene"
	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// Undone are findings on files that the coding agent had changed when its stop was verified, and that git does not show as changed any more
// when a gate is launched: a process that it left behind may have put them back. They are judged against the same
// snapshot as then. Where the worktree is as it was at the stop, or cannot be seen, there are none: the gates hold what they cannot compare.
// tree is what the worktree is like now; "" if it cannot be seen whole.
func Undone(ctx context.Context, s *scene.Scene, a actor.Agent, tree string) []rule.Finding {
	known := s.Tasks(ctx).Find(a.Task)
	if known == nil || a.Role != launch.GateRole || !a.Found || tree == "" || known.State.Tree == "" || known.State.Tree == tree {
		return nil
	}
	launched := s.History(ctx).Launch(transcript.AgentPath(s.Event.TranscriptPath, known.State.Coder.ID)).Seen()
	if launched == nil || launched.Worktree != a.Worktree {
		return nil
	}
	looking, done := context.WithTimeout(ctx, look.Within)
	defer done()
	var findings []rule.Finding
	for _, state := range look.Careful(looking, s, a.Place).Claims(looking, a.Place, known.Files(), worktree.Base{Snapshot: &launched.Snapshot}) {
		gone := state.Change == worktree.Unchanged || state.Change == worktree.Missing || state.Change.Made() && state.BaseEqual
		if gone && len(findings) < maxUndone {
			findings = append(findings, rule.New(rule.ClaimUnchanged, rule.Block, state.Path,
				"%s was changed when the work was verified; now git shows it as it was when the agent was launched (%s)", quote.String(state.Path, quote.MaxPath), state.Change))
		}
	}
	return findings
}

// maxUndone bounds the files in one refusal.
const maxUndone = 20
