package hook

import (
	"context"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

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

// Moves is what git's files say otherwise than when the agent's run began, and who may have done it. The zero Moves is nothing, or
// nobody looked.
type Moves struct {
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

// moves compares git's files with what they said when the run began. It never fails: what cannot be compared is said.
func (in Inquiry) moves(ctx context.Context, observe Observer, witness Witness) Moves {
	if in.Marked == nil || in.Grounds.Repository == nil {
		return Moves{}
	}
	where, _ := in.Grounds.Find(in.Marked.Worktree)
	if where.Problem != site.Found {
		return Moves{}
	}
	m := Moves{Worktree: in.Marked.Worktree}
	now, changes, err := observe.Moved(ctx, where.Place, in.Marked.Marks)
	if err != nil {
		m.Incomplete = err.Error()
		return m
	}
	m.Branch, m.Changes = now.Head.Branch, changes
	m.Incomplete = incomplete(in.Marked.Marks, now)
	m.HooksInside = hooksInside(where.Place.Root, now.Config)
	if len(changes) > 0 {
		m.Own = trace.ClassifiedCommands(ctx, in.Agent, time.Time{}, in.Denied)
		m.Traced = in.Agent.Lines > 0 && in.Agent.DroppedToolUses == 0 && ctx.Err() == nil
		m.Company = in.company(ctx, witness, in.Marked.Worktree, where.Place)
	}
	return m
}

// incomplete says what one of two looks did not see.
func incomplete(before, now worktree.Marks) string {
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

// hooksInside tells whether the repository's hooks are files of the worktree.
func hooksInside(root string, configuration worktree.Register) bool {
	for _, item := range configuration.Items {
		if item.Name == "core.hookspath" {
			dir := filepath.FromSlash(item.Value)
			return dir != "" && (filepath.IsLocal(dir) && !strings.HasPrefix(item.Value, ".git/") || site.Within(root, dir))
		}
	}
	return false
}
