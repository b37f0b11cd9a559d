package repochange_test

import (
	"strings"
	"testing"
	"time"

	"stopgate/hook/repochange"
	"stopgate/hook/rule"
	"stopgate/hook/shell/gitop"
	"stopgate/hook/shell/screen"
	"stopgate/hook/trace"
	"stopgate/hook/worktree"
	"stopgate/hook/worktree/marks"
)

// TestVerifyAfter: after its stop only what the agent left running can have changed the repository, and only what shows that is held against it.
func TestVerifyAfter(t *testing.T) {
	t.Parallel()
	stopped := time.Date(2026, 1, 1, 10, 0, 0, 0, time.UTC)
	at := stopped.Add(30 * time.Second)
	log := func(message string) []worktree.LogEntry {
		return []worktree.LogEntry{{When: at, Who: "a <a@x>", Message: message}}
	}
	own := func(command string) trace.Command {
		c := trace.Command{Text: command, Hides: screen.Hides(command), Left: screen.Leaves(command), Line: 9, From: stopped.Add(-time.Minute), To: stopped.Add(-time.Minute)}
		for _, p := range screen.Prohibited(command) {
			c.Kinds = append(c.Kinds, p.Kind)
		}
		if c.Left {
			c.To = time.Time{}
		}
		return c
	}
	others := func(id, agentType, command string) trace.Command {
		c := own(command)
		c.AgentID, c.AgentType, c.From, c.To = id, agentType, at, at
		return c
	}
	guarded := func(own bool, id, agentType string, kind gitop.Kind, text string) trace.GitCommand {
		return trace.GitCommand{Own: own, Known: true, AgentID: id, AgentType: agentType, Kind: kind, Text: text, Worktree: "./trees/T-1-x", At: at}
	}
	commit := worktree.MarkChange{Kind: marks.HeadMoved, From: "aaa", To: "bbb", Log: log("commit: x"), By: "commit"}
	pushed := worktree.MarkChange{Kind: marks.RemoteMoved, Name: "refs/remotes/origin/T-1", From: "aaa", To: "bbb", Log: log("update by push"), By: "push"}
	unlogged := worktree.MarkChange{Kind: marks.RemoteMoved, Name: "refs/remotes/origin/T-1", From: "aaa", To: "bbb"}
	fetched := worktree.MarkChange{Kind: marks.RemoteMoved, Name: "refs/remotes/origin/main", From: "aaa", To: "bbb", Log: log("fetch: fast-forward"), By: "fetch"}
	untracked := worktree.MarkChange{Kind: marks.RemoteDeleted, Name: "refs/remotes/origin/T-1", From: "aaa"}
	cut := worktree.MarkChange{Kind: marks.HeadLogCut, From: "900", To: "0"}
	hooks := worktree.MarkChange{Kind: marks.ConfigChanged, Name: "core.hookspath", To: "/tmp/h"}
	husky := worktree.MarkChange{Kind: marks.ConfigChanged, Name: "core.hookspath", To: ".husky/_"}
	global := worktree.MarkChange{Kind: marks.GlobalChanged, Name: "credential.helper", To: "digest 1"}
	alternates := worktree.MarkChange{Kind: marks.InfoChanged, Name: "objects/info/alternates", To: "1", Written: []time.Time{at}}
	stage := worktree.MarkChange{Kind: marks.Staged, Name: "a.txt", To: "100644 x"}
	main := worktree.MarkChange{Kind: marks.WorktreeHeadMoved, Name: "/r", From: "refs/heads/main aaa", To: "refs/heads/main bbb", Log: log("merge T-2: x"), By: "merge"}
	late := `(sleep 60; /usr/bin/git -C . commit -qm late) &`
	for name, tt := range map[string]struct {
		change  worktree.MarkChange
		own     []trace.Command
		others  []trace.Command
		guarded []trace.GitCommand
		kept    string
		finding rule.Name // "" for none
		note    string    // "" for none
	}{
		"a tag, while a commit was left":         {change: worktree.MarkChange{Kind: marks.TagCreated, Name: "refs/tags/v1", To: "bbb"}, own: []trace.Command{own(late)}, note: "was it you?"},
		"a commit, by nobody known":              {change: commit, note: "HEAD of \"./trees/T-1-x\" moved"},
		"a commit of the work as it was":         {change: commit, kept: "bbb"},
		"a commit of it, while a server runs":    {change: commit, kept: "bbb", own: []trace.Command{own("npm start &")}, note: "was it you?"},
		"a commit of it, by what was left":       {change: commit, kept: "bbb", own: []trace.Command{own(late)}, finding: rule.GitHistory},
		"another commit than that of the work":   {change: commit, kept: "ccc", note: "moved"},
		"a commit, by what was left":             {change: commit, own: []trace.Command{own(late)}, finding: rule.GitHistory},
		"a commit, by a command that ended":      {change: commit, own: []trace.Command{own("git commit -qm x")}, note: "moved"},
		"a commit, while a server runs":          {change: commit, own: []trace.Command{own("npm start &")}, note: "was it you?"},
		"a commit, by the session":               {change: commit, own: []trace.Command{own("npm start &")}, others: []trace.Command{others("", "", "git commit -qm x")}},
		"a commit, by the branch-manager":        {change: commit, others: []trace.Command{others("m1", "x:branch-manager", "git commit -qm x")}},
		"a commit, by a gate":                    {change: commit, others: []trace.Command{others("t1", "test-runner", "git commit -qm x")}, note: "test-runner"},
		"a commit, by the session, seen":         {change: commit, own: []trace.Command{own(late)}, guarded: []trace.GitCommand{guarded(false, "", "", gitop.Commit, "git commit -m x")}},
		"a commit, by the agent, seen":           {change: commit, guarded: []trace.GitCommand{guarded(true, "a1", "bug-fixer", gitop.Commit, "git commit -m x")}, finding: rule.GitHistory},
		"a push":                                 {change: pushed, own: []trace.Command{own(`nohup sh -c "sleep 9; /usr/bin/git push origin T-1"`)}, finding: rule.GitPushed},
		"a push, by nobody known":                {change: pushed, note: "moved"},
		"a push without a reflog, by nobody":     {change: unlogged, note: "is not there"},
		"a push without a reflog, left":          {change: unlogged, own: []trace.Command{own(`setsid sh -c "sleep 9; git push origin T-1; rm -r .git/logs"`)}, finding: rule.GitPushed},
		"a fetch":                                {change: fetched, own: []trace.Command{own(late)}},
		"a tracking branch deleted, by a fetch":  {change: untracked},
		"a tracking branch deleted, left":        {change: untracked, own: []trace.Command{own(`(sleep 9; git update-ref -d refs/remotes/origin/T-1) &`)}, finding: rule.GitHistory},
		"a tracking branch deleted, left, short": {change: untracked, own: []trace.Command{own(`(sleep 9; git branch -dr origin/T-1) &`)}, finding: rule.GitHistory},
		"a reflog cut, by gc":                    {change: cut, note: "as git gc does too"},
		"a reflog cut, left":                     {change: cut, own: []trace.Command{own(`(sleep 9; git reset -q --soft HEAD~1; git reflog expire --expire=now --all) &`)}, finding: rule.GitHistory},
		"hooksPath, by nobody known":             {change: hooks, note: "core.hookspath"},
		"hooksPath, left":                        {change: hooks, own: []trace.Command{own(`(sleep 9; git config core.hooksPath /tmp/h) & disown`)}, finding: rule.GitTampered},
		"hooksPath, by a hook manager":           {change: husky, own: []trace.Command{own(`(npm install; git config core.hooksPath .husky/_) &`)}, note: "husky"},
		"global configuration, left":             {change: global, own: []trace.Command{own(`(sleep 9; git config --global credential.helper '!x') &`)}, finding: rule.GitTampered},
		"global configuration, by the person":    {change: global, note: "credential.helper"},
		"alternates, by what hides itself":       {change: alternates, own: []trace.Command{own(`(sleep 9; echo Z2l0 | base64 -d | sh) &`)}, finding: rule.GitTampered},
		"staged, by the person":                  {change: stage, note: "\"a.txt\" was staged"},
		"staged, left":                           {change: stage, own: []trace.Command{own(`(sleep 9; git add a.txt) &`)}, finding: rule.GitStaged},
		"another worktree":                       {change: main, own: []trace.Command{own("npm start &")}},
	} {
		m := repochange.Changes{Worktree: "./trees/T-1-x", Branch: "refs/heads/T-1", Changes: []worktree.MarkChange{tt.change}, Own: tt.own, Traced: true, Guarded: tt.guarded, Root: "/r/trees/T-1-x", Main: "/r", Common: "/r/.git"}
		m.Others, m.Kept = tt.others, tt.kept
		findings, notes := repochange.VerifyAfter(m)
		switch {
		case tt.finding == "" && len(findings) > 0, tt.finding != "" && (len(findings) != 1 || findings[0].Rule != tt.finding || findings[0].Severity != rule.Halt):
			t.Errorf("%s: the findings are %+v, want %q", name, findings, tt.finding)
		case tt.note == "" && len(notes) > 0, tt.note != "" && (len(notes) != 1 || !strings.Contains(notes[0], tt.note)):
			t.Errorf("%s: the notes are %q, want %q", name, notes, tt.note)
		}
	}
}
