package judge_test

import (
	"strings"
	"testing"

	"stopgate/hook/inspect"
	"stopgate/hook/judge"
	"stopgate/hook/launch"
	"stopgate/hook/report"
	"stopgate/hook/rule"
	"stopgate/hook/site"
	"stopgate/hook/submission"
	"stopgate/hook/worktree"
)

func TestVerifyClaims(t *testing.T) {
	tests := []struct {
		claim  string
		change worktree.Change
		want   rule.Name // "" for proven
		says   string
	}{
		{"a.txt", worktree.Modified, "", ""},
		{"./a.txt", worktree.Added, "", ""},
		{"a.txt", worktree.Deleted, "", ""},
		{"a.txt", worktree.Renamed, "", ""},
		{"a.txt", worktree.Mode, "", ""},
		{"a.txt", worktree.Type, "", ""},
		{"a.txt", worktree.Unchanged, rule.ClaimUnchanged, `"a.txt", but it is the same as in HEAD`},
		{"a.txt", worktree.Missing, rule.ClaimMissing, "neither on disk nor in HEAD"},
		{"*.txt", worktree.Missing, rule.ClaimInvalid, "patterns are not expanded"},
		{"[id].tsx", worktree.Modified, "", ""},
		{"x.log", worktree.Ignored, rule.ClaimIgnored, "git ignores it"},
		{"../a.txt", worktree.Outside, rule.ClaimOutside, "outside the worktree"},
		{"a.txt", worktree.Unknown, rule.Unverifiable, `could not be checked: "locked"`},
		{"src/", worktree.Modified, rule.ClaimInvalid, "directory"},
		{".", worktree.Modified, rule.ClaimInvalid, "directory"},
		{"/etc/passwd", worktree.Outside, rule.ClaimOutside, "outside the worktree"},
		{"a\x00b", worktree.Modified, rule.ClaimInvalid, "NUL"},
		{"a\nb", worktree.Missing, rule.ClaimMissing, `"a\nb"`},
	}
	for _, tt := range tests {
		t.Run(tt.claim+" "+string(tt.change), func(t *testing.T) {
			state := worktree.PathState{Change: tt.change, Reason: "locked"}
			if tt.change == worktree.Unchanged {
				state.Reason = ""
			}
			c := stop(t, "/r/trees/T1-x", state, inspect.Inquiry{Submission: handedIn(reportOf(tt.claim))})
			findings := c.Findings
			if tt.want == "" {
				if len(findings) > 0 {
					t.Errorf("got %+v", findings)
				}
				return
			}
			if len(findings) != 1 || findings[0].Rule != tt.want || findings[0].Path != tt.claim || !strings.Contains(findings[0].Message, tt.says) {
				t.Errorf("got %+v, want %s that says %q", findings, tt.want, tt.says)
			}
			if strings.Contains(findings[0].Message, "\n") {
				t.Errorf("more than one line: %q", findings[0].Message)
			}
		})
	}
}

// TestVerifyOverlooked: git would commit no change of a file that it was told not to look at, whatever is in the file.
func TestVerifyOverlooked(t *testing.T) {
	state := worktree.PathState{Change: worktree.Unchanged, Reason: "git was told not to look at it (skip-worktree)"}
	found := stop(t, "/r/trees/T1-x", state, inspect.Inquiry{Submission: handedIn(reportOf("a.txt"))}).Findings
	if len(found) != 1 || found[0].Rule != rule.ClaimUnchanged || !strings.Contains(found[0].Message, "skip-worktree") || strings.Contains(found[0].Message, "the same as in") {
		t.Errorf("%+v", found)
	}
}

