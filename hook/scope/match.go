package scope

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"stopgate/hook/config"
	"stopgate/hook/report"
)

// Bounds are a scope in one worktree.
type Bounds struct {
	allowed, excluded, excepted []matcher
}

// matcher is a pattern with the paths of the worktree that it can mean.
type matcher struct {
	Pattern
	globs []string
}

// In returns the scope in a worktree. roots are the paths of the worktree, with which a prompt may begin its paths. exists reports whether the
// worktree has a path, relative to it and with slashes. If the first folder of a path in the prompt is not at the top of the worktree, the path
// matches below any folder. If a word may not be a path and names nothing there, the prompt may allow more than it names, so the other paths limit
// nothing.
func (s Scope) In(roots []string, exists func(name string) bool) Bounds {
	var b Bounds
	for _, p := range s.Allowed {
		m, ok := p.in(roots, exists)
		if !ok {
			b.allowed = nil
			break
		}
		b.allowed = append(b.allowed, m)
	}
	known := func(patterns []Pattern) (list []matcher) {
		for _, p := range patterns {
			if m, ok := p.in(roots, exists); ok {
				list = append(list, m)
			}
		}
		return list
	}
	b.excluded, b.excepted = known(s.Excluded), known(s.Excepted)
	return b
}

// At returns the scope in the worktree at root, as its files are now. names are the names of the worktree, as for In. changed are files of it that
// count as there even if they were deleted or renamed. No link is followed out of the worktree. Nothing is limited if the worktree cannot be
// opened.
func (s Scope) At(root string, names, changed []string) Bounds {
	if !s.Limits() {
		return Bounds{}
	}
	dir, err := os.OpenRoot(root)
	if err != nil {
		return Bounds{}
	}
	defer dir.Close()
	return s.In(names, func(name string) bool {
		if slices.ContainsFunc(changed, func(path string) bool { return path == name || strings.HasPrefix(path, name+"/") }) {
			return true
		}
		_, err := dir.Lstat(filepath.FromSlash(name))
		return err == nil
	})
}

// in resolves a pattern; false if it means nothing in the worktree.
func (p Pattern) in(roots []string, exists func(string) bool) (matcher, bool) {
	m := matcher{Pattern: p}
	readings := report.ReadEntry(p.Text, roots...)
	if len(readings) == 0 { // the worktree itself
		readings = []report.Reading{{Path: "**"}}
	}
	found := false
	for _, r := range readings {
		name := strings.TrimPrefix(strings.TrimSuffix(path.Clean(filepath.ToSlash(r.Path)), "/"), "/")
		if rooted := slices.ContainsFunc(roots, func(root string) bool {
			return root != "" && strings.TrimPrefix(path.Clean(filepath.ToSlash(root)), "/") == name
		}); name == "." || name == "" || rooted {
			name = "**"
		}
		if name == ".." || strings.HasPrefix(name, "../") {
			return m, false
		}
		for _, spelled := range []string{name, strings.TrimPrefix(name, "@")} {
			glob := unglued(spelled)
			fixed := fixedDir(glob)
			at := fixed == "" || exists(fixed)
			if fixed == "" && !strings.Contains(glob, "/") && !exists(glob) || !at {
				m.globs = append(m.globs, "**/"+glob)
			}
			if at || fixed == "" {
				m.globs = append(m.globs, glob)
			}
			found = found || exists(glob) || fixed != "" && glob != fixed && exists(fixed) && strings.ContainsAny(glob, "*?[{")
		}
	}
	slices.Sort(m.globs)
	m.globs = slices.Compact(m.globs)
	return m, found || !p.Doubtful
}

// unglued makes ** a folder of its own, as people mean it: "src/**.ts" becomes "src/**/*.ts".
func unglued(glob string) string {
	var elements []string
	for element := range strings.SplitSeq(glob, "/") {
		if element != "**" && strings.Contains(element, "**") {
			elements, element = append(elements, "**"), strings.ReplaceAll(element, "**", "*")
		}
		elements = append(elements, element)
	}
	return strings.Join(elements, "/")
}

// fixedDir returns the folder that a pattern begins with, "" for none: of one without wildcards the folder of the file.
func fixedDir(glob string) string {
	elements := strings.Split(glob, "/")
	n := slices.IndexFunc(elements, func(e string) bool { return strings.ContainsAny(e, "*?[{") })
	if n < 0 {
		n = len(elements) - 1
	}
	return strings.Join(elements[:n], "/")
}

// matches reports whether the pattern means a path, or a folder that contains it. fold ignores case.
func (m matcher) matches(name string, fold bool) bool {
	if fold {
		name = strings.ToLower(name)
	}
	for _, glob := range m.globs {
		if fold {
			glob = strings.ToLower(glob)
		}
		for at := name; at != "." && at != "/"; at = path.Dir(at) {
			if at == glob || config.MatchesGlob(glob, at) || strings.ContainsAny(glob, "[]") && config.MatchesGlob(brackets.Replace(glob), at) {
				return true
			}
		}
	}
	return false
}

// brackets makes brackets in a path literal, as in app/[id]/page.tsx.
var brackets = strings.NewReplacer("[", `\[`, "]", `\]`)

// Outside returns the pattern that excludes a path of the worktree, or a zero Pattern for a path that is not allowed. It returns false if the agent
// may change the path. Case is ignored in favour of the agent: a path in another case is still allowed.
func (b Bounds) Outside(name string) (by Pattern, outside bool) {
	for _, m := range b.excluded {
		if m.matches(name, false) && !anyMatches(b.excepted, name) {
			return m.Pattern, true
		}
	}
	return Pattern{}, len(b.allowed) > 0 && !b.allows(name)
}

// allows reports whether a path, in any of its Unicode forms, is allowed.
func (b Bounds) allows(name string) bool { return anyMatches(b.allowed, name) }

func anyMatches(list []matcher, name string) bool {
	for _, r := range report.ReadEntry(name) {
		if slices.ContainsFunc(list, func(m matcher) bool { return m.matches(r.Path, true) }) {
			return true
		}
	}
	return false
}

// Grants reports whether a path is explicitly allowed. It returns false if nothing is limited.
func (b Bounds) Grants(name string) bool {
	return len(b.allowed) > 0 && b.allows(name) && !b.excludes(name)
}

func (b Bounds) excludes(name string) bool {
	_, outside := b.Outside(name)
	return outside
}

// Owns reports whether a path is dealt out to the agent alone.
func (b Bounds) Owns(name string) bool {
	exclusive := slices.DeleteFunc(slices.Clone(b.allowed), func(m matcher) bool { return !m.Exclusive })
	return anyMatches(exclusive, name) && !b.excludes(name)
}

// Allowed returns the patterns that the bounds allow.
func (b Bounds) Allowed() []Pattern { return patterns(b.allowed) }

// Excluded returns the patterns that the bounds exclude.
func (b Bounds) Excluded() []Pattern { return patterns(b.excluded) }

func patterns(matchers []matcher) []Pattern {
	list := make([]Pattern, len(matchers))
	for i, m := range matchers {
		list[i] = m.Pattern
	}
	return list
}
