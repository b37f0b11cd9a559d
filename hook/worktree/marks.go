package worktree

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Marks are what git's own files said at one moment, in bounded space: where HEAD and all refs were, what was staged, stashed and in
// progress, and what decides how git behaves. Nothing of it changes by work on files. It survives JSON.
type Marks struct {
	Head Head `json:"head"`

	// The refs by their names without the prefix. A value is an object name, "ref: " and a name for a symbolic ref, or "broken".
	Branches Register `json:"branches,omitzero"` // refs/heads/
	Tags     Register `json:"tags,omitzero"`     // refs/tags/
	Remotes  Register `json:"remotes,omitzero"`  // refs/remotes/, the remote-tracking branches
	// Refs are the others below refs/, without refs/stash and what git-maintenance(1) fetches in the background, refs/prefetch/.
	Refs  Register `json:"refs,omitzero"`
	Stash Stash    `json:"stash,omitzero"`

	// Staged are the names whose entry in the index differs from HEAD. A value is "MODE BLOB", "deleted" or "unmerged".
	Staged Register `json:"staged,omitzero"`
	// IntentToAdd are those that git add --intent-to-add put there.
	IntentToAdd Register `json:"intent_to_add,omitzero"`
	// Hidden are those whose file git does not look at: "assume-unchanged" or, outside a sparse checkout, "skip-worktree".
	Hidden Register `json:"hidden,omitzero"`
	// Operations are those that git would have the user continue or abort: merge, rebase, am, cherry-pick, revert, bisect. A value
	// is the commit in question, "" where that is not one.
	Operations Register `json:"operations,omitzero"`

	// Config are the variables of the repository's own configuration, included files left out. The values of core.hooksPath, of
	// aliases and of the URLs of remotes can be read, without passwords; of others there is a digest.
	Config Register `json:"config,omitzero"`
	// Hooks are the files of hooks, samples left out, by folder and name: "MODE DIGEST", for a symbolic link "120000 TARGET".
	Hooks Register `json:"hooks,omitzero"`
	// Info are the digests of the files that say what git ignores, how it converts, and what history it pretends (info/).
	Info Register `json:"info,omitzero"`

	// Worktrees are the other work trees of the repository by their root, with their HEAD: the branch or "detached", and the commit.
	Worktrees Register `json:"worktrees,omitzero"`

	// Incomplete says of what nothing is known, and why: "refs", which covers HEAD and the stash, "staged", "config", "hooks",
	// "info", "operations", "worktrees".
	Incomplete map[string]string `json:"incomplete,omitempty"`
}

// Head is where HEAD was.
type Head struct {
	Branch string `json:"branch,omitempty"` // full ref name; empty when detached
	Commit string `json:"commit,omitempty"` // empty on an unborn branch
	// Log is the size of HEAD's reflog in bytes; 0 where there is none.
	Log int64 `json:"log,omitempty"`
}

func (h Head) String() string {
	branch, commit := h.Branch, h.Commit
	if branch == "" {
		branch = "detached"
	}
	if commit == "" {
		commit = "unborn"
	}
	return branch + " " + commit
}

// Stash is the stash (git-stash(1)).
type Stash struct {
	Commit string `json:"commit,omitempty"` // the newest entry; empty where there is none
	// Depth is how many entries there are; -1 if they cannot be counted.
	Depth int `json:"depth,omitempty"`
}

// The keys of Marks.Incomplete.
const (
	markRefs       = "refs"
	markStaged     = "staged"
	markConfig     = "config"
	markHooks      = "hooks"
	markInfo       = "info"
	markOperations = "operations"
	markWorktrees  = "worktrees"
)

// A marker reads the marks of a repository.
type marker struct{ *repository }

func (t marker) take(ctx context.Context) (Marks, error) {
	m := Marks{}
	t.markRefs(ctx, &m)
	if s, err := t.readStaged(ctx); err != nil {
		m.miss(markStaged, err)
	} else {
		m.Staged, m.IntentToAdd, m.Hidden = newRegister(s.changes), newRegister(s.intent), newRegister(s.hidden)
	}
	for _, part := range []struct {
		name string
		into *Register
		read func() ([]Item, error)
	}{
		{markOperations, &m.Operations, t.readOperations},
		{markConfig, &m.Config, t.readConfig},
		{markHooks, &m.Hooks, t.readHooks},
		{markInfo, &m.Info, t.readInfo},
	} {
		items, err := part.read()
		if err != nil {
			m.miss(part.name, err)
			continue
		}
		*part.into = newRegister(items)
	}
	if err := ctx.Err(); err != nil {
		return Marks{}, fmt.Errorf("taking down the state of the repository of %q: %w", t.place.Root, context.Cause(ctx))
	}
	return m, nil
}

