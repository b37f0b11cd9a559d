package inspect

import (
	"context"
	"fmt"
	"strings"
	"time"

	"stopgate/hook/quote"
	"stopgate/hook/repochange"
	"stopgate/hook/site"
	"stopgate/hook/trace"
	"stopgate/hook/worktree"
)

// places are the worktrees in which git's own files were recorded: at the launch, and when the current run began. A place is nil if nothing was
// recorded, or if the worktree is gone.
type places struct{ launched, marked *worktree.Place }

// findPlaces looks each of them up once.
func findPlaces(in Inquiry) (at places) {
	if in.Grounds.Repository == nil {
		return places{}
	}
	find := func(m *repochange.Marked) *worktree.Place {
		if m == nil {
			return nil
		}
		where, _ := in.Grounds.Find(m.Worktree)
		if where.Problem != site.Found {
			return nil
		}
		return &where.Place
	}
	at.marked = find(in.Marked)
	switch {
	case in.Launch == nil || in.Launch.Marked == nil:
	case in.Marked != nil && in.Launch.Marked.Worktree == in.Marked.Worktree:
		at.launched = at.marked
	default:
		at.launched = find(in.Launch.Marked)
	}
	return at
}

// compareMarks compares git's own files with their state when the run began. It never fails: what cannot be compared is in Incomplete.
func compareMarks(ctx context.Context, observe Observer, in Inquiry, at places) repochange.Changes {
	if in.Marked == nil || in.Grounds.Repository == nil {
		return repochange.Changes{}
	}
	m := repochange.Changes{Worktree: in.Marked.Worktree}
	if at.marked == nil {
		m.Incomplete = fmt.Sprintf("the worktree %s is not there any more", quote.String(in.Marked.Worktree, quote.MaxPath))
		return m
	}
	ctx, done := within(ctx, in.Time.Marks)
	defer done()
	now, changes, err := observe.Moved(ctx, *at.marked, in.Marked.Marks)
	if err != nil {
		m.Incomplete = err.Error()
		return m
	}
	m.Branch, m.Changes = now.Head.Branch, changes
	m.Now = &repochange.Marked{Worktree: in.Marked.Worktree, Marks: now}
	m.Incomplete = repochange.Missed(in.Marked.Marks, now)
	m.HooksInside = repochange.HooksInside(at.marked.Root, now.Config)
	m.Root, m.Main, m.Common = at.marked.Root, at.marked.MainRoot(), at.marked.CommonDir
	return m
}

// careful returns the observer that runs no program because of a change made since the launch.
func careful(ctx context.Context, observe Observer, in Inquiry, at places) Observer {
	if at.launched == nil {
		return observe
	}
	return observe.Since(ctx, *at.launched, in.Launch.Marked.Marks)
}

// findMovers adds to the changes in git's files who may have made them.
func findMovers(ctx context.Context, witness Witness, in Inquiry, at places, m *repochange.Changes) {
	if len(m.Changes) == 0 {
		return
	}
	m.Own = trace.ClassifiedCommands(ctx, in.Agent, time.Time{}, in.Denied)
	trace.Reveal(m.Own, in.Agent)
	m.Traced = in.Agent.Lines > 0 && in.Agent.DroppedToolUses == 0 && in.Agent.LostHelpers == 0 && ctx.Err() == nil
	m.Guarded = witness.GitCommands(ctx, in.Agent.Run.Time.Add(-trace.ClockStep))
	m.Company = company(ctx, witness, in, in.Marked.Worktree, *at.marked)
}

// After compares git's own files with their state when the agent stopped (in.Marked), and finds out who may have changed them since.
// in.Agent.Run.Time must be that moment.
func After(ctx context.Context, observe Observer, witness Witness, in Inquiry) repochange.Changes {
	at := findPlaces(in)
	changes := compareMarks(ctx, observe, in, at)
	ctx, done := within(ctx, in.Time.Rest)
	defer done()
	findMovers(ctx, witness, in, at, &changes)
	return changes
}

// lost returns a text if the worktree of the launch is gone, with its present place if git knows one; "" if it exists, or none was recorded. The
// agent cannot fix that: it was told to work there.
func lost(ctx context.Context, observe Observer, in Inquiry) string {
	if in.Launch == nil || in.Launch.Worktree == "" || in.Grounds.Repository == nil || in.Isolated {
		return ""
	}
	where, _ := in.Grounds.Find(in.Launch.Worktree)
	if where.Problem == site.Found {
		return ""
	}
	name := quote.String(in.Launch.Worktree, quote.MaxPath)
	if root := movedTo(ctx, observe, in); root != "" {
		return fmt.Sprintf("the worktree %s was moved to %s while this agent was at work", name, quote.String(root, quote.MaxPath))
	}
	became := map[site.Problem]string{
		site.Absent:          "there is no such folder",
		site.NotTop:          "the folder is no worktree any more",
		site.OtherRepository: "the folder belongs to another repository now",
		site.Main:            "the name leads to the main worktree now",
		site.Unreadable:      "git's files there cannot be used",
	}[where.Problem]
	return fmt.Sprintf("the worktree %s was removed or moved while this agent was at work: %s", name, became)
}

// movedTo returns the present place of the worktree of the launch, by the branch that it had checked out; "" if no worktree has that branch.
func movedTo(ctx context.Context, observe Observer, in Inquiry) string {
	home, ok := in.Grounds.Main()
	if !ok || in.Launch.Marked == nil || in.Launch.Marked.Marks.Head.Branch == "" {
		return ""
	}
	ctx, done := within(ctx, in.Time.Marks)
	defer done()
	now, err := observe.Marks(ctx, home)
	if err != nil {
		return ""
	}
	for _, other := range now.Worktrees.Items {
		if !strings.HasPrefix(other.Value, in.Launch.Marked.Marks.Head.Branch+" ") {
			continue
		}
		if place, err := worktree.Locate(string(other.Name)); err == nil && place.CommonDir == home.CommonDir && place.Root == string(other.Name) {
			return in.Grounds.Name(place)
		}
	}
	return ""
}
