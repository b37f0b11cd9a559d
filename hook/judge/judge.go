// Package judge decides what the report of an agent is worth, from what the agent handed in and what was seen. It is pure: it reads no file
// and runs nothing. Package inspect does the looking.
package judge

import (
	"cmp"
	"slices"
	"strings"

	"stopgate/hook/cleanup"
	"stopgate/hook/config"
	"stopgate/hook/gates"
	"stopgate/hook/inspect"
	"stopgate/hook/launch"
	"stopgate/hook/repochange"
	"stopgate/hook/rule"
	"stopgate/hook/submission"
)

// Stop compares what an agent handed in with what was asked of it and with what was seen. It fills in all of the case but who the agent is
// and what the verdict: those depend on more than this stop.
func Stop(in inspect.Inquiry, seen inspect.Evidence) Case {
	return Case{Asked: in.Asked, Submission: in.Submission, Reported: in.Reported, Evidence: seen, Findings: verify(in.Submission, in.Asked, seen)}
}

// Changed returns all files of the worktree that differ from the base, whichever agent changed them, because the whole worktree is merged.
func (c Case) Changed() []string {
	files := c.Proven()
	known := map[string]bool{}
	for _, name := range files {
		known[name] = true
	}
	add := func(name string) {
		if name != "" && !known[name] {
			files, known[name] = append(files, name), true
		}
	}
	for _, state := range cleanup.WithoutPaths(c.Survey.States, c.Removals()) {
		add(state.Name)
		add(state.From)
	}
	for _, name := range c.Reported { // of earlier runs
		add(name)
	}
	return files
}

// Case is one judged stop, with all that its verdict and its next step depend on.
type Case struct {
	StepID    string
	AgentID   string
	AgentType string
	Asked     launch.Assignment
	// Brief is what the agent was asked for, for its gates.
	Brief launch.Brief
	// Commands and Coverage are what the configuration has for the gates.
	Commands config.Commands
	Coverage int
	// Types are the types of agents that the session has, if a step launches one and they are known. Instead are the agents that stand in for
	// types that do not exist, by those.
	Types      []string
	Instead    map[string]string
	Submission submission.Submission
	// Reported are the files in earlier reports of this agent that were accepted.
	Reported []string
	inspect.Evidence
	// Findings follow from the evidence.
	Findings []rule.Finding
	// Attempts is how often the agent was sent back before, MaxAttempts the limit.
	Attempts, MaxAttempts int
	Verdict               rule.Verdict
	// Observed means that a rejected agent may end all the same, because of mode: observe.
	Observed bool
	// Ordered is the next step of the gate protocol after this stop; zero where the verdict decides alone.
	Ordered gates.Step
	// Cleanup is the outcome of the cleanup after the verdict; nil where there were no artifacts, or none were to be removed.
	Cleanup *cleanup.Outcome
}

// Task is the identifier in the prompt of the launch, or else the one in the report.
func (c Case) Task() string {
	if c.Asked.TaskID != "" {
		return c.Asked.TaskID
	}
	return c.Submission.Report.TaskID
}

// TaskName is the name of the task in the protocol: its identifier, or else its worktree.
func (c Case) TaskName() string { return launch.ShortTask(cmp.Or(c.Task(), c.WorktreeName())) }

// WorktreeName is the path of the worktree as the orchestrator knows it, or else as the launch or the report has it.
func (c Case) WorktreeName() string {
	if c.Worktree != "" {
		return c.Worktree
	}
	if c.Asked.WorktreePath != "" {
		return c.Asked.WorktreePath
	}
	return c.Submission.Report.WorktreePath
}

// verify holds a submission against what was asked and what was seen. It is pure: the same facts give the same findings, in
// the order of the report. No finding means that every claim is proven.
func verify(s submission.Submission, asked launch.Assignment, seen inspect.Evidence) []rule.Finding {
	return slices.Concat(verifyReport(s, asked, seen), repochange.Verify(s.Kind == submission.ErrorExit, seen.Moves), verifyReconfigured(seen.Reconfigured), verifyTestScope(seen.Suites), verifyUnseen(seen.Unseen))
}

// verifyReport compares what was handed in with what was seen, in the order of the report.
func verifyReport(s submission.Submission, asked launch.Assignment, seen inspect.Evidence) []rule.Finding {
	if s.Kind != submission.ReportHandedIn {
		return missing(s)
	}
	findings := slices.Concat(problems(s.Problems), verifySource(s.Source))
	if s.Unreadable() {
		return findings
	}
	reports := reportFiles(seen)
	return slices.Concat(
		findings,
		verifyIgnored(s.Report.Ignored),
		verifyTask(s.Report, asked),
		verifySite(s.Report, asked, seen),
		verifyBaseline(seen),
		verifyClaims(seen),
		withoutUndeclared(verifyUnclaimedEdits(seen.UnclaimedEdits), reports),
		verifyMain(seen.Main),
		verifyUndeclared(seen, reports),
		verifyHidden(seen.Hidden),
		verifyNested(seen),
		verifyReportFiles(reports),
		verifyCleaned(s.Report, seen),
		verifyConfig(seen),
		verifyPlugin(seen.Plugin),
		verifyScope(seen),
		verifyConflicts(seen),
		verifyListed(s, seen),
	)
}

// Outside are the files of the agent that its prompt does not let it change.
func (c Case) Outside() []string {
	var names []string
	for _, x := range c.Scope.Exceeded {
		names = append(names, x.Path)
	}
	return names
}

// ScopeText is what the prompt lets the agent change, in its words, as part of a sentence; "" if nothing was exceeded.
func (c Case) ScopeText() string {
	if len(c.Scope.Exceeded) == 0 {
		return ""
	}
	var said []string
	if allowed := c.Scope.Bounds.Allowed(); len(allowed) > 0 {
		said = append(said, "only "+patterns(allowed))
	}
	if excluded := c.Scope.Bounds.Excluded(); len(excluded) > 0 {
		said = append(said, "not "+patterns(excluded))
	}
	return strings.Join(said, ", and ")
}
