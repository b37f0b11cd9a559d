package worktree

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// SeedExclusions are the directories that the coding agents of the seed leave
// alone ("Standard Directory Exclusions").
func SeedExclusions() []string {
	return []string{
		"trees", "*backup*", ".backup", ".git", "node_modules", "vendor", "venv", ".venv", "env", "target", "build", "dist",
	}
}

// matchExclusions returns a test for the names of directories; patterns are those
// of path.Match.
func matchExclusions(patterns []string) (func(name string) bool, error) {
	exact := map[string]bool{}
	var globs []string
	for _, p := range patterns {
		if _, err := path.Match(p, ""); err != nil {
			return nil, fmt.Errorf("the exclusion %q: %w", p, err)
		}
		if strings.ContainsAny(p, `*?[\`) {
			globs = append(globs, p)
		} else {
			exact[p] = true
		}
	}
	return func(name string) bool {
		return exact[name] || slices.ContainsFunc(globs, func(p string) bool {
			matched, _ := path.Match(p, name)
			return matched
		})
	}, nil
}
