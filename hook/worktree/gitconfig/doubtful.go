package gitconfig

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"stopgate/hook/worktree/gitdir"
)

// It can be unknown whether git reads a configuration file: because only git can evaluate the condition of the include, or because the file's place
// depends on how git was built. Such a file is read separately. It matters only if it sets a variable that can decide what git calls a change.

// irrelevantSections are sections of which no variable can decide that: identity, remotes, output, and commands other than git status
// (git-config(1)).
var irrelevantSections = [...]string{
	"advice", "alias", "am", "author", "blame", "branch", "browser", "color", "column", "commit", "committer", "credential", "difftool", "fetch", "format", "gc",
	"gpg", "grep", "gui", "help", "http", "imap", "init", "log", "mailmap", "man", "merge", "mergetool", "notes", "pager", "pull", "push", "rebase", "receive",
	"rerere", "sendemail", "sequence", "showbranch", "ssh", "stash", "tag", "tar", "transfer", "url", "user", "versionsort", "web",
}

// irrelevantCore are variables of the section core that cannot decide it either.
var irrelevantCore = [...]string{"core.abbrev", "core.askpass", "core.commentchar", "core.editor", "core.pager", "core.sshcommand", "core.whitespace"}

var errDecides = errors.New("it decides")

// decides reports whether a file can set what l.Only wants. v is the path of the file in an include, and from is the file that has the include. A
// file that cannot be read might set it, so decides returns true.
func (l *Loader) decides(from string, v gitdir.Value, depth int) bool {
	path, err := Expand(l.Env, v)
	return err != nil || l.fileDecides(gitdir.Resolve(filepath.Dir(from), path), depth+1)
}

// fileDecides is the same for the file at that path, together with the files that it includes.
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
		case name == l.Only, l.Only == "" && !slices.Contains(irrelevantSections[:], section) && !slices.Contains(irrelevantCore[:], name):
			return errDecides
		}
		return nil
	}) != nil
}
