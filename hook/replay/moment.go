package replay

import (
	"stopgate/hook/trace"
	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// moment is the time of a recorded stop, given by what its agent had done by then and what it did later.
type moment struct {
	// edited and editedLater are the files that an edit names, as git spells them.
	edited, editedLater map[string]bool
	// worked and workedLater mean tool uses that can change any file without naming it, such as Bash.
	worked, workedLater bool
}

// newMoment divides an agent's tool uses at the stop with which end ends. names are the paths of the worktree.
func newMoment(agent, end *transcript.Agent, names []string) moment {
	m := moment{edited: map[string]bool{}, editedLater: map[string]bool{}, worked: end.DroppedToolUses > 0 || end.LostHelpers > 0}
	line := 0
	if last := agent.LastReply(); last != nil {
		line = last.LastLine
	}
	for _, e := range trace.Edits(end, names) {
		if e.Line <= line {
			m.edited[e.Path] = true
		} else {
			m.editedLater[e.Path] = true
		}
	}
	for _, use := range end.ToolUses {
		switch {
		case use.Edits() || transcript.OnlyReads(use.Name):
		case use.Line <= line:
			m.worked = true
		default:
			m.workedLater = true
		}
	}
	return m
}

// asOf turns present states into those at the moment, as far as they are known. A file that only a later tool use of the agent can have changed had
// not changed yet.
func asOf(m moment, states []worktree.PathState) {
	for i, state := range states {
		path := state.Path
		if !state.Change.Made() || m.edited[path] || !m.editedLater[path] && !m.workedLater {
			continue
		}
		switch {
		case !m.worked && (state.Change == worktree.Added || state.Change == worktree.Renamed):
			states[i] = worktree.PathState{Path: path, Change: worktree.Missing}
		case !m.worked:
			states[i] = worktree.PathState{Path: path, Change: worktree.Unchanged}
		case m.editedLater[path]:
			states[i] = worktree.PathState{
				Path: path, Change: worktree.Unknown,
				Reason: "git shows it as " + state.Change.Words() + " now, but the edit in the transcript came after this stop",
			}
		}
	}
}
