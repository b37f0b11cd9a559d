package config

import (
	"path"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"stopgate/schema"
)

// maxChoices bounds the combinations of the alternatives {a,b}{c,d} of one pattern: matching tries them one by one.
const maxChoices = 256

// matchesAny reports whether one of the patterns, which are valid, matches the path.
func matchesAny(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool { return doublestar.MatchUnvalidated(pattern, name) })
}

// UsableGlob reports whether a text can be used as a pattern by MatchesGlob: its brackets and braces are closed, and it has no more alternatives
// than can be tried.
func UsableGlob(pattern string) bool {
	return doublestar.ValidatePattern(pattern) && choices(pattern) <= maxChoices
}

// MatchesGlob reports whether a pattern, for which UsableGlob is true, matches a path with slashes. ** matches any folders, * and ? match within
// one name, and {a,b} matches either.
func MatchesGlob(pattern, name string) bool { return doublestar.MatchUnvalidated(pattern, name) }

// checkGlob returns the mistake in a pattern, as a clause, and what to write instead; both "" if it is valid.
func checkGlob(pattern string) (wrong, instead string) {
	elements := strings.Split(pattern, "/")
	glued := slices.IndexFunc(elements, func(e string) bool { return e != "**" && strings.Contains(e, "**") })
	switch {
	case strings.HasPrefix(pattern, "!"):
		return "is an exclusion, which is not supported", "patterns for the files that you mean"
	case strings.Contains(pattern, `\`):
		return "has a backslash", schema.Quote(strings.ReplaceAll(pattern, `\`, "/"))
	case strings.HasPrefix(pattern, "/"):
		return "is not a path below the repository's root", schema.Quote(strings.TrimLeft(pattern, "/"))
	case slices.Contains(elements, ".") || slices.Contains(elements, ".."):
		return "has . or .. as a folder", "the path from the repository's root, without them"
	case strings.HasSuffix(pattern, "/"):
		return "is a folder, not a file", schema.Quote(pattern + "**")
	case slices.Contains(elements, ""):
		return "has two slashes in a row", schema.Quote(squeeze(pattern))
	case glued >= 0:
		return "has ** next to other characters, where it means *", schema.Quote(unglue(elements, glued))
	case !doublestar.ValidatePattern(pattern):
		return "has an open [ or {", "it with every [ and { closed"
	case choices(pattern) > maxChoices:
		return "has alternatives within alternatives, or too many", "several patterns"
	}
	return "", ""
}

// unglue makes ** a folder of its own: "**.md" becomes "**/*.md".
func unglue(elements []string, i int) string {
	return path.Join(path.Join(elements[:i]...), "**", strings.ReplaceAll(elements[i], "**", "*"), path.Join(elements[i+1:]...))
}

func squeeze(pattern string) string {
	for strings.Contains(pattern, "//") {
		pattern = strings.ReplaceAll(pattern, "//", "/")
	}
	return pattern
}

// choices returns the number of combinations of a pattern's alternatives. It is more than maxChoices if they are nested.
func choices(pattern string) int {
	total, alternatives, open := 1, 1, false
	for _, c := range pattern {
		switch {
		case c == '{' && open:
			return maxChoices + 1
		case c == '{':
			alternatives, open = 1, true
		case c == ',' && open:
			alternatives++
		case c == '}' && open:
			if total, open = total*alternatives, false; total > maxChoices {
				return total
			}
		}
	}
	return total
}
