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
	// anyWorktree means any worktree of the repository: they share tags, the stash and the configuration.
	anyWorktree scope = iota
	// ownWorktree means the agent's own: only a command for it changes its HEAD, its index and its branch.
	ownWorktree
	// otherWorktree means another worktree than the agent's. The change alone is no evidence against the agent.
	otherWorktree
)

// change is a change of git's files as a finding describes it. Who made it is not decided yet.
type change struct {
	rule     rule.Name
	severity rule.Severity
	scope    scope
	// text describes the change. undo is a shell command that undoes it; "" if there is none.
	text, undo string
	// name is a name that a command for the change would contain: a branch, the folder of a worktree; "" for none.
	name string
	// root is the folder of the other worktree that changed; "" if there is none, or if it is unknown.
	root string
	// daily is kind.daily.
	daily bool
	// plumbed means that a branch moved although the worktree that has it checked out did not move it.
	plumbed bool
	// times are from the reflog; nil if there is none. log is the reflog in words.
	times []time.Time
	log   string
	// written are the times of the files with the change, if there is no reflog.
	written []time.Time
}

// message returns the finding's text if the agent made the change; why is the evidence.
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

// maxLogged is how many entries of a reflog one finding quotes.
const maxLogged = 3

// reflog describes a reflog, newest entry first; "" if it is empty.
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

// times returns the known times in a reflog.
func times(entries []worktree.LogEntry) []time.Time {
	var list []time.Time
	for _, e := range entries {
		if !e.When.IsZero() {
			list = append(list, e.When)
		}
	}
	return list
}

// object returns the name of an object, or of the ref that a symbolic ref points to.
func object(id string) string { return cmp.Or(quote.Line(quote.Clip(id, quote.MaxPath)), "no commit") }

// branch returns the short name of a branch. name is its full name; "" for a detached HEAD.
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
