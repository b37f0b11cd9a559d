// Package integration looks at what a branch-manager has done with a task's work, and says what that is worth: whether a commit has what passed
// the gates, and which branches have the commit.
package integration

import (
	"context"
	"slices"
	"strings"

	"stopgate/hook/cleanup"
	"stopgate/hook/worktree"
)

// Git reads commits.
type Git interface {
	// Held tells how a commit differs from what a worktree was like.
	Held(ctx context.Context, place worktree.Place, commit string, then worktree.Snapshot) (worktree.Held, error)
	// BranchesWith are the full names of the branches that contain a commit.
	BranchesWith(ctx context.Context, place worktree.Place, commit string) ([]string, error)
	// Applied reports whether a branch has the changes of a commit under another name.
	Applied(ctx context.Context, place worktree.Place, branch, commit string) (bool, error)
}

// Observer looks at worktrees. Commits can be read only where it is a Git, too.
type Observer interface {
	// Survey tells what in the whole worktree differs from base.
	Survey(ctx context.Context, place worktree.Place, base worktree.Base, o worktree.ScanOptions) worktree.Survey
	// Moved is what git's own files say now, and otherwise than before.
	Moved(ctx context.Context, place worktree.Place, before worktree.Marks) (worktree.Marks, []worktree.MarkChange, error)
}

// Evidence is what git shows of the work of a branch-manager on one task.
type Evidence struct {
	// Worktree is the path by which people know the task's worktree.
	Worktree string
	// Commit has the work that passed; "" if no commit has it, and then Nearest is the one that comes nearest, "" for none, and Held how that
	// one differs.
	Commit, Nearest string
	// Made means that Commit was made since the launch.
	Made bool
	Held worktree.Held
	// At is a worktree that has Nearest checked out, "" for none, and Before is the commit that the work was done on.
	At, Before string
	// Branches are those that contain Commit; Main is the main branch among them, "" for none. Carried is a branch that has its changes under
	// another name, after a rebase; "" for none, and if a branch contains it.
	Branches []string
	Main     string
	Carried  string
	// Uncommitted are files of the worktree that no commit has.
	Uncommitted []string
	// Moved are refs that changed otherwise.
	Moved []worktree.MarkChange
	// Unseen is why it cannot be told; "" if it can.
	Unseen string
}

// Inquiry is what is known when a branch-manager has stopped.
type Inquiry struct {
	Worktree string
	// Place is the task's worktree, if Found; otherwise it is gone. Home is the main worktree.
	Place, Home worktree.Place
	Found       bool
	// Then is what the worktree was like when the branch-manager was launched, and Marks what git's own files said; nil if that was not recorded.
	Then  worktree.Snapshot
	Marks *worktree.Marks
	// Commit is the one that had the work already, of a task that was committed before; "" for none.
	Commit string
	// Target is the branch that the prompt names for the merge; "" for none.
	Target string
	// Options are how the worktree is walked; Ignore are the artifacts of tools in what is found, which are no work.
	Options worktree.ScanOptions
	Ignore  func(worktree.Survey) []string
}

// Look looks at what a branch-manager has done.
func Look(ctx context.Context, observe Observer, in Inquiry) Evidence {
	e := Evidence{Worktree: in.Worktree}
	git, ok := observe.(Git)
	switch {
	case !ok:
		e.Unseen = "commits cannot be read here"
	case in.Marks == nil:
		e.Unseen = "its launch was not seen, so nothing is known of what was there before"
	}
	if e.Unseen != "" {
		return e
	}
	at := in.Home
	if in.Found {
		at = in.Place
	}
	now, changes, err := observe.Moved(ctx, at, *in.Marks)
	if err == nil {
		err = e.findCommit(ctx, git, at, in, tips(now, changes, in))
	}
	if err == nil && e.Commit != "" {
		err = e.findBranches(ctx, git, at, in, now)
	}
	if err != nil {
		e.Unseen = err.Error()
		return e
	}
	e.At, e.Before = checkedOut(e.Nearest, at, in.Home, now), in.Then.Head
	if in.Found {
		survey := observe.Survey(ctx, in.Place, worktree.Base{}, in.Options)
		for _, state := range cleanup.WithoutPaths(survey.States, in.Ignore(survey)) {
			e.Uncommitted = append(e.Uncommitted, state.Name)
		}
		e.Unseen = survey.Incomplete
	}
	e.Moved = e.otherwise(changes, in)
	return e
}

// tips are the commits that may have the work: HEAD of the worktree, and what branches moved to, the likeliest first, each once.
func tips(now worktree.Marks, changes []worktree.MarkChange, in Inquiry) []string {
	var list []string
	add := func(commit string) {
		if commit != "" && commit != in.Then.Head && !slices.Contains(list, commit) && len(list) < maxTips {
			list = append(list, commit)
		}
	}
	if in.Found {
		add(now.Head.Commit)
	}
	for _, c := range changes {
		switch c.Kind {
		case worktree.HeadMoved, worktree.BranchMoved, worktree.BranchCreated:
			add(c.To)
		case worktree.WorktreeHeadMoved:
			add(c.To[strings.LastIndexByte(c.To, ' ')+1:])
		}
	}
	return list
}

