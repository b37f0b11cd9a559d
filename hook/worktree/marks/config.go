package marks

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"stopgate/hook/worktree/disk"
	"stopgate/hook/worktree/gitconfig"
	"stopgate/hook/worktree/gitdir"
	"stopgate/hook/worktree/object"
)

// digest returns a hash that stands for content that is not recorded, because it is long or may be a secret.
func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:8])
}

// format returns the variables of the repository's main configuration file alone. Git reads the repository's format from this file only.
func format(t Reader) (format gitdir.Config, err error) {
	err = format.ReadFile(filepath.Join(t.Place.CommonDir, "config"))
	return format, err
}

// repositoryConfig returns the paths of the repository's own configuration files. A later file takes precedence over an earlier one.
func repositoryConfig(t Reader) ([]string, error) {
	files := []string{filepath.Join(t.Place.CommonDir, "config")}
	format, err := format(t)
	if err != nil {
		return nil, err
	}
	if format.IsTrue("extensions.worktreeconfig") {
		files = append(files, filepath.Join(t.Place.GitDir, "config.worktree"))
	}
	return files, nil
}

// readConfig returns the variables of the repository's own configuration. If a variable has several values, a change of their order is a change
// too.
func readConfig(t Reader) ([]Item, error) {
	files, err := repositoryConfig(t)
	if err != nil {
		return nil, err
	}
	return variables(files)
}

// readGlobal returns the variables of git's configuration outside the repository.
func readGlobal(t Reader) ([]Item, error) {
	files, err := gitconfig.ConfigFiles(t.Git)
	if err != nil {
		return nil, err
	}
	return variables(files)
}

