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

// fitsAny tells whether one of the patterns, which are valid, fits the path.
func fitsAny(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool { return doublestar.MatchUnvalidated(pattern, name) })
}

// checkGlob says what is wrong with a pattern and what to write instead, both "" where nothing is.
func checkGlob(pattern string) (wrong, instead string) {
	elements := strings.Split(pattern, "/")
	glued := slices.IndexFunc(elements, func(e string) bool { return e != "**" && strings.Contains(e, "**") })
	switch {
	case strings.HasPrefix(pattern, "!"):
		return "excludes, which no pattern can", "patterns of what is meant"
	case strings.Contains(pattern, `\`):
		return "has a backslash", schema.Quote(strings.ReplaceAll(pattern, `\`, "/"))
	case strings.HasPrefix(pattern, "/"):
		return "is no path below the repository's root", schema.Quote(strings.TrimLeft(pattern, "/"))
	case slices.Contains(elements, ".") || slices.Contains(elements, ".."):
		return "has . or .. for a folder", "the path from the repository's root, without them"
	case strings.HasSuffix(pattern, "/"):
		return "names a folder, which is no file", schema.Quote(pattern + "**")
	case slices.Contains(elements, ""):
		return "has two slashes in a row", schema.Quote(squeeze(pattern))
	case glued >= 0:
		return "has ** beside other characters, where it is no more than *", schema.Quote(unglue(elements, glued))
	case !doublestar.ValidatePattern(pattern):
		return "is torn", "it with every [ and { closed"
	case choices(pattern) > maxChoices:
		return "has alternatives within alternatives, or too many", "several patterns"
	}
	return "", ""
}

// unglue gives a ** a folder's place of its own: "**.md" is "**/*.md".
func unglue(elements []string, i int) string {
	return path.Join(path.Join(elements[:i]...), "**", strings.ReplaceAll(elements[i], "**", "*"), path.Join(elements[i+1:]...))
}

func squeeze(pattern string) string {
	for strings.Contains(pattern, "//") {
		pattern = strings.ReplaceAll(pattern, "//", "/")
	}
	return pattern
}

// choices is the number of combinations of a pattern's alternatives, more than maxChoices where they are nested.
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
