package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"stopgate/hook/inspect"
	"stopgate/hook/judge"
	"stopgate/hook/launch"
	"stopgate/hook/observe"
	"stopgate/hook/report"
	"stopgate/hook/rule"
	"stopgate/hook/site"
	"stopgate/hook/submission"
	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// change is what an agent and others do to a worktree between the launch and the stop.
type change struct {
	name, text string // "" deletes the file
}

// TestHonestReports judges reports of agents that did their work, against a real worktree. An unambiguous claim is accepted, and a slip costs one
// finding that says what to write.
func TestHonestReports(t *testing.T) {
	t.Parallel()
	repository := newRepository(t)
	root := filepath.Join(repository, "trees", "T1-x")
	env := cleanEnv(t.TempDir())
	page := strings.Repeat("the same line of text\n", 3) + "one\ntwo\nthree\nfour\nfive\nsix\n"
	writeFiles(t, repository, change{"lib/old.js", page})
	link := func(name, target string) {
		t.Helper()
		_ = os.Remove(name) // it need not be there
		if err := os.Symlink(target, name); err != nil {
			t.Fatal(err)
		}
	}
	link(filepath.Join(repository, "linked"), "src")
	link(filepath.Join(repository, "link"), "b.txt")
	for _, args := range [][]string{{"add", "."}, {"commit", "-qm", "more"}, {"worktree", "add", "-q", root, "-b", "T1"}} {
		if err := git(repository, env, args...); err != nil {
			t.Fatal(err)
		}
	}
	grounds := site.GroundsOf(repository, repository)
	place, err := worktree.Locate(root)
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	snapshot, _, err := observe.Worktrees{}.Snapshot(ctx, place, worktree.ScanOptions{})
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	const composed, decomposed = "caf\u00e9.txt", "cafe\u0301.txt"
	writeFiles(t, root,
		change{"src/c.txt", "changed\n"}, change{"a.txt", "changed\n"}, change{"src/deep/one.js", "1\n"}, change{"src/deep/two.js", "2\n"}, change{decomposed, "x\n"},
		change{"src/new.js", strings.Replace(page, "six", "seven", 1)}, change{"lib/old.js", ""}, change{".claude/agent-memory/notes.md", "remember\n"})
	link(filepath.Join(root, "link"), "a.txt")
	all := []string{"src/c.txt", "link", "a.txt", "src/deep/one.js", "src/deep/two.js", decomposed, "src/new.js"}
	with := func(old string, entries ...string) []string {
		var list []string
		for _, name := range all {
			if name == old {
				list = append(list, entries...)
			} else {
				list = append(list, name)
			}
		}
		return list
	}
	const entry, each = "src/c.txt", `write "src/c.txt", "a.txt", each path as an entry of its own`
	both := func(listed string) []string { return append([]string{listed, "link"}, all[3:]...) }
	folder := func(listed string) []string { return append(append(slices.Clone(all[:3]), listed), all[5:]...) }
	const inFolder = `names a directory; list each file that you changed there, git shows: "src/deep/one.js", "src/deep/two.js"`
	tests := []struct {
		name  string
		files []string
		says  string // of the only blocking finding; "" for none
	}{
		{"as git spells them; a file that was moved and edited by its new name", all, ""},
		{"absolute", with(entry, filepath.Join(root, entry)), ""},
		{"absolute, a link", with("link", filepath.Join(root, "link")), ""},
		{"behind a link to a folder", with(entry, "linked/c.txt"), ""},
		{"behind a link to a folder, and by itself", with(entry, "linked/c.txt", entry), ""},
		{"behind a link to a folder, and not there", append(with(""), "linked/none.txt"), "it lies behind the symbolic link"},
		{"with the worktree", with(entry, "./trees/T1-x/"+entry), ""},
		{"with ./", with(entry, "./"+entry), ""},
		{"twice", with(entry, entry, "./"+entry, entry), ""},
		{"composed", with(decomposed, composed), ""},
		{"with the old name too", append(with(""), "lib/old.js"), ""},

		{"lines", with(entry, entry+":10-20"), ""},
		{"deleted", with(entry, entry+" (edited)"), ""},
		{"renamed", with("src/new.js", "lib/old.js -> src/new.js"), ""},
		{"a list mark", with(entry, "- "+entry), ""},
		{"backticks", with(entry, "`"+entry+"`"), ""},
		{"status", with(entry, "M "+entry), ""},
		{"URL", with(entry, "file://"+filepath.Join(root, entry)), ""},
		{"mark and remark", with(entry, "- `"+entry+"` - the greeting"), ""},
		{"a remark with another file that did not change", with(entry, entry+" (see b.txt)"), `write "src/c.txt", the path alone`},
		{"a remark with a file that is not there", with(entry, entry+" - with test/c.test.js"), `write "src/c.txt", the path alone`},
		{"two names of a move that was not made", with(entry, "b.txt -> "+entry), `write "src/c.txt", the path alone`},
		{"two files", both("src/c.txt, a.txt"), each},
		{"two files, marked", both("- `src/c.txt` and `./a.txt`"), each},
		{"two files with a remark each", both("src/c.txt (new); a.txt: the greeting"), each},
		{"two files on two lines", both("src/c.txt\na.txt\n"), each},
		{"two files, a blank between", both("trees/T1-x/src/c.txt a.txt"), each},
		{"a list in a string", both(`["src/c.txt", "a.txt"]`), each},
		{"a file and what was done", with(entry, entry+", added retries and a test"), ""},
		{"two names of a moved file", with("src/new.js", "lib/old.js src/new.js"), ""},
		{"a list in braces", append([]string{"src/deep/{one,two}.js"}, slices.DeleteFunc(slices.Clone(all), func(name string) bool { return strings.HasPrefix(name, "src/deep") })...), `write "src/deep/one.js", "src/deep/two.js", each path`},
		{"base name", with("src/deep/one.js", "one.js"), `write "src/deep/one.js"`},
		{"directory", folder("src/deep"), inFolder},
		{"directory with a slash", folder("src/deep/"), inFolder},
		{"directory with a remark", folder("src/deep/ (new, 2 files)"), inFolder},
		{"not changed", with(entry, "src/c.txt", "b.txt:3"), `(read as "b.txt"), but it is the same as in HEAD`},
		{"never written", append(with(""), "src/none.js (new)"), "neither on disk nor in HEAD"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			in := inspect.Inquiry{
				Grounds: grounds, Agent: &transcript.Agent{Lines: 1, Run: transcript.Run{Time: began}}, Asked: launch.Assignment{TaskID: "T1", WorktreePath: "./trees/T1-x"},
				Launch:     &inspect.Baseline{Worktree: "./trees/T1-x", At: began, Snapshot: snapshot},
				Submission: submission.Submission{Kind: submission.ReportHandedIn, Report: report.Report{TaskID: "T1", WorktreePath: "./trees/T1-x", WorkCompleted: "did it", FilesModified: tt.files}},
			}
			c := judge.Stop(in, inspect.Stop(ctx, observe.Worktrees{}, nil, in))
			blocking := rule.Of(c.Findings, rule.Block)
			if tt.says == "" {
				if len(blocking) > 0 {
					t.Errorf("got %s", blocking[0].Line())
				}
				if n := len(c.Proven); n != len(all) && tt.name != "with the old name too" {
					t.Errorf("%d files are proven: %q", n, c.Proven)
				}
				return
			}
			if len(blocking) != 1 || !strings.Contains(blocking[0].Message, tt.says) {
				t.Errorf("got %d findings, want one that says %q: %v", len(blocking), tt.says, blocking)
			}
		})
	}
}

