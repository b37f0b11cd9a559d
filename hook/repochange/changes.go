// Package repochange says what changed in git's own files during a run of an agent, whose doing it was, and how a person takes it back.
package repochange

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"stopgate/hook/site"
	"stopgate/hook/trace"
	"stopgate/hook/worktree"
)

// Marked is what git's own files said when a run of an agent began.
type Marked struct {
	// Worktree is the path by which the orchestrator knows the worktree that they were read in.
	Worktree string         `json:"worktree"`
	Marks    worktree.Marks `json:"marks"`
}

// Changes is what git's files say otherwise than when the agent's run began, and who may have done it. The zero Moves is nothing, or
// nobody looked.
type Changes struct {
	// Worktree is the path by which people know the agent's worktree, Branch the full name of the ref that HEAD leads to there; "" where
	// it is detached.
	Worktree, Branch string
	Changes          []worktree.MarkChange
	// HooksInside tells that core.hooksPath is a folder of the worktree, whose files are work like any other.
	HooksInside bool
	// Incomplete says what could not be compared, and why; "" for nothing.
	Incomplete string
	// Own are the agent's commands, of all its runs.
	Own []trace.Command
	// Traced tells that all of them are known.
	Traced bool
	trace.Company
}

// Missed says what one of two looks did not see.
func Missed(before, now worktree.Marks) string {
	missed := maps.Clone(before.Incomplete)
	if missed == nil {
		missed = map[string]string{}
	}
	maps.Copy(missed, now.Incomplete)
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(missed)) {
		parts = append(parts, name+": "+missed[name])
	}
	return strings.Join(parts, "; ")
}

// HooksInside tells whether the repository's hooks are files of the worktree.
func HooksInside(root string, configuration worktree.Register) bool {
	for _, item := range configuration.Items {
		if item.Name == "core.hookspath" {
			dir := filepath.FromSlash(item.Value)
			return dir != "" && (filepath.IsLocal(dir) && !strings.HasPrefix(item.Value, ".git/") || site.Within(root, dir))
		}
	}
	return false
}
