package status

import (
	"context"
	"crypto/sha1" //nolint:gosec // git's name of a blob
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"stopgate/hook/worktree/gitcmd"
	"stopgate/hook/worktree/object"
	"stopgate/hook/worktree/refs"
)

// Held is how the tree of a commit differs from the worktree's state in a snapshot. Both lists are sorted.
type Held struct {
	// Missing are the files that were dirty in the snapshot and have another state in the commit.
	Missing []string
	// Added are the files that were clean in the snapshot, and that differ between its HEAD and the commit.
	Added []string
}

// Whole reports whether the commit has exactly what the worktree had.
func (h Held) Whole() bool { return len(h.Missing) == 0 && len(h.Added) == 0 }

// Held compares a commit with a snapshot. It fails if the snapshot is incomplete, or if git does not know the commit.
func (t *Tree) Held(ctx context.Context, commit string, then Snapshot) (Held, error) {
	switch {
	case then.Incomplete != "":
		return Held{}, fmt.Errorf("the worktree was not seen whole before: %s", then.Incomplete)
	case len(then.Crowds) > 0:
		return Held{}, fmt.Errorf("the files below %q were too many to be read before", then.Crowds[0].Dir)
	case !refs.IsObjectName(commit):
		return Held{}, fmt.Errorf("no commit %q", commit)
	}
	differ, err := t.Differ(ctx, then.Tree, commit)
	if err != nil {
		return Held{}, fmt.Errorf("comparing commit %s with the tree before: %w", commit, err)
	}
	names := make([]string, 0, len(then.Dirty))
	for _, d := range then.Dirty {
		names = append(names, string(d.Name))
	}
	files, err := t.FilesIn(ctx, commit, names)
	if err != nil {
		return Held{}, fmt.Errorf("reading commit %s: %w", commit, err)
	}
	var held Held
	for _, d := range then.Dirty {
		same, err := same(ctx, t, files[string(d.Name)], d)
		if err != nil {
			return Held{}, err
		}
		if !same {
			held.Missing = append(held.Missing, string(d.Name))
		}
	}
	slices.Sort(names)
	held.Added = slices.DeleteFunc(differ, func(name string) bool {
		_, dirty := slices.BinarySearch(names, name)
		return dirty
	})
	slices.Sort(held.Added)
	slices.Sort(held.Missing)
	return held, nil
}

// maxConverted is the largest blob whose line endings are converted for a comparison, in bytes.
const maxConverted = 4 << 20

// same reports whether a committed file is the one that was on disk at the snapshot. Git may have stored it with other line endings, or through a
// filter.
func same(ctx context.Context, t *Tree, committed object.File, then DirtyFile) (bool, error) {
	disk := then.File
	switch {
	case disk.IsRepository() || disk.Stat != "":
		return true, nil // the snapshot did not read its content
	case committed.Present() != disk.Present():
		return false, nil
	case !disk.Present():
		return true, nil
	case committed.Mode != disk.Mode && (t.CountsMode(ctx) || committed.Mode&object.ModeType != disk.Mode&object.ModeType):
		return false, nil
	case committed.Blob == disk.Blob, committed.Blob == then.Stored:
		return true, nil
	}
	content, err := t.Git.Run(ctx, "cat-file", "blob", committed.Blob)
	if err != nil {
		return false, fmt.Errorf("reading blob %s: %w", committed.Blob, err)
	}
	if len(content) <= maxConverted {
		text := strings.ReplaceAll(strings.ReplaceAll(string(content), "\r\n", "\n"), "\n", "\r\n")
		if blobName(text) == disk.Blob || blobName(string(content)) == disk.Blob {
			return true, nil
		}
	}
	return unchangedAndStoredAs(ctx, t, string(then.Name), disk, committed.Blob)
}

// unchangedAndStoredAs reports whether the file on disk is the same as at the snapshot and git would store it as the blob. It is needed for a file
// with mixed line endings or a filter: only git knows what it stores of such a file.
func unchangedAndStoredAs(ctx context.Context, t *Tree, name string, stood object.File, blob string) (bool, error) {
	e, err := t.Disk.Entry(name)
	if err != nil || e.Mode()&object.ModeType != stood.Mode&object.ModeType {
		return false, err
	}
	content, err := e.Read(ctx)
	if err != nil || content.Blob.String() != stood.Blob {
		return false, err
	}
	return storesAs(ctx, t, name, blob)
}

// blobName returns the SHA-1 name of a blob. Snapshots use SHA-1 whatever hash function the repository has.
func blobName(content string) string {
	sum := sha1.Sum(fmt.Appendf(nil, "blob %d\x00%s", len(content), content)) //nolint:gosec // as git does
	return hex.EncodeToString(sum[:])
}

// BranchesWith returns the full names of the branches, local and remote-tracking, from which a commit can be reached.
func (t *Tree) BranchesWith(ctx context.Context, commit string) ([]string, error) {
	if !refs.IsObjectName(commit) {
		return nil, fmt.Errorf("no commit %q", commit)
	}
	out, err := t.Git.Run(ctx, "for-each-ref", "--contains="+commit, "--format=%(refname)", "refs/heads", "refs/remotes")
	if err != nil && !errors.Is(err, gitcmd.ErrNothing) {
		return nil, fmt.Errorf("finding the branches with commit %s: %w", commit, err)
	}
	return strings.Fields(string(out)), nil
}

// Applied reports whether a branch has the changes of all commits that lead to commit and that the branch does not contain. A rebase gives such
// commits other names.
func (t *Tree) Applied(ctx context.Context, branch, commit string) (bool, error) {
	if !refs.IsObjectName(commit) || !strings.HasPrefix(branch, "refs/") {
		return false, fmt.Errorf("no commit %q or branch %q", commit, branch)
	}
	out, err := t.Git.Run(ctx, "cherry", branch, commit)
	if err != nil && !errors.Is(err, gitcmd.ErrNothing) {
		return false, fmt.Errorf("comparing %s with commit %s: %w", branch, commit, err)
	}
	for line := range strings.Lines(string(out)) {
		if !strings.HasPrefix(line, "-") {
			return false, nil
		}
	}
	return true, nil
}
