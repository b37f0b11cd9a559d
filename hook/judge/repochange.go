package judge

import (
	"context"
	"fmt"
	"time"

	"stopgate/hook/quote"
	"stopgate/hook/repochange"
	"stopgate/hook/site"
	"stopgate/hook/trace"
)

// compareMarks compares git's files with what they said when the run began. It never fails: what cannot be compared is in Incomplete.
func (in Inquiry) compareMarks(ctx context.Context, observe Observer) repochange.Changes {
	if in.Marked == nil || in.Grounds.Repository == nil {
		return repochange.Changes{}
	}
	m := repochange.Changes{Worktree: in.Marked.Worktree}
	where, _ := in.Grounds.Find(in.Marked.Worktree)
	if where.Problem != site.Found {
		m.Incomplete = fmt.Sprintf("the worktree %s is not there any more", quote.String(in.Marked.Worktree, quote.MaxPath))
		return m
	}
	ctx, done := within(ctx, in.Time.Marks)
	defer done()
	now, changes, err := observe.Moved(ctx, where.Place, in.Marked.Marks)
	if err != nil {
		m.Incomplete = err.Error()
		return m
	}
	m.Branch, m.Changes = now.Head.Branch, changes
	m.Now = &repochange.Marked{Worktree: in.Marked.Worktree, Marks: now}
	m.Incomplete = repochange.Missed(in.Marked.Marks, now)
	m.HooksInside = repochange.HooksInside(where.Place.Root, now.Config)
	m.Root, m.Main, m.Common = where.Place.Root, where.Place.MainRoot(), where.Place.CommonDir
	return m
}

// careful is the observer that runs nothing because of a change made since the launch.
func (in Inquiry) careful(ctx context.Context, observe Observer) Observer {
	if in.Launch == nil || in.Launch.Marked == nil || in.Grounds.Repository == nil {
		return observe
	}
	where, _ := in.Grounds.Find(in.Launch.Marked.Worktree)
	if where.Problem != site.Found {
		return observe
	}
	return observe.Since(ctx, where.Place, in.Launch.Marked.Marks)
}

// whose adds to the changes who may have made them.
func (in Inquiry) whose(ctx context.Context, witness Witness, m *repochange.Changes) {
	if len(m.Changes) == 0 {
		return
	}
	where, _ := in.Grounds.Find(in.Marked.Worktree)
	m.Own = trace.ClassifiedCommands(ctx, in.Agent, time.Time{}, in.Denied)
	m.Traced = in.Agent.Lines > 0 && in.Agent.DroppedToolUses == 0 && ctx.Err() == nil
	m.Guarded = witness.GitCommands(ctx, in.Agent.Run.Time.Add(-trace.ClockStep))
	m.Company = in.company(ctx, witness, in.Marked.Worktree, where.Place)
}
