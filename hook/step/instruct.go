package step

import (
	"fmt"
	"strings"

	"stopgate/hook/config"
	"stopgate/hook/gates"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
)

// Errand is what the agents that a step names have to know of a task.
type Errand struct {
	Task, Worktree string
	// Coder is the type of the task's coding agent: gates are looked for in its namespace.
	Coder string
	// Base is what the change was compared with, Files the first of its proven files, Total how many there are.
	Base  string
	Files []string
	Total int
}

// within is the Errand with room for that many files.
func (e Errand) within(room int) Errand {
	e.Files, _ = quote.First(e.Files, room)
	return e
}

// Issue is one thing that a gate blocks for, in its agent's words.
type Issue struct {
	Gate string `json:"gate"`
	Text string `json:"text"`
}

// follow makes the step one that tells what the protocol calls for. The lists of g have room for that many entries.
func (s *Step) follow(g gates.Step, e Errand, room int) {
	issues, omitted := quote.First(g.Issues, room)
	for _, issue := range issues {
		s.Issues = append(s.Issues, Issue{Gate: quote.Clip(issue.Gate, quote.MaxName), Text: quote.Clip(issue.Text, quote.MaxIssue)})
	}
	s.IssuesOmitted = omitted
	s.Gates = ClippedNames(g.Gates)
	s.Why = string(g.Why)
	launched := func(name string, call Call) Call {
		call.Tool, call.SubagentType = "Agent", quote.Clip(launch.Sibling(e.Coder, name), quote.MaxName)
		return call
	}
	switch g.Action {
	case gates.Deploy:
		s.Action, s.Parallel = Deploy, len(g.Gates) > 1
		for _, name := range g.Gates {
			s.Calls = append(s.Calls, launched(name, e.gate(name)))
		}
		s.OnPass = "stopgate reads the result and tells you the next step"
		s.OnFail = "stopgate tells you so, with what is to be mended"
	case gates.Resume:
		s.Action = Resume
		s.Calls = []Call{{Tool: "SendMessage", To: quote.Clip(g.Agent.ID, quote.MaxName), Message: e.blockers(s.Issues, omitted)}}
		s.OnPass = "stopgate checks the agent's next report and tells you the next step"
		s.OnFail = "if the agent cannot be resumed, deploy " + quote.String(g.Agent.Type, quote.MaxName) + " again with the task, the worktree and that message"
	case gates.Merge:
		s.Action = Merge
		s.Calls = []Call{launched(gates.BranchManagerAgent, e.merge())}
		s.OnPass = "stopgate tells you to clean up and close the task"
		s.OnFail = "put what went wrong before the person"
		s.Instead = ""
	case gates.Present:
		s.Action = Present
		s.Instead = "Every gate that this change needs has passed. Put the result before the person and wait for their word; launch the branch-manager only when they have spoken."
		if g.Why == gates.HeldOps {
			s.Instead = "Put what this agent did before the person. Where it changed files, ask whether the change shall pass the gates; deploy none before they have agreed."
		}
	case gates.Close:
		s.Action = Close
		s.Instead = "The branch-manager is done. Clean up the worktree, close the task, and go on with the next work unit."
	case gates.Escalate:
		s.Action = Escalate
		s.Instead = "Deploy no agent for this task. " + WhyHeld(g) + " Put that before the person, with what has happened so far, and wait for their decision."
		s.History = history(g.History, room)
	case gates.Halt:
		s.Action = Halted
		s.Instead = "Deploy no agent for this task. " + WhyHeld(g) + " Put the evidence before the person and wait for their decision."
		s.History = history(g.History, room)
	case gates.Resolve:
		s.Action = Resolve
		s.Instead = "Deploy no gate for this task. Resolve what the coding agent names as unfinished, then let it go on with " + resume(g.Agent.ID) + "."
	case gates.Supply:
		s.Action = Supply
		s.Instead = "Deploy no gate for this task. Supply what is missing, then deploy the coding agent again."
	case gates.Unverified:
		s.Action = Unverified
		s.Instead = "Nobody knows what this work is worth. Tell the person what could not be checked and why, and wait for their decision."
	default:
		s.Action = Wait
		s.Instead = "Launch nothing for this task now." + waitingFor(g)
	}
}

func resume(agentID string) string {
	return fmt.Sprintf("SendMessage(to: %s)", quote.String(agentID, quote.MaxName))
}

func waitingFor(g gates.Step) string {
	switch g.Why {
	case gates.ForCoder:
		return " Its coding agent is still at work."
	case gates.ForBranchManager:
		return " The branch-manager is still at work."
	case gates.ForGates:
		return " Still at work: " + quote.List(quote.First(g.Gates, quote.MaxList)) + ". What they find brings the next step."
	}
	return " Nothing is owed."
}

