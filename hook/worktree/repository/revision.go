package repository

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"stopgate/hook/worktree/gitcmd"
	"stopgate/hook/worktree/object"
)

// noRevision is the error for a name that is not a revision of the repository.
type noRevision string

func (r noRevision) Error() string { return fmt.Sprintf("no revision %q", string(r)) }

// Differ returns the names of the files in which the trees of two revisions differ, unsorted. The revision "" means the empty tree.
func (t *Repository) Differ(ctx context.Context, from, to string) ([]string, error) {
	if from == to {
		return nil, nil
	}
	if names, err := readDiff(ctx, t, from, to); err == nil || t.Git.Path == "" || errors.Is(err, object.ErrUnsafe) {
		return names, err
	}
	return askDiff(ctx, t, from, to)
}

func readDiff(ctx context.Context, t *Repository, from, to string) ([]string, error) {
	if err := t.Readable(); err != nil {
		return nil, err
	}
	then, err := treeOf(ctx, t, from)
	if err != nil {
		return nil, err
	}
	now, err := treeOf(ctx, t, to)
	if err != nil {
		return nil, err
	}
	o := object.Open(t.Place.CommonDir)
	defer o.Close()
	return o.Diff(ctx, then, now)
}

// askDiff asks git for the names that differ.
func askDiff(ctx context.Context, t *Repository, from, to string) ([]string, error) {
	if strings.HasPrefix(from, "-") || strings.ContainsRune(from, 0) {
		return nil, noRevision(from)
	}
	args := []string{"ls-tree", "-r", "-z", "--full-tree", "--name-only", to}
	if from != "" {
		args = []string{"diff-tree", "-r", "-z", "--name-only", "--no-renames", from, to}
	}
	if _, err := t.Git.Run(ctx, "rev-parse", "--verify", "--quiet", to+"^{tree}"); err != nil {
		if from == "" && to == "HEAD" { // HEAD is an unborn branch
			return nil, nil
		}
		return nil, fmt.Errorf("%s has no commit: %w", to, err)
	}
	out, err := t.Git.Run(ctx, args...)
	if err != nil && !errors.Is(err, gitcmd.ErrNothing) {
		return nil, err
	}
	return strings.FieldsFunc(string(out), func(r rune) bool { return r == 0 }), nil
}

// FilesIn returns those of names that are files in the tree of a revision. The map has no entry for other names. The revision "" means the empty
// tree.
func (t *Repository) FilesIn(ctx context.Context, revision string, names []string) (map[string]object.File, error) {
	if revision == "" {
		return nil, nil
	}
	var tree object.ID
	err := t.Readable()
	if err == nil {
		tree, err = treeOf(ctx, t, revision)
	}
	if err == nil {
		var files map[string]object.File
		if files, err = readFiles(t, tree, names); err == nil {
			return files, nil
		}
	}
	if _, missing := errors.AsType[noRevision](err); missing || errors.Is(err, object.ErrUnsafe) {
		return nil, err
	}
	files, second := askFiles(ctx, t, revision, names)
	if second != nil && revision == "HEAD" {
		if head, err := askPosition(ctx, t); err == nil && head.Commit == "" {
			return nil, nil // git refuses to list the files of an unborn branch
		}
	}
	if second != nil {
		return nil, fmt.Errorf("%w, and %w", err, second)
	}
	return files, nil
}

func readFiles(t *Repository, tree object.ID, names []string) (map[string]object.File, error) {
	o := object.Open(t.Place.CommonDir)
	defer o.Close()
	files := map[string]object.File{}
	if tree.IsZero() {
		return files, nil // an unborn branch has no files
	}
	for _, name := range names {
		f, err := o.File(tree, name)
		if err != nil {
			return nil, err
		}
		if f.Present() {
			files[name] = f
		}
	}
	return files, nil
}

// treeOf returns the tree of a revision; zero for the revision "", and for HEAD of an unborn branch. It asks git about forms of a revision that
// only git knows.
func treeOf(ctx context.Context, t *Repository, revision string) (object.ID, error) {
	if revision == "" {
		return object.ID{}, nil
	}
	o := object.Open(t.Place.CommonDir)
	defer o.Close()
	if revision == "HEAD" {
		_, root, err := t.HeadTree(o)
		return root, err
	}
	if id, ok := object.ParseID(revision); ok {
		if tree, err := o.TreeOf(id); err == nil || errors.Is(err, object.ErrUnsafe) {
			return tree, err
		}
	}
	if strings.ContainsRune(revision, 0) {
		return object.ID{}, noRevision(revision)
	}
	out, err := t.Git.Run(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", revision+"^{tree}")
	if errors.Is(err, gitcmd.ErrNothing) {
		return object.ID{}, noRevision(revision)
	}
	if err != nil {
		return object.ID{}, fmt.Errorf("resolving %q: %w", revision, err)
	}
	id, ok := object.ParseID(strings.TrimSpace(string(out)))
	if !ok {
		return id, fmt.Errorf("git rev-parse printed %.100q", out)
	}
	return id, nil
}

func askFiles(ctx context.Context, t *Repository, revision string, names []string) (map[string]object.File, error) {
	if strings.HasPrefix(revision, "-") || strings.ContainsRune(revision, 0) {
		return nil, noRevision(revision)
	}
	files := map[string]object.File{}
	err := t.Git.EachBatch(gitcmd.Topmost(names), func(batch []string) error {
		out, err := t.Git.Run(ctx, append([]string{"ls-tree", "-r", "-z", "--full-tree", revision, "--"}, batch...)...)
		if err != nil {
			return err
		}
		for line := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
			meta, name, _ := strings.Cut(line, "\t")
			fields := strings.Fields(meta)
			if line == "" {
				continue
			}
			if len(fields) != 3 {
				return fmt.Errorf("git ls-tree printed %q", line)
			}
			f := gitcmd.ParseFile(fields[0], fields[2])
			f.Mode = object.CanonicalMode(f.Mode)
			files[name] = f
		}
		return nil
	})
	return files, err
}
