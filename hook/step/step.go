// Package step words what is said next: the step that the orchestrator is owed, and the reasons that an agent reads. It is pure.
package step

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"stopgate/hook/cleanup"
	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/judge"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/rule"
)

// Action is what the orchestrator is to do next.
type Action string

const (
	// Deploy means make the calls.
	Deploy Action = "deploy"
	// Escalate means put it before the person; the agent could not mend it.
	Escalate Action = "escalate"
	// Resolve means remove the blockers that the agent names, then let it go on.
	Resolve Action = "resolve"
	// Supply means give what was missing or settle the conflict, then deploy the agent again.
	Supply Action = "supply"
	// Halted means nothing further happens before the person has looked.
	Halted Action = "stop"
	// Unverified means nobody knows whether the report is true.
	Unverified Action = "unverified"
	// Resume means send the coding agent what the gates found.
	Resume Action = "resume"
	// Wait means others are at work, and nothing is to be launched.
	Wait Action = "wait"
	// Present means put the result before the person and wait for their word.
	Present Action = "present"
	// Merge means launch the branch-manager, if that is what the person said.
	Merge Action = "merge"
	// Close means clean up the worktree and close the task.
	Close Action = "close"
)

// stepVersion is the form of Step, held by schema/step.schema.json.
const stepVersion = "step/1"

// Step is the one next step that the orchestrator owes a task.
type Step struct {
	Stopgate string `json:"stopgate"`
	// StepID names this step for good: a delivery is recorded under it.
	StepID string `json:"step_id"`
	// Reminder tells that the step was told before and is still owed.
	Reminder bool   `json:"reminder"`
	TaskID   string `json:"task_id"`
	// WorktreePath is relative to the main worktree, "./trees/…", where the worktree was found; else as the report has it.
	WorktreePath string       `json:"worktree_path"`
	AgentID      string       `json:"agent_id"`
	AgentType    string       `json:"agent_type"`
	Verdict      rule.Verdict `json:"verdict"`
	Action       Action       `json:"action"`
	// Gates are those that the step is about: to launch, to wait for, or that failed.
	Gates []string `json:"gates"`
	// Why is the reason that the protocol gives, in one of its words (package gates); "" where the verdict says all.
	Why string `json:"why"`
	// Parallel: the calls are made in one message. Meaningless with fewer than two.
	Parallel bool   `json:"parallel"`
	Calls    []Call `json:"calls"`
	// OnPass and OnFail say what follows the calls; "" without calls.
	OnPass string `json:"on_pass"`
	OnFail string `json:"on_fail"`
	// Instead says what to do where there is no call to make; "" with calls.
	Instead string `json:"instead"`
	// Issues are what the gates block for, in the order of their numbers; IssuesOmitted counts those left out for length.
	Issues        []Issue `json:"issues"`
	IssuesOmitted int     `json:"issues_omitted"`
	// History is what led here, a line for each stop, the oldest left out first; only where the person is to decide.
	History []string `json:"history"`
	// Files are the proven claims.
	Files []string `json:"files"`
	// FilesOmitted counts the proven claims that were left out for length.
	FilesOmitted int `json:"files_omitted"`
	// Unfinished is what the agent says is left; Error is what it declined with. Both are its words.
	Unfinished []string `json:"unfinished"`
	// UnfinishedOmitted counts the entries of unfinished that were left out for length.
	UnfinishedOmitted int            `json:"unfinished_omitted"`
	Error             string         `json:"error"`
	Findings          []rule.Finding `json:"findings"`
	// FindingsOmitted counts the findings that were left out for length.
	FindingsOmitted int `json:"findings_omitted"`
	// Cleanup is what became of the artifacts of the agent's tools, with the first few paths; null where there was nothing to clean.
	Cleanup *cleanup.Outcome `json:"cleanup"`
	// Report is the agent's report where its last message is not the report; else null.
	Report *Brief `json:"report"`
}

// Call is one tool call that the orchestrator is to make.
type Call struct {
	// Tool is Agent, or SendMessage with To and Message alone.
	Tool         string `json:"tool"`
	SubagentType string `json:"subagent_type,omitempty"`
	Description  string `json:"description,omitempty"`
	Prompt       string `json:"prompt,omitempty"`
	To           string `json:"to,omitempty"`
	Message      string `json:"message,omitempty"`
}

