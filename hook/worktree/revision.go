package worktree

import (
	"context"
	"fmt"
	"strings"
)

// committedSince are the names that differ between the tree of a revision and that of HEAD; "" stands for the empty tree.
func (t *repository) committedSince(ctx context.Context, revision string) ([]string, error) {
	if revision == "HEAD" {
		return nil, nil
	}
	if names, err := t.committedNatively(ctx, revision); err == nil || t.env.git == "" {
		return names, err
	}
	return t.askCommitted(ctx, revision)
}

func (t *repository) committedNatively(ctx context.Context, revision string) ([]string, error) {
	if err := t.readable(); err != nil {
		return nil, err
	}
	then, err := t.treeOf(ctx, revision)
	if err != nil {
		return nil, err
	}
	now, err := t.treeOf(ctx, "HEAD")
	if err != nil {
		return nil, err
	}
	o := newObjects(t.place.CommonDir)
	defer o.close()
	return o.diff(ctx, then, now)
}

// askCommitted lets git compare; an empty revision is the tree of an unborn branch.
func (t *repository) askCommitted(ctx context.Context, revision string) ([]string, error) {
	if strings.HasPrefix(revision, "-") || strings.ContainsRune(revision, 0) {
		return nil, fmt.Errorf("no revision %q", revision)
	}
	args := []string{"ls-tree", "-r", "-z", "--full-tree", "--name-only", "HEAD"}
	if revision != "" {
		args = []string{"diff-tree", "-r", "-z", "--name-only", "--no-renames", revision, "HEAD"}
	}
	if _, err := t.env.run(ctx, "rev-parse", "--verify", "--quiet", "HEAD^{tree}"); err != nil {
		if revision == "" { // unborn then and now
			return nil, nil
		}
		return nil, fmt.Errorf("HEAD has no commit: %w", err)
	}
	out, err := t.env.run(ctx, args...)
	if err != nil {
		return nil, err
	}
	return strings.FieldsFunc(string(out), func(r rune) bool { return r == 0 }), nil
}

// filesIn returns the files that the tree of a revision has under names; what it
// lacks is not in the map. "" stands for the empty tree.
func (t *repository) filesIn(ctx context.Context, revision string, names []string) (map[string]File, error) {
	if revision == "" {
		return nil, nil
	}
	var tree objectID
	err := t.readable()
	if err == nil {
		tree, err = t.treeOf(ctx, revision)
	}
	if err == nil {
		var files map[string]File
		if files, err = t.readFiles(tree, names); err == nil {
			return files, nil
		}
	}
	files, second := t.askFiles(ctx, revision, names)
	if second != nil {
		return nil, fmt.Errorf("%w, and %w", err, second)
	}
	return files, nil
}

func (t *repository) readFiles(tree objectID, names []string) (map[string]File, error) {
	o := newObjects(t.place.CommonDir)
	defer o.close()
	files := map[string]File{}
	for _, name := range names {
		f, err := o.file(tree, name)
		if err != nil {
			return nil, err
		}
		if f.present() {
			files[name] = f
		}
	}
	return files, nil
}

// treeOf resolves a revision to its tree, "" to the empty one. Only git knows all the
// ways to write a revision.
func (t *repository) treeOf(ctx context.Context, revision string) (objectID, error) {
	if revision == "" {
		return objectID{}, nil
	}
	o := newObjects(t.place.CommonDir)
	defer o.close()
	if revision == "HEAD" {
		_, root, err := t.headTree(o)
		return root, err
	}
	if id, ok := parseID(revision); ok {
		if tree, err := o.treeOf(id); err == nil {
			return tree, nil
		}
	}
	if strings.ContainsRune(revision, 0) {
		return objectID{}, fmt.Errorf("no revision %q", revision)
	}
	out, err := t.env.run(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", revision+"^{tree}")
	if err != nil {
		return objectID{}, fmt.Errorf("no revision %q: %w", revision, err)
	}
	id, ok := parseID(strings.TrimSpace(string(out)))
	if !ok {
		return id, fmt.Errorf("git rev-parse printed %.100q", out)
	}
	return id, nil
}

// askFiles lets git read the files of a revision.
func (t *repository) askFiles(ctx context.Context, revision string, names []string) (map[string]File, error) {
	if strings.HasPrefix(revision, "-") || strings.ContainsRune(revision, 0) {
		return nil, fmt.Errorf("no revision %q", revision)
	}
	files := map[string]File{}
	err := t.env.eachBatch(topmost(names), func(batch []string) error {
		out, err := t.env.run(ctx, append([]string{"ls-tree", "-r", "-z", "--full-tree", revision, "--"}, batch...)...)
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
			f := parseFile(fields[0], fields[2])
			f.Mode = canonicalMode(f.Mode)
			files[name] = f
		}
		return nil
	})
	return files, err
}
