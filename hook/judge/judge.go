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
	c := identified(Case{Asked: in.Asked, Submission: in.Submission, Evidence: seen, Findings: verify(in.Submission, in.Asked, seen)})
	c.Fingerprint = Fingerprint(c.Findings)
	return c
}

// Unjudged is the case of an agent no stop of which could be judged. happened is why, as a sentence.
func Unjudged(asked launch.Assignment, happened string) Case {
	return identified(Case{
		Asked: asked, Verdict: rule.Unknown,
		Findings: []rule.Finding{{Rule: rule.Unverifiable, Severity: rule.Halt, Message: happened}},
	})
}

// identified is the case with its task and its worktree, by the prompt of the launch or else by the report.
func identified(c Case) Case {
	r := c.Submission.Report
	c.Task = launch.ShortTask(cmp.Or(c.Asked.TaskID, r.TaskID))
	c.WorktreeName = cmp.Or(c.Worktree, c.Asked.WorktreePath, r.WorktreePath)
	if c.TaskName = c.Task; c.TaskName == "" {
		c.TaskName = launch.ShortTask(c.WorktreeName)
	}
	return c
}

// Case is one judged stop, with all that its verdict and its next step depend on.
type Case struct {
	StepID    string
	AgentID   string
	AgentType string
	Asked     launch.Assignment
	// Task is the identifier of the task in the prompt of the launch, or else in the report; "" if neither has one. TaskName is the name of the
	// task in the protocol: Task, or else WorktreeName. Both are as launch.ShortTask bounds them.
	Task, TaskName string
	// WorktreeName is the path of the worktree as the orchestrator knows it, or else as the launch or the report has it.
	WorktreeName string
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
	inspect.Evidence
	// Findings follow from the evidence. Fingerprint identifies those that block.
	Findings    []rule.Finding
	Fingerprint string
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
	if s.Unreadable {
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
