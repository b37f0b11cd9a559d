package config

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"stopgate/schema"
)

// check finds the problems that a schema cannot express. kinds are the kinds in the file itself.
func check(c Config, kinds []Kind, root *place) []flaw {
	var flaws []flaw
	add := func(message string, tokens ...string) {
		flaws = append(flaws, flaw{root.find(tokens).value, message})
	}
	globs := func(patterns []string, tokens ...string) {
		for i, pattern := range patterns {
			if wrong, instead := checkGlob(pattern); wrong != "" {
				add(fmt.Sprintf("the pattern %s %s; write %s", schema.Quote(pattern), wrong, instead), append(tokens, strconv.Itoa(i))...)
			}
		}
	}
	var known []string
	for _, k := range Default().Kinds {
		known = append(known, k.Name)
	}
	first := map[string]int{}
	for i, k := range kinds {
		n := strconv.Itoa(i)
		if j, again := first[k.Name]; again {
			add(fmt.Sprintf("the kind %s is there twice, first in line %d; write it once", schema.Quote(k.Name), root.find([]string{"profiles", strconv.Itoa(j), "kind"}).value.line), "profiles", n, "kind")
		} else {
			first[k.Name] = i
		}
		if k.Files == nil && !slices.Contains(known, k.Name) {
			instead := "files: [...], or one of " + strings.Join(known, ", ")
			if near := schema.Nearest(k.Name, known); near != "" {
				instead = schema.Quote(near) + ", or give it files"
			}
			add(fmt.Sprintf("the kind %s is not a default kind and has no files; write %s", schema.Quote(k.Name), instead), "profiles", n, "kind")
		}
		globs(k.Files, "profiles", n, "files")
	}
	globs(c.Artifacts.Protect, "artifacts", "protect")
	for i, a := range c.Artifacts.Add {
		if wrong, instead := checkArtifact(a.Name); wrong != "" {
			add(fmt.Sprintf("the artifact %s %s; write %s", schema.Quote(a.Name), wrong, instead), "artifacts", "add", strconv.Itoa(i), "name")
		}
	}
	for i, root := range c.Worktrees.Roots {
		if wrong, instead := checkRoot(root); wrong != "" {
			add(fmt.Sprintf("the root %s %s; write %s", schema.Quote(root), wrong, instead), "worktrees", "roots", strconv.Itoa(i))
		}
	}
	return flaws
}

// checkArtifact returns the mistake in the name of an artifact, as a clause, and what to write instead. Files with that name are deleted, so a
// pattern that matches nearly everything is refused.
func checkArtifact(name string) (wrong, instead string) {
	switch {
	case len(strings.TrimRight(name, `/\`)) < len(name):
		return "ends in a slash", "the name alone, and dir: true"
	case strings.ContainsAny(name, `/\`):
		return "is a path", "the name alone"
	case name == "." || name == ".." || strings.EqualFold(name, ".git"):
		return "is not an artifact", "the name of a file or folder that a tool leaves"
	case strings.Count(name, "*") > 1:
		return "has more than one *", "one at most"
	case strings.ContainsAny(name, "?[]{}"):
		return "has a character of patterns other than *", "the name with at most one * in it"
	case strings.Contains(name, "*") && len(name) < len("*.x"):
		return "matches nearly everything", "more of the name"
	}
	return "", ""
}

// IsCommand reports whether a text is a valid command in Commands.
func IsCommand(text string) bool {
	return text != "" && strings.TrimSpace(text) == text && !strings.Contains(text, "\n") && utf8.RuneCountInString(text) <= maxCommand
}

// maxCommand is the longest command, in characters: maxLength in schema/config.schema.json.
const maxCommand = 300

// checkRoot returns the mistake in the folder of the worktrees, as a clause, and what to write instead.
func checkRoot(root string) (wrong, instead string) {
	clean := path.Clean(strings.ReplaceAll(root, `\`, "/"))
	usable := fs.ValidPath(clean) && clean != "." && !strings.EqualFold(strings.Split(clean, "/")[0], ".git")
	switch {
	case !usable:
		return "is not a folder below the repository's root", `one, such as "trees"`
	case clean != root:
		return "is not in its plain form", schema.Quote(clean)
	}
	return "", ""
}
