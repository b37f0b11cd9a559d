package repochange

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"stopgate/hook/rule"
	"stopgate/hook/shell"
	"stopgate/hook/worktree"
)

func unstaged(_ Changes, c worktree.MarkChange) string {
	return quoted(string(c.Name)) + " was staged and no longer is"
}

// headChanged reports that HEAD is another commit or branch than before: a commit or a reset unstages files, too.
func headChanged(m Changes, _ worktree.MarkChange) bool {
	return slices.ContainsFunc(m.Changes, func(c worktree.MarkChange) bool {
		return c.Kind == worktree.HeadMoved || c.Kind == worktree.HeadSwitched
	})
}

func fileHidden(_ Changes, c worktree.MarkChange) string {
	return fmt.Sprintf("git was told not to look at %s (%s)", quoted(string(c.Name)), c.To)
}

func undoFileHidden(m Changes, c worktree.MarkChange) string {
	return m.git() + "update-index --no-" + c.To + " -- " + shell.Quote(string(c.Name))
}

func operationStarted(m Changes, c worktree.MarkChange) string {
	return fmt.Sprintf("a %s is in progress in %s", object(string(c.Name)), quoted(m.Worktree))
}

func undoOperation(m Changes, c worktree.MarkChange) string {
	if c.Name == "bisect" {
		return m.git() + "bisect reset"
	}
	return m.git() + string(c.Name) + " --abort"
}

func operationEnded(m Changes, c worktree.MarkChange) string {
	return fmt.Sprintf("the %s that was in progress in %s has ended", object(string(c.Name)), quoted(m.Worktree))
}

func configChanged(_ Changes, c worktree.MarkChange) string {
	return fmt.Sprintf("git's configuration %s was %s and is %s", quoted(string(c.Name)), quotedOr(c.From, "not set"), quotedOr(c.To, "not set"))
}

// setByTools reports that git writes the variable along with a branch, or git-lfs with a transfer.
func setByTools(_ Changes, c worktree.MarkChange) bool {
	return strings.HasPrefix(string(c.Name), "branch.") || strings.HasPrefix(string(c.Name), "lfs.")
}

// refineConfig makes a note of what husky sets when dependencies are installed.
func refineConfig(_ Changes, c worktree.MarkChange, d *change) {
	if c.Name == "core.hookspath" && (c.To == ".husky" || c.To == ".husky/_") {
		d.severity, d.undo = rule.Note, ""
	}
}

func undoConfig(_ Changes, c worktree.MarkChange) string {
	name := shell.Quote(string(c.Name))
	switch {
	case c.From == "":
		return "git config --unset-all " + name
	case strings.Contains(c.From, "digest "), strings.Contains(c.From, "***"), strings.Contains(c.From, "\n"):
		return "" // only a digest, a part, or one of several values is known
	}
	return "git config " + name + " " + shell.Quote(c.From)
}

func hookChanged(_ Changes, c worktree.MarkChange) string { return fileChanged("hook", c) }

func infoChanged(_ Changes, c worktree.MarkChange) string { return fileChanged("file", c) }

func fileChanged(sort string, c worktree.MarkChange) string {
	return fmt.Sprintf("git's %s %s was %s and is %s", sort, quoted(string(c.Name)), quotedOr(c.From, "not there"), quotedOr(c.To, "not there"))
}

// hookInside reports that a hook is a file of the worktree, which the gates review like any other.
func hookInside(m Changes, c worktree.MarkChange) bool {
	return m.HooksInside && strings.HasPrefix(string(c.Name), "core.hooksPath/")
}

func refineWorktree(_ Changes, c worktree.MarkChange, d *change) { d.name = path.Base(string(c.Name)) }

func worktreeRemoved(_ Changes, c worktree.MarkChange) string {
	return fmt.Sprintf("the worktree %s was removed, with HEAD at %s", quoted(string(c.Name)), quoted(c.From))
}

func worktreeHeadMoved(_ Changes, c worktree.MarkChange) string {
	return fmt.Sprintf("HEAD of the worktree %s was %s and is %s", quoted(string(c.Name)), quoted(c.From), quoted(c.To))
}
