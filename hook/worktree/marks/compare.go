package marks

import (
	"strconv"
	"strings"
	"time"

	"stopgate/hook/worktree/object"
	"stopgate/hook/worktree/refs"
)

// Kind is a kind of change between two Marks.
type Kind string

// The kinds of changes. Name, From and To mean the fields of Change.
const (
	// HeadMoved: HEAD is another commit. From and To are commits.
	HeadMoved Kind = "head-moved"
	// HeadSwitched: HEAD is another branch. From and To are full ref names; "" for a detached HEAD.
	HeadSwitched Kind = "head-switched"
	// HeadReturned: HEAD is the same, but its reflog shows that it was changed and restored, or set to the same value, in the meantime.
	HeadReturned Kind = "head-returned"
	// HeadLogCut: the reflog of HEAD is shorter than before. From and To are its sizes in bytes.
	HeadLogCut Kind = "head-log-cut"

	// Refs. Name is the full ref name. From and To are objects, or for a symbolic ref "ref: " and the name of its target.
	BranchCreated Kind = "branch-created"
	BranchMoved   Kind = "branch-moved"
	BranchDeleted Kind = "branch-deleted"
	TagCreated    Kind = "tag-created"
	TagMoved      Kind = "tag-moved"
	TagDeleted    Kind = "tag-deleted"
	RemoteCreated Kind = "remote-created" // a remote-tracking branch; By shows whether by a push or a fetch
	RemoteMoved   Kind = "remote-moved"
	RemoteDeleted Kind = "remote-deleted"
	RefCreated    Kind = "ref-created" // any other ref: notes, replacements, the backups of filter-branch
	RefMoved      Kind = "ref-moved"
	RefDeleted    Kind = "ref-deleted"

	// The stash. From and To are the commits of its newest entry.
	StashGrown    Kind = "stash-grown"
	StashShrunk   Kind = "stash-shrunk"
	StashReplaced Kind = "stash-replaced" // the number of entries is the same, the newest entry is another one

	// The index. Name is a path. From and To are values of Marks.Staged, or "" if the index entry is the same as in HEAD.
	Staged       Kind = "staged"        // To is newly staged: nothing was staged for this path, or something else
	Unstaged     Kind = "unstaged"      // From is no longer staged: it was unstaged or committed
	IntentToAdd  Kind = "intent-to-add" // the path is newly intended to be added
	FileHidden   Kind = "file-hidden"   // To is the flag because of which git does not look at the file
	FileUnhidden Kind = "file-unhidden"

	// Operations in progress. Name is the name of the operation. From and To are its commits.
	OperationStarted Kind = "operation-started"
	OperationEnded   Kind = "operation-ended"

	// ConfigChanged: a variable has another value. Name is the variable. From and To are its values or digests of them; "" if it is not set.
	ConfigChanged Kind = "config-changed"
	// HookChanged: a hook is another file. Name is "hooks/" or "core.hooksPath/" and the name of the file. From and To are values of Marks.Hooks.
	HookChanged Kind = "hook-changed"
	// InfoChanged: a file such as "info/exclude" has another content. Name is its path in the git directory. From and To are values of Marks.Info.
	InfoChanged Kind = "info-changed"

	// GlobalChanged is like ConfigChanged, for git's configuration outside the repository.
	GlobalChanged Kind = "global-config-changed"

	// Other worktrees. Name is the root. From and To describe their HEAD: the branch or "detached", and the commit.
	WorktreeAdded     Kind = "worktree-added"
	WorktreeRemoved   Kind = "worktree-removed"
	WorktreeHeadMoved Kind = "worktree-head-moved"
	// WorktreeCommitted comes in addition to WorktreeAdded if HEAD of the new worktree is a commit that no ref pointed to before.
	WorktreeCommitted Kind = "worktree-committed"
	// WorktreeIndexChanged: the index of that worktree would commit something else, or hides other files. From and To are digests.
	WorktreeIndexChanged Kind = "worktree-index-changed"
	// WorktreeOperation: other operations are in progress in that worktree. From and To are lists of "NAME@COMMIT", separated by commas.
	WorktreeOperation Kind = "worktree-operation"
	// WorktreeConfigChanged: config.worktree of that worktree has other variables. From and To are digests.
	WorktreeConfigChanged Kind = "worktree-config-changed"
)

// A Change is one difference between the earlier and the later state of git's files.
type Change struct {
	Kind Kind        `json:"kind"`
	Name object.Name `json:"name,omitempty"`
	From string      `json:"from,omitempty"`
	To   string      `json:"to,omitempty"`
	// Many means that there are too many changes to list each. Name is the common start of the changed names; it is "" for anything but refs. From and
	// To are the numbers of all names before and after. Kind is the kind for a changed value, such as BranchMoved.
	Many bool `json:"many,omitempty"`
	// For a branch, Worktree is the root of another worktree that has it checked out, or had it checked out before.
	Worktree object.Name `json:"worktree,omitempty"`
	// Log has the entries of the reflog since then, the newest first. By is the command in the newest entry: "commit", "push", "fetch", "reset" and so
	// on. Explain sets both. The agent that changed the ref can choose this text.
	Log []refs.LogEntry `json:"log,omitempty"`
	By  string          `json:"by,omitempty"`
	// Written has the modification time of the reflog or, if none shows when the value changed, of the files that have the changed value. The change
	// happened at one of these times, unless the file was written again since. Explain sets it. It is nil if no such file exists.
	Written []time.Time `json:"written,omitempty"`
}

// Compare returns the changes between two states of the same worktree: HEAD first, then refs, the index, and the other files. It leaves out the
// parts that are Incomplete in one of them. If git packs objects or refs, or if files of the worktree change, that is not a change.
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
		return nil // the same stash, whose entries could not be counted in one of the states
	default:
		change.Kind = StashReplaced
	}
	return []Change{change}
}

// A comparison is one register before and after, with the kinds of change in it: created for a name that is new, deleted for a name that is gone,
// moved for a name with another value. If the kind is "", it is no change.
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

// committed returns a WorktreeCommitted for each worktree that was added and whose HEAD is a commit that was nowhere before. It returns none if
// there were so many refs that a register has no items.
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

// worktreeOf returns the root of the worktree that has the branch checked out, by the first of registers that lists one; "" if none does.
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
