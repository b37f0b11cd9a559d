package repochange_test

import (
	"strings"
	"testing"
	"time"

	"stopgate/hook/host"
	"stopgate/hook/quote"
	"stopgate/hook/repochange"
	"stopgate/hook/rule"
	"stopgate/hook/shell/gitop"
	"stopgate/hook/shell/screen"
	"stopgate/hook/trace"
	"stopgate/hook/worktree"
	"stopgate/hook/worktree/marks"
)

// TestAttribution: a change is the agent's only where a command shows that, or where no other agent worked there.
func TestAttribution(t *testing.T) {
	began := time.Date(2026, 1, 1, 10, 0, 0, 0, time.UTC)
	at := func(s int) time.Time { return began.Add(time.Duration(s) * time.Second) }
	run := func(from, to int, command string) trace.Command {
		c := trace.Command{Text: command, Hides: screen.Hides(command), Line: 9, From: at(from), To: at(to)}
		for _, p := range screen.Prohibited(command) {
			c.Kinds = append(c.Kinds, p.Kind)
		}
		return c
	}
	by := func(id, agentType string, c trace.Command) trace.Command {
		c.AgentID, c.AgentType = id, agentType
		return c
	}
	log := func(s int, message string) []worktree.LogEntry {
		return []worktree.LogEntry{{When: at(s), Who: "a <a@x>", Message: message}}
	}
	const tree = "./trees/T-1-x"
	commit := worktree.MarkChange{Kind: marks.HeadMoved, From: "aaa", To: "bbb", Log: log(30, "commit: x"), By: "commit"}
	tag := worktree.MarkChange{Kind: marks.TagCreated, Name: "refs/tags/v1", To: "bbb"}
	pushed := worktree.MarkChange{Kind: marks.RemoteMoved, Name: "refs/remotes/origin/T-2", From: "aaa", To: "bbb", Log: log(30, "update by push"), By: "push"}
	fetched := worktree.MarkChange{Kind: marks.RemoteMoved, Name: "refs/remotes/origin/main", From: "aaa", To: "bbb", Log: log(30, "fetch origin: fast-forward"), By: "fetch"}
	otherHead := worktree.MarkChange{Kind: marks.WorktreeHeadMoved, Name: "/r/trees/T-2-y", From: "refs/heads/T-2 aaa", To: "refs/heads/T-2 bbb", Log: log(30, "commit: y"), By: "commit"}
	otherBranch := worktree.MarkChange{Kind: marks.BranchMoved, Name: "refs/heads/T-2", From: "aaa", To: "bbb", Worktree: "/r/trees/T-2-y"}
	written := func(s int, c worktree.MarkChange) worktree.MarkChange {
		c.Written = []time.Time{at(s)}
		return c
	}
	left := func(c trace.Command) trace.Command {
		c.Left = true
		return c
	}
	stash := func(on string) worktree.MarkChange {
		return worktree.MarkChange{Kind: marks.StashGrown, To: "ccc", Log: log(30, "WIP on "+on+": aaa x")}
	}
	staged := func(root string) worktree.MarkChange {
		return worktree.MarkChange{Kind: marks.WorktreeIndexChanged, Name: worktree.Name(root), From: "a", To: "b"}
	}
	mate := []trace.OtherAgent{{AgentID: "a2", AgentType: "bug-fixer", Running: true}}
	script := []trace.Command{run(20, 40, "sh work.sh")}
	tests := []struct {
		name    string
		changes []worktree.MarkChange
		own     []trace.Command
		company trace.Company
		want    string // the findings' severities and rules; "" for none
		says    string
	}{
		{"alone, by a script", []worktree.MarkChange{commit}, script, trace.Company{}, "stop git-history", `was running "sh work.sh" (line 9 of its transcript) then`},
		{"a commit that was taken back", []worktree.MarkChange{{Kind: marks.HeadReturned, From: "aaa", To: "aaa", Log: append(log(31, "reset: moving to HEAD~1"), log(30, "commit: x")...)}}, script, trace.Company{}, "stop git-history", "was moved by commits that were taken back, and is back at"},
		{"a HEAD that only moved and is back", []worktree.MarkChange{{Kind: marks.HeadReturned, From: "aaa", To: "aaa", Log: log(30, "reset: moving to HEAD")}}, script, trace.Company{}, "note git-history", "was moved and is back at"},
		{"a push whose reflog was cut", []worktree.MarkChange{{Kind: marks.RemoteMoved, Name: "refs/remotes/origin/T-1", From: "aaa", To: "bbb"}}, script, trace.Company{}, "stop git-pushed", "no other agent was at work there"},
		{"a push whose reflog was cut, with company", []worktree.MarkChange{{Kind: marks.RemoteMoved, Name: "refs/remotes/origin/T-1", From: "aaa", To: "bbb"}}, script, trace.Company{Here: mate}, "note git-history", "worked there too"},
		{"alone, in words", []worktree.MarkChange{commit}, []trace.Command{run(29, 31, "git commit -m x")}, trace.Company{}, "stop git-history", `the agent ran "git commit -m x"`},
		{"by something it left behind", []worktree.MarkChange{commit}, []trace.Command{run(1, 2, "sh later.sh &")}, trace.Company{}, "stop git-history", "no other agent was at work there"},
		{"it set the clock back", []worktree.MarkChange{written(35, commit)}, []trace.Command{run(20, 29, "sh work.sh"), run(32, 40, "sh work.sh")}, trace.Company{}, "stop git-history", "no other agent was at work there"},
		{"it set the clock back before its first command", []worktree.MarkChange{written(35, commit)}, []trace.Command{run(32, 40, "sh work.sh")}, trace.Company{}, "stop git-history", "no other agent was at work there"},
		{"a server of its own ran then", []worktree.MarkChange{written(30, commit)}, []trace.Command{left(run(1, 2, "npm start &"))}, trace.Company{}, "stop git-history", "no other agent was at work there"},
		{"it has run nothing", []worktree.MarkChange{commit}, nil, trace.Company{}, "note git-history", "had run no command by then"},
		{"before its first command", []worktree.MarkChange{commit}, []trace.Command{run(50, 60, "ls")}, trace.Company{}, "note git-history", ""},
		{"the session itself did", []worktree.MarkChange{commit}, []trace.Command{run(1, 2, "ls")}, trace.Company{Others: []trace.Command{run(29, 31, "git -C trees/T-1-x commit -m x")}}, "note git-history", `the session itself ran "git -C`},
		{"the session did something else then", []worktree.MarkChange{commit}, script, trace.Company{Others: []trace.Command{run(1, 2, "git commit -m x")}}, "stop git-history", ""},
		{"the session committed in another worktree then", []worktree.MarkChange{commit}, script, trace.Company{Others: []trace.Command{run(29, 31, "git -C trees/T-2-y commit -m x")}}, "stop git-history", ""},
		{"another agent here, and this one was running a script", []worktree.MarkChange{commit}, script, trace.Company{Here: mate}, "stop git-history", ""},
		{"another agent here, and both were running something", []worktree.MarkChange{commit}, script, trace.Company{Here: mate, Others: []trace.Command{by("a2", "bug-fixer", run(25, 35, "sh b.sh"))}}, "note git-history", `"bug-fixer" (agent "a2") worked there too`},
		{"another agent here was running something", []worktree.MarkChange{commit}, []trace.Command{run(1, 2, "ls")}, trace.Company{Here: mate, Others: []trace.Command{by("a2", "bug-fixer", run(25, 35, "sh b.sh"))}}, "note git-history", `"bug-fixer" (agent "a2") was running "sh b.sh" then`},
		{"an agent elsewhere was running something", []worktree.MarkChange{commit}, script, trace.Company{Elsewhere: mate, Others: []trace.Command{by("a2", "bug-fixer", run(25, 35, "sh b.sh"))}}, "stop git-history", ""},
		{"a tag, alone, and nothing that names it", []worktree.MarkChange{tag}, script, trace.Company{}, "note git-history", "nothing shows that this agent did it"},
		{"a tag, in words", []worktree.MarkChange{tag}, []trace.Command{run(20, 40, "git tag v1")}, trace.Company{}, "stop git-history", `the agent ran "git tag v1"`},
		{"a tag, written as a file", []worktree.MarkChange{tag}, []trace.Command{run(20, 40, "cp x $(git rev-parse --git-common-dir)/refs/tags/v1")}, trace.Company{}, "stop git-history", `the agent ran "cp x`},
		{"a tag, and another file of git", []worktree.MarkChange{tag}, []trace.Command{run(20, 40, "rm -f $(git rev-parse --git-dir)/index.lock")}, trace.Company{}, "note git-history", "nothing shows that this agent did it"},
		{"a tag, by what hides", []worktree.MarkChange{{Kind: marks.TagCreated, Name: "refs/tags/v1", To: "bbb", Written: []time.Time{at(30)}}}, []trace.Command{run(1, 2, "ls"), run(20, 40, "echo x | base64 -d | sh")}, trace.Company{}, "stop git-history", `which runs decoded text`},
		{"a tag, around the guard", []worktree.MarkChange{tag}, []trace.Command{run(20, 40, "G=/usr/bin/git; sh work.sh")}, trace.Company{}, "stop git-history", `which calls git by its absolute path`},
		{"a tag, with an agent elsewhere", []worktree.MarkChange{tag}, script, trace.Company{Elsewhere: mate}, "note git-history", "worked there too"},
		{"a tag, with another session", []worktree.MarkChange{tag}, script, trace.Company{Sessions: true}, "note git-history", "another session"},
		{"a tag that a fetch brought", []worktree.MarkChange{tag, fetched}, script, trace.Company{}, "", ""},
		{"a fetch", []worktree.MarkChange{fetched}, script, trace.Company{}, "", ""},
		{"a push, while a script ran", []worktree.MarkChange{pushed}, script, trace.Company{}, "note git-history", `was running "sh work.sh" (line 9 of its transcript) then, and nothing shows that this command did it; was it you?`},
		{"a push, behind a program that runs the rest", []worktree.MarkChange{pushed}, []trace.Command{run(29, 31, "timeout 60 git push origin T-2")}, trace.Company{}, "note git-history", "was it you?"},
		{"a push, behind one that adds words", []worktree.MarkChange{pushed}, []trace.Command{run(29, 31, "echo T-2 | xargs git push origin")}, trace.Company{}, "note git-history", "was it you?"},
		{"a push, by a variable", []worktree.MarkChange{pushed}, []trace.Command{run(29, 31, "G=git; $G push origin T-2")}, trace.Company{}, "note git-history", "was it you?"},
		{"a commit, behind a program that runs the rest", []worktree.MarkChange{commit}, []trace.Command{run(29, 31, "timeout 60 git commit -m x")}, trace.Company{}, "stop git-history", ""},
		{"a push, in words", []worktree.MarkChange{pushed}, []trace.Command{run(29, 31, "git push origin T-2")}, trace.Company{}, "stop git-pushed", "force-with-lease=T-2:bbb"},
		{"a push of another worktree's branch", []worktree.MarkChange{pushed, otherBranch, otherHead}, script, trace.Company{}, "note git-history", ""},
		{"the branch-manager in another worktree", []worktree.MarkChange{otherHead, otherBranch}, script, trace.Company{Others: []trace.Command{by("b1", "branch-manager", run(29, 31, "git commit -qm y"))}}, "", ""},
		{"somebody in another worktree", []worktree.MarkChange{otherHead, otherBranch}, script, trace.Company{}, "note git-history", `the worktree "/r/trees/T-2-y"`},
		{"this agent in another worktree", []worktree.MarkChange{otherHead}, []trace.Command{run(29, 31, "git -C ../T-2-y commit -m y")}, trace.Company{}, "stop git-history", "T-2-y commit"},
		{"somebody staged in another worktree", []worktree.MarkChange{staged("/r/trees/T-2-y")}, script, trace.Company{}, "", ""},
		{"this agent staged in another worktree", []worktree.MarkChange{staged("/r/trees/T-2-y")}, []trace.Command{run(29, 31, "git -C ../T-2-y add -A")}, trace.Company{}, "stop git-staged", `hidden in the worktree "/r/trees/T-2-y"; the agent ran "git -C ../T-2-y add -A"`},
		{"this agent staged in a worktree with a longer name", []worktree.MarkChange{staged("/r/trees/T-2")}, []trace.Command{run(29, 31, "git -C ../T-2-y add -A")}, trace.Company{}, "", ""},
		{"this agent merges in another worktree", []worktree.MarkChange{{Kind: marks.WorktreeOperation, Name: "/r/trees/T-2-y", To: "merge@aaa"}}, []trace.Command{run(29, 31, "cd ../T-2-y && git merge --no-commit main")}, trace.Company{}, "stop git-history", `was nothing and is "merge@aaa"`},
		{"somebody configured another worktree", []worktree.MarkChange{{Kind: marks.WorktreeConfigChanged, Name: "/r/trees/T-2-y", To: "d"}}, script, trace.Company{}, "note git-history", "config.worktree"},
		{"this branch put away", []worktree.MarkChange{stash("T-1")}, script, trace.Company{Elsewhere: mate}, "stop git-history", ""},
		{"another branch put away", []worktree.MarkChange{stash("main")}, script, trace.Company{}, "note git-history", ""},
		{"staged", []worktree.MarkChange{{Kind: marks.Staged, Name: "a", To: "100644 x"}, {Kind: marks.IntentToAdd, Name: "b"}}, script, trace.Company{}, "block git-staged", `2 files were staged in "./trees/T-1-x" since the agent began: "a", "b"`},
		{"staged, with another agent here", []worktree.MarkChange{{Kind: marks.Staged, Name: "a"}}, script, trace.Company{Here: mate}, "note git-staged", ""},
		{"what an install of dependencies sets", []worktree.MarkChange{{Kind: marks.ConfigChanged, Name: "core.hookspath", To: ".husky/_"}}, []trace.Command{run(1, 2, "npm ci && git config core.hooksPath .husky/_")}, trace.Company{}, "note git-tampered", "hook managers such as husky"},
		{"a command that works in any folder", []worktree.MarkChange{{Kind: marks.HeadMoved, From: "1", To: "2"}}, []trace.Command{run(1, 2, "git commit -qm x")}, trace.Company{}, "stop git-history", "to undo: git -C /r/trees/T-1-x reset 1"},
		{"what comes with a branch", []worktree.MarkChange{{Kind: marks.ConfigChanged, Name: "branch.T-1.remote", To: "digest x"}}, script, trace.Company{}, "", ""},
		{"more than can be told", []worktree.MarkChange{{Kind: marks.TagMoved, Name: "refs/tags/", Many: true, From: "1", To: "5000"}}, script, trace.Company{}, "note git-history", "there were 1, and there are 5000"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := repochange.Changes{Worktree: tree, Branch: "refs/heads/T-1", Root: "/r/trees/T-1-x", Main: "/r", Common: "/r/.git", Changes: tt.changes, Own: tt.own, Traced: true, Company: tt.company}
			findings := repochange.Verify(false, m)
			var got []string
			for _, f := range findings {
				got = append(got, string(f.Severity)+" "+string(f.Rule))
			}
			if strings.Join(got, ", ") != tt.want {
				t.Fatalf("%+v, want %q", findings, tt.want)
			}
			if tt.says != "" && !strings.Contains(findings[0].Message, tt.says) {
				t.Errorf("%s\nwithout %q", findings[0].Message, tt.says)
			}
		})
	}
}

