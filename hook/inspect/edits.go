package inspect

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"stopgate/hook/cleanup"
	"stopgate/hook/quote"
	"stopgate/hook/trace"
	"stopgate/hook/worktree"
)

// UnclaimedEdit is an edit of the agent that its report does not list.
type UnclaimedEdit struct {
	Edit trace.Edit
	// Where is the name for people of the worktree that contains the file; "" for the agent's own.
	Where string
	// State is the file's present state in git.
	State worktree.PathState
}

// unclaimedEdits returns the files, in all worktrees of the repository, that the agent edited in this run and did not claim. Git knows nothing
// about files outside of them. unseen is the reason if another worktree was not read completely; "" otherwise.
func unclaimedEdits(ctx context.Context, observe Observer, in Inquiry, seen Evidence, base worktree.Base) (all []UnclaimedEdit, unseen string) {
	known := quote.Set(quote.Each(seen.Claims, func(c Claim) string { return filepath.Join(seen.Site.Place.Root, filepath.FromSlash(c.Path)) }))
	var places []worktree.Place
	edits := map[worktree.Place][]UnclaimedEdit{}
	for _, e := range seen.Edits {
		place, rel := seen.Site.Place, e.Path
		if rel == "" {
			var ok bool
			if place, rel, ok = in.Grounds.WorktreeOf(e.Name); !ok {
				continue
			}
		}
		name := filepath.Join(place.Root, filepath.FromSlash(rel))
		if e.Run != in.Agent.Run.Number || known[name] || IsAgentMemory(rel) {
			continue
		}
		if place == seen.Site.Place && slices.ContainsFunc(seen.Claims, func(c Claim) bool { return c.Covers(rel) }) {
			continue // the entry that means the file has a finding of its own
		}
		known[name] = true
		if edits[place] == nil {
			places = append(places, place)
		}
		edits[place] = append(edits[place], UnclaimedEdit{Edit: e, State: worktree.PathState{Path: rel}})
	}
	for _, place := range places {
		where, against := in.Grounds.Name(place), worktree.Base{}
		if place == seen.Site.Place {
			where, against = "", base
		}
		list := edits[place]
		paths := quote.Each(list, func(e UnclaimedEdit) string { return e.State.Path })
		for i, state := range look(ctx, observe, place, paths, against) {
			list[i].Where, list[i].State = where, state
		}
		all = append(all, list...)
	}
	byCommands, unseen := commandEdits(ctx, observe, in, seen, known)
	return append(all, byCommands...), unseen
}

// maxOthersSeen is how many worktrees are read because commands name them.
const maxOthersSeen = 16

// commandEdits returns the files in other linked worktrees that a command of the agent changed: the command writes the file, or names it, may change it
// and was running when it was written; git shows a change; and the file was written in this run. Files in known are left out. unseen is the reason if one of those worktrees was not read
// completely; "" otherwise.
func commandEdits(ctx context.Context, observe Observer, in Inquiry, seen Evidence, known map[string]bool) (edits []UnclaimedEdit, unseen string) {
	places, unseen := othersNamed(ctx, in, seen)
	for _, place := range places {
		survey := observe.Survey(ctx, place, worktree.Base{}, cleanup.ScanOptions(in.Rules))
		if survey.Incomplete != "" {
			unseen = in.Grounds.Name(place) + ": " + survey.Incomplete
		}
		for _, state := range survey.States {
			name := filepath.Join(place.Root, filepath.FromSlash(state.Name))
			c := trace.LastWriting(seen.Ran, place.Root, state.Name)
			if c.Text == "" || known[name] || IsAgentMemory(state.Name) || trace.WrittenBefore(name, in.Agent.Run.Time) {
				continue
			}
			state.Path = state.Name
			edits = append(edits, UnclaimedEdit{
				Edit: trace.Edit{Name: name, Tool: cmp.Or(c.Tool, "Bash"), Line: c.Line, Helper: c.Helper, Time: c.From}, Where: in.Grounds.Name(place), State: state,
			})
		}
	}
	return edits, unseen
}

