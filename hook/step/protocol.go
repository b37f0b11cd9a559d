package step

import (
	"cmp"
	"fmt"

	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/rule"
)

// ForTask returns the step that the gate protocol orders, if it does not follow from a coding agent's report. id is the step's id. agent and
// verdict are the event that led to it.
func ForTask(id string, e Errand, agent gates.Agent, verdict rule.Verdict, g gates.Step) *Step {
	return fitting(func(room int) *Step {
		s := newStep(id, quote.Clip(e.Task, quote.MaxTask), e.Worktree, agent, verdict)
		s.follow(g, e.within(room), room)
		return s
	})
}

// follow fills in the step that the protocol orders, with at most that many entries in the lists of g.
func (s *Step) follow(g gates.Step, e Errand, room int) {
	issues, omitted := quote.First(g.Issues, room)
	for _, issue := range issues {
		s.Issues = append(s.Issues, gates.Issue{Gate: quote.Clip(issue.Gate, quote.MaxName), Text: quote.Clip(issue.Text, quote.MaxIssue)})
	}
	s.IssuesOmitted = omitted
	s.Action, s.Gates, s.Why = cmp.Or(g.Action, gates.Wait), ClippedNames(g.Gates), g.Why
	switch g.Action {
	case gates.Deploy:
		s.deploy(g, e)
	case gates.Resume:
		s.resume(g, e)
	case gates.Merge:
		s.merge(e, g.Why == gates.CommitOnly)
	default:
		s.Instead = withoutCall(g) + mergedToo(g, e.Neighbours)
		if s.brokeOffCommitted() {
			s.Instead = "The branch-manager broke off after it had committed the work on its branch, as it passed the gates. If it was to merge, launch it again. " +
				"Otherwise continue with the next work unit."
		}
	}
	if g.Action == gates.Escalate || g.Action == gates.Halt {
		s.History = history(g.History, room)
	}
}

// mergedToo says to the person who is asked about a merge which other tasks go with it; "" for none.
func mergedToo(g gates.Step, neighbours []launch.Neighbour) string {
	if g.Action != gates.Present || g.Why != gates.AllPassed || len(neighbours) == 0 {
		return ""
	}
	names := quote.Each(neighbours, func(n launch.Neighbour) string { return quote.String(n.Task, quote.MaxTaskShort) })
	return " The worktree has the work of " + quote.Some(names, len(names), ", ") + " as well, and a merge takes it, too: say so."
}

// brokeOffCommitted reports whether the branch-manager ended without a report, when it had committed the work and merged nothing.
func (s *Step) brokeOffCommitted() bool {
	return s.Why == gates.OnFeatureBranch && s.Verdict == rule.NoResult
}

func (s *Step) deploy(g gates.Step, e Errand) {
	s.Parallel = len(g.Gates) > 1
	for _, name := range g.Gates {
		var lacking []string
		if g.Why == gates.NoInput {
			lacking = lacked(g.Issues, name)
		}
		s.Calls = append(s.Calls, e.gate(name, lacking))
	}
	s.OnPass = "stopgate reads the result and tells you the next step"
	s.OnFail = "stopgate tells you what has to be fixed"
}

func (s *Step) resume(g gates.Step, e Errand) {
	s.Calls = []Call{{Tool: host.SendMessageTool, To: quote.Clip(g.Agent.ID, quote.MaxName), Message: e.blockers(s.Issues, s.IssuesOmitted)}}
	s.OnPass = "stopgate checks the agent's next report and tells you the next step"
	s.OnFail = "if the agent cannot be resumed, " + launchAgain(g.Agent.Type) + " with the task, the worktree and that message"
}

func (s *Step) merge(e Errand, commitOnly bool) {
	s.Calls = []Call{e.merge(commitOnly)}
	s.OnPass = "stopgate checks it and tells you the next step"
	s.OnFail = "tell the person what went wrong"
}

// withoutCall returns what to do if the protocol launches no agent.
func withoutCall(g gates.Step) string {
	switch g.Action {
	case gates.Present:
		if g.Why == gates.HeldOps {
			return "Show the person what this agent did. If it changed files, ask whether the gates shall check the change, and launch none before they have agreed."
		}
		before := ""
		if len(g.Issues) > 0 {
			before = "On the same work, a gate had failed before it passed, with what is listed here: tell the person that, too. "
		}
		return "All gates that this change needs have passed. " + before + "Show the person the result and ask: Merge? Launch the branch-manager only after they have answered."
	case gates.Close:
		if g.Why == gates.OnFeatureBranch {
			return "The work is committed on its branch. Continue with the next work unit. If this was the last one, show the person the result and ask: Merge?"
		}
		return "The work is merged. Clean up the worktree, close the task, and continue with the next work unit."
	case gates.Escalate:
		return "Launch no agent for this task. " + WhyHeld(g) + " Show the person that and what has happened so far, and wait for their decision."
	case gates.Halt:
		halt := "Launch no agent for this task. " + WhyHeld(g) + " Show the person the evidence and wait for their decision."
		if g.Why == gates.HeldViolation {
			halt += ifKept(g.Agent.ID)
		}
		return halt
	case gates.Resolve:
		return "Launch no gate for this task. Resolve what the coding agent reports as unfinished, then " + resume(g.Agent.ID) + "."
	case gates.Supply:
		return "Launch no gate for this task. Supply what is missing or settle the conflict, then " + launchAgain(g.Agent.Type) + " with a complete prompt."
	case gates.Unverified:
		return "It is unknown whether this work is right. Tell the person what could not be checked and why, and wait for their decision."
	}
	if g.Why == gates.NothingVerified {
		return "No coding agent is at work on this task, and none has delivered verified work. Resume the one that broke off, or launch one with the task and the worktree. " +
			"If this session did the work itself, stopgate expects nothing more."
	}
	wait := "It has no next step."
	if sentence := reasons[g.Why].wait; sentence != "" {
		wait = fill(sentence, g)
	}
	return "Launch nothing for this task now. " + wait
}

// resume returns the advice to resume an agent. The id is "" for a report that a person checks.
func resume(agentID string) string {
	if agentID == "" {
		return "resume the agent"
	}
	return fmt.Sprintf("resume it with SendMessage(to: %s)", quote.String(agentID, quote.MaxName))
}

// ifKept says how the task of an agent goes on when the person keeps what happened.
func ifKept(agentID string) string {
	return " If they keep what happened, have the coding agent report again: " + resume(agentID) + ". That report goes to the gates."
}

// history returns the events that led to a step, for the person, one line for each stop.
func history(events []gates.Event, room int) []string {
	lines := []string{}
	for _, e := range events[max(0, len(events)-room):] {
		what := string(e.Verdict)
		if e.Gate != "" {
			what = e.Gate + ": " + string(e.Outcome)
		}
		line := fmt.Sprintf("%s %s %s", e.At.UTC().Format("2006-01-02 15:04:05Z"), e.Kind, what)
		if len(e.Issues) > 0 {
			line += ": " + quote.String(e.Issues[0], quote.MaxReason) + quote.AndMore(len(e.Issues)-1)
		}
		lines = append(lines, quote.Line(line))
	}
	return lines
}
