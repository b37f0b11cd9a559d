// Package integration inspects what a branch-manager has done with a task's work: whether a commit has what passed the gates, and which branches
// contain the commit. It judges the result.
package integration

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"stopgate/hook/cleanup"
	"stopgate/hook/worktree"
	"stopgate/hook/worktree/marks"
)

// Git reads commits.
type Git interface {
	// Held returns how a commit differs from a snapshot of a worktree.
	Held(ctx context.Context, place worktree.Place, commit string, then worktree.Snapshot) (worktree.Held, error)
	// BranchesWith returns the full names of the branches that contain a commit.
	BranchesWith(ctx context.Context, place worktree.Place, commit string) ([]string, error)
	// Applied reports whether a branch has the changes of a commit under another name.
	Applied(ctx context.Context, place worktree.Place, branch, commit string) (bool, error)
}

// Observer reads worktrees. If it is also a Git, commits can be read.
type Observer interface {
	// Claims compares paths of a worktree with base.
	Claims(ctx context.Context, place worktree.Place, paths []string, base worktree.Base) []worktree.PathState
	// Survey returns the differences of the whole worktree from base.
	Survey(ctx context.Context, place worktree.Place, base worktree.Base, o worktree.ScanOptions) worktree.Survey
	// Moved returns the present state of git's own files, and its differences from before.
	Moved(ctx context.Context, place worktree.Place, before worktree.Marks) (worktree.Marks, []worktree.MarkChange, error)
}

// Evidence is what git shows of a branch-manager's work on one task.
type Evidence struct {
	// Worktree is the name of the task's worktree for people.
	Worktree string
	// Commit has exactly the work that passed; "" if no commit does. Then Nearest is the commit with the fewest differences, "" for none, and Held
	// has these differences.
	Commit, Nearest string
	// Made means that Commit was made since the launch.
	Made bool
	Held worktree.Held
	// At is a worktree with Nearest checked out; "" for none. Before is the commit with which Held was compared: the one on which the work was done or,
	// after a rebase or a merge of what others committed, theirs.
	At, Before string
	// Branches are the branches that contain Commit, or else Nearest. Main is the main branch among them; "" for none. Carried is a branch with the same changes in
	// another commit, after a rebase; "" for none, and if a branch contains Commit.
	Branches []string
	Main     string
	Carried  string
	// Beyond are files that changed on a main branch of this repository since the launch and are no part of the work. Lost are files of the work that are
	// in Main as they were before the launch, and All means that these are all of them.
	Beyond, Lost []string
	All          bool
	// Uncommitted are files of the worktree that are in no commit. Tree is its fingerprint; "" if unknown.
	Uncommitted []string
	Tree        string
	// Deleted are files of the main worktree that were in no commit at the launch and are gone.
	Deleted []string
	// Moved are other changes of refs.
	Moved []worktree.MarkChange
	// Unseen is the reason why nothing can be told; "" for none.
	Unseen string
}

// Inquiry is everything that is known before a branch-manager's work is inspected.
type Inquiry struct {
	Worktree string
	// Place is the task's worktree, if Found; otherwise it is gone. Home is the main worktree.
	Place, Home worktree.Place
	Found       bool
	// Then is the snapshot of the worktree from the branch-manager's launch. Marks is the state of git's own files then; nil if it was not
	// recorded.
	Then  worktree.Snapshot
	Marks *worktree.Marks
	// Main is the snapshot of the main worktree from then; nil if there is none, or if Then is that.
	Main *worktree.Snapshot
	// Commit is the commit of a task that was committed earlier; "" for none.
	Commit string
	// Target is the branch in the prompt for the merge; "" for none.
	Target string
	// Options are for walking the worktree. Ignore are the leftovers of tools among the changes, which are not work.
	Options worktree.ScanOptions
	Ignore  func(worktree.Survey) []string
}

// sight is what is looked at: a worktree in which git is asked, and git's own files now, with the changes since the launch.
type sight struct {
	Inquiry
	git     Git
	at      worktree.Place
	now     worktree.Marks
	changes []worktree.MarkChange
}

