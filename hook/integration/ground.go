package integration

import (
	"context"
	"slices"
	"strings"

	"stopgate/hook/worktree"
	"stopgate/hook/worktree/marks"
)

// ground is a commit on which the work may have been put.
type ground struct {
	commit string
	// moved means that a main branch here was moved to it since the launch, or that it came from a remote which was not there then. Nothing shows who
	// made it, so beyond has its files that a commit of the work has besides the work.
	moved  bool
	beyond []string
}

// heldBy compares a commit with the work that passed: on the commit where the work was done or, if the commit has less besides the work on another
// ground, on that. It returns this ground.
func (s sight) heldBy(ctx context.Context, tip string) (held worktree.Held, on ground, err error) {
	on.commit = s.Then.Head
	held, err = s.git.Held(ctx, s.at, tip, s.Then)
	if err != nil || held.Whole() || len(held.Missing) > 0 {
		return held, on, err
	}
	besides := held.Added
	for _, other := range s.grounds(ctx) {
		there, err := s.heldSince(ctx, s.Then, other.commit, tip)
		switch {
		case ctx.Err() != nil:
			return held, on, err
		case err != nil || other.commit == tip || len(there.Added) >= len(held.Added): // an error means that its objects are not here
			continue
		}
		if held, on = there, other; on.moved {
			on.beyond = slices.DeleteFunc(slices.Clone(besides), func(name string) bool { return slices.Contains(there.Added, name) })
		}
		if held.Whole() {
			break
		}
	}
	return held, on, nil
}

// maxGrounds is how many commits are tried on which the work may have been put.
const maxGrounds = 12

// grounds returns the commits besides its own on which the work may have been put, by a rebase or a merge: where a main branch was at the launch, here
// or in another repository, and where it has been since. A commit that has the work already is none, because it would have what the branch-manager
// added to the work, too.
func (s sight) grounds(ctx context.Context) (list []ground) {
	home := s.homeBranch(*s.Marks)
	add := func(commit string, since, moved bool) {
		if commit == "" || commit == s.Then.Head || len(list) >= maxGrounds || slices.ContainsFunc(list, func(g ground) bool { return g.commit == commit }) {
			return
		}
		if since {
			if held, err := s.git.Held(ctx, s.at, commit, s.Then); err != nil || len(held.Missing) == 0 {
				return
			}
		}
		list = append(list, ground{commit: commit, moved: moved})
	}
	for _, item := range s.Marks.Branches.Items {
		if s.isTarget(string(item.Name), home) {
			add(item.Value, false, false)
		}
	}
	for _, item := range s.Marks.Remotes.Items {
		if _, name, _ := strings.Cut(string(item.Name), "/"); s.isTarget(name, home) {
			add(item.Value, false, false)
		}
	}
	for _, local := range []bool{false, true} { // what came from another repository is known to be somebody else's
		for _, c := range s.changes {
			moves := c.Kind == marks.RemoteMoved || c.Kind == marks.RemoteCreated
			if local {
				moves = c.Kind == marks.BranchMoved
			}
			if !moves || !s.isTarget(branchOf(string(c.Name)), home) {
				continue
			}
			for _, entry := range c.Log {
				if local || isFetched(entry) {
					add(entry.To, true, local || !s.knowsRemote(string(c.Name)))
				}
			}
		}
	}
	return list
}

// knowsRemote reports whether the remote of a remote-tracking branch has the address that it had at the launch.
func (s sight) knowsRemote(ref string) bool {
	name, _, _ := strings.Cut(strings.TrimPrefix(ref, "refs/remotes/"), "/")
	before, known := s.Marks.Config.Value("remote." + name + ".url")
	now, _ := s.now.Config.Value("remote." + name + ".url")
	return known && before == now
}

// branchOf returns the short name of a branch, here or in another repository, by the full name of its ref.
func branchOf(ref string) string {
	name := strings.TrimPrefix(ref, "refs/heads/")
	if rest, remote := strings.CutPrefix(ref, "refs/remotes/"); remote {
		_, name, _ = strings.Cut(rest, "/")
	}
	return name
}

// isFetched reports whether an entry in the reflog of a remote-tracking branch shows what the other repository had. A push shows what this one sent.
func isFetched(entry worktree.LogEntry) bool { return !strings.Contains(entry.Message, "push") }

// heldSince compares a commit with the work of a snapshot as it would be on the commit before.
func (s sight) heldSince(ctx context.Context, then worktree.Snapshot, before, commit string) (worktree.Held, error) {
	then.Tree = before
	return s.git.Held(ctx, s.at, commit, then)
}
