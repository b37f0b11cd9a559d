package repochange

import (
	"fmt"
	"slices"
	"strings"

	"stopgate/hook/rule"
	"stopgate/hook/shell"
	"stopgate/hook/trace"
	"stopgate/hook/worktree"
)

// git is the start of a git command for the agent's worktree.
func (m Changes) git() string { return "git -C " + shell.Quote(m.Worktree) + " " }

func headMoved(m Changes, c worktree.MarkChange) string {
	return fmt.Sprintf("HEAD of %s moved from %s to %s", quoted(m.Worktree), object(c.From), object(c.To))
}

func undoHeadMoved(m Changes, c worktree.MarkChange) string {
	if c.From == "" {
		return ""
	}
	return m.git() + "reset " + c.From
}

func headSwitched(m Changes, c worktree.MarkChange) string {
	return fmt.Sprintf("HEAD of %s was switched from %s to %s", quoted(m.Worktree), branch(c.From), branch(c.To))
}

func undoHeadSwitched(m Changes, c worktree.MarkChange) string {
	if c.From == "" { // it was detached
		return ""
	}
	return m.git() + "switch " + shell.Quote(strings.TrimPrefix(c.From, "refs/heads/"))
}

func headReturned(m Changes, c worktree.MarkChange) string {
	return fmt.Sprintf("HEAD of %s was moved and is back at %s", quoted(m.Worktree), object(c.To))
}

// headLogCut is no deed of its own: git gc shortens a reflog, too. So only a command that shows it counts.
func headLogCut(m Changes, c worktree.MarkChange) string {
	return fmt.Sprintf("the reflog of HEAD of %s was cut from %s bytes to %s, as git gc does too: where HEAD was meanwhile is not known", quoted(m.Worktree), c.From, c.To)
}

// unexplained reports that the reflog has no entry for it: git gc rewrote the reflog.
func unexplained(_ Changes, c worktree.MarkChange) bool { return len(c.Log) == 0 }

// ref describes a change of a ref of that sort.
func ref(sort string) func(Changes, worktree.MarkChange) string {
	return func(_ Changes, c worktree.MarkChange) string { return refChanged(sort, c) }
}

// createdOrMovedByHEAD reports that another finding covers a change of a branch. A HEAD that has the branch checked out moved it and gets
// that finding, or the branch was created along with its worktree.
func createdOrMovedByHEAD(m Changes, c worktree.MarkChange) bool {
	return c.Worktree != "" || string(c.Name) == m.Branch && c.Kind == worktree.BranchMoved
}

func refineBranch(m Changes, c worktree.MarkChange, d *change) {
	d.name = strings.TrimPrefix(string(c.Name), "refs/heads/")
	switch {
	case c.Worktree != "":
		d.scope = otherWorktree
	case string(c.Name) == m.Branch:
		d.scope = ownWorktree
	}
}

func undoBranch(_ Changes, c worktree.MarkChange) string {
	short := shell.Quote(strings.TrimPrefix(string(c.Name), "refs/heads/"))
	switch c.Kind {
	case worktree.BranchCreated:
		return "git branch -D " + short
	case worktree.BranchMoved:
		return "git branch -f " + short + " " + c.From
	}
	return "git branch " + short + " " + c.From
}

func refineTag(_ Changes, c worktree.MarkChange, d *change) {
	d.name = strings.TrimPrefix(string(c.Name), "refs/tags/")
}

func undoTag(_ Changes, c worktree.MarkChange) string {
	short := shell.Quote(strings.TrimPrefix(string(c.Name), "refs/tags/"))
	if c.Kind == worktree.TagCreated {
		return "git tag -d " + short
	}
	return "git tag -f " + short + " " + c.From
}

// fetched reports that remote-tracking branches moved otherwise than by a push. A fetch creates tags, too.
func fetched(m Changes, _ worktree.MarkChange) bool {
	return slices.ContainsFunc(m.Changes, func(c worktree.MarkChange) bool {
		return (c.Kind == worktree.RemoteCreated || c.Kind == worktree.RemoteMoved) && c.By != "push"
	})
}

// notPushed reports that a remote-tracking branch was not moved by a push. A fetch is allowed. Both leave an entry in its reflog: of the
// agent's own branch, one that has none was pushed and its reflog deleted, or was never fetched.
func notPushed(m Changes, c worktree.MarkChange) bool {
	_, short := remoteBranch(c)
	return c.By != "push" && (len(c.Log) > 0 || "refs/heads/"+short != m.Branch)
}

