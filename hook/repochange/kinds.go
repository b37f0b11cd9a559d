package repochange

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"stopgate/hook/rule"
	"stopgate/hook/shell"
	"stopgate/hook/worktree"
	"stopgate/hook/worktree/marks"
)

// kind describes changes of one kind.
type kind struct {
	rule  rule.Name
	scope scope
	// note means that the change is only a note.
	note bool
	// text describes the change. undo is the command that undoes it, "" if there is none. Both have the placeholders of expand.
	text, undo string
	// value formats From and To in text; nil quotes them.
	value func(string) string
	// omit reports whether the change needs no finding; nil means that it always needs one.
	omit func(m Changes, c worktree.MarkChange) bool
	// refine corrects the description by facts beyond the kind; nil for none.
	refine func(m Changes, c worktree.MarkChange, d *change)
	// daily means that people do this all the time, so without evidence there is not even a note.
	daily bool
}

// kinds has each kind of change that gets a finding of its own. unlisted has the others.
var kinds = map[marks.Kind]kind{
	marks.HeadMoved:    {rule: rule.GitHistory, scope: ownWorktree, text: "HEAD of {worktree} moved from {from} to {to}", value: object, undo: "git -C {WORKTREE} reset {FROM}"},
	marks.HeadSwitched: {rule: rule.GitHistory, scope: ownWorktree, text: "HEAD of {worktree} was switched from {from} to {to}", value: branch, undo: "git -C {WORKTREE} switch {FROM}"},
	marks.HeadReturned: {rule: rule.GitHistory, note: true, scope: ownWorktree, text: "HEAD of {worktree} was moved and is back at {to}", value: object, omit: unexplained, refine: refineReturned},
	// git gc shortens a reflog, too. So only a command of the agent that shows it counts.
	marks.HeadLogCut: {rule: rule.GitHistory, text: "the reflog of HEAD of {worktree} was cut (its size was {from} and is {to}), as git gc does too: it is unknown where HEAD was meanwhile", value: object},

	marks.BranchCreated: {rule: rule.GitHistory, text: "the branch {name} was created at {to}", value: object, undo: "git branch -D {SHORT}", omit: createdOrMovedByHEAD, refine: refineBranch},
	marks.BranchMoved:   {rule: rule.GitHistory, text: "the branch {name} moved from {from} to {to}", value: object, undo: "git branch -f {SHORT} {FROM}", omit: createdOrMovedByHEAD, refine: refineBranch},
	marks.BranchDeleted: {rule: rule.GitHistory, text: "the branch {name}, which was at {from}, was deleted", value: object, undo: "git branch {SHORT} {FROM}", refine: refineBranch},
	marks.TagCreated:    {rule: rule.GitHistory, text: "the tag {name} was created at {to}", value: object, undo: "git tag -d {SHORT}", omit: fetched, refine: refineName},
	marks.TagMoved:      {rule: rule.GitHistory, text: "the tag {name} moved from {from} to {to}", value: object, undo: "git tag -f {SHORT} {FROM}", refine: refineName},
	marks.TagDeleted:    {rule: rule.GitHistory, text: "the tag {name}, which was at {from}, was deleted", value: object, undo: "git tag -f {SHORT} {FROM}", refine: refineName},
	marks.RemoteCreated: {rule: rule.GitPushed, text: "the remote-tracking branch {name} was created at {to}", value: object, omit: notPushed, refine: refineRemote},
	marks.RemoteMoved:   {rule: rule.GitPushed, text: "the remote-tracking branch {name} moved from {from} to {to}", value: object, omit: notPushed, refine: refineRemote},
	marks.RemoteDeleted: {rule: rule.GitPushed, note: true, text: "the remote-tracking branch {name}, which was at {from}, was deleted", value: object, omit: pruned, refine: refineRemoteDeleted},
	marks.RefCreated:    {rule: rule.GitHistory, text: "the ref {name} was created at {to}", value: object, refine: refineRef},
	marks.RefMoved:      {rule: rule.GitHistory, text: "the ref {name} moved from {from} to {to}", value: object, refine: refineRef},
	marks.RefDeleted:    {rule: rule.GitHistory, text: "the ref {name}, which was at {from}, was deleted", value: object, refine: refineRef},

	marks.StashGrown:    {rule: rule.GitHistory, text: "the stash has grown, its newest entry is {to}", value: object, undo: "git -C {WORKTREE} stash pop", refine: refineStash},
	marks.StashShrunk:   {rule: rule.GitHistory, text: "the stash has lost an entry, the newest was {from}", value: object, undo: "git stash store {FROM}", refine: refineStash},
	marks.StashReplaced: {rule: rule.GitHistory, text: "the newest entry of the stash was {from} and is {to}", value: object, refine: refineStash},

	marks.Unstaged:         {rule: rule.GitStaged, note: true, scope: ownWorktree, text: "{name} was staged and no longer is", omit: headChanged},
	marks.FileHidden:       {rule: rule.GitTampered, scope: ownWorktree, text: "git was told not to look at {name} ({to})", value: object, undo: "git -C {WORKTREE} update-index --no-{TO} -- {NAME}"},
	marks.OperationStarted: {rule: rule.GitHistory, scope: ownWorktree, text: "a {operation} is in progress in {worktree}", undo: "git -C {WORKTREE} {NAME} --abort", refine: refineOperation},
	marks.OperationEnded:   {rule: rule.GitHistory, scope: ownWorktree, text: "the {operation} that was in progress in {worktree} has ended"},

	marks.ConfigChanged: {rule: rule.GitTampered, text: "git's configuration {name} was {from} and is {to}", value: quotedOr("not set"), omit: setByTools, refine: refineConfig},
	marks.HookChanged:   {rule: rule.GitTampered, text: "git's hook {name} was {from} and is {to}", value: quotedOr("not there"), omit: hookInside, refine: refineHook},
	marks.InfoChanged:   {rule: rule.GitTampered, text: "git's file {name} was {from} and is {to}", value: quotedOr("not there"), refine: refineInfo},

	marks.GlobalChanged: {rule: rule.GitTampered, text: "your own git configuration {name} was {from} and is {to}", value: quotedOr("not set"), refine: refineName},

	marks.WorktreeCommitted: {rule: rule.GitHistory, text: "the worktree {name} was added and has new commits: its HEAD is {to}", refine: refineWorktree},
	marks.WorktreeRemoved:   {rule: rule.GitHistory, scope: otherWorktree, text: "the worktree {name} was removed, with HEAD at {from}", refine: refineWorktree},
	marks.WorktreeHeadMoved: {rule: rule.GitHistory, scope: otherWorktree, text: "HEAD of the worktree {name} was {from} and is {to}", refine: refineWorktree},

	marks.WorktreeIndexChanged:  {rule: rule.GitStaged, scope: otherWorktree, text: "something was staged, unstaged or hidden in the worktree {name}", refine: refineWorktree, daily: true},
	marks.WorktreeOperation:     {rule: rule.GitHistory, scope: otherWorktree, text: "in progress in the worktree {name} was {from} and is {to}", value: quotedOr("nothing"), refine: refineWorktree, daily: true},
	marks.WorktreeConfigChanged: {rule: rule.GitTampered, scope: otherWorktree, text: "git's configuration of the worktree {name} alone (config.worktree) was changed", refine: refineWorktree},
}