func writeFiles(t *testing.T, dir string, files ...change) {
	t.Helper()
	for _, f := range files {
		name := filepath.Join(dir, filepath.FromSlash(f.name))
		if f.text == "" {
			if err := os.Remove(name); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(f.text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestDisownedChanges: what unfinished says about a change is believed unless the evidence shows that the agent made it.
func TestDisownedChanges(t *testing.T) {
	t.Parallel()
	repository := newRepository(t)
	root := filepath.Join(repository, "trees", "T1-x")
	env := cleanEnv(t.TempDir())
	if err := git(repository, env, "worktree", "add", "-q", root, "-b", "T1"); err != nil {
		t.Fatal(err)
	}
	place, err := worktree.Locate(root)
	if err != nil {
		t.Fatal(err)
	}
	snapshot, _, err := observe.Worktrees{}.Snapshot(t.Context(), place, worktree.ScanOptions{})
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now().Add(-time.Minute)
	writeFiles(t, root, change{"a.txt", "mine\n"}, change{"src/c.txt", "not mine\n"})
	tests := []struct {
		unfinished, command string
		want                rule.Verdict
	}{
		{"src/c.txt was changed by somebody else", "", rule.Incomplete},
		{"c.txt: not mine, left as it is.", "git diff src/c.txt | head", rule.Incomplete},
		{"someone edited `./trees/T1-x/src/c.txt` while I worked", "cat src/c.txt && npm test", rule.Incomplete},
		{"files under src/ are not mine", "", rule.Incomplete},
		{"src/c.txt was changed by somebody else", "sed -i s/a/b/ src/c.txt", rule.Rejected},
		{"src/c.txt was changed by somebody else", "echo x > src/c.txt", rule.Rejected},
		{"src/c.txt was changed by somebody else", "go test ./... && cp a.txt src/c.txt", rule.Rejected},
		{"other files changed", "", rule.Rejected},
		{"src/c.txt.bak is left", "", rule.Rejected},
	}
	for _, tt := range tests {
		t.Run(tt.unfinished+" "+tt.command, func(t *testing.T) {
			t.Parallel()
			agent := &transcript.Agent{Lines: 1, Run: transcript.Run{Time: began}}
			if tt.command != "" {
				agent.ToolUses = []transcript.ToolUse{{ID: "t1", Name: "Bash", Command: tt.command, Outcome: transcript.Succeeded, Time: began.Add(time.Second), ResultTime: time.Now()}}
			}
			s := submission.Submission{Kind: submission.ReportHandedIn, Report: report.Report{
				TaskID: "T1", WorktreePath: "./trees/T1-x", WorkCompleted: "did it", FilesModified: []string{"a.txt"}, Unfinished: []string{tt.unfinished},
			}}
			in := inspect.Inquiry{
				Grounds: site.GroundsOf(repository, repository), Agent: agent, Asked: launch.Assignment{TaskID: "T1", WorktreePath: "./trees/T1-x"},
				Launch: &inspect.Baseline{Worktree: "./trees/T1-x", At: began, Snapshot: snapshot}, Submission: s,
			}
			c := judge.Stop(in, inspect.Stop(t.Context(), observe.Worktrees{}, nil, in))
			if got := judge.Decide(s, c.Findings, nil, 3); got != tt.want {
				t.Errorf("%s, want %s: %v", got, tt.want, c.Findings)
			}
			if tt.want == rule.Incomplete && !strings.Contains(fmt.Sprint(c.Findings), `"src/c.txt"`) {
				t.Errorf("the step does not show it: %v", c.Findings)
			}
		})
	}
}
