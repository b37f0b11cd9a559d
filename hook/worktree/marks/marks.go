// Package marks records the state of git's own files in limited space: refs, HEAD, the stash, the index, operations in progress, configuration,
// hooks and other worktrees. It compares two such records, and explains the differences with reflogs.
package marks

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"stopgate/hook/worktree/gitcmd"
	"stopgate/hook/worktree/gitdir"
	"stopgate/hook/worktree/object"
	"stopgate/hook/worktree/refs"
	"stopgate/hook/worktree/repository"
)

// Marks are the state of git's own files at one moment, in limited space: where HEAD and all refs were, what was staged, stashed and in progress,
// and the settings that decide how git behaves. Changing files of the worktree does not change Marks. They can be encoded as JSON.
type Marks struct {
	Head Head `json:"head"`

	// The refs by their names without the prefix. A value is an object name; for a symbolic ref "ref: " and the name of its target; or "broken".
	Branches Register `json:"branches,omitzero"` // refs/heads/
	Tags     Register `json:"tags,omitzero"`     // refs/tags/
	Remotes  Register `json:"remotes,omitzero"`  // refs/remotes/, the remote-tracking branches
	// Refs are the others below refs/, by their full names. refs/stash and refs/prefetch/ are not among them: git-maintenance(1) fetches into
	// refs/prefetch/ in the background.
	Refs  Register `json:"refs,omitzero"`
	Stash Stash    `json:"stash,omitzero"`

	// Staged are the paths whose index entry differs from HEAD. A value is "MODE BLOB", "deleted" or "unmerged".
	Staged Register `json:"staged,omitzero"`
	// IntentToAdd are the paths of git add --intent-to-add.
	IntentToAdd Register `json:"intent_to_add,omitzero"`
	// Hidden are the paths whose files git does not look at. A value is "assume-unchanged" or, outside a sparse checkout, "skip-worktree".
	Hidden Register `json:"hidden,omitzero"`
	// Operations are those that git would ask the user to continue or abort: merge, rebase, am, cherry-pick, revert, bisect. A value is the
	// operation's commit; "" if it has none.
	Operations Register `json:"operations,omitzero"`

	// Config has the variables of the repository's own configuration, without included files. The values of core.hooksPath, of aliases, and of the
	// URLs of remotes are recorded as text, without passwords. Of other values a digest is recorded.
	Config Register `json:"config,omitzero"`
	// Hooks has the files of hooks, without samples, by folder and name. A value is "MODE DIGEST", followed by the program that wrote the hook if it
	// is known; for a symbolic link "120000 TARGET".
	Hooks Register `json:"hooks,omitzero"`
	// Info has digests of the files that decide what git ignores, how it converts files, which files it checks out, where it finds objects, and which
	// commits it takes for parents. See readInfo.
	Info Register `json:"info,omitzero"`

	// Programs has the settings that decide which programs git runs when it reads the worktree: variables of all configuration that git may read, also
	// that of submodules, and the files that commands of filters name. A value is a digest. See Distrust.
	Programs Register `json:"programs,omitzero"`
	// Global has the variables of the user's and the system's configuration outside the repository. Values are as in Config. These variables apply in
	// this repository too.
	Global Register `json:"global,omitzero"`

	// Worktrees are the other worktrees of the repository by their roots. A value describes HEAD: the branch or "detached", and the commit.
	Worktrees Register `json:"worktrees,omitzero"`
	// Elsewhere is the state of the other worktrees besides HEAD: index, operations in progress and configuration. See readElsewhere for the values.
	Elsewhere Register `json:"elsewhere,omitzero"`

	// Reads is the version of what is recorded. Since version 2 that includes Global, objects/info/alternates and shallow.
	Reads int `json:"reads,omitempty"`

	// Incomplete has the parts that could not be read, with the reason: "refs" (which covers HEAD and the stash), "staged", "config", "hooks", "info",
	// "operations", "programs", "global", "worktrees", "elsewhere".
	Incomplete map[string]string `json:"incomplete,omitempty"`
}

// Head is where HEAD points.
type Head struct {
	Branch string `json:"branch,omitempty"` // full ref name; "" if HEAD is detached
	Commit string `json:"commit,omitempty"` // "" on an unborn branch
	// Log is the size of HEAD's reflog: in bytes, or in entries if refs are not in files. It is 0 if there is none.
	Log int64 `json:"log,omitempty"`
}

// String returns the branch or "detached", followed by the commit or "unborn".
func (h Head) String() string {
	return cmp.Or(h.Branch, "detached") + " " + cmp.Or(h.Commit, "unborn")
}

// Stash is the state of the stash (git-stash(1)).
type Stash struct {
	Commit string `json:"commit,omitempty"` // the newest entry; "" if there is none
	// Depth is the number of entries; -1 if they cannot be counted.
	Depth int `json:"depth,omitempty"`
}

// readsGlobal is the value of Marks.Reads that Take records.
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