// Brief is a report as a step carries it.
type Brief struct {
	TaskID        string   `json:"task_id"`
	WorktreePath  string   `json:"worktree_path"`
	WorkCompleted string   `json:"work_completed"`
	FilesModified []string `json:"files_modified"`
	Unfinished    []string `json:"unfinished"`
}

// Next is the step that follows a case; nil while the agent is sent back, since then nothing is owed to the orchestrator.
// Its lists are as long as its text may be (MaxStep), and it counts what was left out. It is pure.
func Next(c judge.Case) *Step {
	if c.Verdict == rule.Rejected && !c.Observed {
		return nil
	}
	return fitting(func(room int) *Step { return caseStep(c, room) })
}

// fitting is the step with the longest lists that its text has room for. Where not even its calls have room, the first of them are made,
// and the protocol asks for the others when one of these has ended.
func fitting(step func(room int) *Step) *Step {
	var s *Step
	for _, room := range []int{100, 50, 25, 12, 6, 3, 1, 0} {
		if s = step(room); quote.Length(s.Text()) <= host.MaxStep {
			return s
		}
	}
	for len(s.Calls) > 1 && quote.Length(s.Text()) > host.MaxStep {
		s.Calls = s.Calls[:len(s.Calls)-1]
		s.Parallel = len(s.Calls) > 1
	}
	return s
}

// newStep is a step that asks for nothing yet: its lists are empty, for none is null in JSON. task fits already.
func newStep(id, task, worktree string, agent gates.Agent, verdict rule.Verdict) *Step {
	return &Step{
		Stopgate: stepVersion, StepID: id, TaskID: task, WorktreePath: quote.Clip(worktree, quote.MaxPath),
		AgentID: quote.Clip(agent.ID, quote.MaxName), AgentType: quote.Clip(agent.Type, quote.MaxName), Verdict: verdict,
		Calls: []Call{}, Gates: []string{}, Issues: []Issue{}, History: []string{}, Files: []string{}, Unfinished: []string{}, Findings: []rule.Finding{},
	}
}

// caseStep has room for that many entries in each of its lists.
func caseStep(c judge.Case, room int) *Step {
	step := newStep(c.StepID, launch.ShortTask(c.Task()), c.WorktreeName(), gates.Agent{ID: c.AgentID, Type: c.AgentType}, c.Verdict)
	step.Files, step.FilesOmitted = quote.First(c.Proven(), room)
	step.Unfinished, step.UnfinishedOmitted = quote.First(Clipped(c.Submission.Report.Unfinished), room)
	step.Error = quote.Clip(c.Submission.Error, quote.MaxReason)
	step.Findings, step.FindingsOmitted = quote.First(c.Findings, room)
	step.Cleanup = c.Cleanup.First(min(room, quote.MaxArtifacts))
	step.Report = briefOf(c, room)
	again := quote.String(c.AgentType, quote.MaxName)
	switch c.Verdict {
	case rule.Verified:
		step.follow(c.Ordered, Errand{
			Task: c.TaskName(), Worktree: c.WorktreeName(), Coder: c.AgentType, Base: c.Base, Files: step.Files, Total: len(step.Files) + step.FilesOmitted,
		}, room)
	case rule.Capped:
		step.Action = Escalate
		step.Instead = "Deploy no gate for this task. Put the findings before the person and wait for their decision."
	case rule.Incomplete:
		step.Action = Resolve
		step.Instead = "Deploy no gate for this task. Resolve what the agent names in unfinished, then let it go on with " + resume(c.AgentID) + "."
	case rule.Declined:
		step.Action = Supply
		step.Instead = "Deploy no gate for this task. Supply what is missing or settle the conflict, then deploy " + again + " again with a complete prompt."
	case rule.Violation:
		step.Action = Halted
		step.Instead = "Deploy no agent for this task. Put the evidence before the person and wait for their decision."
	case rule.Rejected:
		step.Action = Escalate
		step.Instead = "This repository only observes: the agent was not sent back. Put the findings before the person."
	case rule.Unknown:
		if slices.ContainsFunc(c.Findings, func(f rule.Finding) bool { return f.Rule == rule.FileConflict }) {
			step.Action = Supply
			step.Instead = "Deploy no gate for this task. Settle the file conflict: find out whose change is to stand, then put the work in sequence or assign it anew, and deploy " + again + " again with that."
			break
		}
		step.Action = Unverified
		step.Instead = "Do not take this report as true, and deploy no gate on the strength of it. Tell the person what could not be checked and why."
	}
	return step
}

