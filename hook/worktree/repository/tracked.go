package repository

import (
	"bytes"
	"context"
	"strings"
	"unicode/utf8"

	"stopgate/hook/worktree/index"
	"stopgate/hook/worktree/object"
)

// Tracks returns a test whether the index has a path or something below it, at the moment of the call. paths are the paths that will be asked
// about. The test returns true if it cannot tell, and treats spellings as equal that some file system may. The index is read again when it was
// replaced since the last call; ctx limits that.
func (t *Repository) Tracks(ctx context.Context, paths []string) func(path string) bool {
	asked := make(map[string]bool, len(paths))
	for _, path := range paths {
		asked[foldPath(path)] = true
	}
	read, tracked := "", map[string]bool(nil)
	return func(path string) bool {
		now := indexIdentity(t.Place.GitDir)
		if tracked == nil || now != read {
			found, err := t.trackedAmong(ctx, asked)
			if err != nil || now != indexIdentity(t.Place.GitDir) {
				return true
			}
			read, tracked = now, found
		}
		key := foldPath(path)
		return tracked[key] || !asked[key]
	}
}

// trackedAmong returns the folded paths that are in the index, or have something below them.
func (t *Repository) trackedAmong(ctx context.Context, asked map[string]bool) (map[string]bool, error) {
	tracked := map[string]bool{}
	note := func(name string) {
		key := foldPath(name)
		for dir := range object.Parents(key) {
			if asked[dir] {
				tracked[dir] = true
			}
		}
		if asked[key] {
			tracked[key] = true
		}
	}
	if t.Refusal == nil {
		x, err := index.Open(t.IndexPath())
		if err == nil {
			_, err = x.Each(func(e *index.Entry) bool {
				note(string(e.Name))
				return ctx.Err() == nil
			})
			_ = x.Close() // only read
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if err == nil {
			return tracked, nil
		}
	}
	out, err := t.Git.Run(ctx, "ls-files", "-z")
	if err != nil {
		return nil, err
	}
	clear(tracked)
	for name := range bytes.SplitSeq(out, []byte{0}) {
		note(string(name))
	}
	return tracked, nil
}

// foldPath maps all spellings that some file system may treat as equal to the same path: it ignores case, and elements that are not ASCII, whose
// normal forms differ.
func foldPath(path string) string {
	if object.IsASCII(path) {
		return strings.ToLower(path)
	}
	elements := strings.Split(path, "/")
	for i, element := range elements {
		if elements[i] = strings.ToLower(element); !object.IsASCII(element) {
			elements[i] = string(utf8.RuneError)
		}
	}
	return strings.Join(elements, "/")
}
