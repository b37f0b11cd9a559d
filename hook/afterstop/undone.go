package afterstop

import (
	"context"

	"stopgate/hook/actor"
	"stopgate/hook/launch"
	"stopgate/hook/look"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/rule"
	"stopgate/hook/scene"
	"stopgate/hook/worktree"
)

// Undone returns findings about files that the coding agent had changed when its stop was verified, and that are unchanged when a gate is launched:
// a process that it left behind may have restored them. They are compared with the same snapshot as then. A file that had changed before the launch is
// left out: it may be the work of an earlier agent that this one took over. There are no findings if the worktree is
// as it was at the stop, or if it cannot be read; the gates then stop what they cannot compare. tree is the fingerprint of the worktree now; "" if
// it cannot be read completely.
func Undone(ctx context.Context, s *scene.Scene, a actor.Agent, tree string) []rule.Finding {
	known := s.Task(ctx, a.Task)
	if known == nil || a.Role != launch.GateRole || !a.Found || tree == "" || known.Judged() == "" || known.Judged() == tree {
		return nil
	}
	launched := launchOf(ctx, s, known).Seen()
	if launched == nil || launched.Worktree != a.Worktree {
		return nil
	}
	looking, done := context.WithTimeout(ctx, look.Within)
	defer done()
	var findings []rule.Finding
	for _, state := range look.Careful(looking, s, a.Place).Claims(looking, a.Place, known.Files(), worktree.Base{Snapshot: &launched.Snapshot}) {
		gone := state.Change == worktree.Unchanged && !state.DirtyBefore || state.Change == worktree.Missing || state.Change.Made() && state.BaseEqual
		if gone && len(findings) < maxUndone {
			findings = append(findings, rule.New(rule.ClaimUnchanged, rule.Block, state.Path,
				"%s was changed when the work was verified; now git shows it as it was when the agent was launched (%s)", quote.String(state.Path, quote.MaxPath), state.Change))
		}
	}
	return findings
}

// launchOf returns the launch of the task's coding agent, in whichever session that was; nil if none is recorded.
func launchOf(ctx context.Context, s *scene.Scene, t *record.Task) *record.Launch {
	return s.In(t.SessionOf(t.State.Coder.ID)).LaunchOf(ctx, t.State.Coder.ID)
}

// maxUndone is how many files one refusal names.
const maxUndone = 20
