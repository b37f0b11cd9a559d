// Package judge decides whether the report of an agent is true, from the report and the evidence. It is pure: it reads no file and runs nothing.
// Package inspect collects the evidence.
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

// Stop compares a submission with the assignment and the evidence. It returns the case without the agent and the verdict, which depend on more than
// this stop.
func Stop(in inspect.Inquiry, seen inspect.Evidence) Case {
	c := identified(Case{Asked: in.Asked, Submission: in.Submission, Evidence: seen, Findings: verify(in.Submission, in.Asked, seen)})
	c.Fingerprint = fingerprint(c.Findings)
	return c
}

// Unjudged returns the case of an agent that has no judged stop. happened is the reason, as a sentence.
func Unjudged(asked launch.Assignment, happened string) Case {
	return identified(Case{
		Asked: asked, Verdict: rule.Unknown, Unjudged: true,
		Findings: []rule.Finding{{Rule: rule.Unverifiable, Severity: rule.Halt, Message: happened}},
	})
}

// identified completes the case with its task and its worktree, from the launch prompt or else from the report.
func identified(c Case) Case {
	r := c.Submission.Report
	c.Task = launch.ShortTask(cmp.Or(c.Asked.TaskID, r.TaskID))
	c.WorktreeName = cmp.Or(c.Worktree, c.Asked.WorktreePath, r.WorktreePath)
	if c.TaskName = c.Task; c.TaskName == "" {
		c.TaskName = launch.ShortTask(c.WorktreeName)
	}
	return c
}

// Case is one judged stop, with everything that its verdict and its next step depend on.
type Case struct {
	StepID    string
	AgentID   string
	AgentType string
	Asked     launch.Assignment
	// Task is the task's identifier in the launch prompt, or else in the report; "" if neither has one. TaskName is the name of the task in the
	// protocol: Task, or else WorktreeName. Both are shortened by launch.ShortTask.
	Task, TaskName string
	// WorktreeName is the path of the worktree as the orchestrator wrote it, or else as in the launch or the report.
	WorktreeName string
	// Brief is what the agent was asked for, for its gates.
	Brief launch.Brief
	// Commands and Coverage are the configuration's settings for the gates.
	Commands config.Commands
	Coverage int
	// Types are the types of agents in the session, if a step launches one and they are known. Instead has, by missing type, the agent that stands
	// in for it.
	Types   []string
	Instead map[string]string
	// Neighbours are the finished work of other tasks in the worktree, if a step launches an agent.
	Neighbours []launch.Neighbour
	Submission submission.Submission
	inspect.Evidence
	// Findings are the findings from the evidence. Fingerprint identifies the blocking ones.
	Findings    []rule.Finding
	Fingerprint string
	// Attempts is how often the agent was sent back before, MaxAttempts the limit.
	Attempts, MaxAttempts int
	// Ended means that the host has ended the agent, and does not send it back. MaxAttempts is 0 then.
	Ended   bool
	Verdict rule.Verdict
	// Unjudged means that no stop of the agent was judged.
	Unjudged bool
	// Observed means that a rejected agent may end all the same, because of mode: observe.
	Observed bool
	// Ordered is the next step of the gate protocol after this stop; zero if the verdict alone decides the next step.
	Ordered gates.Step
	// Cleanup is the outcome of the cleanup after the verdict; nil if there were no artifacts, or none were to be removed.
	Cleanup *cleanup.Outcome
}

// verify compares a submission with the assignment and the evidence. It is pure: the same facts give the same findings, in the order of the report.
// No finding means that every claim is proven.
func verify(s submission.Submission, asked launch.Assignment, seen inspect.Evidence) []rule.Finding {
	return slices.Concat(verifyReport(s, asked, seen), repochange.Verify(s.Kind == submission.ErrorExit, seen.Moves), verifyReconfigured(seen.Reconfigured), verifyTestScope(seen.Suites), verifyUnseen(seen))
}

// verifyReport compares the submission with the evidence, in the order of the report.
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
		verifyCarried(seen),
		verifyByOthers(seen.ByOthers),
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

// ScopeText returns the scope in the prompt, in the prompt's words, as part of a sentence; "" if the agent stayed within it.
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
