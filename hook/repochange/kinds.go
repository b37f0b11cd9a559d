package repochange

import (
	"fmt"
	"slices"

	"stopgate/hook/rule"
	"stopgate/hook/worktree"
)

// kind is how changes of one kind are described.
type kind struct {
	rule     rule.Name
	severity rule.Severity
	scope    scope
	// text is the change in words.
	text func(m Changes, c worktree.MarkChange) string
	// undo is the command that undoes it; nil where there is none. It may return "".
	undo func(m Changes, c worktree.MarkChange) string
	// omit reports that the change needs no finding; nil means that it always needs one.
	omit func(m Changes, c worktree.MarkChange) bool
	// refine corrects what depends on more than the kind; nil where nothing does.
	refine func(m Changes, c worktree.MarkChange, d *change)
	// daily means that people do this all the time, so without evidence it is not worth a note.
	daily bool
}

// kinds has each kind of change that gets a finding of its own. Those without one are explained at unlisted.
var kinds = map[worktree.MarkKind]kind{
	worktree.HeadMoved:    {rule: rule.GitHistory, severity: rule.Halt, scope: ownWorktree, text: headMoved, undo: undoHeadMoved},
	worktree.HeadSwitched: {rule: rule.GitHistory, severity: rule.Halt, scope: ownWorktree, text: headSwitched, undo: undoHeadSwitched},
	worktree.HeadReturned: {rule: rule.GitHistory, severity: rule.Note, scope: ownWorktree, text: headReturned, omit: unexplained},
	worktree.HeadLogCut:   {rule: rule.GitHistory, severity: rule.Halt, scope: anyWorktree, text: headLogCut},

	worktree.BranchCreated: {rule: rule.GitHistory, severity: rule.Halt, scope: anyWorktree, text: ref("branch"), undo: undoBranch, omit: createdOrMovedByHEAD, refine: refineBranch},
	worktree.BranchMoved:   {rule: rule.GitHistory, severity: rule.Halt, scope: anyWorktree, text: ref("branch"), undo: undoBranch, omit: createdOrMovedByHEAD, refine: refineBranch},
	worktree.BranchDeleted: {rule: rule.GitHistory, severity: rule.Halt, scope: anyWorktree, text: ref("branch"), undo: undoBranch, refine: refineBranch},
	worktree.TagCreated:    {rule: rule.GitHistory, severity: rule.Halt, scope: anyWorktree, text: ref("tag"), undo: undoTag, refine: refineTag, omit: fetched},
	worktree.TagMoved:      {rule: rule.GitHistory, severity: rule.Halt, scope: anyWorktree, text: ref("tag"), undo: undoTag, refine: refineTag},
	worktree.TagDeleted:    {rule: rule.GitHistory, severity: rule.Halt, scope: anyWorktree, text: ref("tag"), undo: undoTag, refine: refineTag},
	worktree.RemoteCreated: {rule: rule.GitPushed, severity: rule.Halt, scope: anyWorktree, text: ref("remote-tracking branch"), undo: undoPush, omit: notPushed, refine: refineRemote},
	worktree.RemoteMoved:   {rule: rule.GitPushed, severity: rule.Halt, scope: anyWorktree, text: ref("remote-tracking branch"), undo: undoPush, omit: notPushed, refine: refineRemote},
	worktree.RemoteDeleted: {rule: rule.GitPushed, severity: rule.Note, scope: anyWorktree, text: ref("remote-tracking branch"), omit: pruned, refine: refineRemoteDeleted},
	worktree.RefCreated:    {rule: rule.GitHistory, severity: rule.Halt, scope: anyWorktree, text: ref("ref"), refine: refineRef},
	worktree.RefMoved:      {rule: rule.GitHistory, severity: rule.Halt, scope: anyWorktree, text: ref("ref"), refine: refineRef},
	worktree.RefDeleted:    {rule: rule.GitHistory, severity: rule.Halt, scope: anyWorktree, text: ref("ref"), refine: refineRef},

	worktree.StashGrown:    {rule: rule.GitHistory, severity: rule.Halt, scope: anyWorktree, text: stashGrown, undo: undoStashGrown, refine: refineStash},
	worktree.StashShrunk:   {rule: rule.GitHistory, severity: rule.Halt, scope: anyWorktree, text: stashShrunk, undo: undoStashShrunk, refine: refineStash},
	worktree.StashReplaced: {rule: rule.GitHistory, severity: rule.Halt, scope: anyWorktree, text: stashReplaced, refine: refineStash},

	worktree.Unstaged:         {rule: rule.GitStaged, severity: rule.Note, scope: ownWorktree, text: unstaged, omit: headChanged},
	worktree.FileHidden:       {rule: rule.GitTampered, severity: rule.Halt, scope: ownWorktree, text: fileHidden, undo: undoFileHidden},
	worktree.OperationStarted: {rule: rule.GitHistory, severity: rule.Halt, scope: ownWorktree, text: operationStarted, undo: undoOperation},
	worktree.OperationEnded:   {rule: rule.GitHistory, severity: rule.Halt, scope: ownWorktree, text: operationEnded},

	worktree.ConfigChanged: {rule: rule.GitTampered, severity: rule.Halt, scope: anyWorktree, text: configChanged, undo: undoConfig, omit: setByTools, refine: refineConfig},
	worktree.HookChanged:   {rule: rule.GitTampered, severity: rule.Halt, scope: anyWorktree, text: hookChanged, omit: hookInside, refine: refineHook},
	worktree.InfoChanged:   {rule: rule.GitTampered, severity: rule.Halt, scope: anyWorktree, text: infoChanged, refine: refineInfo},

	worktree.GlobalChanged: {rule: rule.GitTampered, severity: rule.Halt, scope: anyWorktree, text: globalChanged, refine: refineGlobal},

	worktree.WorktreeCommitted: {rule: rule.GitHistory, severity: rule.Halt, scope: anyWorktree, text: worktreeCommitted, refine: refineWorktree},
	worktree.WorktreeRemoved:   {rule: rule.GitHistory, severity: rule.Halt, scope: otherWorktree, text: worktreeRemoved, refine: refineWorktree},
	worktree.WorktreeHeadMoved: {rule: rule.GitHistory, severity: rule.Halt, scope: otherWorktree, text: worktreeHeadMoved, refine: refineWorktree},

	worktree.WorktreeIndexChanged:  {rule: rule.GitStaged, severity: rule.Halt, scope: otherWorktree, text: worktreeIndexChanged, refine: refineWorktree, daily: true},
	worktree.WorktreeOperation:     {rule: rule.GitHistory, severity: rule.Halt, scope: otherWorktree, text: worktreeOperation, refine: refineWorktree, daily: true},
	worktree.WorktreeConfigChanged: {rule: rule.GitTampered, severity: rule.Halt, scope: otherWorktree, text: worktreeConfigChanged, refine: refineWorktree},
}

