package repochange

import (
	"path"
	"path/filepath"
	"slices"
	"strings"

	"stopgate/hook/rule"
	"stopgate/hook/shell"
	"stopgate/hook/site"
	"stopgate/hook/worktree"
	"stopgate/hook/worktree/marks"
)

// headChanged reports whether HEAD is another commit or branch than before: a commit or a reset unstages files, too.
func headChanged(m Changes, _ worktree.MarkChange) bool {
	return slices.ContainsFunc(m.Changes, func(c worktree.MarkChange) bool {
		return c.Kind == marks.HeadMoved || c.Kind == marks.HeadSwitched
	})
}

// refineOperation corrects the undo command of a bisect, which has no --abort.
func refineOperation(_ Changes, c worktree.MarkChange, d *change) {
	if c.Name == "bisect" {
		d.undo = strings.TrimSuffix(d.undo, "--abort") + "reset"
	}
}

// setByTools reports whether git sets the variable together with a branch, or git-lfs during a transfer.
func setByTools(_ Changes, c worktree.MarkChange) bool {
	return strings.HasPrefix(string(c.Name), "branch.") || strings.HasPrefix(string(c.Name), "lfs.")
}

// refineConfig makes settings of the host and of hook managers a note: a hooks folder in the worktree, or the repository's own. Git itself sets
// extensions when a worktree gets a configuration of its own, as for git sparse-checkout.
func refineConfig(m Changes, c worktree.MarkChange, d *change) {
	d.name, d.undo = string(c.Name), undoConfig(c)
	switch {
	case d.name == "core.hookspath" && (hooksKnown(m, c.To) || c.To == "" && hooksKnown(m, c.From)):
		d.severity, d.undo = rule.Note, ""
		d.text += ", as Claude Code does for isolated agents, and hook managers such as husky and simple-git-hooks when dependencies are installed"
	case c.From == "" && strings.HasPrefix(d.name, "submodule.") && (strings.HasSuffix(d.name, ".url") || strings.HasSuffix(d.name, ".active")):
		d.severity, d.undo = rule.Note, ""
		d.text += ", as git submodule update --init does"
	case d.name == "extensions.worktreeconfig" || d.name == "core.repositoryformatversion":
		d.severity, d.undo = rule.Note, ""
		d.text += ", as git sparse-checkout does"
	}
}

// hooksKnown reports whether a value of core.hooksPath leads into the agent's worktree or the main one, or to the repository's own hooks.
func hooksKnown(m Changes, value string) bool {
	if value == ".husky" || value == ".husky/_" {
		return true
	}
	return slices.ContainsFunc([]string{m.Root, m.Main}, func(root string) bool { return root != "" && hooksWithin(root, m.Common, value) })
}

// hooksWithin reports whether a value of core.hooksPath leads into the worktree at root, or to the hooks of its repository.
func hooksWithin(root, common, value string) bool {
	if value == "" || strings.HasPrefix(value, "~") || strings.HasPrefix(value, "%(") {
		return false
	}
	dir := filepath.Clean(site.From(root, value))
	git := filepath.Join(root, ".git")
	return dir == filepath.Join(common, "hooks") || dir == filepath.Join(git, "hooks") ||
		dir != root && site.Within(root, dir) && !site.Within(git, dir) && !site.Within(common, dir)
}

// undoConfig returns the command that restores a variable; "" if its value is unknown.
func undoConfig(c worktree.MarkChange) string {
	name := shell.Quote(string(c.Name))
	switch {
	case c.From == "":
		return "git config --unset-all " + name
	case strings.Contains(c.From, "digest "), strings.Contains(c.From, "***"), strings.Contains(c.From, "\n"):
		return "" // only a digest, a part, or one of several values is known
	}
	return "git config " + name + " " + shell.Quote(c.From)
}

// refineHook makes a note of a hook that a hook manager wrote.
func refineHook(_ Changes, c worktree.MarkChange, d *change) {
	d.name = path.Base(string(c.Name))
	if manager := marks.HookManager(c.To); manager != "" {
		d.severity = rule.Note
		d.text += "; " + manager + " writes it, when dependencies are installed for instance"
	}
}

// refineInfo makes a note of what the host adds to info/exclude.
func refineInfo(_ Changes, c worktree.MarkChange, d *change) {
	d.name = string(c.Name)
	if marks.SameButForHost(c.From, c.To) {
		d.severity = rule.Note
		d.text += "; all that is new there is about .claude, which Claude Code adds itself"
	}
}

func refineName(_ Changes, c worktree.MarkChange, d *change) { d.name = shortRef(string(c.Name)) }

// hookInside reports whether a hook is a file of the worktree, which the gates review like any other.
func hookInside(m Changes, c worktree.MarkChange) bool {
	return m.HooksInside && strings.HasPrefix(string(c.Name), "core.hooksPath/")
}

func refineWorktree(m Changes, c worktree.MarkChange, d *change) {
	d.name = path.Base(filepath.ToSlash(string(c.Name)))
	if root := filepath.FromSlash(string(c.Name)); filepath.IsAbs(root) {
		d.root = root
	}
	if c.Kind != marks.WorktreeHeadMoved {
		return
	}
	ref, from, _ := strings.Cut(c.From, " ")
	now, to, _ := strings.Cut(c.To, " ")
	if ref != now || from == to || !strings.HasPrefix(ref, "refs/heads/") ||
		slices.ContainsFunc(c.Log, func(e worktree.LogEntry) bool { return e.To == to }) {
		return
	}
	for _, other := range m.Changes {
		if other.Kind == marks.BranchMoved && string(other.Name) == ref && len(other.Log) > 0 {
			d.plumbed, d.times, d.log = true, times(other.Log), reflog(other.Log)
		}
	}
}