func (m *Marks) miss(part string, err error) {
	if m.Incomplete == nil {
		m.Incomplete = map[string]string{}
	}
	m.Incomplete[part] = err.Error()
}

// markRefs is for the refs, and the HEADs that lead to them.
func (t marker) markRefs(ctx context.Context, m *Marks) {
	read := t.refsFromFiles
	if t.hasReftable() {
		read = t.refsFromGit
	}
	refs, own, others, err := read(ctx)
	if err != nil {
		m.miss(markRefs, err)
		m.miss(markWorktrees, err)
		return
	}
	m.Head = own
	if info, err := os.Stat(t.headLog()); err == nil {
		m.Head.Log = info.Size()
	}
	m.Branches, m.Tags = newRegister(itemsBelow(refs, "refs/heads/")), newRegister(itemsBelow(refs, "refs/tags/"))
	m.Remotes = newRegister(itemsBelow(refs, "refs/remotes/"))
	var rest []Item
	for _, r := range refs {
		if !hasRegister(r.name) {
			rest = append(rest, Item{Name(r.name), r.value})
		}
	}
	m.Refs, m.Worktrees = newRegister(rest), newRegister(others)
	if m.Stash.Commit = refs.resolve(stashRef); m.Stash.Commit != "" {
		m.Stash.Depth = t.stashDepth(ctx)
	}
}

// itemsBelow are the refs whose names start with prefix, with what follows it for a name.
func itemsBelow(refs refList, prefix string) []Item {
	start, _ := slices.BinarySearchFunc(refs, ref{name: prefix}, compareRefs)
	var items []Item
	for _, r := range refs[start:] {
		rest, found := strings.CutPrefix(r.name, prefix)
		if !found {
			break
		}
		items = append(items, Item{Name(rest), r.value})
	}
	return items
}

const stashRef = "refs/stash"

// hasRegister reports whether a ref belongs elsewhere than in Marks.Refs.
func hasRegister(name string) bool {
	for _, prefix := range []string{"refs/heads/", "refs/tags/", "refs/remotes/", "refs/prefetch/"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return name == stashRef
}

// refsFromFiles reads the refs, this HEAD, and those of the other work trees.
func (t marker) refsFromFiles(ctx context.Context) (refList, Head, []Item, error) {
	refs, err := readRefs(ctx, t.place)
	if err != nil {
		return nil, Head{}, nil, err
	}
	own, err := readHeadIn(t.place.GitDir, refs)
	if err != nil {
		return nil, Head{}, nil, err
	}
	trees, err := t.otherWorktrees()
	if err != nil {
		return nil, Head{}, nil, fmt.Errorf("listing the other work trees: %w", err)
	}
	var others []Item
	for _, other := range trees {
		head := "broken"
		if h, err := readHeadIn(other.gitDir, refs); err == nil {
			head = h.String()
		}
		others = append(others, Item{other.root, head})
	}
	return refs, own, others, nil
}

// readHeadIn reads the HEAD of a git directory.
func readHeadIn(gitDir string, refs refList) (Head, error) {
	value, err := readLooseRef(filepath.Join(gitDir, "HEAD"))
	switch target, symbolic := strings.CutPrefix(value, "ref: "); {
	case err != nil:
		return Head{}, fmt.Errorf("reading HEAD: %w", err)
	case symbolic:
		return Head{Branch: target, Commit: refs.resolve(target)}, nil
	case value == "" || value == brokenRef:
		return Head{}, fmt.Errorf("%q is not a HEAD", filepath.Join(gitDir, "HEAD"))
	}
	return Head{Commit: value}, nil
}

// A worktreeDir is a work tree and its git directory.
type worktreeDir struct {
	root   Name
	gitDir string
}

// maxWorktrees bounds the other work trees that are looked at.
const maxWorktrees = 2000

// otherWorktrees lists them by $GIT_COMMON_DIR/worktrees (gitrepository-layout(5)), the main one first.
func (t marker) otherWorktrees() ([]worktreeDir, error) {
	var trees []worktreeDir
	if t.place.GitDir != t.place.CommonDir {
		root := t.place.MainRoot()
		if root == "" {
			root = t.place.CommonDir
		}
		trees = append(trees, worktreeDir{Name(root), t.place.CommonDir})
	}
	dir := filepath.Join(t.place.CommonDir, "worktrees")
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return trees, nil
	}
	if len(entries) > maxWorktrees {
		return nil, fmt.Errorf("there are more than %d", maxWorktrees)
	}
	for _, e := range entries {
		gitDir := filepath.Join(dir, e.Name())
		if gitDir == t.place.GitDir || !e.IsDir() {
			continue
		}
		root := gitDir // where nothing says better
		if back, err := readLine(filepath.Join(gitDir, "gitdir")); err == nil && back != "" {
			root = filepath.Dir(filepath.Clean(resolve(gitDir, back)))
		}
		trees = append(trees, worktreeDir{Name(root), gitDir})
	}
	return trees, err
}