// checkedOut is the root of a worktree that has the commit checked out, the main one before the others: what is committed there comes after any
// merge. It is "" for none. now is of the worktree at.
func checkedOut(commit string, at, home worktree.Place, now worktree.Marks) (root string) {
	if commit == "" {
		return ""
	}
	if now.Head.Commit == commit {
		root = at.Root
	}
	for _, item := range now.Worktrees.Items {
		if strings.HasSuffix(item.Value, " "+commit) && (root != home.Root || root == "") {
			root = string(item.Name)
			if root == home.Root {
				break
			}
		}
	}
	return root
}

// maxTips bounds the commits that are compared.
const maxTips = 12

// findCommit finds the commit that has the work.
func (e *Evidence) findCommit(ctx context.Context, git Git, at worktree.Place, in Inquiry, tips []string) error {
	then := in.Then
	switch {
	case in.Commit != "":
		e.Commit = in.Commit
		return nil
	case len(then.Dirty) == 0 && then.Incomplete == "":
		e.Commit = then.Head
		return nil
	}
	content := ""
	for _, tip := range tips {
		held, err := git.Held(ctx, at, tip, then)
		switch {
		case err != nil:
			return err
		case held.Whole():
			e.Commit, e.Nearest, e.Made = tip, "", true
			return nil
		case len(held.Missing) == 0 && content == "":
			content, e.Nearest, e.Held = tip, tip, held
		case e.Nearest == "":
			e.Nearest, e.Held = tip, held
		}
	}
	return nil
}

// mainBranches are names of branches that merges go to, beside the one of the main worktree.
var mainBranches = []string{"main", "master", "develop", "trunk"}

// IsMainBranch reports whether a merge into a branch needs the person, by its short name; home is the branch of the main worktree.
func IsMainBranch(name, home string) bool {
	return name != "" && name == home || slices.Contains(mainBranches, name)
}

// findBranches finds the branches that contain the commit.
func (e *Evidence) findBranches(ctx context.Context, git Git, at worktree.Place, in Inquiry, now worktree.Marks) error {
	branches, err := git.BranchesWith(ctx, at, e.Commit)
	if err != nil {
		return err
	}
	e.Branches = branches
	home := homeBranch(now, in)
	isTarget := func(ref string) bool {
		name := strings.TrimPrefix(ref, "refs/heads/")
		if rest, remote := strings.CutPrefix(ref, "refs/remotes/"); remote {
			_, name, _ = strings.Cut(rest, "/")
		}
		return IsMainBranch(name, home) || in.Target != "" && name == in.Target
	}
	if at := slices.IndexFunc(branches, isTarget); at >= 0 {
		e.Main = branches[at]
		return nil
	}
	looked := 0
	for _, item := range now.Branches.Items { // a rebase gives the commits other names
		ref := "refs/heads/" + string(item.Name)
		before, known := valueOf(in.Marks.Branches, string(item.Name))
		if before == item.Value || isTarget(ref) && !known || !isTarget(ref) && (len(branches) > 0 || looked >= maxTips) {
			continue
		}
		looked++
		applied, err := git.Applied(ctx, at, ref, e.Commit)
		switch {
		case err != nil:
			return err
		case applied && isTarget(ref):
			e.Main = ref
		case applied:
			e.Carried = ref
		}
	}
	return nil
}

func valueOf(r worktree.Register, name string) (string, bool) {
	for _, item := range r.Items {
		if string(item.Name) == name {
			return item.Value, true
		}
	}
	return "", false
}

// homeBranch is the short name of the branch of the main worktree; "" if its HEAD is detached or unknown.
func homeBranch(now worktree.Marks, in Inquiry) string {
	ref := now.Head.Branch
	if in.Found && in.Place.GitDir != in.Home.GitDir {
		value, _ := valueOf(now.Worktrees, in.Home.Root)
		ref, _, _ = strings.Cut(value, " ")
	}
	return strings.TrimPrefix(ref, "refs/heads/")
}

// otherwise are the changes of refs that the integration does not explain.
func (e *Evidence) otherwise(changes []worktree.MarkChange, in Inquiry) []worktree.MarkChange {
	own := in.Marks.Head
	var rest []worktree.MarkChange
	for _, c := range changes {
		switch c.Kind {
		case worktree.BranchMoved, worktree.BranchCreated:
			name := string(c.Name)
			if slices.Contains(e.Branches, name) || name == e.Main || name == e.Carried || c.To == e.Commit || c.To == e.Nearest || name == own.Branch {
				continue
			}
		case worktree.RemoteMoved, worktree.RemoteCreated:
			if slices.Contains(e.Branches, string(c.Name)) || c.By == "fetch" {
				continue
			}
		case worktree.BranchDeleted:
			if string(c.Name) == own.Branch || c.From == e.Commit || c.From == own.Commit {
				continue
			}
		case worktree.TagCreated, worktree.TagMoved, worktree.TagDeleted, worktree.StashGrown, worktree.StashShrunk, worktree.StashReplaced:
		default:
			continue
		}
		rest = append(rest, c)
	}
	return rest
}