// unlisted are the kinds that get no finding of their own.
var unlisted = []worktree.MarkKind{
	worktree.Staged, worktree.IntentToAdd, // they share one finding
	worktree.FileUnhidden,  // it restores what git shows
	worktree.WorktreeAdded, // the orchestrator adds worktrees
}

// describe puts a change into the terms of a finding; false where it needs none.
func (m Changes) describe(c worktree.MarkChange) (change, bool) {
	if c.Many {
		return tooMany(c), true
	}
	k, known := kinds[c.Kind]
	switch {
	case slices.Contains(unlisted, c.Kind):
		return change{}, false
	case !known: // never lost, although nothing more is known about it
		text := fmt.Sprintf("git's files have a change %s of %s", quoted(string(c.Kind)), quoted(string(c.Name)))
		return change{rule: rule.GitHistory, severity: rule.Note, scope: anyWorktree, text: text}, true
	case k.omit != nil && k.omit(m, c):
		return change{}, false
	}
	d := change{rule: k.rule, severity: k.severity, scope: k.scope, text: k.text(m, c), daily: k.daily, times: times(c.Log), log: reflog(c.Log), written: c.Written}
	if k.undo != nil {
		d.undo = k.undo(m, c)
	}
	if k.refine != nil {
		k.refine(m, c, &d)
	}
	return d, true
}

// tooMany describes more changes than were compared one by one.
func tooMany(c worktree.MarkChange) change {
	where := ""
	if c.Name != "" {
		where = " below " + quoted(string(c.Name))
	}
	text := fmt.Sprintf("more%s changed than can be listed: there were %s, and there are %s", where, c.From, c.To)
	return change{rule: rule.GitHistory, severity: rule.Note, scope: anyWorktree, text: text, times: times(c.Log), log: reflog(c.Log)}
}
