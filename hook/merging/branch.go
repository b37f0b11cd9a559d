package merging

import (
	"slices"
	"strings"
)

// names reports whether one of the arguments names the branch: its short name, its full name, or a refspec with it.
func names(arguments []string, branch string) bool {
	return branch != "" && slices.ContainsFunc(arguments, func(argument string) bool {
		for part := range strings.SplitSeq(strings.TrimPrefix(argument, "+"), ":") {
			part = strings.TrimPrefix(strings.TrimPrefix(part, "refs/"), "heads/")
			if revision, _, _ := strings.Cut(strings.TrimRight(part, "~^0123456789"), "^"); part == branch || revision == branch {
				return true
			}
		}
		return false
	})
}