// Look inspects what a branch-manager has done.
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
	look := sight{Inquiry: in, git: git, at: in.Home}
	if in.Found {
		look.at = in.Place
	}
	var err error
	look.now, look.changes, err = observe.Moved(ctx, look.at, *in.Marks)
	if err == nil {
		err = e.findCommit(ctx, look)
	}
	switch {
	case err != nil:
	case e.Commit != "":
		err = e.findBranches(ctx, look)
	case e.Nearest != "":
		e.Branches, err = git.BranchesWith(ctx, look.at, e.Nearest)
	}
	if err == nil {
		err = e.findOnMain(ctx, look)
	}
	if err != nil {
		e.Unseen = err.Error()
		return e
	}
	e.At = look.checkedOut(e.Nearest)
	if in.Found {
		survey := observe.Survey(ctx, in.Place, worktree.Base{}, in.Options)
		for _, state := range cleanup.WithoutPaths(survey.States, in.Ignore(survey)) {
			e.Uncommitted = append(e.Uncommitted, state.Name)
		}
		e.Unseen, e.Tree = survey.Incomplete, survey.Fingerprint
	}
	e.Moved = e.otherwise(look)
	e.Deleted = deleted(in)
	return e
}

// maxLooked is how many files of the main worktree are looked for.
const maxLooked = 1000

// deleted returns the files of the main worktree that were in no commit at the launch and are gone. A command that needs no git can delete them.
func deleted(in Inquiry) (names []string) {
	if in.Main == nil {
		return nil
	}
	for _, file := range in.Main.Dirty[:min(len(in.Main.Dirty), maxLooked)] {
		name := string(file.Name)
		if _, err := os.Lstat(filepath.Join(in.Home.Root, filepath.FromSlash(name))); file.Mode != 0 && errors.Is(err, fs.ErrNotExist) {
			names = append(names, name)
		}
	}
	return names
}

// tips returns the commits that may have the work: HEAD of the worktree, and the new positions of branches; the likeliest first, without
// duplicates.
func (s sight) tips() []string {
	var list []string
	add := func(commit string) {
		if commit != "" && commit != s.Then.Head && !slices.Contains(list, commit) && len(list) < maxTips {
			list = append(list, commit)
		}
	}
	if s.Found {
		add(s.now.Head.Commit)
	}
	for _, c := range s.changes {
		switch c.Kind {
		case marks.HeadMoved, marks.BranchMoved, marks.BranchCreated:
			add(c.To)
		case marks.WorktreeHeadMoved:
			add(c.To[strings.LastIndexByte(c.To, ' ')+1:])
		}
	}
	return list
}

// checkedOut returns the root of a worktree that has the commit checked out, preferably the main one, because a new commit there comes after any
// merge. It returns "" for none.
func (s sight) checkedOut(commit string) (root string) {
	if commit == "" {
		return ""
	}
	if s.now.Head.Commit == commit {
		root = s.at.Root
	}
	for _, item := range s.now.Worktrees.Items {
		if strings.HasSuffix(item.Value, " "+commit) && (root != s.Home.Root || root == "") {
			root = string(item.Name)
			if root == s.Home.Root {
				break
			}
		}
	}
	return root
}

// maxTips is how many commits are compared.
const maxTips = 12

// findCommit finds the commit that has the work.
func (e *Evidence) findCommit(ctx context.Context, s sight) error {
	then := s.Then
	switch {
	case s.Commit != "":
		e.Commit = s.Commit
		return nil
	case len(then.Dirty) == 0 && then.Incomplete == "":
		e.Commit = then.Head
		return nil
	}
	content := ""
	for _, tip := range s.tips() {
		held, on, err := s.heldBy(ctx, tip)
		switch {
		case err != nil:
			return err
		case held.Whole():
			e.Commit, e.Nearest, e.Made, e.Beyond = tip, "", true, on.beyond
			return nil
		case len(held.Missing) == 0 && content == "":
			content, e.Nearest, e.Held, e.Before = tip, tip, held, on.commit
		case e.Nearest == "":
			e.Nearest, e.Held, e.Before = tip, held, on.commit
		}
	}
	return nil
}

// isTarget reports whether the branch with that short name is one that work is merged into.
func (in Inquiry) isTarget(name, home string) bool {
	return IsMainBranch(name, home) || in.Target != "" && name == in.Target
}

// mainBranches lists names of branches that merges go to, besides the main worktree's branch.
var mainBranches = []string{"main", "master", "develop", "trunk"}

// IsMainBranch reports whether a merge into the branch with that short name needs the person. home is the branch of the main worktree.
func IsMainBranch(name, home string) bool {
	return name != "" && name == home || slices.Contains(mainBranches, name)
}