// othersNamed returns the other linked worktrees in which the agent's commands may have changed files, because they name them. unseen is the
// reason if there are more; "" otherwise.
func othersNamed(ctx context.Context, in Inquiry, seen Evidence) (places []worktree.Place, unseen string) {
	found := map[string]worktree.Place{} // by name and by folder; the zero Place stands for the agent's own worktree and for none
	other := func(name string) worktree.Place {
		if place, ok := found[name]; ok {
			return place
		}
		folder := name
		if info, err := os.Stat(name); err != nil || !info.IsDir() {
			folder = filepath.Dir(name)
		}
		place, ok := found[folder]
		if !ok {
			if place, _, ok = in.Grounds.WorktreeOf(filepath.Join(folder, "x")); !ok || place == seen.Site.Place || !place.Linked() {
				place = worktree.Place{}
			}
			found[folder] = place
		}
		found[name] = place
		return place
	}
	foreign := func(name string) bool { return ctx.Err() == nil && other(name) != worktree.Place{} }
	for _, c := range seen.Ran {
		unnamed := c.UnnamedPaths()
		if !slices.ContainsFunc(c.Paths(), foreign) && !slices.ContainsFunc(unnamed, foreign) {
			continue
		}
		for _, name := range append(c.ChangingPaths(), unnamed...) {
			if place := other(name); foreign(name) && !slices.Contains(places, place) {
				if len(places) == maxOthersSeen {
					return places, fmt.Sprintf("the agent's commands name more than %d", maxOthersSeen)
				}
				places = append(places, place)
			}
		}
	}
	if err := ctx.Err(); err != nil {
		return places, err.Error()
	}
	return places, ""
}

// IsAgentMemory reports whether a path in a worktree is in a folder in which Claude Code lets agents keep notes (the field memory of an agent's
// definition): agent-memory, or agent-memory-local for notes that are not shared.
func IsAgentMemory(path string) bool {
	return strings.HasPrefix(path, ".claude/agent-memory/") || strings.HasPrefix(path, ".claude/agent-memory-local/")
}

// MainChange is a file of the main worktree that changed during a run without an edit by the tools of an agent or of the session.
type MainChange struct {
	State worktree.PathState
	// Command is the agent's command that names the file in the main worktree; "" for none. Line is its line in the transcript.
	Command string
	Line    int
	Helper  string // as in trace.Edit
}

// mainChanges returns the changes in the main worktree, which the agent's commands may have made. It leaves out the session's edits, and those of
// the agent's own tools, which verifyUnclaimedEdits judges. unseen is the reason if the main worktree could not be read completely; "" otherwise.
func mainChanges(ctx context.Context, observe Observer, witness Witness, in Inquiry, seen Evidence) (changes []MainChange, unseen string) {
	before := in.before()
	home, ok := in.Grounds.Main()
	if before == nil || !ok || len(seen.Ran) == 0 {
		return nil, ""
	}
	if before.MainUnseen != "" || before.Main == nil {
		return nil, before.MainUnseen
	}
	survey := observe.Survey(ctx, home, worktree.Base{Snapshot: before.Main}, cleanup.ScanOptions(in.Rules))
	all := slices.Clip(survey.States)
	for _, h := range survey.Hidden {
		all = append(all, worktree.PathState{Path: h.Name, Name: h.Name, Change: worktree.Added})
	}
	states := cleanup.WithoutPaths(all, cleanup.ByProducts(in.Rules, survey))
	if len(states) == 0 {
		return nil, survey.Incomplete
	}
	known := map[string]bool{}
	for _, edit := range seen.UnclaimedEdits {
		if edit.Where != "" {
			known[edit.State.Path] = true
		}
	}
	for _, name := range trace.EditsSince(witness.Session(ctx), home, trace.SinceLaunch(in.Agent)) {
		known[name] = true
	}
	for _, name := range sessionChanged(ctx, witness, in, seen, home, states) {
		known[name] = true
	}
	for _, state := range states {
		if known[state.Name] || state.NoBase || IsAgentMemory(state.Name) {
			continue
		}
		h := trace.LastWriting(seen.Ran, home.Root, state.Name)
		changes = append(changes, MainChange{State: state, Command: h.Text, Line: h.Line, Helper: h.Helper})
	}
	return changes, survey.Incomplete
}

// maxSessionFiles is how many files are compared with the session's commands.
const maxSessionFiles = 1000

// sessionChanged returns the files among states, in a worktree, that a command of the session itself names and may have changed since the launch, and
// no command of the agent.
func sessionChanged(ctx context.Context, witness Witness, in Inquiry, seen Evidence, place worktree.Place, states []worktree.PathState) (names []string) {
	ran := trace.Commands(witness.Session(ctx), trace.SinceLaunch(in.Agent), in.Denied)
	for _, state := range states[:min(len(states), maxSessionFiles)] {
		if ctx.Err() == nil && trace.LastChanging(ran, place.Root, state.Name).Text != "" && trace.LastChanging(seen.Ran, place.Root, state.Name).Text == "" {
			names = append(names, state.Name)
		}
	}
	return names
}
