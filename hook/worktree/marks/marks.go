// Package marks records the state of git's own files (refs, HEAD, the stash, the index, operations in progress, configuration, hooks, other work
// trees) in bounded space, and compares two such records. The reflogs explain the differences.
package marks

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"stopgate/hook/worktree/gitdir"
	"stopgate/hook/worktree/object"
	"stopgate/hook/worktree/refs"
	"stopgate/hook/worktree/repository"
)

// Marks are the state of git's own files at one moment, in bounded space: where HEAD and all refs were, what was staged, stashed and in progress,
// and the settings that decide how git behaves. Work on files does not change it. It can be encoded as JSON.
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
	// IntentToAdd are the entries of git add --intent-to-add.
	IntentToAdd Register `json:"intent_to_add,omitzero"`
	// Hidden are the entries whose files git does not look at: "assume-unchanged" or, outside a sparse checkout, "skip-worktree".
	Hidden Register `json:"hidden,omitzero"`
	// Operations are those that git would ask the user to continue or abort: merge, rebase, am, cherry-pick, revert, bisect. A value is the
	// operation's commit; "" if there is none.
	Operations Register `json:"operations,omitzero"`

	// Config are the variables of the repository's own configuration, included files left out. The values of core.hooksPath, of
	// aliases and of the URLs of remotes can be read, without passwords; of others there is a digest.
	Config Register `json:"config,omitzero"`
	// Hooks are the files of hooks, samples left out, by folder and name: "MODE DIGEST", for a symbolic link "120000 TARGET".
	Hooks Register `json:"hooks,omitzero"`
	// Info has digests of the files in info/ that decide what git ignores, how it converts files, and where history is replaced.
	Info Register `json:"info,omitzero"`

	// Programs has the settings that decide which programs a git that reads the work tree runs: variables of all configuration that git may read,
	// including that of submodules, and the files that filter commands name. A value is a digest. See Distrust.
	Programs Register `json:"programs,omitzero"`
	// Global are the variables of git's configuration outside the repository, of the person and of the system, as in Config. They hold in this
	// repository too.
	Global Register `json:"global,omitzero"`

	// Worktrees are the other work trees of the repository by their root, with their HEAD: the branch or "detached", and the commit.
	Worktrees Register `json:"worktrees,omitzero"`
	// Elsewhere is the state of the other work trees besides HEAD: index, operations in progress, configuration. See readElsewhere for the values.
	Elsewhere Register `json:"elsewhere,omitzero"`

	// Reads is the version of what was read: since 2 it includes Global, objects/info/alternates and shallow.
	Reads int `json:"reads,omitempty"`

	// Incomplete has the parts that are unknown, with the reason: "refs", which covers HEAD and the stash, "staged", "config", "hooks", "info",
	// "operations", "programs", "global", "worktrees", "elsewhere".
	Incomplete map[string]string `json:"incomplete,omitempty"`
}

// Head is where HEAD was.
type Head struct {
	Branch string `json:"branch,omitempty"` // full ref name; empty when detached
	Commit string `json:"commit,omitempty"` // empty on an unborn branch
	// Log is the size of HEAD's reflog in bytes; 0 if there is none.
	Log int64 `json:"log,omitempty"`
}

// String returns the branch or "detached", and the commit or "unborn".
func (h Head) String() string {
	return cmp.Or(h.Branch, "detached") + " " + cmp.Or(h.Commit, "unborn")
}

// Stash is the stash (git-stash(1)).
type Stash struct {
	Commit string `json:"commit,omitempty"` // the newest entry; empty if there is none
	// Depth is how many entries there are; -1 if they cannot be counted.
	Depth int `json:"depth,omitempty"`
}

// readsGlobal is Marks.Reads of what is read now.
const readsGlobal = 2

// The keys of Marks.Incomplete.
const (
	partRefs       = "refs"
	partStaged     = "staged"
	partConfig     = "config"
	partHooks      = "hooks"
	partInfo       = "info"
	partOperations = "operations"
	partPrograms   = "programs"
	partWorktrees  = "worktrees"
	partGlobal     = "global"
	partElsewhere  = "elsewhere"
)

// A Reader reads the marks of a repository.
type Reader struct{ *repository.Repository }

