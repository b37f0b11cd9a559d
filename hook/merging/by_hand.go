package merging

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"stopgate/hook/actor"
	"stopgate/hook/afterstop"
	"stopgate/hook/cleanup"
	"stopgate/hook/gates"
	"stopgate/hook/integration"
	"stopgate/hook/look"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/scene"
	"stopgate/hook/site"
	"stopgate/hook/worktree"
)

// SeeByHand records that somebody, usually the person, committed the work of a task by hand, so that what held for the worktree still holds. It
// changes nothing if git shows something else, or if an agent did it. It returns the task as it is then.
func SeeByHand(ctx context.Context, s *scene.Scene, t *record.Task) *record.Task {
	b, ok := byHand(ctx, s, t)
	if !ok {
		return t
	}
	b.Heads = append(b.Heads, headsOf(ctx, s, t)...)
	slices.Sort(b.Heads)
	b.Heads = slices.Compact(b.Heads)
	looking, done := context.WithTimeout(ctx, look.Within)
	defer done()
	now, kept := b.Kept(looking, s.Observe)
	if !kept {
		return t
	}
	a := actor.Agent{Task: t.State.Task, Worktree: t.Worktree, Place: b.Place, Found: true}
	if len(afterstop.Look(ctx, s, a).Findings) > 0 {
		return t // the next launch tells of it
	}
	fact := t.Kept(now, s.Now().UTC())
	scene.UpdateTask(ctx, s, t.State.Task, func(t *record.Task) (bool, []record.Entry) {
		if t.State.Tree != fact.Fact.Was {
			return false, nil // another process has recorded it
		}
		t.Take(s.Event.SessionID, fact)
		return true, []record.Entry{fact.Entry()}
	})
	return s.Task(ctx, t.State.Task)
}

// mergedByHand returns the fact that a main branch has all of the work that passed, though no branch-manager was launched to merge it.
func mergedByHand(ctx context.Context, s *scene.Scene, t *record.Task) (fact record.Fact, ok bool) {
	if !t.State.MayBeMerged() {
		return record.Fact{}, false
	}
	b, ok := byHand(ctx, s, t)
	if !ok || !movedSince(ctx, s, t, b.Home) {
		return record.Fact{}, false
	}
	looking, done := context.WithTimeout(ctx, look.Within)
	defer done()
	commit := b.Merged(looking, s.Observe, s.Observe.Survey(looking, b.Place, worktree.Base{}, b.Options))
	return t.Merged(commit, s.Now().UTC()), commit != ""
}

// byHand returns what is known of a task before its worktree is read; ok is false if the worktree is not there.
func byHand(ctx context.Context, s *scene.Scene, t *record.Task) (b integration.ByHand, ok bool) {
	where := s.Grounds().FindSite(t.Worktree, "")
	if where.Problem != site.Found || s.Observe == nil {
		return b, false
	}
	home, _ := s.Grounds().Main()
	return t.ByHand(where.Place, home, cleanup.ScanOptions(cleanup.Rules(s.Config(ctx)))), true
}

// headsOf returns the commits that HEAD of the task's worktree was at when the gates that answered, and those at work in this session, were launched,
// as far as they are recorded.
func headsOf(ctx context.Context, s *scene.Scene, t *record.Task) (commits []string) {
	add := func(in *scene.Scene, call string) {
		if l := in.History(ctx).LaunchOf(call); l != nil && l.Marked != nil {
			commits = append(commits, l.Marked.Marks.Head.Commit)
		}
	}
	for _, g := range t.State.Gates {
		if g.Needed && g.Last != nil {
			add(s.In(t.PassedIn(g.Name)), g.Last.Call)
		}
		for _, run := range g.Runs {
			add(s, run.Call)
		}
	}
	return commits
}

// movedSince reports whether the main worktree has another commit than when an agent was last launched for the task's work, or stopped. It returns
// true if that is unknown.
func movedSince(ctx context.Context, s *scene.Scene, t *record.Task, home worktree.Place) bool {
	marked, _ := s.In(t.SessionOf(t.State.Coder.ID)).History(ctx).MarkedSince(t.State.Coder.ID)
	head := worktree.HeadCommit(home)
	if marked == nil || head == "" {
		return true
	}
	at, _ := marked.Marks.Worktrees.Value(home.Root)
	return !strings.HasSuffix(at, " "+head)
}

// unapproved returns a note for the person, if work was merged by hand that they had not approved.
func unapproved(t *record.Task, fact record.Fact) (note record.Alarm, ok bool) {
	if fact.Fact.Kind != gates.MergedByHand || t.State.Word == fact.Fact.Tree {
		return record.Alarm{}, false
	}
	return record.NewAlarm(fmt.Sprintf("the work of task %s is merged, as it passed the gates, but no branch-manager was launched for that, and nothing shows who did it; was it you?",
		quote.String(t.State.Task, quote.MaxTaskShort)), fact.Commit), true
}