func TestVerifyReport(t *testing.T) {
	proven := inspect.Evidence{Base: "HEAD", States: []worktree.PathState{{Change: worktree.Modified}}}
	at := func(p site.Problem) inspect.Evidence {
		return inspect.Evidence{Base: "HEAD", Site: site.Site{Problem: p, Detail: "bad object"}}
	}
	given := launch.Assignment{TaskID: "T1", WorktreePath: "./trees/T1-x"}
	idle := reportOf()
	idle.WorkCompleted = "The failure was there before; nothing to change."
	malformed := submission.Submission{Kind: submission.ReportHandedIn, Unreadable: true, Problems: []report.Problem{{Rule: string(rule.ReportMalformed), Message: "line 1, column 5: a comma too many"}}}
	invalid := submission.Submission{Kind: submission.ReportHandedIn, Report: reportOf("a.txt"), Problems: []report.Problem{{Rule: string(rule.ReportForbiddenField), Message: "/coverage"}}}
	unfinished := reportOf()
	unfinished.Unfinished = []string{"no key"}

	tests := []struct {
		name     string
		handedIn submission.Submission
		asked    launch.Assignment
		seen     inspect.Evidence
		want     []rule.Name
		says     string
	}{
		{"true", submission.Submission{Kind: submission.ReportHandedIn, Report: reportOf("a.txt")}, given, proven, nil, ""},
		{"nothing", submission.Submission{}, given, inspect.Evidence{}, []rule.Name{rule.ReportMissing}, "task_id, worktree_path"},
		{"exit", submission.Submission{Kind: submission.ErrorExit}, given, inspect.Evidence{}, nil, ""},
		{"malformed stops there", malformed, given, inspect.Evidence{}, []rule.Name{rule.ReportMalformed}, "column 5"},
		{"all at once", invalid, given, inspect.Evidence{Base: "HEAD", States: []worktree.PathState{{Change: worktree.Missing}}}, []rule.Name{rule.ReportForbiddenField, rule.ClaimMissing}, "/coverage"},
		{"replaced", submission.Submission{Kind: submission.ReportHandedIn, Source: submission.EarlierReply, Report: reportOf("a.txt")}, given, proven, []rule.Name{rule.ReportReplaced}, "which the last message replaced"},
		{"other block of the same reply", submission.Submission{Kind: submission.ReportHandedIn, Source: submission.SameReply, Report: reportOf("a.txt")}, given, proven, nil, ""},
		{"other task", submission.Submission{Kind: submission.ReportHandedIn, Report: reportOf("a.txt")}, launch.Assignment{TaskID: "T2"}, proven, []rule.Name{rule.TaskMismatch}, `task_id is "T1", but the task you were given is "T2"`},
		{"no change", submission.Submission{Kind: submission.ReportHandedIn, Report: reportOf()}, given, inspect.Evidence{Base: "HEAD"}, []rule.Name{rule.NothingChanged}, "say in work_completed why"},
		{"nothing to change", submission.Submission{Kind: submission.ReportHandedIn, Report: idle}, given, inspect.Evidence{Base: "HEAD"}, []rule.Name{rule.NothingChanged}, "find out whether that is so"},
		{"nothing to change in work that was verified", submission.Submission{Kind: submission.ReportHandedIn, Report: idle}, given, inspect.Evidence{Base: "HEAD", Carried: []string{"a", "b"}, Unverified: []string{"b"}}, []rule.Name{rule.ChangeUndeclared}, "the gates check it, too"},
		{"nothing to change in what another agent left", submission.Submission{Kind: submission.ReportHandedIn, Report: idle}, given, inspect.Evidence{Base: "HEAD", Carried: []string{"b"}, Unverified: []string{"b"}}, []rule.Name{rule.ChangeUndeclared, rule.NothingChanged}, "find out whether that is so"},
		{"no change to work that was verified, and no reason", submission.Submission{Kind: submission.ReportHandedIn, Report: reportOf()}, given, inspect.Evidence{Base: "HEAD", Carried: []string{"a"}}, []rule.Name{rule.NothingChanged}, "say in work_completed why"},
		{"no change, and says why", submission.Submission{Kind: submission.ReportHandedIn, Report: unfinished}, given, inspect.Evidence{Base: "HEAD"}, nil, ""},
		{"no repository", submission.Submission{Kind: submission.ReportHandedIn, Report: reportOf("a.txt")}, given, at(site.NoRepository), []rule.Name{rule.Unverifiable}, "not in a git repository"},
		{"no repository, so no snapshot", submission.Submission{Kind: submission.ReportHandedIn, Report: reportOf("a.txt")}, given, inspect.Evidence{Site: site.Site{Problem: site.NoRepository}, Unseen: []inspect.Unseen{{Look: inspect.LookSnapshot, Reason: "no worktree"}}}, []rule.Name{rule.Unverifiable}, "with git init and a first commit"},
		{"absent", submission.Submission{Kind: submission.ReportHandedIn, Report: reportOf("a.txt")}, given, at(site.Absent), []rule.Name{rule.WorktreeInvalid}, `no such directory exists; name the worktree you were given, "./trees/T1-x"`},
		{"not its own", submission.Submission{Kind: submission.ReportHandedIn, Report: reportOf("a.txt")}, launch.Assignment{}, at(site.NotTop), []rule.Name{rule.WorktreeInvalid}, "of the form ./trees/TASK-description"},
		{"other repository", submission.Submission{Kind: submission.ReportHandedIn, Report: reportOf("a.txt")}, given, at(site.OtherRepository), []rule.Name{rule.WorktreeInvalid}, "another repository"},
		{"main", submission.Submission{Kind: submission.ReportHandedIn, Report: reportOf("a.txt")}, given, at(site.Main), []rule.Name{rule.WorktreeInvalid}, "main worktree"},
		{"elsewhere", submission.Submission{Kind: submission.ReportHandedIn, Report: reportOf("a.txt")}, given, at(site.OutsideTrees), []rule.Name{rule.WorktreeInvalid}, `under bad object`},
		{"another one", submission.Submission{Kind: submission.ReportHandedIn, Report: reportOf("a.txt")}, given, at(site.OtherThanAsked), []rule.Name{rule.WorktreeInvalid}, `you were given "./trees/T1-x"`},
		{"broken", submission.Submission{Kind: submission.ReportHandedIn, Report: reportOf("a.txt")}, given, at(site.Unreadable), []rule.Name{rule.Unverifiable}, "bad object"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, name := range tt.handedIn.Report.FilesModified {
				tt.seen.Claims = append(tt.seen.Claims, inspect.Claim{Listed: name, Path: name})
			}
			findings := judge.Stop(inspect.Inquiry{Submission: tt.handedIn, Asked: tt.asked}, tt.seen).Findings
			var rules []rule.Name
			var text strings.Builder
			for _, f := range findings {
				rules = append(rules, f.Rule)
				text.WriteString(f.Message + "\n")
			}
			if len(rules) != len(tt.want) {
				t.Fatalf("got %+v, want %v", findings, tt.want)
			}
			for i := range rules {
				if rules[i] != tt.want[i] {
					t.Errorf("got %v, want %v", rules, tt.want)
				}
			}
			if !strings.Contains(text.String(), tt.says) {
				t.Errorf("%q is not said in %s", tt.says, text.String())
			}
		})
	}
}

// TestVerifyClaimThatGitRefuses: the file changed, and nobody can commit it.
func TestVerifyClaimThatGitRefuses(t *testing.T) {
	state := worktree.PathState{Change: worktree.Added, Refused: "git refused: fatal: no"}
	c := stop(t, "/r/trees/T1-x", state, inspect.Inquiry{Submission: handedIn(reportOf("a.txt"))})
	if len(c.Findings) != 1 || c.Findings[0].Rule != rule.Unverifiable || !strings.Contains(c.Findings[0].Message, `"git refused: fatal: no"`) {
		t.Errorf("%+v", c.Findings)
	}
	if len(c.Evidence.Proven) > 0 {
		t.Errorf("%q is proven", c.Evidence.Proven)
	}
}