// pruned reports that no command is known to have pushed, or to have deleted the remote-tracking branch. A fetch that prunes deletes it, too.
func pruned(m Changes, c worktree.MarkChange) bool {
	return !slices.ContainsFunc(slices.Concat(m.Own, m.Others), func(ran trace.Command) bool { return ran.Breaks(rule.GitPushed) }) &&
		!slices.ContainsFunc(m.Own, func(ran trace.Command) bool { return ran.Hides != "" || deletes(ran, c) })
}

// deletes reports whether a command changes refs and names the remote-tracking branch.
func deletes(ran trace.Command, c worktree.MarkChange) bool {
	remote, short := remoteBranch(c)
	return ran.Breaks(rule.GitHistory) && (strings.Contains(ran.Text, remote+"/"+short) || strings.Contains(ran.Text, string(c.Name)))
}

// refineRemoteDeleted makes a violation of a remote-tracking branch that a command of the agent deletes by its text.
func refineRemoteDeleted(m Changes, c worktree.MarkChange, d *change) {
	_, d.name = remoteBranch(c)
	if slices.ContainsFunc(m.Own, func(ran trace.Command) bool { return deletes(ran, c) }) {
		d.rule, d.severity = rule.GitHistory, rule.Halt
	}
}

// remoteBranch splits the name of a remote-tracking branch.
func remoteBranch(c worktree.MarkChange) (remote, short string) {
	remote, short, _ = strings.Cut(strings.TrimPrefix(string(c.Name), "refs/remotes/"), "/")
	return remote, short
}

func refineRemote(m Changes, c worktree.MarkChange, d *change) {
	_, d.name = remoteBranch(c)
	if c.By != "push" {
		d.text += ", and its reflog, which tells a push from a fetch, is not there"
		return
	}
	switch full := "refs/heads/" + d.name; {
	case full == m.Branch:
		d.scope = ownWorktree
	case slices.ContainsFunc(m.Changes, func(o worktree.MarkChange) bool { return o.Worktree != "" && string(o.Name) == full }):
		d.scope = otherWorktree
	}
}

func undoPush(_ Changes, c worktree.MarkChange) string {
	remote, short := remoteBranch(c)
	remote, short = shell.Quote(remote), shell.Quote(short)
	if c.From == "" {
		return "git push " + remote + " --delete " + short
	}
	return fmt.Sprintf("git push --force-with-lease=%s:%s %s %s:refs/heads/%s", short, c.To, remote, c.From, short)
}

// refineRef makes a note of refs that git itself does not use: they belong to other programs.
func refineRef(_ Changes, c worktree.MarkChange, d *change) {
	ofGit := func(prefix string) bool { return strings.HasPrefix(string(c.Name), prefix) }
	if !slices.ContainsFunc([]string{"refs/notes/", "refs/replace/", "refs/original/", "refs/bisect/", "refs/rewritten/"}, ofGit) {
		d.severity = rule.Note
	}
}

func stashGrown(_ Changes, c worktree.MarkChange) string {
	return "the stash has grown, its newest entry is " + object(c.To)
}

func undoStashGrown(m Changes, _ worktree.MarkChange) string { return m.git() + "stash pop" }

func stashShrunk(_ Changes, c worktree.MarkChange) string {
	return "the stash has lost an entry, the newest was " + object(c.From)
}

func undoStashShrunk(_ Changes, c worktree.MarkChange) string { return "git stash store " + c.From }

func stashReplaced(_ Changes, c worktree.MarkChange) string {
	return fmt.Sprintf("the newest entry of the stash was %s and is %s", object(c.From), object(c.To))
}

// refineStash finds out which branch was stashed: the reflog of the stash has "WIP on BRANCH: …" or "On BRANCH: …".
func refineStash(m Changes, c worktree.MarkChange, d *change) {
	d.name = "stash"
	if len(c.Log) == 0 {
		return
	}
	message, wip := strings.CutPrefix(c.Log[0].Message, "WIP on ")
	message, on := strings.CutPrefix(message, "On ")
	name, _, named := strings.Cut(message, ":")
	switch {
	case !named || !wip && !on:
	case "refs/heads/"+name == m.Branch:
		d.scope = ownWorktree
	default:
		d.scope = otherWorktree
	}
}
