// Package trace reads from transcripts what agents did: their edits, their commands, and who else was at work in a worktree.
package trace

import (
	"path/filepath"
	"slices"
	"time"

	"stopgate/hook/site"
	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// Edit is one tool use by which an agent changed a file, as its transcript tells it.
type Edit struct {
	// Path is relative to the worktree, as git spells it; "" for a file outside it.
	Path string
	// Name is the absolute path, as the tool was given it or taken from the session's folder.
	Name string
	// Tool is Write, Edit, MultiEdit or NotebookEdit.
	Tool string
	// Line is that of the tool use in the transcript.
	Line int
	// Time is that of the tool use; zero where the transcript does not tell.
	Time time.Time
	// Run is the number of the agent's run that it belongs to (transcript.Run).
	Run int
}

// Edits are an agent's edits that succeeded, in order; failed and unanswered ones changed nothing that is known. roots are the
// names that the worktree goes by.
func Edits(agent *transcript.Agent, roots []string) []Edit {
	var edits []Edit
	for _, use := range agent.ToolUses {
		if !use.Edits() || use.Outcome != transcript.Succeeded || use.Path == "" {
			continue
		}
		name := filepath.FromSlash(use.Path)
		if !filepath.IsAbs(name) {
			name = filepath.Join(agent.CWD, name)
		}
		edits = append(edits, Edit{
			Path: site.RelativeTo(roots, name), Name: filepath.Clean(name), Tool: use.Name, Line: use.Line, Time: use.Time, Run: use.Run,
		})
	}
	return edits
}

// KnowsEdits tells whether a transcript tells of every edit of the agent.
func KnowsEdits(agent *transcript.Agent) bool {
	return agent.Lines > 0 && agent.DroppedToolUses == 0 && agent.Skipped.Malformed == 0 && agent.Skipped.TooLong == 0
}

// Written are the files of the worktree that an agent's own tools wrote, or tried to, by their names and by where symbolic links lead
// to. roots are the names that the worktree goes by.
func Written(agent *transcript.Agent, roots []string) []string {
	var paths []string
	for _, use := range agent.ToolUses {
		if use.Edits() && use.Path != "" {
			name := filepath.FromSlash(use.Path)
			if !filepath.IsAbs(name) {
				name = filepath.Join(agent.CWD, name)
			}
			paths = append(paths, site.RelativeTo(roots, name))
			if real, err := filepath.EvalSymlinks(name); err == nil {
				paths = append(paths, site.RelativeTo(roots, real))
			} else if dir, err := filepath.EvalSymlinks(filepath.Dir(name)); err == nil {
				paths = append(paths, site.RelativeTo(roots, filepath.Join(dir, filepath.Base(name))))
			}
		}
	}
	return paths
}

// OnlyReads tells whether a tool of the host changes no file (2.1.330).
func OnlyReads(tool string) bool {
	switch tool {
	case "Read", "Glob", "Grep", "LS", "NotebookRead", "TodoWrite", "ToolSearch", "WebFetch", "WebSearch", "SubagentHandback":
		return true
	}
	return false
}

// SinceLaunch is when an agent was launched; the zero time where its transcript tells only when it was resumed.
func SinceLaunch(agent *transcript.Agent) time.Time {
	if agent.Run.Number > 0 {
		return time.Time{}
	}
	return agent.Run.Time
}

// EditsSince are the files of the worktree that an agent has edited since then.
func EditsSince(agent *transcript.Agent, place worktree.Place, since time.Time) []string {
	var files []string
	for _, e := range Edits(agent, []string{place.Root}) {
		if e.Path != "" && e.Time.After(since) && !slices.Contains(files, e.Path) {
			files = append(files, e.Path)
		}
	}
	return files
}