// unlisted are the kinds that get no finding of their own.
var unlisted = []marks.Kind{
	marks.Staged, marks.IntentToAdd, // they share one finding
	marks.FileUnhidden,  // it restores what git shows
	marks.WorktreeAdded, // the orchestrator adds worktrees
}

// describe describes a change for a finding; false if it needs none.
func describe(m Changes, c worktree.MarkChange) (change, bool) {
	if c.Many {
		return tooMany(c), true
	}
	k, known := kinds[c.Kind]
	switch {
	case slices.Contains(unlisted, c.Kind):
		return change{}, false
	case !known: // report it although nothing more is known about it
		text := fmt.Sprintf("git's files have a change %s of %s", quoted(string(c.Kind)), quoted(string(c.Name)))
		return change{rule: rule.GitHistory, severity: rule.Note, scope: anyWorktree, text: text}, true
	case k.omit != nil && k.omit(m, c):
		return change{}, false
	}
	d := change{rule: k.rule, severity: rule.Halt, scope: k.scope, text: k.expand(k.text, m, c), daily: k.daily, times: times(c.Log), log: reflog(c.Log), written: c.Written}
	if c.From != "" || !strings.Contains(k.undo, "{FROM}") {
		d.undo = k.expand(k.undo, m, c)
	}
	if k.note {
		d.severity = rule.Note
	}
	if k.refine != nil {
		k.refine(m, c, &d)
	}
	return d, true
}

// expand replaces the placeholders of a text about a change: those in lower case are for people, those in capitals for a shell in any folder.
func (k kind) expand(text string, m Changes, c worktree.MarkChange) string {
	value := k.value
	if value == nil {
		value = quoted
	}
	return strings.NewReplacer(
		"{worktree}", quoted(m.Worktree), "{name}", quoted(string(c.Name)), "{operation}", object(string(c.Name)), "{from}", value(c.From), "{to}", value(c.To),
		"{WORKTREE}", shell.Quote(cmp.Or(m.Root, m.Worktree)), "{NAME}", shell.Quote(string(c.Name)), "{SHORT}", shell.Quote(shortRef(string(c.Name))), "{FROM}", shell.Quote(shortRef(c.From)), "{TO}", c.To,
	).Replace(text)
}

// shortRef returns the name of a branch or tag without "refs/heads/" and the like.
func shortRef(name string) string {
	return strings.TrimPrefix(strings.TrimPrefix(name, "refs/heads/"), "refs/tags/")
}

// tooMany describes more changes than were compared one by one.
func tooMany(c worktree.MarkChange) change {
	where := ""
	switch {
	case c.Name != "":
		where = " below " + quoted(string(c.Name))
	case c.Kind == marks.WorktreeIndexChanged:
		where = " in the indexes of other worktrees"
	}
	text := fmt.Sprintf("more%s changed than can be listed: there were %s, and there are %s", where, c.From, c.To)
	return change{rule: rule.GitHistory, severity: rule.Note, scope: anyWorktree, text: text, times: times(c.Log), log: reflog(c.Log)}
}
