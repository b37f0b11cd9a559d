package shell

import (
	"path"
	"strings"
)

// Writes returns the paths that a command visibly writes, moves or deletes, relative to where it starts, absolute, or below ~. variables has values
// of variables. A path that depends on anything else is left out, as is one that a program writes which the text does not show.
func Writes(command string, variables map[string]string) []string {
	f := Follower{values: variables, written: []string{}}
	f.Follow(command)
	return f.written
}

// writes notes paths that the command writes.
func (f *follow) writes(targets ...string) {
	for _, target := range targets {
		if target == "" || strings.ContainsAny(target, "$`{") || len(*f.written) >= maxWrites {
			continue
		}
		if !strings.HasPrefix(target, "~") {
			target = f.at(target)
		}
		*f.written = append(*f.written, path.Clean(target))
	}
}
