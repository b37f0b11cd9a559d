package worktree

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
)

// configLoader collects configuration with its includes.
type configLoader struct {
	place    Place
	env      environment
	values   config
	included int
}

const (
	maxIncludeDepth = 10 // git's own bound
	maxIncludes     = 200
)

// load adds the variables of file, and of the files it includes where it does so.
func (l *configLoader) load(file string, depth int) error {
	if l.included++; depth > maxIncludeDepth || l.included > maxIncludes {
		return fmt.Errorf("configuration includes more than %d files, or %d deep", maxIncludes, maxIncludeDepth)
	}
	return eachVariable(file, func(name string, v configValue) error {
		if name == "include.path" {
			return l.include(file, v, depth)
		}
		if condition, found := strings.CutPrefix(name, "includeif."); found {
			if condition, found = strings.CutSuffix(condition, ".path"); found {
				holds, err := l.holds(condition, file)
				if err != nil || !holds {
					return err
				}
				return l.include(file, v, depth)
			}
		}
		l.values.set(name, v)
		return nil
	})
}

func (l *configLoader) include(from string, v configValue, depth int) error {
	path, err := expand(l.env, v)
	if err != nil {
		return err
	}
	return l.load(resolve(filepath.Dir(from), path), depth+1)
}

// expand reads a value as a path (git-config(1), "Values", pathname).
func expand(e environment, v configValue) (string, error) {
	switch {
	case !v.present:
		return "", errors.New("configuration names a path without a value")
	case v.text == "~" || strings.HasPrefix(v.text, "~/"):
		home := e.get("HOME")
		if home == "" {
			return "", fmt.Errorf("configuration names %q, and HOME is not set", v.text)
		}
		return home + v.text[1:], nil
	case strings.HasPrefix(v.text, "~"), strings.HasPrefix(v.text, "%(prefix)"), strings.HasPrefix(v.text, ":("):
		return "", fmt.Errorf("configuration names %q", v.text)
	}
	return v.text, nil
}

// holds evaluates the condition of an includeIf in file.
func (l *configLoader) holds(condition, file string) (bool, error) {
	keyword, pattern, _ := strings.Cut(condition, ":")
	switch keyword {
	case "gitdir", "gitdir/i":
		return l.gitDirMatches(pattern, file, keyword == "gitdir/i")
	case "onbranch":
		head, err := readHead(l.place)
		if err != nil {
			return false, err
		}
		branch, found := strings.CutPrefix(head.symref, "refs/heads/")
		if !found {
			return false, nil
		}
		if strings.HasSuffix(pattern, "/") {
			pattern += "**"
		}
		return matchPath(pattern, branch, false)
	case "hasconfig":
		return false, fmt.Errorf("configuration includes under the condition %q", condition)
	}
	return false, nil // git, too, ignores conditions it does not know
}

func (l *configLoader) gitDirMatches(pattern, file string, fold bool) (bool, error) {
	pattern, err := expand(l.env, configValue{text: pattern, present: true})
	if err != nil {
		return false, err
	}
	pattern = filepath.ToSlash(pattern)
	switch {
	case strings.HasPrefix(pattern, "./"):
		pattern = filepath.ToSlash(filepath.Dir(realPath(file))) + pattern[1:]
	case !filepath.IsAbs(filepath.FromSlash(pattern)):
		pattern = "**/" + pattern
	}
	if strings.HasSuffix(pattern, "/") {
		pattern += "**"
	}
	matches, err := matchPath(pattern, filepath.ToSlash(l.place.GitDir), fold)
	if err != nil || matches {
		return matches, err
	}
	if given, err := gitDirIn(l.place.Root); err != nil || filepath.Clean(given) != l.place.GitDir {
		return false, fmt.Errorf("configuration includes under the condition %q, and the git directory has another name through a symbolic link", pattern)
	}
	return false, nil
}

// matchPath matches text with a pattern that has no other wildcards than a
// leading "**/" and a trailing "/**", which is how they are written in practice.
func matchPath(pattern, text string, fold bool) (bool, error) {
	body := strings.TrimLeft(pattern, "*/")
	if leading := pattern[:len(pattern)-len(body)]; leading != strings.Repeat("**/", len(leading)/3) {
		body = pattern
	}
	anywhere := body != pattern
	body, below := strings.CutSuffix(body, "/**")
	if strings.ContainsAny(body, `*?[\`) {
		return false, fmt.Errorf("configuration includes under the condition %q", pattern)
	}
	if fold {
		body, text = strings.ToLower(body), strings.ToLower(text)
	}
	if anywhere {
		body, text = "/"+body, "/"+text
	}
	switch {
	case anywhere && below:
		return strings.Contains(text, body+"/"), nil
	case anywhere:
		return strings.HasSuffix(text, body), nil
	case below:
		return strings.HasPrefix(text, body+"/"), nil
	}
	return text == body, nil
}