// hasReftable reports whether the refs are not in files (git-config(1), extensions.refStorage).
func (t marker) hasReftable() bool {
	var format config
	if err := format.readFile(filepath.Join(t.place.CommonDir, "config")); err != nil {
		return false
	}
	storage, found := format.get("extensions.refstorage")
	return found && storage != "files"
}

// refsFromGit is refsFromFiles by asking git.
func (t marker) refsFromGit(ctx context.Context) (refList, Head, []Item, error) {
	refs, err := t.askRefs(ctx)
	if err != nil {
		return nil, Head{}, nil, err
	}
	out, err := t.env.run(ctx, "worktree", "list", "--porcelain", "-z")
	if err != nil {
		return nil, Head{}, nil, err
	}
	own, others, found := parseWorktrees(string(out), t.place.Root)
	if !found {
		return nil, Head{}, nil, fmt.Errorf("git does not list the work tree %q", t.place.Root)
	}
	return refs, own, others, nil
}

// askRefs lets git list the refs, as readRefs does.
func (t marker) askRefs(ctx context.Context) (refList, error) {
	out, err := t.env.run(ctx, "for-each-ref", "--format=%(objectname) %(refname) %(symref)")
	if err != nil {
		return nil, err
	}
	var refs refList
	for line := range strings.SplitSeq(strings.TrimSuffix(string(out), "\n"), "\n") {
		fields := strings.Split(line, " ")
		if len(fields) != 3 {
			return nil, fmt.Errorf("git for-each-ref printed %q", line)
		}
		value := fields[0]
		if fields[2] != "" {
			value = "ref: " + strings.ToValidUTF8(fields[2], "\uFFFD")
		}
		refs = append(refs, ref{fields[1], value})
	}
	slices.SortFunc(refs, compareRefs)
	return refs, nil
}

// parseWorktrees reads the porcelain format of git-worktree(1), and takes the HEAD of the work tree at root out.
func parseWorktrees(out, root string) (own Head, others []Item, found bool) {
	for record := range strings.SplitSeq(strings.TrimSuffix(out, "\x00\x00"), "\x00\x00") {
		var path string
		var h Head
		for line := range strings.SplitSeq(record, "\x00") {
			switch key, value, _ := strings.Cut(line, " "); key {
			case "worktree":
				path = value
			case "HEAD":
				if h.Commit = value; strings.Trim(value, "0") == "" {
					h.Commit = ""
				}
			case "branch":
				h.Branch = value
			}
		}
		if filepath.FromSlash(path) == root {
			own, found = h, true
			continue
		}
		others = append(others, Item{Name(filepath.FromSlash(path)), h.String()})
	}
	return own, others, found
}

// operationFiles are what git leaves in the git directory while an operation waits for the user, in the words of git-status(1). One
// that comes with an earlier one is a part of that.
var operationFiles = []struct{ path, operation, partOf string }{
	{"MERGE_HEAD", "merge", ""},
	{"rebase-merge", "rebase", ""},
	{"rebase-apply/applying", "am", ""},
	{"rebase-apply", "rebase", "am"},
	{"CHERRY_PICK_HEAD", "cherry-pick", "rebase"},
	{"REVERT_HEAD", "revert", "rebase"},
	{"sequencer", "cherry-pick", "revert"}, // more commits to come; which of the two, says a file in it
	{"BISECT_LOG", "bisect", ""},
}

// readOperations lists what is in progress.
func (t marker) readOperations() ([]Item, error) {
	var items []Item
	has := func(operation string) bool {
		return slices.ContainsFunc(items, func(i Item) bool { return string(i.Name) == operation })
	}
	for _, f := range operationFiles {
		path := filepath.Join(t.place.GitDir, filepath.FromSlash(f.path))
		if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) || isNotDir(err) {
			continue
		} else if err != nil {
			return nil, err
		}
		if has(f.operation) || has(f.partOf) {
			continue
		}
		if f.path == "sequencer" {
			if todo, err := readLine(filepath.Join(path, "todo")); err == nil && strings.HasPrefix(todo, "revert") {
				f.operation = "revert"
			}
		}
		item := Item{Name: Name(f.operation)}
		if line, err := readLine(path); err == nil {
			if id, _, _ := strings.Cut(line, "\n"); isObjectName(id) {
				item.Value = id
			}
		}
		items = append(items, item)
	}
	return items, nil
}
