package guard

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"stopgate/hook/shell/gitop"
	"stopgate/hook/shell/screen"
	"stopgate/hook/site"
	"stopgate/hook/worktree"
	"stopgate/hook/worktree/gitdir"
)

// Bounds on what is read from another repository.
const (
	maxHooks   = 100
	maxProgram = 64 << 10 // bytes of a program that is searched
)

// Configured returns the programs of another repository that git may start there without an option in the command, and whose text leads back to the
// session's repository: its hooks, and programs in its own configuration, such as filters, a pager, an editor, a helper for credentials or a
// program for signatures. dir is where the command runs.
func Configured(ctx context.Context, git Git, dir, common string) []Program {
	text, ok := git.Ask(ctx, "rev-parse", "--git-common-dir", "--git-path", "hooks")
	own, hooks, two := strings.Cut(text, "\n")
	if !ok || !two || site.Within(common, site.Physical(site.From(dir, own))) {
		return nil
	}
	names := leadsTo(common)
	var list []Program
	hooks = site.From(dir, hooks)
	entries, _ := os.ReadDir(hooks) // without the folder there are none
	for _, e := range entries[:min(len(entries), maxHooks)] {
		path := filepath.Join(hooks, e.Name())
		if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() || info.Mode()&0o111 == 0 || strings.HasSuffix(path, ".sample") {
			continue
		}
		if text := content(path); names(text) {
			list = append(list, Program{By: "the hook " + e.Name(), Text: path, Kind: writesTo(common, text)})
		}
	}
	for _, p := range settingsOf(ctx, git, "--local") {
		program := strings.TrimPrefix(p.Text, "!")
		if words := split(program); len(words) > 0 {
			program += "\n" + content(site.From(dir, words[0]))
		}
		if names(program) {
			p.Kind = writesTo(common, program)
			list = append(list, p)
		}
	}
	return list
}

// settingsOf returns the programs in git's configuration of that scope, by their settings; none without such a file.
func settingsOf(ctx context.Context, git Git, scope string) []Program {
	settings, _ := git.Ask(ctx, "config", scope, "--null", "--list")
	var list []Program
	for setting := range strings.SplitSeq(settings, "\x00") {
		if name, value, _ := strings.Cut(setting, "\n"); gitop.ConfigProgram(name, value) {
			list = append(list, Program{By: name, Text: value})
		}
	}
	return list
}

// writesTo returns the kind of the first command in the text of a program that plainly writes to the repository with that common git directory; ""
// for none.
func writesTo(common, text string) gitop.Kind {
	for _, use := range screen.Prohibited(text) {
		dir := filepath.FromSlash(use.Dir)
		if !use.Sure || !filepath.IsAbs(dir) {
			continue
		}
		if place, err := worktree.Locate(dir); err == nil && site.Within(common, place.CommonDir) {
			return use.Kind
		}
	}
	return ""
}

// leadsTo returns a test whether the text of a program leads to the repository with that common git directory: it names the directory or the folder
// of its main worktree.
func leadsTo(common string) func(text string) bool {
	paths := []string{common}
	if filepath.Base(common) == ".git" {
		paths[0] = filepath.Dir(common)
	}
	if physical := site.Physical(paths[0]); !slices.Contains(paths, physical) {
		paths = append(paths, physical)
	}
	return func(text string) bool {
		return slices.ContainsFunc(paths, func(path string) bool { return strings.Contains(text, path) })
	}
}

// content returns the beginning of a regular file; "" for anything else.
func content(path string) string {
	f, err := gitdir.OpenPlain(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxProgram))
	if err != nil {
		return ""
	}
	return string(data)
}