// Take returns the present state of git's files. It asks git if the refs are not in files, or if it cannot read the index itself. Parts that it
// cannot read are in Marks.Incomplete. It fails only if ctx ends.
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
		read func(Reader) ([]Item, error)
	}{
		{partElsewhere, &m.Elsewhere, func(t Reader) ([]Item, error) { return readElsewhere(ctx, t) }},
		{partOperations, &m.Operations, func(t Reader) ([]Item, error) { return operationsIn(t.Place.GitDir) }},
		{partConfig, &m.Config, readConfig},
		{partHooks, &m.Hooks, readHooks},
		{partInfo, &m.Info, readInfo},
		{partPrograms, &m.Programs, readPrograms},
		{partGlobal, &m.Global, readGlobal},
	} {
		items, err := part.read(t)
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

// markRefs records the refs, HEAD, and the HEADs of other worktrees.
func (t Reader) markRefs(ctx context.Context, m *Marks) {
	read, reftable := t.RefsFromFiles, t.hasReftable()
	if reftable {
		read = t.RefsFromGit
	}
	refs, own, others, err := read(ctx)
	switch {
	case !reftable:
		own.Log = logBytes(t)
	case own.Commit != "": // git has no reflog before the first commit
		own.Log, err = logEntries(ctx, t)
	}
	if err != nil {
		m.miss(partRefs, err)
		m.miss(partWorktrees, err)
		return
	}
	m.Head = own
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
		m.Stash.Depth = stashDepth(ctx, t, reftable)
	}
}

// itemsBelow returns the refs whose names start with prefix. Their names are without the prefix.
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

// hasRegister reports whether a ref is not recorded in Marks.Refs.
func hasRegister(name string) bool {
	return name == stashRef || slices.ContainsFunc([]string{"refs/heads/", "refs/tags/", "refs/remotes/", "refs/prefetch/"}, func(prefix string) bool {
		return strings.HasPrefix(name, prefix)
	})
}

// RefsFromFiles returns the refs, HEAD of this worktree, and the HEADs of the other worktrees as in Marks.Worktrees. It reads git's files.
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

// readHeadIn reads HEAD in a git directory. list has the refs.
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

// A worktreeDir is the root of a worktree and its git directory.
type worktreeDir struct {
	root   object.Name
	gitDir string
}

// maxWorktrees is the largest number of other worktrees that are read.
const maxWorktrees = 2000

// otherWorktrees returns the other worktrees by $GIT_COMMON_DIR/worktrees (gitrepository-layout(5)). The main worktree comes first.
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
		root := gitDir // if the file gitdir names no root
		if back, err := gitdir.ReadLine(filepath.Join(gitDir, "gitdir")); err == nil && back != "" {
			root = filepath.Dir(filepath.Clean(gitdir.Resolve(gitDir, back)))
		}
		trees = append(trees, worktreeDir{object.Name(root), gitDir})
	}
	return trees, err
}

// hasReftable reports whether refs are stored in another format than files (git-config(1), extensions.refStorage).
func (t Reader) hasReftable() bool {
	format, err := format(t)
	storage, found := format.Get("extensions.refstorage")
	return err == nil && found && storage != "files"
}

// RefsFromGit returns the same as RefsFromFiles, but asks git.
func (t Reader) RefsFromGit(ctx context.Context) (refs.List, Head, []Item, error) {
	refs, err := t.askRefs(ctx)
	if err != nil {
		return nil, Head{}, nil, err
	}
	out, err := t.Git.Run(ctx, "worktree", "list", "--porcelain", "-z")
	if gitcmd.IsUnknownOption(err) { // git before 2.36
		out, err = t.Git.Run(ctx, "worktree", "list", "--porcelain")
		out = bytes.ReplaceAll(out, []byte("\n"), []byte{0})
	}
	if err != nil {
		return nil, Head{}, nil, err
	}
	own, others, found := parseWorktrees(string(out), t.Place.Root)
	if !found {
		return nil, Head{}, nil, fmt.Errorf("git does not list the work tree %q", t.Place.Root)
	}
	return refs, own, others, nil
}

// askRefs returns the same refs as refs.Read, but asks git.
func (t Reader) askRefs(ctx context.Context) (refs.List, error) {
	out, err := t.Git.Run(ctx, "for-each-ref", "--format=%(objectname) %(refname) %(symref)")
	if err != nil {
		return nil, err
	}
	var list refs.List
	for line := range strings.Lines(string(out)) {
		line = strings.TrimSuffix(line, "\n")
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

// parseWorktrees parses the porcelain format of git-worktree(1). own is HEAD of the worktree at root; others are the other worktrees. found is
// false if the worktree at root is not listed.
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

// operationFiles are the files that git leaves in the git directory while an operation waits for the user. The operations have the names that
// git-status(1) uses. partOf is an operation that makes this file too. If the list has that operation already, the file is a part of it.
var operationFiles = []struct{ path, operation, partOf string }{
	{"MERGE_HEAD", "merge", ""},
	{"rebase-merge", "rebase", ""},
	{"rebase-apply/applying", "am", ""},
	{"rebase-apply", "rebase", "am"},
	{"CHERRY_PICK_HEAD", "cherry-pick", "rebase"},
	{"REVERT_HEAD", "revert", "rebase"},
	{"sequencer", "cherry-pick", "revert"}, // more commits follow; the file todo in it tells whether it is a revert
	{"BISECT_LOG", "bisect", ""},
}

// operationsIn returns the operations in progress in the worktree with that git directory.
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
