package worktree

import (
	"strconv"
	"strings"
)

// MarkKind says what became of one of the Marks.
type MarkKind string

// The kinds of changes. Name, From and To are those of MarkChange.
const (
	// HeadMoved: HEAD is another commit. From and To are commits.
	HeadMoved MarkKind = "head-moved"
	// HeadSwitched: HEAD is another branch. From and To are full ref names, empty for a detached HEAD.
	HeadSwitched MarkKind = "head-switched"
	// HeadReturned: HEAD is what it was, and its reflog says that it was moved, or set to what it was, meanwhile.
	HeadReturned MarkKind = "head-returned"

	// Refs. Name is the full ref name, From and To are objects, or "ref: " and the name that a symbolic ref leads to.
	BranchCreated MarkKind = "branch-created"
	BranchMoved   MarkKind = "branch-moved"
	BranchDeleted MarkKind = "branch-deleted"
	TagCreated    MarkKind = "tag-created"
	TagMoved      MarkKind = "tag-moved"
	TagDeleted    MarkKind = "tag-deleted"
	RemoteCreated MarkKind = "remote-created" // a remote-tracking branch; By tells a push from a fetch
	RemoteMoved   MarkKind = "remote-moved"
	RemoteDeleted MarkKind = "remote-deleted"
	RefCreated    MarkKind = "ref-created" // any other ref: notes, replacements, what filter-branch keeps
	RefMoved      MarkKind = "ref-moved"
	RefDeleted    MarkKind = "ref-deleted"

	// The stash. From and To are the commits of its newest entry.
	StashGrown    MarkKind = "stash-grown"
	StashShrunk   MarkKind = "stash-shrunk"
	StashReplaced MarkKind = "stash-replaced" // as many entries as before, another newest one

	// The index. Name is a path, From and To are as in Marks.Staged, empty where the index is as HEAD.
	Staged       MarkKind = "staged"        // To is new: nothing was staged there, or something else
	Unstaged     MarkKind = "unstaged"      // From is no longer staged: taken out, or committed
	IntentToAdd  MarkKind = "intent-to-add" // To is new
	FileHidden   MarkKind = "file-hidden"   // To is the flag that keeps git from looking at the file
	FileUnhidden MarkKind = "file-unhidden"

	// Operations in progress. Name is that of the operation, From and To are the commits in question.
	OperationStarted MarkKind = "operation-started"
	OperationEnded   MarkKind = "operation-ended"

	// ConfigChanged: Name is a variable, From and To its values or their digests, empty where it is not set.
	ConfigChanged MarkKind = "config-changed"
	// HookChanged: Name is the folder, "hooks" or "core.hooksPath", and the file. From and To are as in Marks.Hooks.
	HookChanged MarkKind = "hook-changed"
	// InfoChanged: Name is a file of the git directory, as "info/exclude". From and To are digests.
	InfoChanged MarkKind = "info-changed"

	// Other work trees. Name is the root, From and To tell their HEAD: a branch or "detached", and the commit.
	WorktreeAdded     MarkKind = "worktree-added"
	WorktreeRemoved   MarkKind = "worktree-removed"
	WorktreeHeadMoved MarkKind = "worktree-head-moved"
)

// A MarkChange is one thing that git's files say otherwise than before.
type MarkChange struct {
	Kind MarkKind `json:"kind"`
	Name Name     `json:"name,omitempty"`
	From string   `json:"from,omitempty"`
	To   string   `json:"to,omitempty"`
	// Many means that more changed than can be told one by one: all that changed has a name that starts with Name, which is empty
	// where it is no ref, and From and To are how many there were and are. The kind is then that of something moved or set.
	Many bool `json:"many,omitempty"`
	// Worktree is, of a branch, the root of another work tree that has it checked out, or had.
	Worktree Name `json:"worktree,omitempty"`
	// Log is what the reflog tells of it, the newest first, and By the command that the newest one names: "commit", "push",
	// "fetch", "reset" and so on. Both are filled in by Explain. They are the words of whoever moved the ref.
	Log []LogEntry `json:"log,omitempty"`
	By  string     `json:"by,omitempty"`
}

