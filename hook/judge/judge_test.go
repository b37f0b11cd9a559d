package judge_test

import (
	"context"
	"slices"
	"testing"

	"stopgate/hook/inspect"
	"stopgate/hook/judge"
	"stopgate/hook/report"
	"stopgate/hook/rule"
	"stopgate/hook/site"
	"stopgate/hook/submission"
	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// reportOf returns a well-formed report with these claims.
func reportOf(files ...string) report.Report {
	return report.Report{TaskID: "T1", WorktreePath: "./trees/T1-x", WorkCompleted: "done", FilesModified: files}
}

func handedIn(r report.Report) submission.Submission {
	return submission.Submission{Kind: submission.ReportHandedIn, Report: r}
}

// broken returns the findings under one rule on a report without claims, from the evidence.
func broken(name rule.Name, seen inspect.Evidence) []rule.Finding {
	r := reportOf()
	r.Unfinished = []string{"the rest"}
	return ofRule(name, judge.Stop(inspect.Inquiry{Submission: handedIn(r)}, seen).Findings)
}

func ofRule(name rule.Name, findings []rule.Finding) []rule.Finding {
	return slices.DeleteFunc(findings, func(f rule.Finding) bool { return f.Rule != name })
}

// shown is an observer that shows each claimed file in the same state, and nothing else.
type shown struct {
	inspect.Observer
	state worktree.PathState
}

func (s shown) Claims(_ context.Context, _ worktree.Place, paths []string, _ worktree.Base) []worktree.PathState {
	states := make([]worktree.PathState, len(paths))
	for i, path := range paths {
		states[i] = s.state
		states[i].Path, states[i].Name = path, path
	}
	return states
}

func (shown) Survey(context.Context, worktree.Place, worktree.Base, worktree.ScanOptions) worktree.Survey {
	return worktree.Survey{}
}

// stop judges a stop. in needs no grounds, and no agent if none is known.
func stop(t *testing.T, root string, state worktree.PathState, in inspect.Inquiry) judge.Case {
	t.Helper()
	in.Grounds = site.Grounds{Fixed: &worktree.Place{Root: root}}
	if in.Agent == nil {
		in.Agent = &transcript.Agent{}
	}
	return judge.Stop(in, inspect.Stop(t.Context(), shown{state: state}, nil, in))
}
