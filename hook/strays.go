package hook

import (
	"context"
	"path/filepath"
	"slices"
	"strings"

	"stopgate/hook/worktree"
)

// Stray is an edit of the agent that its report says nothing of.
type Stray struct {
	Edit Edit
	// Where names the worktree of the same repository that the file stands in; "" for the agent's own.
	Where string
	// State is what git shows of the file there now.
	State worktree.PathState
}

// findStrays looks at the files that the agent edited in this run and did not claim: in its own worktree, and in the others of the
// same repository. What stands in no worktree of the repository is none of git's business, nor of stopgate's.
func findStrays(ctx context.Context, observe Observer, in Inquiry, site Site, claims []Claim, edits []Edit) []Stray {
	var strays []Stray
	for _, e := range edits {
		claimed := slices.ContainsFunc(claims, func(c Claim) bool { return c.Path == e.Path })
		seen := slices.ContainsFunc(strays, func(s Stray) bool { return s.Edit.Name == e.Name })
		if e.Run != in.Agent.Run.Number || claimed || seen {
			continue
		}
		if e.Path != "" {
			strays = append(strays, Stray{Edit: e, State: observe(ctx, site.Place, []string{e.Path})[0]})
			continue
		}
		place, err := worktree.Locate(filepath.Dir(e.Name))
		if err != nil || in.Grounds.Repository == nil || place.CommonDir != in.Grounds.Repository.CommonDir {
			continue
		}
		if rel := relativeTo([]string{place.Root}, e.Name); rel != "" && !strings.HasPrefix(rel, ".git/") {
			strays = append(strays, Stray{Edit: e, Where: in.Grounds.name(place), State: observe(ctx, place, []string{rel})[0]})
		}
	}
	return strays
}
