package marks

import (
	"strconv"
	"strings"
	"time"

	"stopgate/hook/worktree/object"
	"stopgate/hook/worktree/refs"
)

// Kind is a kind of change of Marks.
type Kind string

// The kinds of changes. Name, From and To are those of Change.
const (
	// HeadMoved: HEAD is another commit. From and To are commits.
	HeadMoved Kind = "head-moved"
	// HeadSwitched: HEAD is another branch. From and To are full ref names, empty for a detached HEAD.
	HeadSwitched Kind = "head-switched"
	// HeadReturned: HEAD is unchanged, but its reflog shows that it was moved, or set to the same value, meanwhile.
	HeadReturned Kind = "head-returned"
	// HeadLogCut: HEAD's reflog is shorter than it was. From and To are its sizes in bytes.
	HeadLogCut Kind = "head-log-cut"

	// Refs. Name is the full ref name, From and To are objects, or "ref: " and the name that a symbolic ref leads to.
	BranchCreated Kind = "branch-created"
	BranchMoved   Kind = "branch-moved"
	BranchDeleted Kind = "branch-deleted"
	TagCreated    Kind = "tag-created"
	TagMoved      Kind = "tag-moved"
	TagDeleted    Kind = "tag-deleted"
	RemoteCreated Kind = "remote-created" // a remote-tracking branch; By distinguishes a push from a fetch
	RemoteMoved   Kind = "remote-moved"
	RemoteDeleted Kind = "remote-deleted"
	RefCreated    Kind = "ref-created" // any other ref: notes, replacements, what filter-branch keeps
	RefMoved      Kind = "ref-moved"
	RefDeleted    Kind = "ref-deleted"

	// The stash. From and To are the commits of its newest entry.
	StashGrown    Kind = "stash-grown"
	StashShrunk   Kind = "stash-shrunk"
	StashReplaced Kind = "stash-replaced" // as many entries as before, another newest one

	// The index. Name is a path, From and To are as in Marks.Staged, empty if the index entry is as in HEAD.
	Staged       Kind = "staged"        // To is new: nothing was staged there, or something else
	Unstaged     Kind = "unstaged"      // From is no longer staged: taken out, or committed
	IntentToAdd  Kind = "intent-to-add" // To is new
	FileHidden   Kind = "file-hidden"   // To is the flag that keeps git from looking at the file
	FileUnhidden Kind = "file-unhidden"

	// Operations in progress. Name is the operation's name, From and To are its commits.
	OperationStarted Kind = "operation-started"
	OperationEnded   Kind = "operation-ended"

	// ConfigChanged: Name is a variable, From and To are its values or their digests, empty if it is not set.
	ConfigChanged Kind = "config-changed"
	// HookChanged: Name is the folder, "hooks" or "core.hooksPath", and the file. From and To are as in Marks.Hooks.
	HookChanged Kind = "hook-changed"
	// InfoChanged: Name is a file of the git directory, as "info/exclude". From and To are digests.
	InfoChanged Kind = "info-changed"

	// GlobalChanged: as ConfigChanged, of git's configuration outside the repository.
	GlobalChanged Kind = "global-config-changed"

	// Other work trees. Name is the root, From and To tell their HEAD: a branch or "detached", and the commit.
	WorktreeAdded     Kind = "worktree-added"
	WorktreeRemoved   Kind = "worktree-removed"
	WorktreeHeadMoved Kind = "worktree-head-moved"
	// WorktreeCommitted comes beside WorktreeAdded, where HEAD there is a commit that no ref led to before.
	WorktreeCommitted Kind = "worktree-committed"
	// WorktreeIndexChanged: the index there would commit something else, or hides other files. From and To are digests.
	WorktreeIndexChanged Kind = "worktree-index-changed"
	// WorktreeOperation: another operation is in progress there. From and To are "NAME@COMMIT", with commas between several.
	WorktreeOperation Kind = "worktree-operation"
	// WorktreeConfigChanged: config.worktree there has other variables. From and To are digests.
	WorktreeConfigChanged Kind = "worktree-config-changed"
)

// A Change is one thing that git's files say otherwise than before.
type Change struct {
	Kind Kind        `json:"kind"`
	Name object.Name `json:"name,omitempty"`
	From string      `json:"from,omitempty"`
	To   string      `json:"to,omitempty"`
	// Many means that too much changed to list it one by one. All changed names start with Name, which is empty for anything but refs. From and To
	// are their numbers then and now. The kind is that of something moved or set.
	Many bool `json:"many,omitempty"`
	// Worktree is, of a branch, the root of another work tree that has it checked out, or had.
	Worktree object.Name `json:"worktree,omitempty"`
	// Log has the entries of the reflog about it, newest first. By is the command in the newest one: "commit", "push", "fetch", "reset" and so on.
	// Explain sets both. The agent that moved the ref can choose these words.
	Log []refs.LogEntry `json:"log,omitempty"`
	By  string          `json:"by,omitempty"`
	// Written has the times at which the files with it were last written, if no reflog shows when it changed: it changed at one of these times,
	// unless something else was written there since. Explain sets it; nil if there is no such file.
	Written []time.Time `json:"written,omitempty"`
}

