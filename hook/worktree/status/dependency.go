package status

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"stopgate/hook/worktree/gitdir"
	"stopgate/hook/worktree/ignore"
	"stopgate/hook/worktree/object"
)

// dependencyFolders are names of the directories in which package managers keep a project's dependencies, and which a worktree may borrow from
// another one by a symbolic link: npm, pnpm, Yarn (node_modules, .yarn, .pnpm-store), Bower, JSPM, Composer, Go, Bundler and Cargo (vendor, .bundle),
// Python's environments (.venv, venv, env, virtualenv, .virtualenv, .pixi, .conda, __pypackages__), CocoaPods, Carthage, Elixir (deps), Elm, Dart and
// Hex.
var dependencyFolders = [...]string{
	"node_modules", ".yarn", ".pnpm-store", "bower_components", "jspm_packages", "vendor", ".bundle",
	".venv", "venv", "env", "virtualenv", ".virtualenv", ".pixi", ".conda", "__pypackages__",
	"Pods", "Carthage", "deps", "elm-stuff", ".dart_tool", ".hex",
}

// borrowed separates changes that are only links to the dependencies of another worktree of the repository. Such a change is a symbolic link that
// HEAD does not have, to a path with the same last name in the other worktree, whether or not anything exists there. Either the link has the name of
// a dependency folder, or the ignore rules would ignore a directory in its place: a rule like target/ does not match a link, so git shows the link. A
// staged link counts, too, because `git add .` stages it.
func borrowed(t *Tree, changes []ScanChange) (links, rest []ScanChange) {
	mayBe := func(c ScanChange) bool { return c.Now.Mode == object.ModeSymlink && (c.Status == "??" || c.isStaged()) }
	if !slices.ContainsFunc(changes, mayBe) {
		return nil, changes
	}
	rest = slices.DeleteFunc(slices.Clone(changes), func(c ScanChange) bool {
		if !mayBe(c) || !leadsAway(t, c.Name) || !slices.Contains(dependencyFolders[:], object.LastName(c.Name)) && !ignoresFolder(t, c.Name) {
			return false
		}
		links = append(links, c)
		return true
	})
	return links, rest
}

// isStaged reports whether the index has the path and HEAD does not.
func (c ScanChange) isStaged() bool { return strings.HasPrefix(c.Status, "A") }

// ignoresFolder reports whether the ignore rules would ignore a directory of that name. It returns false if they cannot be read.
func ignoresFolder(t *Tree, name string) bool {
	o := ignoreOptions(t)
	o.Read = ignore.FromRoot(t.Disk.Root)
	rules, err := ignore.New(o)
	if err != nil {
		return false
	}
	m, err := rules.Match(name, true)
	return err == nil && m.Ignored()
}

// leadsAway reports whether the target of the symbolic link has the same last name and lies in another worktree of the repository.
func leadsAway(t *Tree, link string) bool {
	path := filepath.Join(t.Place.Root, filepath.FromSlash(link))
	target, err := os.Readlink(path)
	if err != nil {
		return false
	}
	if !filepath.IsAbs(target) {
		target = filepath.Join(filepath.Dir(path), target)
	}
	dir, err := filepath.EvalSymlinks(filepath.Dir(filepath.Clean(target)))
	if err != nil || filepath.Base(target) != filepath.Base(path) {
		return false
	}
	there, err := gitdir.Locate(dir)
	return err == nil && there.CommonDir == t.Place.CommonDir && there.Root != t.Place.Root
}