// TestEvidence: what the guard saw comes first, then what names the deed, then what hides or goes around the guard. A command that had ended
// before the second of a change, or began after it, is no evidence, and an ordinary one is none for what all worktrees share.
func TestEvidence(t *testing.T) {
	began := time.Date(2026, 1, 1, 10, 0, 0, 0, time.UTC)
	at := func(s float64) time.Time { return began.Add(time.Duration(s * float64(time.Second))) }
	run := func(from, to float64, command string) trace.Command {
		c := trace.Command{Text: command, Hides: screen.Hides(command), Line: 9, From: at(from), To: at(to)}
		for _, p := range screen.Prohibited(command) {
			c.Kinds = append(c.Kinds, p.Kind)
		}
		return c
	}
	log := func(s float64, to, message string) []worktree.LogEntry {
		return []worktree.LogEntry{{When: at(s), Who: "a <a@x>", To: to, Message: message}}
	}
	seen := func(s float64, own bool, kind gitop.Kind, where, command string) trace.GitCommand {
		return trace.GitCommand{Own: own, Known: true, AgentID: map[bool]string{true: "a1"}[own], Kind: kind, Text: command, Worktree: where, At: at(s)}
	}
	ran := func(dir string, from, to float64, command string) trace.Command {
		c := run(from, to, command)
		c.Dir = dir
		return c
	}
	started := func(s float64) []trace.GitCommand {
		return []trace.GitCommand{{Own: true, Known: true, AgentID: "a1", Text: "git -c core.fsmonitor=./x status", Starts: "./x", At: at(s)}}
	}
	tagged := func(s float64) worktree.MarkChange {
		return worktree.MarkChange{Kind: marks.TagCreated, Name: "refs/tags/v1", To: "bbb", Written: []time.Time{at(s)}}
	}
	const tree = "./trees/T-1-x"
	commit := worktree.MarkChange{Kind: marks.HeadMoved, From: "aaa", To: "bbb", Log: log(30, "bbb", "commit: x"), By: "commit"}
	branch := worktree.MarkChange{Kind: marks.BranchCreated, Name: "refs/heads/x", To: "bbb", Log: log(30, "bbb", "branch: Created from HEAD")}
	deleted := worktree.MarkChange{Kind: marks.BranchDeleted, Name: "refs/heads/merged", From: "bbb"}
	mainMoved := []worktree.MarkChange{
		{Kind: marks.BranchMoved, Name: "refs/heads/main", From: "aaa", To: "bbb", Worktree: "/r", Log: log(30, "bbb", "")},
		{Kind: marks.WorktreeHeadMoved, Name: "/r", From: "refs/heads/main aaa", To: "refs/heads/main bbb"},
	}
	mainCommitted := []worktree.MarkChange{mainMoved[0], {Kind: marks.WorktreeHeadMoved, Name: "/r", From: "refs/heads/main aaa", To: "refs/heads/main bbb", Log: log(30, "bbb", "commit: y")}}
	config := func(name, from, to string) []worktree.MarkChange {
		return []worktree.MarkChange{{Kind: marks.ConfigChanged, Name: worktree.Name(name), From: from, To: to}}
	}
	one := func(c worktree.MarkChange) []worktree.MarkChange { return []worktree.MarkChange{c} }
	own := func(list ...trace.Command) []trace.Command { return list }
	tests := []struct {
		name    string
		changes []worktree.MarkChange
		own     []trace.Command
		guarded []trace.GitCommand
		others  []trace.Command
		want    string
		says    string
	}{
		{"the guard saw the session commit there", one(commit), own(run(20, 40, "sh work.sh")), []trace.GitCommand{seen(29.9, false, gitop.Commit, tree, "git -C trees/T-1-x commit -m x")}, nil, "note git-history", "meanwhile the session itself ran"},
		{"the guard saw the session commit elsewhere", one(commit), own(run(20, 40, "sh work.sh")), []trace.GitCommand{seen(29.9, false, gitop.Commit, ".", "git commit -m x")}, nil, "stop git-history", "sh work.sh"},
		{"the guard saw it long before", one(commit), own(run(20, 40, "sh work.sh")), []trace.GitCommand{seen(-900, false, gitop.Commit, tree, "git commit -m x")}, nil, "stop git-history", "sh work.sh"},
		{"git started a program shortly before a tag", one(tagged(30)), own(run(20, 40, "npm test")), started(29), nil, "stop git-history", "the guard does not see what that does"},
		{"git started a program after a tag", one(tagged(30)), own(run(20, 40, "npm test")), started(35), nil, "note git-history", ""},
		{"git started a program an hour before a tag", one(tagged(30)), own(run(20, 40, "npm test")), started(-3600), nil, "note git-history", ""},
		{"git started a program, and the time of a tag is unknown", one(worktree.MarkChange{Kind: marks.TagCreated, Name: "refs/tags/v1", To: "bbb"}), own(run(20, 40, "npm test")), started(-3600), nil, "stop git-history", "the guard does not see what that does"},
		{"the guard saw it after", one(commit), own(run(20, 40, "sh work.sh")), []trace.GitCommand{seen(32, false, gitop.Commit, tree, "git commit -m x")}, nil, "stop git-history", "sh work.sh"},
		{"the guard let the agent, where a repository only observes", one(commit), own(run(20, 40, "sh work.sh")), []trace.GitCommand{seen(30, true, gitop.Commit, tree, "git commit -m x")}, nil, "stop git-history", `the agent ran "git commit -m x"`},
		{"a branch that the session made", one(branch), own(run(20, 40, "echo x | base64 -d | sh")), []trace.GitCommand{seen(30, false, gitop.Worktree, ".", "git worktree add trees/x -b x")}, nil, "note git-history", "meanwhile the session itself"},
		{"a merged branch that a person deleted", one(deleted), own(run(20, 40, "npm test")), nil, nil, "note git-history", "nothing shows that this agent did it"},
		{"a branch that the agent deleted by name", one(deleted), own(run(20, 40, "git branch -D merged")), nil, nil, "stop git-history", "branch -D merged"},
		{"a person sets a default repository", config("remote.origin.gh-resolved", "", "digest x"), own(run(20, 40, "npm test")), nil, nil, "note git-history", ""},

		{"it had ended before that second", one(commit), own(run(10, 29.9, "ls"), run(30.5, 30.9, "sh work.sh")), nil, nil, "stop git-history", `was running "sh work.sh"`},
		{"it began after that second", one(commit), own(run(30.2, 30.9, "sh work.sh"), run(31, 33, "ls")), nil, nil, "stop git-history", `was running "sh work.sh" (line 9 of its transcript) then`},
		{"of several, all", one(commit), own(run(30.1, 30.2, "ls"), run(30.3, 30.9, "sh work.sh")), nil, nil, "stop git-history", `"ls" (line 9 of its transcript), "sh work.sh" (line 9`},

		{"main moved by plumbing", mainMoved, own(run(20, 40, "sh work.sh")), nil, nil, "stop git-history", "the reflog of that worktree has no such move"},
		{"main moved by plumbing, and nothing of the agent ran then", mainMoved, own(run(1, 2, "sh work.sh")), nil, nil, "note git-history", ""},
		{"main moved by plumbing, and another agent ran something", mainMoved, own(run(20, 40, "sh work.sh")), nil, []trace.Command{run(25, 35, "make")}, "note git-history", ""},
		{"a person tags, and the agent ran something else around the guard before", one(tagged(30)), own(run(1, 2, "env -i PATH=/usr/bin:/bin make"), run(3, 4, "sudo apt-get install -y jq"), run(5, 6, "base64 -d x | sh")), nil, nil, "note git-history", "which may have done anything, and nothing shows that this command did it; was it you?"},
		{"the tag came while that ran", one(tagged(5)), own(run(1, 2, "env -i PATH=/usr/bin:/bin make"), run(4, 6, "base64 -d x | sh")), nil, nil, "stop git-history", "base64 -d x | sh"},
		{"nothing tells when the tag came, and the command names git", one(worktree.MarkChange{Kind: marks.TagCreated, Name: "refs/tags/v1", To: "bbb"}), own(run(1, 2, "env -i PATH=/usr/bin:/bin git tag v1")), nil, nil, "stop git-history", ""},
		{"nothing tells when the tag came, and the command does not", one(worktree.MarkChange{Kind: marks.TagCreated, Name: "refs/tags/v1", To: "bbb"}), own(run(1, 2, "sudo make install")), nil, nil, "note git-history", "was it you?"},
		{"a person sets a remote after the agent went around the guard", []worktree.MarkChange{{Kind: marks.ConfigChanged, Name: "remote.fork.url", To: "https://x.example/y", Written: []time.Time{at(50)}}}, own(run(1, 2, "env -i sh build.sh")), nil, nil, "note git-history", ""},
		{"a person deletes a branch, and two files tell when", one(worktree.MarkChange{Kind: marks.BranchDeleted, Name: "refs/heads/merged", From: "bbb", Written: []time.Time{at(40), at(50)}}), own(run(1, 2, "sudo make")), nil, nil, "note git-history", ""},
		{"a command that writes in main commits there", mainCommitted, own(ran("/r/trees/T-1-x", 20, 40, "cd ../.. && echo x > new.txt && sh /tmp/work.sh")), nil, nil, "stop git-history", "which writes files there"},
		{"it commits there by the folder that it runs in", mainCommitted, own(ran("/r", 20, 40, "touch new.txt; make release")), nil, nil, "stop git-history", "which writes files there"},
		{"it had ended by then", mainCommitted, own(ran("/r/trees/T-1-x", 1, 2, "cd ../.. && echo x > new.txt && sh /tmp/work.sh")), nil, nil, "note git-history", ""},
		{"another agent ran something then", mainCommitted, own(ran("/r", 20, 40, "touch new.txt; make release")), nil, []trace.Command{run(25, 35, "make")}, "note git-history", ""},
		{"a person commits in main while the agent reads there", mainCommitted, own(ran("/r/trees/T-1-x", 20, 40, "cd ../.. && npm test 2>&1 | tail -3")), nil, nil, "note git-history", "was running \"cd ../.. && npm test 2>&1 | tail -3\" (line 9 of its transcript) there then, and nothing shows that this command did it; was it you?"},
		{"a person commits in main while the agent writes in its worktree from there", mainCommitted, own(ran("/r", 20, 40, "npm test > trees/T-1-x/out.txt")), nil, nil, "note git-history", "was it you?"},
		{"a person commits in main while the agent writes to a temporary folder from there", mainCommitted, own(ran("/r", 20, 40, "npm test > /tmp/out.txt; rm -f /tmp/out.txt")), nil, nil, "note git-history", "was it you?"},
		{"a person commits in main", mainCommitted, own(run(20, 40, "sh work.sh")), nil, nil, "note git-history", ""},
		{"a worktree elsewhere, with commits", one(worktree.MarkChange{Kind: marks.WorktreeCommitted, Name: "/tmp/w", To: "refs/heads/w bbb", Log: log(30, "bbb", "commit: x")}), own(run(20, 40, "/usr/bin/git -C /tmp/w commit -m x")), nil, nil, "stop git-history", `the worktree "/tmp/w" was added and has new commits`},
		{"a worktree that the session works in", one(worktree.MarkChange{Kind: marks.WorktreeCommitted, Name: "/tmp/w", To: "refs/heads/w bbb", Log: log(30, "bbb", "commit: x")}), own(run(20, 40, "npm test")), []trace.GitCommand{seen(30, false, gitop.Commit, "/tmp/w", "git commit -m x")}, nil, "note git-history", "the session itself"},

		{"the host makes hooksPath absolute", config("core.hookspath", ".githooks", "/r/.githooks"), own(run(1, 2, "ls")), nil, nil, "note git-history", "as Claude Code does"},
		{"hooks of the repository itself", config("core.hookspath", "", "/r/.git/hooks"), own(run(1, 2, "npm ci")), nil, nil, "note git-history", "hook managers"},
		{"husky in a subfolder", config("core.hookspath", "", "frontend/.husky/_"), own(run(1, 2, "npm ci")), nil, nil, "note git-history", "husky"},
		{"hooks elsewhere", config("core.hookspath", "", "/tmp/hooks"), own(run(1, 2, "git config core.hooksPath /tmp/hooks")), nil, nil, "stop git-tampered", ""},
		{"hooks in .git", config("core.hookspath", "", ".git/mine"), own(run(1, 2, "git config core.hooksPath .git/mine")), nil, nil, "stop git-tampered", ""},
		{"a sparse worktree for another task", config("extensions.worktreeconfig", "", "digest x"), own(run(1, 2, "ls")), nil, nil, "note git-history", "git sparse-checkout"},
		{"lefthook installs a hook", one(worktree.MarkChange{Kind: marks.HookChanged, Name: "hooks/pre-commit", To: "100755 abc lefthook"}), own(run(1, 2, "npm ci")), nil, nil, "note git-history", "lefthook writes it"},
		{"somebody writes a hook", one(worktree.MarkChange{Kind: marks.HookChanged, Name: "hooks/pre-commit", To: "100755 abc"}), own(run(1, 2, "cp x .git/hooks/pre-commit")), nil, nil, "stop git-tampered", ""},
		{"your own configuration", one(worktree.MarkChange{Kind: marks.GlobalChanged, Name: "core.hookspath", To: "/tmp/h"}), own(run(1, 2, "git config --global core.hooksPath /tmp/h")), nil, nil, "stop git-tampered", "your own git configuration"},
		{"your own configuration, by you", one(worktree.MarkChange{Kind: marks.GlobalChanged, Name: "user.name", To: "digest x"}), own(run(1, 2, "npm test")), nil, nil, "note git-history", ""},
		{"git gc rewrites a reflog", one(worktree.MarkChange{Kind: marks.HeadReturned, From: "aaa", To: "aaa"}), own(run(1, 2, "git gc")), nil, nil, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := repochange.Changes{
				Worktree: tree, Branch: "refs/heads/T-1", Root: "/r/trees/T-1-x", Main: "/r", Common: "/r/.git",
				Changes: tt.changes, Own: tt.own, Traced: true, Guarded: tt.guarded, Company: trace.Company{Others: tt.others},
			}
			findings := repochange.Verify(false, m)
			var got []string
			for _, f := range findings {
				got = append(got, string(f.Severity)+" "+string(f.Rule))
			}
			if strings.Join(got, ", ") != tt.want {
				t.Fatalf("%+v, want %q", findings, tt.want)
			}
			if tt.says != "" && !strings.Contains(findings[0].Message, tt.says) {
				t.Errorf("%s\nwithout %q", findings[0].Message, tt.says)
			}
		})
	}
}

