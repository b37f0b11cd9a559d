package repository

import (
	"bytes"
	"context"
	"strings"
	"unicode/utf8"

	"stopgate/hook/worktree/index"
	"stopgate/hook/worktree/object"
)

// Tracks returns a function that reports whether the index has a path, or something below it, when it is called. paths are all paths that it will
// be called with. The function returns true if the answer is unknown, for instance after ctx ended. It treats spellings as equal that some file
// system treats as equal. It reads the index again if git replaced the index since the last call.
func (t *Repository) Tracks(ctx context.Context, paths []string) func(path string) bool {
	asked := make(map[string]bool, len(paths))
	for _, path := range paths {
		asked[foldPath(path)] = true
	}
	read, tracked := "", map[string]bool(nil)
	return func(path string) bool {
		now := indexIdentity(t.Place.GitDir)
		if tracked == nil || now != read {
			found, err := trackedAmong(ctx, t, asked)
			if err != nil || now != indexIdentity(t.Place.GitDir) {
				return true
			}
			read, tracked = now, found
		}
		key := foldPath(path)
		return tracked[key] || !asked[key]
	}
}

// trackedAmong returns the paths of asked that are in the index or have something below them. Paths are in the form of foldPath.
func trackedAmong(ctx context.Context, t *Repository, asked map[string]bool) (map[string]bool, error) {
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
			_ = x.Close() // it was only read
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

// foldPath returns the same path for all spellings that some file system may treat as equal. It ignores case. It replaces every element that is not
// ASCII by the same character, because such an element can have several Unicode normal forms.
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
