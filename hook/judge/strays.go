package judge

import (
	"context"
	"path/filepath"
	"strings"

	"stopgate/hook/trace"
	"stopgate/hook/worktree"
)

// UnclaimedEdit is an edit of the agent that its report says nothing of.
type UnclaimedEdit struct {
	Edit trace.Edit
	// Where names the worktree of the same repository that the file stands in; "" for the agent's own.
	Where string
	// State is what git shows of the file there now.
	State worktree.PathState
}

// findStrays looks at the files that the agent edited in this run and did not claim: in its own worktree, and in the others of the
// same repository. What stands in no worktree of the repository is none of git's business, nor of stopgate's.
func findStrays(ctx context.Context, observe Observer, in Inquiry, seen Evidence, base worktree.Base) []UnclaimedEdit {
	known := map[string]bool{} // absolute names
	for _, c := range seen.Claims {
		known[filepath.Join(seen.Site.Place.Root, filepath.FromSlash(c.Path))] = true
	}
	var places []worktree.Place
	strays := map[worktree.Place][]UnclaimedEdit{}
	for _, e := range seen.Edits {
		place, rel := seen.Site.Place, e.Path
		if rel == "" {
			var ok bool
			if place, rel, ok = in.Grounds.WorktreeOf(e.Name); !ok {
				continue
			}
		}
		name := filepath.Join(place.Root, filepath.FromSlash(rel))
		if e.Run != in.Agent.Run.Number || known[name] || place != seen.Site.Place && IsAgentMemory(rel) {
			continue
		}
		known[name] = true
		if strays[place] == nil {
			places = append(places, place)
		}
		strays[place] = append(strays[place], UnclaimedEdit{Edit: e, State: worktree.PathState{Path: rel}})
	}
	var all []UnclaimedEdit
	for _, place := range places {
		where, against := in.Grounds.Name(place), worktree.Base{}
		if place == seen.Site.Place {
			where, against = "", base
		}
		list := strays[place]
		paths := make([]string, len(list))
		for i := range list {
			paths[i] = list[i].State.Path
		}
		for i, state := range look(ctx, observe, place, paths, against) {
			list[i].Where, list[i].State = where, state
		}
		all = append(all, list...)
	}
	return all
}

// IsAgentMemory tells whether a path in a worktree is one where the client has agents keep what they learn (the field memory of an
// agent's definition): agent-memory, and agent-memory-local for what is not shared.
func IsAgentMemory(path string) bool {
	return strings.HasPrefix(path, ".claude/agent-memory/") || strings.HasPrefix(path, ".claude/agent-memory-local/")
}