// briefOf is the report of an agent whose last message is not the report: without it the orchestrator would never see it.
func briefOf(c judge.Case, room int) *Brief {
	if c.Submission.Kind != judge.ReportHandedIn || c.Submission.Source == judge.LastMessage || c.Submission.Unreadable() || room == 0 {
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

// Clipped are the entries with each bounded.
func Clipped(entries []string) []string {
	short := make([]string, len(entries))
	for i, e := range entries {
		short[i] = quote.Clip(e, quote.MaxReason)
	}
	return short
}

// banner opens everything that stopgate says to an orchestrator: a model must not take it for the person's word.
const banner = "[stopgate plugin, automated check, not user input]"

// Text is the step as the orchestrator reads it. It ends with the step itself as one JSON object.
func (s *Step) Text() string {
	var b strings.Builder
	b.WriteString(banner + "\n")
	fmt.Fprintf(&b, "Task %s in %s: ", quote.String(s.TaskID, quote.MaxTask), quote.String(s.WorktreePath, quote.MaxPath))
	switch {
	case s.Reminder:
		b.WriteString("you have been told this step, and it is still owed. Take it now, or tell the person why not.\n")
	case s.AgentID == "" && s.Verdict == rule.NoResult:
		b.WriteString("an agent that was launched for it is not at work any more, and no result of it is known.\n")
	case s.AgentID == "" && s.Verdict == rule.Ended:
		b.WriteString("the person has spoken.\n")
	default:
		fmt.Fprintf(&b, "%s (agent %s) has stopped. Verdict: %s.\n", quote.String(s.AgentType, quote.MaxName), quote.String(s.AgentID, quote.MaxName), s.Verdict)
	}
	if len(s.Files) > 0 {
		fmt.Fprintf(&b, "Proven with git (%s): ", quote.Plural(len(s.Files)+s.FilesOmitted, "file"))
		b.WriteString(quote.List(s.Files, s.FilesOmitted) + ".\n")
	}
	if s.Error != "" {
		fmt.Fprintf(&b, "The agent declined: %s\n", quote.String(s.Error, quote.MaxReason))
	}
	if len(s.Unfinished) > 0 {
		b.WriteString("The agent names as unfinished: " + quote.List(s.Unfinished, s.UnfinishedOmitted) + "\n")
	}
	if len(s.Issues) > 0 {
		b.WriteString("What the gates found, in their words:\n")
		for i, issue := range s.Issues {
			fmt.Fprintf(&b, "%d. %s: %s\n", i+1, quote.Line(issue.Gate), quote.String(issue.Text, quote.MaxIssue))
		}
		if s.IssuesOmitted > 0 {
			fmt.Fprintf(&b, "(and %d more)\n", s.IssuesOmitted)
		}
	}
	if len(s.History) > 0 {
		b.WriteString("What has happened so far:\n")
		for _, line := range s.History {
			b.WriteString("- " + line + "\n")
		}
	}
	if len(s.Findings) > 0 {
		b.WriteString("Findings:\n")
		for _, f := range s.Findings {
			b.WriteString("- " + f.Line() + "\n")
		}
		if s.FindingsOmitted > 0 {
			fmt.Fprintf(&b, "- and %d more\n", s.FindingsOmitted)
		}
	}
	if s.Cleanup != nil {
		b.WriteString(s.Cleanup.Sentence() + "\n")
	}
	if s.Report != nil {
		b.WriteString("The agent's last message is not its report; the report stands in the object below.\n")
	}
	if why := s.because(); why != "" {
		b.WriteString(why + "\n")
	}
	b.WriteString("Next step: ")
	switch len(s.Calls) {
	case 0:
		b.WriteString(s.Instead + "\n")
	case 1:
		b.WriteString("make exactly this call.\n")
	default:
		fmt.Fprintf(&b, "make exactly these %d calls, all in one message.\n", len(s.Calls))
	}
	for _, c := range s.Calls {
		if c.Tool == "SendMessage" {
			fmt.Fprintf(&b, "SendMessage(to: %s, message: as in the object below)\n", quote.String(c.To, quote.MaxName))
			continue
		}
		fmt.Fprintf(&b, "%s(subagent_type: %s, description: %s, prompt: as in the object below)\n", c.Tool, quote.String(c.SubagentType, quote.MaxName), quote.String(c.Description, quote.MaxDescription))
		if name := launch.BaseName(c.SubagentType); name != c.SubagentType {
			fmt.Fprintf(&b, "If there is no agent of that type, make the call with the %s that there is.\n", quote.Line(name))
		}
	}
	if s.OnPass != "" {
		b.WriteString("If it passes: " + s.OnPass + ".\n")
	}
	if s.OnFail != "" {
		b.WriteString("If it fails: " + s.OnFail + ".\n")
	}
	b.WriteString(quote.JSON(s))
	return b.String()
}

// because says why gates run a second time; "" where they run for the first.
func (s *Step) because() string {
	if s.Action != Deploy {
		return ""
	}
	switch gates.Reason(s.Why) {
	case gates.TreeChanged:
		return "The worktree has changed since it passed: the pass is void, and the gate runs again."
	case gates.TreeUnknown:
		return "Nobody knows whether the worktree is still what has passed: the gate runs again."
	case gates.NoResult:
		return "This gate has no result: its agent ended without one that could be read. It runs once more."
	case gates.NoReceipt:
		return "The worktree changed while the gate ran, or could not be seen whole, so that its pass counts for nothing. It runs once more."
	}
	return ""
}

// Notice is one line for the person, where something waits for them; else "".
func (s *Step) Notice() string {
	switch s.Action {
	case Escalate, Halted, Unverified, Present:
		return s.news("it needs you. ")
	}
	return ""
}

// ObservedNotice is one line for the person, in a repository that only observes.
func (s *Step) ObservedNotice() string {
	return s.news("this repository only observes; next would be: " + s.Summary() + " ")
}

func (s *Step) news(call string) string {
	return strings.TrimSpace(fmt.Sprintf("stopgate: task %s in %s is %s; %s%s",
		quote.String(s.TaskID, quote.MaxTask), quote.String(s.WorktreePath, quote.MaxPath), s.Verdict, call, firstLine(s.Findings)))
}

// Waiting is one line for the person: Claude ended its turn twice without the step that a task owes.
func Waiting(task, worktree string, owed gates.Step) string {
	return fmt.Sprintf("stopgate: task %s in %s stands still: owed is %s, and the orchestrator ends its turn without it",
		quote.String(task, quote.MaxTask), quote.String(worktree, quote.MaxPath), quote.Line(string(owed.Action)+" "+strings.Join(owed.Gates, ", ")))
}

// firstLine is the first of the gravest findings; "" where there is none.
func firstLine(findings []rule.Finding) string {
	for _, severity := range []rule.Severity{rule.Halt, rule.Block, rule.Note} {
		if picked := rule.Of(findings, severity); len(picked) > 0 {
			return picked[0].Line()
		}
	}
	return ""
}

// Summary is the step in a few words, for people.
func (s *Step) Summary() string {
	if len(s.Calls) == 0 {
		return string(s.Action) + ". " + s.Instead
	}
	names := make([]string, len(s.Calls))
	for i, c := range s.Calls {
		names[i] = cmp.Or(c.SubagentType, c.To)
	}
	return string(s.Action) + " " + strings.Join(names, " and ")
}

// ForTask is the step that the gate protocol calls for, where no coding agent's report led to it. id names it for good; agent, verdict and
// task say what has happened. It is pure.
func ForTask(id string, e Errand, agent gates.Agent, verdict rule.Verdict, g gates.Step) *Step {
	return fitting(func(room int) *Step {
		s := newStep(id, quote.Clip(e.Task, quote.MaxTask), e.Worktree, agent, verdict)
		s.follow(g, e.within(room), room)
		return s
	})
}

// IsFor reports whether the step tells what the protocol owes: the same gates for the same reason.
func (s *Step) IsFor(owed gates.Step) bool {
	return s.Why == string(owed.Why) && slices.Equal(s.Gates, ClippedNames(owed.Gates))
}

// IsOfTask reports whether the step tells where the task stands, and not what its agent's own work is worth.
func (s *Step) IsOfTask() bool {
	switch s.Action {
	case Deploy, Resume, Wait, Present:
		return !s.Verdict.OfCoder() && s.Why != string(gates.HeldOps)
	}
	return false
}
