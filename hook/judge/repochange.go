package judge

import (
	"context"
	"time"

	"stopgate/hook/repochange"
	"stopgate/hook/site"
	"stopgate/hook/trace"
)

// moves compares git's files with what they said when the run began. It never fails: what cannot be compared is said.
func (in Inquiry) moves(ctx context.Context, observe Observer, witness Witness) repochange.Changes {
	if in.Marked == nil || in.Grounds.Repository == nil {
		return repochange.Changes{}
	}
	where, _ := in.Grounds.Find(in.Marked.Worktree)
	if where.Problem != site.Found {
		return repochange.Changes{}
	}
	m := repochange.Changes{Worktree: in.Marked.Worktree}
	now, changes, err := observe.Moved(ctx, where.Place, in.Marked.Marks)
	if err != nil {
		m.Incomplete = err.Error()
		return m
	}
	m.Branch, m.Changes = now.Head.Branch, changes
	m.Incomplete = repochange.Missed(in.Marked.Marks, now)
	m.HooksInside = repochange.HooksInside(where.Place.Root, now.Config)
	if len(changes) > 0 {
		m.Own = trace.ClassifiedCommands(ctx, in.Agent, time.Time{}, in.Denied)
		m.Traced = in.Agent.Lines > 0 && in.Agent.DroppedToolUses == 0 && ctx.Err() == nil
		m.Company = in.company(ctx, witness, in.Marked.Worktree, where.Place)
	}
	return m
}
