package repochange

import (
	"fmt"
	"slices"
	"strings"

	"stopgate/hook/rule"
	"stopgate/hook/shell"
	"stopgate/hook/trace"
	"stopgate/hook/worktree"
	"stopgate/hook/worktree/marks"
)

// unexplained reports whether the reflog has no entry for the change: git gc rewrote the reflog.
func unexplained(_ Changes, c worktree.MarkChange) bool { return len(c.Log) == 0 }

// refineReturned makes it a violation if commits were made meanwhile and taken back: they may have been pushed. A HEAD that was only moved is back
// where it was.
func refineReturned(_ Changes, c worktree.MarkChange, d *change) {
	if slices.ContainsFunc(c.Log, worktree.LogEntry.Makes) {
		d.severity = rule.Halt
		d.text = strings.Replace(d.text, "was moved and", "was moved by commits that were taken back, and", 1)
	}
}

// createdOrMovedByHEAD reports that another finding covers a change of a branch. A HEAD that has the branch checked out moved it and gets
// that finding, or the branch was created along with its worktree.
func createdOrMovedByHEAD(m Changes, c worktree.MarkChange) bool {
	return c.Worktree != "" || string(c.Name) == m.Branch && c.Kind == marks.BranchMoved
}

func refineBranch(m Changes, c worktree.MarkChange, d *change) {
	d.name = shortRef(string(c.Name))
	switch {
	case c.Worktree != "":
		d.scope = otherWorktree
	case string(c.Name) == m.Branch:
		d.scope = ownWorktree
	}
}

// fetched reports whether remote-tracking branches moved other than by a push. A fetch creates tags, too.
func fetched(m Changes, _ worktree.MarkChange) bool {
	return slices.ContainsFunc(m.Changes, func(c worktree.MarkChange) bool {
		return (c.Kind == marks.RemoteCreated || c.Kind == marks.RemoteMoved) && c.By != "push"
	})
}

// notPushed reports whether a remote-tracking branch was not moved by a push. A fetch is allowed. Both leave an entry in the reflog. If the
// remote-tracking branch of the agent's own branch has no entry, it was pushed and its reflog deleted, or it was never fetched.
func notPushed(m Changes, c worktree.MarkChange) bool {
	_, short := remoteBranch(c)
	return c.By != "push" && (len(c.Log) > 0 || "refs/heads/"+short != m.Branch)
}

// pruned reports whether no command is known to have pushed, or to have deleted the remote-tracking branch. A fetch that prunes deletes it, too.
func pruned(m Changes, c worktree.MarkChange) bool {
	return !slices.ContainsFunc(slices.Concat(m.Own, m.Others), func(ran trace.Command) bool { return ran.Breaks(rule.GitPushed) }) &&
		!slices.ContainsFunc(m.Own, func(ran trace.Command) bool { return ran.Hides != "" || deletes(ran, c) })
}

// deletes reports whether a command changes refs and names the remote-tracking branch.
func deletes(ran trace.Command, c worktree.MarkChange) bool {
	remote, short := remoteBranch(c)
	return ran.Breaks(rule.GitHistory) && (strings.Contains(ran.Text, remote+"/"+short) || strings.Contains(ran.Text, string(c.Name)))
}

// refineRemoteDeleted makes it a violation if the text of a command of the agent deletes the remote-tracking branch.
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
	d.undo = undoPush(c)
	if c.By != "push" {
		d.text += ", and its reflog, which tells a push from a fetch, is not there"
	}
	switch full := "refs/heads/" + d.name; {
	case full == m.Branch:
		d.scope = ownWorktree
	case slices.ContainsFunc(m.Changes, func(o worktree.MarkChange) bool { return o.Worktree != "" && string(o.Name) == full }):
		d.scope = otherWorktree
	}
}

// undoPush returns the command that undoes a push.
func undoPush(c worktree.MarkChange) string {
	remote, short := remoteBranch(c)
	remote, short = shell.Quote(remote), shell.Quote(short)
	if c.From == "" {
		return "git push " + remote + " --delete " + short
	}
	return fmt.Sprintf("git push --force-with-lease=%s:%s %s %s:refs/heads/%s", short, c.To, remote, c.From, short)
}

// refineRef makes changes of refs that git itself does not use a note: they belong to other programs.
func refineRef(_ Changes, c worktree.MarkChange, d *change) {
	ofGit := func(prefix string) bool { return strings.HasPrefix(string(c.Name), prefix) }
	if !slices.ContainsFunc([]string{"refs/notes/", "refs/replace/", "refs/original/", "refs/bisect/", "refs/rewritten/"}, ofGit) {
		d.severity = rule.Note
	}
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