// variables returns the variables of configuration files. A later file takes precedence over an earlier one. It does not follow includes.
func variables(files []string) ([]Item, error) {
	values := map[string]string{}
	for _, file := range files {
		err := gitdir.EachVariable(file, func(name string, v gitdir.Value) error {
			text := configText(name, v)
			if shown := withoutPassword(name); shown != name { // for example url.<base>.insteadOf
				name = shown + " (digest " + digest([]byte(name)) + ")"
			}
			if before, found := values[name]; found {
				text = before + "\n" + text
			}
			values[name] = text
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	var items []Item
	for name, value := range values {
		items = append(items, Item{object.Name(name), value})
	}
	return items, nil
}

// maxShown is the length in bytes from which a value is shortened.
const maxShown = 200

// configText returns what is recorded of a value. That is the text if isShown returns true for the variable, without passwords and not too long. Of
// any other value it is a digest, because the value may be a secret.
func configText(name string, v gitdir.Value) string {
	text := "="
	if !v.Present {
		text = "" // a variable without "=" differs from an empty value
	}
	text = digest([]byte(text + v.Text))
	if !isShown(name) {
		return "digest " + text
	}
	shown := withoutPassword(v.Text)
	if len(shown) > maxShown {
		shown = shown[:maxShown]
	}
	if shown = strings.ToValidUTF8(shown, "\uFFFD"); shown == v.Text {
		return shown
	}
	return shown + " (digest " + text + ")"
}

// isShown reports whether the value of a variable is recorded as text: the URLs of remotes, core.hooksPath and aliases.
func isShown(name string) bool {
	remote := strings.HasPrefix(name, "remote.") && (strings.HasSuffix(name, ".url") || strings.HasSuffix(name, ".pushurl"))
	return remote || name == "core.hookspath" || strings.HasPrefix(name, "alias.")
}

// withoutPassword replaces the user and the password in a URL by "***".
func withoutPassword(text string) string {
	scheme, rest, found := strings.Cut(text, "://")
	if !found {
		return text
	}
	host := rest
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		host = rest[:end]
	}
	if at := strings.LastIndexByte(host, '@'); at >= 0 {
		return scheme + "://***" + rest[at:]
	}
	return text
}

// hookNames are the names of the hooks that git runs (githooks(5)).
var hookNames = []string{
	"applypatch-msg", "commit-msg", "fsmonitor-watchman", "p4-changelist", "p4-post-changelist", "p4-pre-submit",
	"p4-prepare-changelist", "post-applypatch", "post-checkout", "post-commit", "post-index-change", "post-merge", "post-receive",
	"post-rewrite", "post-update", "pre-applypatch", "pre-auto-gc", "pre-commit", "pre-merge-commit", "pre-push", "pre-rebase",
	"pre-receive", "prepare-commit-msg", "proc-receive", "push-to-checkout", "reference-transaction", "sendemail-validate", "update",
}

// maxHooks is the largest number of files in one folder, and maxHook the size in bytes of the largest hook whose content is compared.
const (
	maxHooks = 1000
	maxHook  = 1 << 20
)

// readHooks returns the files of $GIT_COMMON_DIR/hooks and, if core.hooksPath is set, the hooks in that folder.
func readHooks(t Reader) ([]Item, error) {
	items, err := readHookDir("hooks", filepath.Join(t.Place.CommonDir, "hooks"), func(name string) bool { return !strings.HasSuffix(name, ".sample") })
	if err != nil {
		return nil, err
	}
	dir, err := hooksPath(t)
	if err != nil || dir == "" {
		return items, err
	}
	// That folder may be a folder of the worktree, which has other files too.
	more, err := readHookDir("core.hooksPath", dir, func(name string) bool { return slices.Contains(hookNames, name) })
	return append(items, more...), err
}

// hooksPath returns the folder in core.hooksPath from all configuration that applies. It returns "" if the variable is not set.
func hooksPath(t Reader) (string, error) {
	files, err := gitconfig.ConfigFiles(t.Git)
	if err != nil {
		return "", err
	}
	own, err := repositoryConfig(t)
	if err != nil {
		return "", err
	}
	l := gitconfig.Loader{Place: t.Place, Env: t.Git, Values: gitdir.Config{}, Only: "core.hookspath"}
	for _, file := range append(files, own...) {
		if err := l.Load(file, 0); err != nil {
			return "", err
		}
	}
	v, found := l.Values["core.hookspath"]
	if !found || v.Text == "" {
		return "", nil
	}
	dir, err := gitconfig.Expand(t.Git, v)
	if err != nil {
		return "", err
	}
	return gitdir.Resolve(t.Place.Root, dir), nil
}

// readHookDir returns the files in the folder dir for whose name wanted returns true. A folder that does not exist has none.
func readHookDir(label, dir string, wanted func(name string) bool) ([]Item, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) || gitdir.IsNotDir(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var items []Item
	for _, e := range entries {
		if !wanted(e.Name()) {
			continue
		}
		if len(items) == maxHooks {
			return nil, fmt.Errorf("%q has more than %d files", dir, maxHooks)
		}
		value, err := hookValue(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		if value != "" {
			items = append(items, Item{object.Name(label + "/" + e.Name()), value})
		}
	}
	return items, nil
}

// hookValue returns the value of a hook in Marks.Hooks. It returns "" if there is no such file.
func hookValue(path string) (string, error) {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", nil
	case err != nil:
		return "", err
	case info.Mode()&fs.ModeSymlink != 0:
		target, err := os.Readlink(path)
		if len(target) > maxShown {
			target = target[:maxShown] + " " + digest([]byte(target))
		}
		return fmt.Sprintf("%06o %s", object.ModeSymlink, strings.ToValidUTF8(target, "\uFFFD")), err
	case !info.Mode().IsRegular():
		return disk.Describe(info), nil
	}
	mode := disk.Mode(info)
	if info.Size() > maxHook {
		return fmt.Sprintf("%06o %d bytes of %s", mode, info.Size(), info.ModTime().UTC()), nil
	}
	content, err := gitdir.ReadSmall(path, maxHook)
	value := fmt.Sprintf("%06o %s", mode, digest(content))
	if manager := managerOf(content); manager != "" {
		value += " " + manager
	}
	return value, err
}

// readInfo returns digests of the files that decide what git ignores, how it converts files, which files it checks out, where it finds objects, and
// which commits it takes for the parents of a commit.
func readInfo(t Reader) ([]Item, error) {
	var items []Item
	for _, f := range []struct{ dir, name string }{
		{t.Place.CommonDir, "info/exclude"},
		{t.Place.CommonDir, "info/attributes"},
		{t.Place.CommonDir, "info/grafts"},
		{t.Place.GitDir, "info/sparse-checkout"},
		{t.Place.CommonDir, "objects/info/alternates"},
		{t.Place.CommonDir, "shallow"},
	} {
		content, err := gitdir.ReadSmall(filepath.Join(f.dir, filepath.FromSlash(f.name)), gitdir.MaxConfig)
		if errors.Is(err, fs.ErrNotExist) || gitdir.IsNotDir(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		value := digest(content)
		if f.name == "info/exclude" {
			value = excludeValue(content)
		}
		items = append(items, Item{object.Name(f.name), value})
	}
	return items, nil
}
