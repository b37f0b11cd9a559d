package status

import (
	"os"
	"path/filepath"
	"slices"

	"stopgate/hook/worktree/gitdir"
	"stopgate/hook/worktree/object"
)

// dependencyFolders are the names under which package managers keep what a project depends on, and which a worktree may borrow from the
// main one by a symbolic link: npm, pnpm, Yarn (node_modules, .yarn, .pnpm-store), Bower, JSPM, Composer, Go, Bundler and Cargo (vendor,
// .bundle), Python's environments (.venv, venv, env, virtualenv, .virtualenv, .pixi, .conda, __pypackages__), CocoaPods, Carthage, Elixir
// (deps), Elm, Dart and Hex.
var dependencyFolders = [...]string{
	"node_modules", ".yarn", ".pnpm-store", "bower_components", "jspm_packages", "vendor", ".bundle",
	".venv", "venv", "env", "virtualenv", ".virtualenv", ".pixi", ".conda", "__pypackages__",
	"Pods", "Carthage", "deps", "elm-stuff", ".dart_tool", ".hex",
}

// borrowed takes the changes apart that are no work but links to the main worktree's dependencies: an untracked symbolic link that is
// called like a dependency folder and leads to a place of that very name in the main worktree, whether or not something stands there.
// A rule like node_modules/ does not match a link, so that git shows it.
func (t *Tree) borrowed(changes []ScanChange) (links []string, rest []ScanChange) {
	main := ""
	mayBe := func(c ScanChange) bool {
		return c.Now.Mode == object.ModeSymlink && c.Status == "??" && slices.Contains(dependencyFolders[:], object.LastName(c.Name))
	}
	if !slices.ContainsFunc(changes, mayBe) {
		return nil, changes
	}
	rest = slices.DeleteFunc(slices.Clone(changes), func(c ScanChange) bool {
		if !mayBe(c) {
			return false
		}
		if main == "" {
			main = t.Place.MainRoot()
		}
		if main == "" || main == t.Place.Root || !t.leadsTo(c.Name, main) {
			return false
		}
		links = append(links, c.Name)
		return true
	})
	return links, rest
}

// leadsTo tells whether the symbolic link leads to an entry of its own name in the work tree whose top is root.
func (t *Tree) leadsTo(link, root string) bool {
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
	return err == nil && there.Root == root
}