func (e *Evidence) findBranches(ctx context.Context, s sight) error {
	branches, err := s.git.BranchesWith(ctx, s.at, e.Commit)
	if err != nil {
		return err
	}
	e.Branches = branches
	home := s.homeBranch(s.now)
	toTarget := func(ref string) bool { return s.isTarget(branchOf(ref), home) }
	if at := slices.IndexFunc(branches, toTarget); at >= 0 {
		e.Main = branches[at]
		return nil
	}
	looked := 0
	for _, item := range s.now.Branches.Items { // a rebase gives the commits other ids
		ref := "refs/heads/" + string(item.Name)
		before, known := s.Marks.Branches.Value(string(item.Name))
		if before == item.Value || toTarget(ref) && !known || !toTarget(ref) && (len(branches) > 0 || looked >= maxTips) {
			continue
		}
		looked++
		applied, err := s.git.Applied(ctx, s.at, ref, e.Commit)
		if err == nil && !applied && known && toTarget(ref) { // several commits, squashed into one
			applied, err = s.hasAll(ctx, item.Value, before)
		}
		switch {
		case err != nil:
			return err
		case applied && toTarget(ref):
			e.Main = ref
		case applied:
			e.Carried = ref
		}
	}
	return nil
}

// hasAll reports whether a commit has all of the work, and was made since the branch with it was at before.
func (s sight) hasAll(ctx context.Context, commit, before string) (bool, error) {
	if len(s.Then.Dirty) == 0 {
		return false, nil
	}
	held, err := s.heldSince(ctx, s.Then, before, commit)
	return err == nil && len(held.Missing) == 0, err
}

// findOnMain finds what the main branch got beyond the work, in a merge commit or in another one, and what of the work it did not get. It can tell
// the first only if nothing was fetched.
func (e *Evidence) findOnMain(ctx context.Context, s sight) error {
	name, local := strings.CutPrefix(e.Main, "refs/heads/")
	tip, _ := s.now.Branches.Value(name)
	before, _ := s.Marks.Branches.Value(name)
	if !local || tip == "" || before == "" || before == tip || s.Commit != "" || len(s.Then.Dirty) == 0 {
		return nil
	}
	held, err := s.heldSince(ctx, s.Then, before, tip)
	if err != nil {
		return err
	}
	fetched := func(c worktree.MarkChange) bool {
		return c.Kind == marks.RemoteMoved && (c.By != "push" || slices.ContainsFunc(c.Log, isFetched))
	}
	if !slices.ContainsFunc(s.changes, fetched) && len(held.Added) > 0 {
		own, err := s.git.Held(ctx, s.at, tip, s.Then)
		if err != nil {
			return err
		}
		isOwn := func(name string) bool { return !slices.Contains(own.Added, name) } // committed before the launch, and as it passed
		e.Beyond = slices.DeleteFunc(held.Added, isOwn)
	}
	if len(held.Missing) == 0 {
		return nil
	}
	since := s.Then
	since.Dirty = nil
	all, err := s.heldSince(ctx, since, before, tip)
	e.Lost = slices.DeleteFunc(held.Missing, func(name string) bool { return slices.Contains(all.Added, name) })
	e.All = len(e.Lost) == len(s.Then.Dirty)
	return err
}

// homeBranch returns the short name of the main worktree's branch; "" if its HEAD is detached or unknown.
func (in Inquiry) homeBranch(now worktree.Marks) string {
	ref := now.Head.Branch
	if in.Found && in.Place.GitDir != in.Home.GitDir {
		value, _ := now.Worktrees.Value(in.Home.Root)
		ref, _, _ = strings.Cut(value, " ")
	}
	return strings.TrimPrefix(ref, "refs/heads/")
}

// otherwise returns the changes of refs that the integration does not explain.
func (e *Evidence) otherwise(s sight) []worktree.MarkChange {
	own := s.Marks.Head
	var rest []worktree.MarkChange
	for _, c := range s.changes {
		switch c.Kind {
		case marks.BranchMoved, marks.BranchCreated:
			name := string(c.Name)
			if slices.Contains(e.Branches, name) || name == e.Main || name == e.Carried || c.To == e.Commit || c.To == e.Nearest || name == own.Branch {
				continue
			}
		case marks.RemoteMoved, marks.RemoteCreated:
			if slices.Contains(e.Branches, string(c.Name)) || c.By == "fetch" {
				continue
			}
		case marks.BranchDeleted:
			if string(c.Name) == own.Branch || c.From == e.Commit || c.From == own.Commit {
				continue
			}
		case marks.TagCreated, marks.TagMoved, marks.TagDeleted, marks.StashGrown, marks.StashShrunk, marks.StashReplaced:
		default:
			continue
		}
		rest = append(rest, c)
	}
	return rest
}