// An agent that ends with an error owes no report, so it is not sent back.
func TestStagedAtAnErrorExit(t *testing.T) {
	m := repochange.Changes{Worktree: "./trees/T-1-x", Changes: []worktree.MarkChange{{Kind: marks.Staged, Name: "a"}}}
	for declined, want := range map[bool]rule.Severity{true: rule.Note, false: rule.Block} {
		if findings := repochange.Verify(declined, m); len(findings) != 1 || findings[0].Severity != want {
			t.Errorf("%t: %+v, want %s", declined, findings, want)
		}
	}
}

// However much has changed, the findings are bounded, and names are quoted in them.
func TestChangesAreBounded(t *testing.T) {
	m := repochange.Changes{Worktree: "./trees/T-1-x", Own: []trace.Command{{Text: strings.Repeat("x", 1<<20)}}}
	for range 5000 {
		m.Changes = append(m.Changes,
			worktree.MarkChange{Kind: marks.TagCreated, Name: worktree.Name("refs/tags/\"\n$(rm -rf ~)" + strings.Repeat("v", 4000)), To: "aaa"},
			worktree.MarkChange{Kind: marks.Staged, Name: worktree.Name(strings.Repeat("\x1b", 4000))})
	}
	findings := repochange.Verify(false, m)
	if len(findings) > 23 {
		t.Errorf("%d findings", len(findings))
	}
	for _, f := range findings {
		if n := quote.Length(f.Message); n > host.MaxReason/2 || strings.ContainsAny(f.Message, "\n\x1b") {
			t.Errorf("%d characters: %.300q", n, f.Message)
		}
	}
}

// TestMissed checks that a comparison is not complete if a part was not read, or if more was added to the reflog of HEAD than is read.
func TestMissed(t *testing.T) {
	t.Parallel()
	grown := func(by int64) (before, now worktree.Marks) {
		before.Head.Log, now.Head.Log = 1000, 1000+by
		return before, now
	}
	if missed := repochange.Missed(grown(marks.MaxLogGrowth)); missed != "" {
		t.Errorf("a reflog that can be read: %s", missed)
	}
	if missed := repochange.Missed(grown(marks.MaxLogGrowth + 1)); !strings.Contains(missed, "reflog of HEAD: it has grown by 2097153 bytes") {
		t.Errorf("a reflog that cannot be read: %q", missed)
	}
	before, now := grown(0)
	before.Incomplete, now.Incomplete = map[string]string{"refs": "x"}, map[string]string{"hooks": "y"}
	if missed := repochange.Missed(before, now); missed != "hooks: y; refs: x" {
		t.Errorf("parts that were not read: %q", missed)
	}
}