// WhyHeld is the reason of a hold in a sentence.
func WhyHeld(g gates.Step) string {
	switch g.Why {
	case gates.HeldCap:
		return "The gates have sent the work back as often as they may: " + quote.List(quote.First(g.Gates, quote.MaxList)) + "."
	case gates.HeldCapped:
		return "The coding agent's report was still wrong after its last attempt."
	case gates.NoResult:
		return "A gate ended twice without a result: " + quote.List(quote.First(g.Gates, quote.MaxList)) + "."
	case gates.NoReceipt:
		return "A gate passed twice while the worktree changed under it or could not be seen whole, so that it is not known what it passed: " + quote.List(quote.First(g.Gates, quote.MaxList)) + "."
	case gates.HeldMergeFailed:
		return "The branch-manager could not do its work."
	case gates.HeldBypassed:
		return "The branch-manager was launched while a gate or the person's word was owed."
	case gates.HeldViolation:
		return "The coding agent did what only a person can undo."
	}
	return "It is held: " + string(g.Why) + "."
}

// history is what led to a step, for the person, one line for each stop.
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

// gate is the launch of a gate.
func (e Errand) gate(name string) Call {
	var b strings.Builder
	b.WriteString(launch.Marker{Task: e.Task, Gate: name}.Line() + "\n")
	fmt.Fprintf(&b, "TASK: %s\nWORKTREE_PATH: %s\n", quote.String(e.Task, quote.MaxTask), quote.String(e.Worktree, quote.MaxPath))
	e.change(&b)
	what := "Review"
	switch config.Role(launch.BaseName(name)) {
	case config.RoleTests:
		what = "Test"
		b.WriteString("Run the full test suite in that worktree, without other worktrees and dependencies. Change no source file and commit nothing. ")
	case config.RoleSecurity:
		what = "Security"
		b.WriteString("Audit this change in that worktree for security. Change no file and commit nothing. ")
	default:
		b.WriteString("Review this change in that worktree")
		if launch.BaseName(name) == "code-reviewer" {
			b.WriteString(", with the code-review skill where there is one")
		}
		b.WriteString(". Change no file and commit nothing. ")
	}
	b.WriteString("End with one JSON object and nothing else: gate_status (\"PASS\" or \"FAIL\"), the commands you ran")
	if what == "Test" {
		b.WriteString(", the counts of tests passed, failed and skipped")
	}
	b.WriteString(", and blocking_issues (a list; empty only with PASS).")
	return Call{Description: quote.Clip(what+" gate for "+quote.Line(e.Task), quote.MaxDescription), Prompt: b.String()}
}

// change lists the files.
func (e Errand) change(b *strings.Builder) {
	if len(e.Files) == 0 {
		return
	}
	fmt.Fprintf(b, "A coding agent has finished this task. Git shows these files as changed against %s:\n", e.Base)
	for _, name := range e.Files {
		fmt.Fprintf(b, "- %s\n", quote.String(name, quote.MaxPath))
	}
	if omitted := e.Total - len(e.Files); omitted > 0 {
		fmt.Fprintf(b, "- and %d more\n", omitted)
	}
}

// merge is the launch of the branch-manager.
func (e Errand) merge() Call {
	var b strings.Builder
	b.WriteString(launch.Marker{Task: e.Task, Gate: gates.BranchManagerAgent}.Line() + "\n")
	fmt.Fprintf(&b, "TASK: %s\nWORKTREE_PATH: %s\n", quote.String(e.Task, quote.MaxTask), quote.String(e.Worktree, quote.MaxPath))
	e.change(&b)
	b.WriteString("Every gate has passed on this worktree as it stands, and the person has spoken since; do what they said. If they want it merged, commit and merge this work.")
	return Call{Description: quote.Clip("Merge "+quote.Line(e.Task), quote.MaxDescription), Prompt: b.String()}
}

// blockers is the message that sends a coding agent back to work.
func (e Errand) blockers(issues []Issue, omitted int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "TASK: %s\nWORKTREE_PATH: %s\nThe gates do not pass your work. What they found, in their words:\n", quote.String(e.Task, quote.MaxTask), quote.String(e.Worktree, quote.MaxPath))
	for i, issue := range issues {
		fmt.Fprintf(&b, "%d. %s: %s\n", i+1, quote.Line(issue.Gate), quote.String(issue.Text, quote.MaxIssue))
	}
	if omitted > 0 {
		fmt.Fprintf(&b, "(and %d more)\n", omitted)
	}
	if len(issues) == 0 {
		b.WriteString("(no issue was named)\n")
	}
	b.WriteString("Mend this in the worktree. Then answer with the complete JSON report as your whole last message.")
	return b.String()
}

// ClippedNames are names with each bounded; never nil.
func ClippedNames(entries []string) []string {
	short := make([]string, len(entries))
	for i, e := range entries {
		short[i] = quote.Clip(e, quote.MaxName)
	}
	return short
}
