package artifact

import (
	"context"
	"os"
	"slices"
	"strings"
)

// Examine returns what was seen with Marked set where git does not ignore an entry and its content is the tool's own. It reads the
// beginning of each file in it, bounded, through root, and follows no link. What cannot be read is not marked.
func Examine(ctx context.Context, root *os.Root, rules Rules, seen []Seen) []Seen {
	examined := slices.Clone(seen)
	rules.Protect = nil
	s := sweeper{ctx: ctx, rules: rules}
	top, err := s.openTop(root)
	if err != nil {
		return examined
	}
	defer top.close()
	for i, one := range examined {
		if one.Ignored || one.Symlink || one.Tracked || one.OtherDevice || one.NestedRepository {
			continue
		}
		p := &pass{sweeper: &s}
		err := p.artifact(top, Removal{Path: one.Path, Dir: one.Dir}, false)
		examined[i].Marked = err == nil && p.err == nil
	}
	return examined
}

// Around returns what a path may be an artifact by: itself, or the outermost directory above it that has the name of one. It is for
// paths that a report lists, of regular files. ok is false where no pattern fits, or where a task may have asked for the file.
func (r Rules) Around(name string) (seen Seen, pattern string, ok bool) {
	elements := strings.Split(name, "/")
	for i := range elements {
		dir := i < len(elements)-1
		p := strings.Join(elements[:i+1], "/")
		if found, no := r.recognise(p, dir); no == "" && !found.Wanted {
			return Seen{Path: p, Dir: dir}, found.String(), true
		}
	}
	return Seen{}, "", false
}
