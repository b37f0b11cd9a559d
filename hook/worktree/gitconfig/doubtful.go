package gitconfig

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"stopgate/hook/worktree/gitdir"
)

// It can be unknown whether git reads a file, because of a condition that only git evaluates or a place that depends on how git was built. Such a
// file is read separately. It matters only if it sets a variable that can decide what git calls a change.

// undecided lists the sections without such variables: identity, remotes, output, and other commands than git status (git-config(1)).
var undecided = [...]string{
	"advice", "alias", "am", "author", "blame", "branch", "browser", "color", "column", "commit", "committer", "credential", "difftool", "fetch", "format", "gc",
	"gpg", "grep", "gui", "help", "http", "imap", "init", "log", "mailmap", "man", "merge", "mergetool", "notes", "pager", "pull", "push", "rebase", "receive",
	"rerere", "sendemail", "sequence", "showbranch", "ssh", "stash", "tag", "tar", "transfer", "url", "user", "versionsort", "web",
}

// undecidedCore lists variables of the section core that are not such variables either.
var undecidedCore = [...]string{"core.abbrev", "core.askpass", "core.commentchar", "core.editor", "core.pager", "core.sshcommand", "core.whitespace"}

var errDecides = errors.New("it decides")

// decides reports whether the file that a value names, or one that it includes, can set what is wanted. A file that cannot be read can.
func (l *Loader) decides(from string, v gitdir.Value, depth int) bool {
	path, err := Expand(l.Env, v)
	return err != nil || l.fileDecides(gitdir.Resolve(filepath.Dir(from), path), depth+1)
}

func (l *Loader) fileDecides(file string, depth int) bool {
	if l.included++; depth > maxIncludeDepth || l.included > maxIncludes {
		return true
	}
	return gitdir.EachVariable(file, func(name string, v gitdir.Value) error {
		section, _, _ := strings.Cut(name, ".")
		switch {
		case name == "include.path", section == "includeif" && strings.HasSuffix(name, ".path"):
			if l.decides(file, v, depth) {
				return errDecides
			}
		case name == l.Only, l.Only == "" && !slices.Contains(undecided[:], section) && !slices.Contains(undecidedCore[:], name):
			return errDecides
		}
		return nil
	}) != nil
}
