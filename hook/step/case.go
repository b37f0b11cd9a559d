package step

import (
	"cmp"
	"fmt"
	"slices"

	"stopgate/hook/gates"
	"stopgate/hook/judge"
	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/submission"
)

// Next returns the step that follows a judged stop; nil if the agent is sent back, because then the orchestrator is owed nothing. Its text has at
// most host.MaxStep characters and says how much was left out.
func Next(c judge.Case) *Step {
	if c.Verdict == rule.Rejected && !c.Observed {
		return nil
	}
	return fitting(func(room int) *Step { return caseStep(c, room) })
}

// caseStep returns the step with at most that many entries in each of its lists.
func caseStep(c judge.Case, room int) *Step {
	s := newStep(c.StepID, c.Task, c.WorktreeName, gates.Agent{ID: c.AgentID, Type: c.AgentType}, c.Verdict)
	s.Files, s.FilesOmitted = quote.First(c.Proven, room)
	s.Unfinished, s.UnfinishedOmitted = quote.First(Clipped(c.Submission.Report.Unfinished), room)
	s.Error = quote.Clip(c.Submission.Error, quote.MaxReason)
	s.Findings, s.FindingsOmitted = quote.First(c.Findings, room)
	s.Cleanup = c.Cleanup.First(min(room, quote.MaxArtifacts))
	s.Report = briefOf(c, room)
	if c.Verdict == rule.Verified {
		work := slices.Concat(c.Proven, c.Carried)
		e := Errand{
			Task: c.TaskName, Worktree: c.WorktreeName, Coder: c.AgentType, Base: cmp.Or(c.Begun, c.Base), Files: work, Total: len(work),
			Brief: c.Brief, Commands: c.Commands, Coverage: c.Coverage, Types: c.Types, Instead: c.Instead,
			Outside: OutsideOf(c), Neighbours: c.Neighbours,
		}
		s.follow(c.Ordered, e.within(room), room)
		return s
	}
	if s.Action, s.Instead = instead(c); c.Unjudged {
		s.Why = gates.NothingVerified
	}
	return s
}

// instead returns what to do after a stop that is not verified.
func instead(c judge.Case) (gates.Action, string) {
	agent := gates.Agent{ID: c.AgentID, Type: c.AgentType}
	switch c.Verdict {
	case rule.Capped:
		return gates.Escalate, "Launch no gate for this task. " + whyCapped(c) + " Show the person the findings and wait for their decision."
	case rule.Incomplete:
		if len(c.Submission.Report.Unfinished) == 0 {
			return gates.Resolve, "Launch no gate for this task: nothing was changed. The agent says: " + quote.String(c.Submission.Report.WorkCompleted, quote.MaxReason) +
				" If that is so, close the task; otherwise say what is missing and " + resume(c.AgentID) + "."
		}
		return gates.Resolve, withoutCall(gates.Step{Action: gates.Resolve, Agent: agent})
	case rule.Declined:
		return gates.Supply, withoutCall(gates.Step{Action: gates.Supply, Agent: agent})
	case rule.Violation:
		return gates.Halt, "Launch no agent for this task. Show the person the evidence and wait for their decision." + ifKept(agent.ID)
	case rule.Rejected:
		return gates.Escalate, "This repository only observes, so the agent may stop. Show the person the findings."
	}
	if slices.ContainsFunc(c.Findings, func(f rule.Finding) bool { return f.Rule == rule.FileConflict }) {
		return gates.Supply, "Launch no gate for this task. Settle the file conflict: find out whose change to keep, let the agents work one after the other or assign the files anew, then " + launchAgain(c.AgentType) + " with that."
	}
	doubt := "Do not take this report as true, and launch no gate because of it. "
	if c.Unjudged {
		return gates.Unverified, doubt + "To have its work checked, " + resume(c.AgentID) + " and ask it to finish and to report, or " + launchAgain(c.AgentType) +
			" with the task and the worktree. If that is not possible, tell the person why."
	}
	return gates.Unverified, doubt + "Tell the person what could not be checked and why."
}

// launchAgain returns the advice to launch an agent of that type again. The type is "" for a report that a person checks.
func launchAgain(agentType string) string {
	if agentType == "" {
		return "launch the coding agent again"
	}
	return "launch " + quote.String(agentType, quote.MaxName) + " again"
}

// whyCapped says why the agent is not sent back again: the host has ended it, it had all its attempts, or its last attempt changed nothing.
func whyCapped(c judge.Case) string {
	if c.Ended {
		return "The agent handed in its report with a schema, as the script of a workflow asked, so it has ended and cannot be sent back."
	}
	if c.Attempts >= c.MaxAttempts {
		return fmt.Sprintf("The agent was sent back %s, which is the limit.", quote.Plural(c.Attempts, "time"))
	}
	return "The agent was sent back and answered with the same faults, so it is not sent back again."
}

// briefOf returns the report of an agent if its last message is not the report, because the orchestrator sees only the last message; otherwise nil.
func briefOf(c judge.Case, room int) *Brief {
	if c.Submission.Kind != submission.ReportHandedIn || c.Submission.Source == submission.LastMessage || c.Submission.Unreadable || room == 0 {
		return nil
	}
	r := c.Submission.Report
	files, _ := quote.First(Clipped(r.FilesModified), room)
	unfinished, _ := quote.First(Clipped(r.Unfinished), room)
	return &Brief{
		TaskID: quote.Clip(r.TaskID, quote.MaxTask), WorktreePath: quote.Clip(r.WorktreePath, quote.MaxPath),
		WorkCompleted: quote.Clip(r.WorkCompleted, quote.MaxReason), FilesModified: files, Unfinished: unfinished,
	}
}

// Clipped cuts each entry to quote.MaxReason characters; the result is never nil.
func Clipped(entries []string) []string {
	return quote.Each(entries, func(e string) string { return quote.Clip(e, quote.MaxReason) })
}
