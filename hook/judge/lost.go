package judge

import (
	"context"
	"fmt"
	"strings"

	"stopgate/hook/quote"
	"stopgate/hook/site"
	"stopgate/hook/worktree"
)

// lost says that the worktree which the agent was launched for is not there any more, and where it is now if git knows; "" if it is there, or
// none was recorded. An agent cannot mend that: it was told to work there.
func (in Inquiry) lost(ctx context.Context, observe Observer) string {
	if in.Launch == nil || in.Launch.Worktree == "" || in.Grounds.Repository == nil || in.Isolated {
		return ""
	}
	where, _ := in.Grounds.Find(in.Launch.Worktree)
	if where.Problem == site.Found {
		return ""
	}
	name := quote.String(in.Launch.Worktree, quote.MaxPath)
	if root := in.movedTo(ctx, observe); root != "" {
		return fmt.Sprintf("the worktree %s was moved to %s while this agent was at work", name, quote.String(root, quote.MaxPath))
	}
	became := map[site.Problem]string{
		site.Absent:          "there is no such folder",
		site.NotTop:          "the folder is no worktree any more",
		site.OtherRepository: "the folder belongs to another repository now",
		site.Main:            "the name leads to the main worktree now",
		site.Unreadable:      "git's files there cannot be read",
	}[where.Problem]
	return fmt.Sprintf("the worktree %s was removed or moved while this agent was at work: %s", name, became)
}

// movedTo is where the worktree of the launch is now, by the branch that it had checked out; "" if no worktree has that.
func (in Inquiry) movedTo(ctx context.Context, observe Observer) string {
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
