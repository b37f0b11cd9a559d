package guard

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"stopgate/hook/quote"
	"stopgate/hook/shell/argv"
	"stopgate/hook/shell/gitop"
	"stopgate/hook/site"
	"stopgate/hook/worktree"
)

// Surroundings are the place and the environment of a command.
type Surroundings struct {
	// Common is the common git directory of the session's repository.
	Common string
	// Dir is the absolute working directory of the command.
	Dir string
	// Getenv is its environment.
	Getenv func(string) string
	// Home is the person's home. A command may be given another one.
	Home string
}

// Effect says what a command would write to.
type Effect struct {
	// Ours means that it would write to the session's repository: to a worktree, refs, the index, the configuration or a remote of it, by a push or in the
	// remote's folder, or to a submodule. The person's own git configuration counts, too, because it applies in this repository.
	Ours bool
	// Root is the worktree that the command runs in; "" for none. Dir is the folder that it runs in.
	Root, Dir string
	// HooksInside means that it only sets core.hooksPath to a folder in the worktree or to the repository's own hooks. Hook managers do that when
	// dependencies are installed.
	HooksInside bool
}

// Look finds out what a command would write to.
func Look(ctx context.Context, git Git, r Resolved, where Surroundings) Effect {
	e := Effect{Dir: Directory(r.Command, where.Dir)}
	common, index := places(ctx, git, e.Dir)
	e.Root, _ = git.Ask(ctx, "rev-parse", "--show-toplevel")
	ours := func(path string) bool { return path != "" && site.Within(where.Common, site.Physical(path)) }
	inside := ours(common)
	switch {
	case r.Name == "init":
		e.Ours = reinitialises(r, e.Dir, where)
	case r.Name == "config" && r.Kind == gitop.Config:
		e.Ours = configuresOurs(r, e.Dir, where, inside)
		e.HooksInside = e.Ours && inside && setsHooksInside(r, e.Root, common)
	case r.Kind == gitop.Add && index != "" && common != "":
		e.Ours = ours(index) // GIT_INDEX_FILE: writing another index stages nothing here
	case r.Kind == gitop.Push && !inside:
		e.Ours = pushesToOurs(ctx, git, r, e.Dir, where)
	default:
		e.Ours = inside || ours(index)
	}
	if !e.Ours && !inside && common != "" && r.Kind != "" && r.Name != "init" {
		e.Ours = isRemote(ctx, git, common, where)
	}
	if !e.Ours && !inside && common != "" {
		if super, ok := git.Ask(ctx, "rev-parse", "--show-superproject-working-tree"); ok && super != "" {
			place, err := worktree.Locate(super)
			e.Ours = err == nil && place.CommonDir == where.Common
		}
	}
	return e
}

// Directory returns the folder in which git runs, after -C. dir is the working directory.
func Directory(c Command, dir string) string {
	for _, to := range c.globals("-C") {
		if to == "" {
			continue
		}
		dir = site.From(dir, to)
	}
	return dir
}

// places returns the common git directory and the index that git would use; "" outside a repository. git before 2.31 prints paths relative to dir.
func places(ctx context.Context, git Git, dir string) (common, index string) {
	text, ok := git.Ask(ctx, "rev-parse", "--git-common-dir", "--git-path", "index")
	common, index, two := strings.Cut(text, "\n")
	if !ok || !two {
		return "", ""
	}
	return site.From(dir, common), site.From(dir, index)
}

// reinitialises reports whether git init would run on a worktree of the session's repository.
func reinitialises(r Resolved, dir string, where Surroundings) bool {
	target := dir
	o := argv.Read(r.Args, "--template --separate-git-dir --object-format --ref-format -b --initial-branch").Operands
	if len(o) > 0 {
		target = site.From(dir, o[0])
	}
	gitDirs := r.globals("--git-dir")
	if gitDir := where.Getenv("GIT_DIR"); gitDir != "" {
		gitDirs = append([]string{gitDir}, gitDirs...)
	}
	if n := len(gitDirs); n > 0 {
		return site.Within(where.Common, site.Physical(site.From(dir, gitDirs[n-1])))
	}
	place, err := worktree.Locate(target)
	return err == nil && place.CommonDir == where.Common && place.Root == site.Physical(target)
}

// configuresOurs reports whether git config would write the repository's configuration or the person's.
func configuresOurs(r Resolved, dir string, where Surroundings, inside bool) bool {
	o := gitop.Read("config", r.Args)
	file := o.Value("-f", "--file")
	switch {
	case file != "" || where.Getenv("GIT_CONFIG") != "":
		file = cmp.Or(file, where.Getenv("GIT_CONFIG"))
		file = site.Physical(site.From(dir, file))
		return site.Within(where.Common, file) || slices.Contains(personal(where), file)
	case o.Given("--global"):
		return slices.ContainsFunc(global(where.Getenv, where.Getenv("HOME")), func(name string) bool { return slices.Contains(personal(where), site.Physical(name)) })
	case o.Given("--system"):
		return true
	}
	return inside
}