// CompareMarks tells what changed between two looks at the same work tree: HEAD first, then refs, the index, and what surrounds them.
// Of what is in the Incomplete of one of them it tells nothing. Objects packed, refs packed, and edited files are no change.
func CompareMarks(before, after Marks) []MarkChange {
	var changes []MarkChange
	seen := func(part string) bool { return before.Incomplete[part] == "" && after.Incomplete[part] == "" }
	if seen(markRefs) {
		changes = append(changes, compareHeadMarks(before.Head, after.Head)...)
		changes = append(changes, compareStash(before.Stash, after.Stash)...)
	}
	for _, p := range comparisons(&before, &after) {
		if seen(p.part) {
			changes = append(changes, p.compare()...)
		}
	}
	for i, c := range changes {
		if branch := string(c.Name); strings.HasPrefix(branch, "refs/heads/") && !c.Many {
			changes[i].Worktree = worktreeOf(branch, after.Worktrees, before.Worktrees)
		}
	}
	return changes
}

func compareHeadMarks(before, after Head) []MarkChange {
	var changes []MarkChange
	if before.Branch != after.Branch {
		changes = append(changes, MarkChange{Kind: HeadSwitched, From: before.Branch, To: after.Branch})
	}
	if before.Commit != after.Commit {
		changes = append(changes, MarkChange{Kind: HeadMoved, From: before.Commit, To: after.Commit})
	}
	if len(changes) == 0 && after.Log > before.Log {
		changes = append(changes, MarkChange{Kind: HeadReturned, From: before.Commit, To: after.Commit})
	}
	return changes
}

func compareStash(before, after Stash) []MarkChange {
	change := MarkChange{From: before.Commit, To: after.Commit}
	switch {
	case before == after:
		return nil
	case before.Commit == "", after.Depth > before.Depth && before.Depth >= 0:
		change.Kind = StashGrown
	case after.Commit == "", after.Depth < before.Depth && after.Depth >= 0:
		change.Kind = StashShrunk
	case before.Commit == after.Commit:
		return nil // it could not be counted once
	default:
		change.Kind = StashReplaced
	}
	return []MarkChange{change}
}

// A comparison is one register before and after, with the kinds of change in it: of what was not there, of what is not there any
// more, and of what has another value.
type comparison struct {
	part, prefix            string
	before, after           Register
	created, deleted, moved MarkKind
}

func comparisons(b, a *Marks) []comparison {
	return []comparison{
		{markRefs, "refs/heads/", b.Branches, a.Branches, BranchCreated, BranchDeleted, BranchMoved},
		{markRefs, "refs/tags/", b.Tags, a.Tags, TagCreated, TagDeleted, TagMoved},
		{markRefs, "refs/remotes/", b.Remotes, a.Remotes, RemoteCreated, RemoteDeleted, RemoteMoved},
		{markRefs, "", b.Refs, a.Refs, RefCreated, RefDeleted, RefMoved},
		{markStaged, "", b.Staged, a.Staged, Staged, Unstaged, Staged},
		{markStaged, "", b.IntentToAdd, a.IntentToAdd, IntentToAdd, "", IntentToAdd},
		{markStaged, "", b.Hidden, a.Hidden, FileHidden, FileUnhidden, FileHidden},
		{markOperations, "", b.Operations, a.Operations, OperationStarted, OperationEnded, OperationStarted},
		{markConfig, "", b.Config, a.Config, ConfigChanged, ConfigChanged, ConfigChanged},
		{markHooks, "", b.Hooks, a.Hooks, HookChanged, HookChanged, HookChanged},
		{markInfo, "", b.Info, a.Info, InfoChanged, InfoChanged, InfoChanged},
		{markWorktrees, "", b.Worktrees, a.Worktrees, WorktreeAdded, WorktreeRemoved, WorktreeHeadMoved},
	}
}

func (p comparison) compare() []MarkChange {
	found, told := differences(p.before, p.after)
	if !told {
		return []MarkChange{{
			Kind: p.moved, Name: Name(p.prefix), Many: true,
			From: strconv.Itoa(p.before.Count), To: strconv.Itoa(p.after.Count),
		}}
	}
	var changes []MarkChange
	for _, d := range found {
		c := MarkChange{Kind: p.moved, Name: Name(p.prefix) + d.name, From: d.from, To: d.to}
		switch {
		case !d.was:
			c.Kind = p.created
		case !d.is:
			c.Kind = p.deleted
		}
		if c.Kind != "" {
			changes = append(changes, c)
		}
	}
	return changes
}

// worktreeOf is the work tree of the first of registers that tells one with branch.
func worktreeOf(branch string, registers ...Register) Name {
	for _, r := range registers {
		for _, i := range r.Items {
			if strings.HasPrefix(i.Value, branch+" ") {
				return i.Name
			}
		}
	}
	return ""
}
