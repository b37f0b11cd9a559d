package repochange

import (
	"cmp"
	"strings"
	"time"

	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/worktree"
)

// scope is the set of worktrees that could have made a change.
type scope int

const (
	// anyWorktree is all of the repository's: they share tags, the stash and the configuration.
	anyWorktree scope = iota
	// ownWorktree is the agent's own: only a command for it changes its HEAD, its index and its branch.
	ownWorktree
	// otherWorktree is another one than the agent's. The change alone does not point to the agent.
	otherWorktree
)

// change is one change of git's files in the terms of a finding. Who made it is not decided yet.
type change struct {
	rule     rule.Name
	severity rule.Severity
	scope    scope
	// text is the change in words, undo a shell command that undoes it; "" where there is none.
	text, undo string
	// name is what a command for it would contain: a branch, the folder of a worktree; "" for nothing.
	name string
	// root is the folder of the other worktree that changed; "" if no other did, or that is not known.
	root string
	// daily is that of its kind.
	daily bool
	// plumbed means that a branch moved although the worktree that has it checked out did not move it.
	plumbed bool
	// times are when the reflog says it happened; nil where there is no reflog. log is that in words.
	times []time.Time
	log   string
	// written are when the files were written that hold it, where there is no reflog.
	written []time.Time
}

// message is the finding's text where the agent made the change; why says what shows that.
func (c change) message(why string) string {
	text := c.text + c.log + because(why)
	if c.severity != rule.Halt {
		return text
	}
	text += "; a person must decide whether to keep it"
	// A command that is cut or escaped would not work when it is pasted into a shell.
	if c.undo == "" || quote.Line(c.undo) != c.undo || quote.Length(c.undo) > quote.MaxReason {
		return text
	}
	return text + "; to undo: " + c.undo
}

// maxLogged bounds the entries of a reflog in one finding.
const maxLogged = 3

// reflog is a reflog in words, the newest entry first; "" where it is empty.
func reflog(entries []worktree.LogEntry) string {
	if len(entries) == 0 {
		return ""
	}
	first, omitted := quote.First(entries, maxLogged)
	lines := make([]string, len(first))
	for i, e := range first {
		lines[i] = quote.String(e.Message, quote.MaxPath) + " by " + quote.String(e.Who, quote.MaxName)
		if !e.When.IsZero() {
			lines[i] += " at " + e.When.UTC().Format(time.RFC3339)
		}
	}
	return "; its reflog: " + strings.Join(lines, ", ") + quote.AndMore(omitted)
}

// times are the times in a reflog, without those that are not known.
func times(entries []worktree.LogEntry) []time.Time {
	var list []time.Time
	for _, e := range entries {
		if !e.When.IsZero() {
			list = append(list, e.When)
		}
	}
	return list
}

// object is the name of an object, or of the ref that a symbolic ref leads to.
func object(id string) string { return cmp.Or(quote.Line(quote.Clip(id, quote.MaxPath)), "no commit") }

// branch is the short name of a branch; name is its full name, "" for a detached HEAD.
func branch(name string) string {
	if name == "" {
		return "no branch"
	}
	return quoted(strings.TrimPrefix(name, "refs/heads/"))
}

func quoted(s string) string { return quote.String(s, quote.MaxPath) }

// quotedOr quotes a text; without stands for an empty one.
func quotedOr(without string) func(string) string {
	return func(s string) string {
		if s == "" {
			return without
		}
		return quoted(s)
	}
}
