// Package trace reads from transcripts what agents did: their edits, their commands, and who else worked in a worktree.
package trace

import (
	"os"
	"path/filepath"
	"slices"
	"time"

	"stopgate/hook/site"
	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// Edit is one successful tool use by which an agent changed a file.
type Edit struct {
	// Path is relative to the worktree, as git spells it; "" for a file outside the worktree.
	Path string
	// Name is the absolute path. A relative path that the tool was given is resolved from the session's folder.
	Name string
	// Tool is Write, Edit, MultiEdit or NotebookEdit.
	Tool string
	// Line is the line of the tool use in the transcript, from 1. Helper is the agent that worked for this one, if the transcript is that agent's; ""
	// if it is this one's own.
	Line   int
	Helper string
	// Time is when the tool was used; zero if the transcript has no time.
	Time time.Time
	// Run is the number of the agent's run that the tool use belongs to (transcript.Run).
	Run int
}

// Edits returns an agent's edits, in order. It leaves out tool uses that failed or have no result, because they may have changed nothing. roots are
// the paths of the worktree.
func Edits(agent *transcript.Agent, roots []string) []Edit {
	var edits []Edit
	for _, use := range agent.ToolUses {
		if !use.Edits() || use.Outcome != transcript.Succeeded || use.Path == "" {
			continue
		}
		name := site.From(agent.CWD, use.Path)
		edits = append(edits, Edit{
			Path: site.RelativeTo(roots, name), Name: filepath.Clean(name), Tool: use.Name, Line: use.Line, Helper: use.Helper, Time: use.Time, Run: use.Run,
		})
	}
	return edits
}

// KnowsEdits reports whether the transcript is complete, so that it shows every edit of the agent.
func KnowsEdits(agent *transcript.Agent) bool {
	return agent.Lines > 0 && agent.DroppedToolUses == 0 && agent.LostHelpers == 0 && agent.Skipped.Unread() == 0
}

// Written returns the files of the worktree that an agent's tools wrote or may have written, whatever the result. all is as for KnowsEdits. A
// symbolic link is listed with its target. A file outside the worktree is "". roots is as for Edits. Of a shell's commands, nothing is listed.
func Written(agent *transcript.Agent, roots []string) (paths []string, all bool) {
	for _, use := range agent.ToolUses {
		for _, name := range mayWrite(agent, use) {
			paths = append(paths, site.RelativeTo(roots, name))
			if target, err := filepath.EvalSymlinks(name); err == nil {
				paths = append(paths, site.RelativeTo(roots, target))
			} else if dir, err := filepath.EvalSymlinks(filepath.Dir(name)); err == nil {
				paths = append(paths, site.RelativeTo(roots, filepath.Join(dir, filepath.Base(name))))
			}
		}
	}
	return paths, KnowsEdits(agent)
}

// mayWrite returns the absolute paths of the files that a tool use may write: the one that it edits, or those in the input of a server's tool. A
// folder in such an input is where the tool works, so it is none of them.
func mayWrite(agent *transcript.Agent, use transcript.ToolUse) (files []string) {
	switch {
	case use.Edits() && use.Path != "":
		return []string{site.From(agent.CWD, use.Path)}
	case use.Acts() && use.Command == "":
		for _, name := range use.Names {
			file := site.From(agent.CWD, name)
			if info, err := os.Stat(file); err == nil && !info.IsDir() {
				files = append(files, file)
			}
		}
	}
	return files
}

// SinceLaunch returns when an agent was launched; the zero time if its transcript shows only when it was resumed.
func SinceLaunch(agent *transcript.Agent) time.Time {
	if agent.Run.Number > 0 {
		return time.Time{}
	}
	return agent.Run.Time
}

// EditsSince returns the files of a worktree that an agent edited after since, in order and without duplicates.
func EditsSince(agent *transcript.Agent, place worktree.Place, since time.Time) []string {
	var files []string
	for _, e := range Edits(agent, []string{place.Root}) {
		if e.Path != "" && e.Time.After(since) && !slices.Contains(files, e.Path) {
			files = append(files, e.Path)
		}
	}
	return files
}