// global returns the files of git's global configuration (git-config(1), FILES).
func global(getenv func(string) string, home string) []string {
	if name := getenv("GIT_CONFIG_GLOBAL"); name != "" {
		return []string{name}
	}
	config := cmp.Or(getenv("XDG_CONFIG_HOME"), filepath.Join(home, ".config"))
	return []string{filepath.Join(home, ".gitconfig"), filepath.Join(config, "git", "config")}
}

// personal returns the files of the person's own global configuration.
func personal(where Surroundings) []string {
	none := func(string) string { return "" }
	return quote.Each(global(none, where.Home), site.Physical)
}

// setsHooksInside reports whether git config only sets core.hooksPath to a folder in the worktree, or to the repository's own hooks.
func setsHooksInside(r Resolved, root, common string) bool {
	o := gitop.Read("config", r.Args)
	words := o.Operands
	if len(words) > 0 && words[0] == "set" {
		words = words[1:]
	}
	if len(words) != 2 || !strings.EqualFold(words[0], "core.hooksPath") || root == "" ||
		o.Given("-f", "--file", "--global", "--system", "--unset", "--unset-all", "--add", "--replace-all") {
		return false
	}
	return hooksInside(root, common, words[1])
}

// hooksInside reports whether a value of core.hooksPath leads into the worktree at root, or to the hooks of its repository. Symbolic links are
// followed.
func hooksInside(root, common, value string) bool {
	if value == "" || strings.HasPrefix(value, "~") || strings.HasPrefix(value, "%(") { // git's own folder: git-config(1), pathname
		return false
	}
	root, common = site.Physical(root), site.Physical(common)
	dir := site.Physical(filepath.Clean(site.From(root, value)))
	if dir == filepath.Join(common, "hooks") || dir == filepath.Join(root, ".git", "hooks") {
		return true
	}
	return dir != root && site.Within(root, dir) && !site.Within(filepath.Join(root, ".git"), dir) && !site.Within(common, dir)
}

// pushesToOurs reports whether a push from another repository leads to the session's repository, or to one of its remotes.
func pushesToOurs(ctx context.Context, git Git, r Resolved, dir string, where Surroundings) bool {
	var remotes []string
	o := gitop.Read("push", r.Args)
	switch repo := o.Value("--repo"); {
	case len(o.Operands) > 0:
		remotes = o.Operands[:1]
	case repo != "":
		remotes = []string{repo}
	default:
		names, _ := git.Ask(ctx, "remote")
		remotes = strings.Fields(names)
	}
	known := remotesOf(ctx, git, where)
	for _, remote := range remotes {
		urls, ok := git.Ask(ctx, "remote", "get-url", "--push", "--all", remote)
		if !ok {
			if urls, ok = git.Ask(ctx, "ls-remote", "--get-url", remote); !ok {
				urls = remote
			}
		}
		for url := range strings.SplitSeq(urls, "\n") {
			url = sameURL(url, dir)
			if slices.Contains(known, url) || filepath.IsAbs(url) && isOurs(url, where.Common) {
				return true
			}
		}
	}
	return false
}

// remotesOf returns the URLs of the remotes of the session's repository, as sameURL returns them.
func remotesOf(ctx context.Context, git Git, where Surroundings) (urls []string) {
	own, _ := git.AskAt(ctx, where.Common, "config", "--get-regexp", `^remote\..*\.(url|pushurl)$`)
	for line := range strings.Lines(own) {
		_, url, _ := strings.Cut(strings.TrimSpace(line), " ")
		urls = append(urls, sameURL(url, filepath.Dir(where.Common)))
	}
	return urls
}

// isRemote reports whether a repository in a folder of this machine, by its common git directory, is a remote of the session's. Who writes there has
// pushed without a push.
func isRemote(ctx context.Context, git Git, common string, where Surroundings) bool {
	common = site.Physical(common)
	return slices.ContainsFunc(remotesOf(ctx, git, where), func(url string) bool {
		return url == common || filepath.Base(common) == ".git" && url == filepath.Dir(common)
	})
}

// isOurs reports whether a path is the session's repository or a worktree of it.
func isOurs(path, common string) bool {
	if site.Within(common, site.Physical(path)) {
		return true
	}
	place, err := worktree.Locate(path)
	return err == nil && place.CommonDir == common && place.Root == site.Physical(path)
}

// sameURL normalises a URL so that different spellings compare equal: a path is resolved, and the scheme and the user are removed.
func sameURL(url, dir string) string {
	url = strings.TrimSpace(url)
	path := strings.TrimPrefix(url, "file://")
	if _, err := os.Stat(site.From(dir, path)); err == nil {
		return site.Physical(site.From(dir, path))
	}
	if _, rest, ok := strings.Cut(url, "://"); ok {
		url = rest
	} else if server, path, ok := strings.Cut(url, ":"); ok && !strings.Contains(server, "/") {
		url = server + "/" + strings.TrimPrefix(path, "/")
	}
	if user, rest, ok := strings.Cut(url, "@"); ok && !strings.Contains(user, "/") {
		url = rest
	}
	return strings.ToLower(strings.TrimSuffix(strings.TrimSuffix(url, "/"), ".git"))
}