// Take returns the present state of git's files. It asks git about refs in another format than files and about an index that it cannot read. What
// it cannot read is in Marks.Incomplete. It fails when ctx ends.
func (t Reader) Take(ctx context.Context) (Marks, error) {
	m := Marks{Reads: readsGlobal}
	t.markRefs(ctx, &m)
	if s, err := t.ReadStaged(ctx); err != nil {
		m.miss(partStaged, err)
	} else {
		m.Staged, m.IntentToAdd, m.Hidden = newRegister(s.Changes), newRegister(s.Intent), newRegister(s.Hidden)
	}
	for _, part := range []struct {
		name string
		into *Register
		read func() ([]Item, error)
	}{
		{partElsewhere, &m.Elsewhere, func() ([]Item, error) { return t.readElsewhere(ctx) }},
		{partOperations, &m.Operations, func() ([]Item, error) { return operationsIn(t.Place.GitDir) }},
		{partConfig, &m.Config, t.readConfig},
		{partHooks, &m.Hooks, t.readHooks},
		{partInfo, &m.Info, t.readInfo},
		{partPrograms, &m.Programs, t.readPrograms},
		{partGlobal, &m.Global, t.readGlobal},
	} {
		items, err := part.read()
		if err != nil {
			m.miss(part.name, err)
			continue
		}
		*part.into = newRegister(items)
	}
	if err := ctx.Err(); err != nil {
		return Marks{}, fmt.Errorf("taking down the state of the repository of %q: %w", t.Place.Root, context.Cause(ctx))
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
func (t Reader) markRefs(ctx context.Context, m *Marks) {
	read := t.RefsFromFiles
	if t.hasReftable() {
		read = t.RefsFromGit
	}
	refs, own, others, err := read(ctx)
	if err != nil {
		m.miss(partRefs, err)
		m.miss(partWorktrees, err)
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
		if !hasRegister(r.Name) {
			rest = append(rest, Item{object.Name(r.Name), r.Value})
		}
	}
	m.Refs, m.Worktrees = newRegister(rest), newRegister(others)
	if m.Stash.Commit = refs.Resolve(stashRef); m.Stash.Commit != "" {
		m.Stash.Depth = t.stashDepth(ctx)
	}
}

// itemsBelow returns the refs whose names start with prefix, with what follows it for a name.
func itemsBelow(list refs.List, prefix string) []Item {
	start, _ := slices.BinarySearchFunc(list, refs.Ref{Name: prefix}, refs.Compare)
	var items []Item
	for _, r := range list[start:] {
		rest, found := strings.CutPrefix(r.Name, prefix)
		if !found {
			break
		}
		items = append(items, Item{object.Name(rest), r.Value})
	}
	return items
}

const stashRef = "refs/stash"

// hasRegister reports whether a ref belongs elsewhere than in Marks.Refs.
func hasRegister(name string) bool {
	return name == stashRef || slices.ContainsFunc([]string{"refs/heads/", "refs/tags/", "refs/remotes/", "refs/prefetch/"}, func(prefix string) bool {
		return strings.HasPrefix(name, prefix)
	})
}

// RefsFromFiles reads the refs, this HEAD, and those of the other work trees.
func (t Reader) RefsFromFiles(ctx context.Context) (refs.List, Head, []Item, error) {
	refs, err := refs.Read(ctx, t.Place)
	if err != nil {
		return nil, Head{}, nil, err
	}
	own, err := readHeadIn(t.Place.GitDir, refs)
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
func readHeadIn(gitDir string, list refs.List) (Head, error) {
	value, err := refs.ReadLoose(filepath.Join(gitDir, "HEAD"))
	switch target, symbolic := strings.CutPrefix(value, "ref: "); {
	case err != nil:
		return Head{}, fmt.Errorf("reading HEAD: %w", err)
	case symbolic:
		return Head{Branch: target, Commit: list.Resolve(target)}, nil
	case value == "" || value == refs.Broken:
		return Head{}, fmt.Errorf("%q is not a HEAD", filepath.Join(gitDir, "HEAD"))
	}
	return Head{Commit: value}, nil
}

// A worktreeDir is a work tree and its git directory.
type worktreeDir struct {
	root   object.Name
	gitDir string
}

// maxWorktrees bounds the other work trees that are looked at.
const maxWorktrees = 2000

// otherWorktrees lists them by $GIT_COMMON_DIR/worktrees (gitrepository-layout(5)), the main one first.
func (t Reader) otherWorktrees() ([]worktreeDir, error) {
	var trees []worktreeDir
	if t.Place.GitDir != t.Place.CommonDir {
		root := cmp.Or(t.Place.MainRoot(), t.Place.CommonDir)
		trees = append(trees, worktreeDir{object.Name(root), t.Place.CommonDir})
	}
	dir := filepath.Join(t.Place.CommonDir, "worktrees")
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return trees, nil
	}
	if len(entries) > maxWorktrees {
		return nil, fmt.Errorf("there are more than %d", maxWorktrees)
	}
	for _, e := range entries {
		gitDir := filepath.Join(dir, e.Name())
		if gitDir == t.Place.GitDir || !e.IsDir() {
			continue
		}
		root := gitDir // unless a file names another
		if back, err := gitdir.ReadLine(filepath.Join(gitDir, "gitdir")); err == nil && back != "" {
			root = filepath.Dir(filepath.Clean(gitdir.Resolve(gitDir, back)))
		}
		trees = append(trees, worktreeDir{object.Name(root), gitDir})
	}
	return trees, err
}

// hasReftable reports whether the refs are not in files (git-config(1), extensions.refStorage).
func (t Reader) hasReftable() bool {
	format, err := t.format()
	storage, found := format.Get("extensions.refstorage")
	return err == nil && found && storage != "files"
}

// RefsFromGit is RefsFromFiles by asking git.
func (t Reader) RefsFromGit(ctx context.Context) (refs.List, Head, []Item, error) {
	refs, err := t.askRefs(ctx)
	if err != nil {
		return nil, Head{}, nil, err
	}
	out, err := t.Git.Run(ctx, "worktree", "list", "--porcelain", "-z")
	if err != nil {
		return nil, Head{}, nil, err
	}
	own, others, found := parseWorktrees(string(out), t.Place.Root)
	if !found {
		return nil, Head{}, nil, fmt.Errorf("git does not list the work tree %q", t.Place.Root)
	}
	return refs, own, others, nil
}

// askRefs lets git list the refs, as refs.Read does.
func (t Reader) askRefs(ctx context.Context) (refs.List, error) {
	out, err := t.Git.Run(ctx, "for-each-ref", "--format=%(objectname) %(refname) %(symref)")
	if err != nil {
		return nil, err
	}
	var list refs.List
	for line := range strings.SplitSeq(strings.TrimSuffix(string(out), "\n"), "\n") {
		fields := strings.Split(line, " ")
		if len(fields) != 3 {
			return nil, fmt.Errorf("git for-each-ref printed %q", line)
		}
		value := fields[0]
		if fields[2] != "" {
			value = "ref: " + strings.ToValidUTF8(fields[2], "\uFFFD")
		}
		list = append(list, refs.Ref{Name: fields[1], Value: value})
	}
	slices.SortFunc(list, refs.Compare)
	return list, nil
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
		others = append(others, Item{object.Name(filepath.FromSlash(path)), h.String()})
	}
	return own, others, found
}

// operationFiles lists the files that git leaves in the git directory while an operation waits for the user, with the words of git-status(1). A
// file that belongs to an earlier one in the list is a part of that operation.
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

// operationsIn lists what is in progress in the work tree with that git directory.
func operationsIn(gitDir string) ([]Item, error) {
	var items []Item
	has := func(operation string) bool {
		return slices.ContainsFunc(items, func(i Item) bool { return string(i.Name) == operation })
	}
	for _, f := range operationFiles {
		path := filepath.Join(gitDir, filepath.FromSlash(f.path))
		if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) || gitdir.IsNotDir(err) {
			continue
		} else if err != nil {
			return nil, err
		}
		if has(f.operation) || has(f.partOf) {
			continue
		}
		if f.path == "sequencer" {
			if todo, err := gitdir.ReadLine(filepath.Join(path, "todo")); err == nil && strings.HasPrefix(todo, "revert") {
				f.operation = "revert"
			}
		}
		item := Item{Name: object.Name(f.operation)}
		if line, err := gitdir.ReadLine(path); err == nil {
			if id, _, _ := strings.Cut(line, "\n"); refs.IsObjectName(id) {
				item.Value = id
			}
		}
		items = append(items, item)
	}
	return items, nil
}
