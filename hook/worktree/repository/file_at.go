package repository

import (
	"context"
	"errors"
	"fmt"

	"stopgate/hook/worktree/object"
)

// FileAt returns the content of a regular file in a revision. The revision is named as in status.Base, but must not be "". FileAt returns nil if
// the revision has no such file; the content of an empty file is not nil. It fails if name is another kind of file, or has more than limit bytes.
func (t *Repository) FileAt(ctx context.Context, revision, name string, limit int) ([]byte, error) {
	fail := func(err error) ([]byte, error) {
		return nil, fmt.Errorf("reading %q in %q: %w", name, revision, err)
	}
	if revision == "" {
		return fail(errors.New("no revision is given"))
	}
	files, err := t.FilesIn(ctx, revision, []string{name})
	if err != nil {
		return fail(err)
	}
	file := files[name]
	switch file.Mode {
	case 0:
		return nil, nil
	case object.ModeRegular, object.ModeExecutable:
	default:
		return fail(fmt.Errorf("it is no regular file (mode %06o)", file.Mode))
	}
	content, err := blob(ctx, t, file.Blob)
	if err != nil {
		return fail(err)
	}
	if len(content) > limit {
		return fail(fmt.Errorf("it has more than %d bytes", limit))
	}
	return content, nil
}

// blob returns the content of a blob. If this package cannot read it, it asks git.
func blob(ctx context.Context, t *Repository, id string) ([]byte, error) {
	if name, ok := object.ParseID(id); ok && t.Refusal == nil {
		o := object.Open(t.Place.CommonDir)
		defer o.Close()
		content, err := o.Blob(name)
		if err == nil {
			return append([]byte{}, content...), nil // not nil for an empty blob
		}
		if errors.Is(err, object.ErrUnsafe) {
			return nil, err
		}
	}
	out, err := t.Git.Run(ctx, "cat-file", "blob", id)
	if err != nil {
		return nil, err
	}
	return append([]byte{}, out...), nil
}