// Compare returns the changes between two states of the same work tree: HEAD first, then refs, the index, and the other files. It leaves out what
// is Incomplete in one of them. Packed objects, packed refs and edited files are no changes.
func Compare(before, after Marks) []Change {
	var changes []Change
	seen := func(part string) bool {
		return before.Incomplete[part] == "" && after.Incomplete[part] == "" && (part != partGlobal || before.Reads >= readsGlobal)
	}
	if seen(partRefs) {
		changes = append(changes, compareHeadMarks(before.Head, after.Head)...)
		changes = append(changes, compareStash(before.Stash, after.Stash)...)
	}
	for _, p := range comparisons(&before, &after) {
		if seen(p.part) {
			changes = append(changes, p.compare()...)
		}
	}
	changes = append(changes, committed(before, changes)...)
	if seen(partElsewhere) {
		changes = append(changes, compareElsewhere(before.Elsewhere, after.Elsewhere, changes)...)
	}
	for i, c := range changes {
		if branch := string(c.Name); strings.HasPrefix(branch, "refs/heads/") && !c.Many {
			changes[i].Worktree = worktreeOf(branch, after.Worktrees, before.Worktrees)
		}
	}
	return changes
}

func compareHeadMarks(before, after Head) []Change {
	var changes []Change
	if before.Branch != after.Branch {
		changes = append(changes, Change{Kind: HeadSwitched, From: before.Branch, To: after.Branch})
	}
	if before.Commit != after.Commit {
		changes = append(changes, Change{Kind: HeadMoved, From: before.Commit, To: after.Commit})
	}
	if len(changes) == 0 && after.Log > before.Log {
		changes = append(changes, Change{Kind: HeadReturned, From: before.Commit, To: after.Commit})
	}
	if after.Log < before.Log {
		changes = append(changes, Change{Kind: HeadLogCut, From: strconv.FormatInt(before.Log, 10), To: strconv.FormatInt(after.Log, 10)})
	}
	return changes
}

func compareStash(before, after Stash) []Change {
	change := Change{From: before.Commit, To: after.Commit}
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
	return []Change{change}
}

// A comparison is one register before and after, with the kinds of change in it: of what was not there, of what is not there any
// more, and of what has another value.
type comparison struct {
	part, prefix            string
	before, after           Register
	created, deleted, moved Kind
}

func comparisons(b, a *Marks) []comparison {
	return []comparison{
		{partRefs, "refs/heads/", b.Branches, a.Branches, BranchCreated, BranchDeleted, BranchMoved},
		{partRefs, "refs/tags/", b.Tags, a.Tags, TagCreated, TagDeleted, TagMoved},
		{partRefs, "refs/remotes/", b.Remotes, a.Remotes, RemoteCreated, RemoteDeleted, RemoteMoved},
		{partRefs, "", b.Refs, a.Refs, RefCreated, RefDeleted, RefMoved},
		{partStaged, "", b.Staged, a.Staged, Staged, Unstaged, Staged},
		{partStaged, "", b.IntentToAdd, a.IntentToAdd, IntentToAdd, "", IntentToAdd},
		{partStaged, "", b.Hidden, a.Hidden, FileHidden, FileUnhidden, FileHidden},
		{partOperations, "", b.Operations, a.Operations, OperationStarted, OperationEnded, OperationStarted},
		{partConfig, "", b.Config, a.Config, ConfigChanged, ConfigChanged, ConfigChanged},
		{partHooks, "", b.Hooks, a.Hooks, HookChanged, HookChanged, HookChanged},
		{partInfo, "", b.Info, a.Info, InfoChanged, InfoChanged, InfoChanged},
		{partGlobal, "", b.Global, a.Global, GlobalChanged, GlobalChanged, GlobalChanged},
		{partWorktrees, "", b.Worktrees, a.Worktrees, WorktreeAdded, WorktreeRemoved, WorktreeHeadMoved},
	}
}

func (p comparison) compare() []Change {
	found, told := differences(p.before, p.after)
	if !told {
		return []Change{{
			Kind: p.moved, Name: object.Name(p.prefix), Many: true,
			From: strconv.Itoa(p.before.Count), To: strconv.Itoa(p.after.Count),
		}}
	}
	var changes []Change
	for _, d := range found {
		c := Change{Kind: p.moved, Name: object.Name(p.prefix) + d.name, From: d.from, To: d.to}
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

// committed returns the work trees among the changes that were added and whose HEAD is a commit that was nowhere before. Where there are too many
// refs to have them all, none is.
func committed(before Marks, changes []Change) []Change {
	registers := []Register{before.Branches, before.Tags, before.Remotes, before.Refs, before.Worktrees}
	known := map[string]bool{before.Head.Commit: true}
	for _, r := range registers {
		if r.Sketch != nil {
			return nil
		}
		for _, i := range r.Items {
			known[i.Value[strings.LastIndexByte(i.Value, ' ')+1:]] = true
		}
	}
	var found []Change
	for _, c := range changes {
		if c.Kind != WorktreeAdded {
			continue
		}
		if _, commit, ok := strings.Cut(c.To, " "); ok && refs.IsObjectName(commit) && !known[commit] {
			found = append(found, Change{Kind: WorktreeCommitted, Name: c.Name, To: c.To})
		}
	}
	return found
}

// worktreeOf returns the work tree of the first of registers that tells one with branch.
func worktreeOf(branch string, registers ...Register) object.Name {
	for _, r := range registers {
		for _, i := range r.Items {
			if strings.HasPrefix(i.Value, branch+" ") {
				return i.Name
			}
		}
	}
	return ""
}
