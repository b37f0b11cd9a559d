package gitconfig

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"stopgate/hook/worktree/gitcmd"
	"stopgate/hook/worktree/gitdir"
	"stopgate/hook/worktree/refs"
)

// Loader collects the variables of configuration files and of the files that they include.
type Loader struct {
	Place  gitdir.Place
	Env    gitcmd.Git
	Values gitdir.Config
	// Only is the name of the one variable that is wanted; "" means all variables that can decide what git calls a change. If only git can evaluate
	// the condition of an include, Load fails if the included file may set what is wanted.
	Only     string
	included int
}

const (
	maxIncludeDepth = 10 // git's own limit
	maxIncludes     = 200
)

// Load adds the variables of file, and of the files that it includes, in git's order: a later value replaces an earlier one. depth is the number of
// includes that lead to file.
func (l *Loader) Load(file string, depth int) error {
	if l.included++; depth > maxIncludeDepth || l.included > maxIncludes {
		return fmt.Errorf("configuration includes more than %d files, or %d deep", maxIncludes, maxIncludeDepth)
	}
	return gitdir.EachVariable(file, func(name string, v gitdir.Value) error {
		if name == "include.path" {
			return l.include(file, v, depth)
		}
		if condition, found := strings.CutPrefix(name, "includeif."); found {
			if condition, found = strings.CutSuffix(condition, ".path"); found {
				holds, err := l.holds(condition, file)
				if err == nil && holds {
					return l.include(file, v, depth)
				}
				if err != nil && l.decides(file, v, depth) {
					return err
				}
				return nil
			}
		}
		l.Values.Set(name, v)
		return nil
	})
}

func (l *Loader) include(from string, v gitdir.Value, depth int) error {
	path, err := Expand(l.Env, v)
	if err != nil {
		return err
	}
	return l.Load(gitdir.Resolve(filepath.Dir(from), path), depth+1)
}

// Expand returns a value of the type pathname with "~" replaced (git-config(1), "Values", pathname). It fails for a form that only git can expand.
func Expand(e gitcmd.Git, v gitdir.Value) (string, error) {
	switch {
	case !v.Present:
		return "", errors.New("configuration names a path without a value")
	case v.Text == "~" || strings.HasPrefix(v.Text, "~/"):
		home := e.Get("HOME")
		if home == "" {
			return "", fmt.Errorf("configuration names %q, and HOME is not set", v.Text)
		}
		return home + v.Text[1:], nil
	case strings.HasPrefix(v.Text, "~"), strings.HasPrefix(v.Text, "%(prefix)"), strings.HasPrefix(v.Text, ":("):
		return "", fmt.Errorf("configuration names %q", v.Text)
	}
	return v.Text, nil
}

// holds evaluates the condition of an includeIf in file. It fails if only git can evaluate it.
func (l *Loader) holds(condition, file string) (bool, error) {
	keyword, pattern, _ := strings.Cut(condition, ":")
	switch keyword {
	case "gitdir", "gitdir/i":
		return l.gitDirMatches(pattern, file, keyword == "gitdir/i")
	case "onbranch":
		head, err := refs.ReadHead(l.Place)
		if err != nil {
			return false, err
		}
		branch, found := strings.CutPrefix(head.Symref, "refs/heads/")
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
	return false, nil // git also ignores conditions that it does not know
}

// gitDirMatches reports whether the git directory matches the pattern of a gitdir condition. It fails if only git can tell.
func (l *Loader) gitDirMatches(pattern, file string, fold bool) (bool, error) {
	home := pattern == "~" || strings.HasPrefix(pattern, "~/")
	pattern, err := Expand(l.Env, gitdir.Value{Text: pattern, Present: true})
	if err != nil {
		return false, err
	}
	if given := l.Env.Get("HOME"); home { // only in this condition does git resolve symbolic links of HOME (git-config(1), "Conditional includes")
		pattern = gitdir.RealPath(given) + strings.TrimPrefix(pattern, given)
	}
	pattern = filepath.ToSlash(pattern)
	switch {
	case strings.HasPrefix(pattern, "./"):
		pattern = filepath.ToSlash(filepath.Dir(gitdir.RealPath(file))) + pattern[1:]
	case !filepath.IsAbs(filepath.FromSlash(pattern)):
		pattern = "**/" + pattern
	}
	if strings.HasSuffix(pattern, "/") {
		pattern += "**"
	}
	matches, err := matchPath(pattern, filepath.ToSlash(l.Place.GitDir), fold)
	if err != nil || matches {
		return matches, err
	}
	if given, err := gitdir.Find(l.Place.Root); err != nil || filepath.Clean(given) != l.Place.GitDir {
		return false, fmt.Errorf("configuration includes under the condition %q, and the git directory has another name through a symbolic link", pattern)
	}
	return false, nil
}

// matchPath matches text with a pattern whose only wildcards are "**/" at the start and "/**" at the end, as people write them in practice. It
// fails for a pattern with others.
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
