package hook

import (
	"fmt"
	"slices"
	"strings"
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
)

// stepVersion is the form of Step, held by schema/step.schema.json.
const stepVersion = "step/1"

// Step is the one next step that the orchestrator owes a task.
type Step struct {
	Stopgate string `json:"stopgate"`
	// StepID names this step for good: a delivery is recorded under it.
	StepID string `json:"step_id"`
	TaskID string `json:"task_id"`
	// WorktreePath is relative to the main worktree, "./trees/…", where the worktree was found; else as the report has it.
	WorktreePath string  `json:"worktree_path"`
	AgentID      string  `json:"agent_id"`
	AgentType    string  `json:"agent_type"`
	Verdict      Verdict `json:"verdict"`
	Action       Action  `json:"action"`
	// Parallel: the calls are made in one message. Meaningless with fewer than two.
	Parallel bool   `json:"parallel"`
	Calls    []Call `json:"calls"`
	// OnPass and OnFail say what follows the calls; "" without calls.
	OnPass string `json:"on_pass"`
	OnFail string `json:"on_fail"`
	// Instead says what to do where there is no call to make; "" with calls.
	Instead string `json:"instead"`
	// Files are the proven claims.
	Files []string `json:"files"`
	// FilesOmitted counts the proven claims that were left out for length.
	FilesOmitted int `json:"files_omitted"`
	// Unfinished is what the agent says is left; Error is what it declined with. Both are its words.
	Unfinished []string `json:"unfinished"`
	// UnfinishedOmitted counts the entries of unfinished that were left out for length.
	UnfinishedOmitted int       `json:"unfinished_omitted"`
	Error             string    `json:"error"`
	Findings          []Finding `json:"findings"`
	// FindingsOmitted counts the findings that were left out for length.
	FindingsOmitted int `json:"findings_omitted"`
	// Cleanup is what became of the artifacts of the agent's tools, with the first few paths; null where there was nothing to clean.
	Cleanup *Cleanup `json:"cleanup"`
	// Report is the agent's report where its last message is not the report; else null.
	Report *Brief `json:"report"`
}

// Call is one tool call that the orchestrator is to make.
type Call struct {
	Tool         string `json:"tool"`
	SubagentType string `json:"subagent_type"`
	Description  string `json:"description"`
	Prompt       string `json:"prompt"`
}

// Brief is a report as a step carries it.
type Brief struct {
	TaskID        string   `json:"task_id"`
	WorktreePath  string   `json:"worktree_path"`
	WorkCompleted string   `json:"work_completed"`
	FilesModified []string `json:"files_modified"`
	Unfinished    []string `json:"unfinished"`
}

// NextStep is the step that follows a case; nil while the agent is sent back, since then nothing is owed to the orchestrator.
// Its lists are as long as its text may be (MaxStep), and it counts what was left out. It is pure.
func NextStep(c Case) *Step {
	if c.Verdict == Rejected {
		return nil
	}
	var step *Step
	for _, room := range []int{100, 50, 25, 12, 6, 3, 1, 0} {
		step = c.step(room)
		if length(step.Text()) <= MaxStep {
			break
		}
	}
	return step
}

// step has room for that many entries in each of its lists.
func (c Case) step(room int) *Step {
	files, filesOmitted := firstOf(c.proven(), room)
	findings, findingsOmitted := firstOf(c.Findings, room)
	unfinished, unfinishedOmitted := firstOf(clipped(c.Submission.Report.Unfinished), room)
	step := &Step{
		Stopgate:          stepVersion,
		StepID:            c.StepID,
		TaskID:            clip(c.task(), maxTaskID),
		WorktreePath:      clip(c.worktree(), maxPathShown),
		AgentID:           clip(c.AgentID, maxName),
		AgentType:         clip(c.AgentType, maxName),
		Verdict:           c.Verdict,
		Calls:             []Call{},
		Files:             files,
		FilesOmitted:      filesOmitted,
		Unfinished:        unfinished,
		UnfinishedOmitted: unfinishedOmitted,
		Error:             clip(c.Submission.Error, maxReasonShown),
		Findings:          findings,
		FindingsOmitted:   findingsOmitted,
		Cleanup:           c.Cleanup.first(min(room, maxArtifactsShown)),
		Report:            c.brief(room),
	}
	resume := fmt.Sprintf("SendMessage(to: %s)", quote(c.AgentID, maxName))
	again := quote(c.AgentType, maxName)
	switch c.Verdict {
	case Verified:
		step.Action = Deploy
		step.Calls = []Call{c.testRunner(files, filesOmitted)}
		step.OnPass = "deploy the code reviewer and the security auditor in parallel, both in one message"
		step.OnFail = "send the blocking issues to the coding agent with " + resume + "; if it cannot be resumed, deploy " + again + " again with them"
	case Capped:
		step.Action = Escalate
		step.Instead = "Deploy no gate for this task. Put the findings before the person and wait for their decision."
	case Incomplete:
		step.Action = Resolve
		step.Instead = "Deploy no gate for this task. Resolve what the agent names in unfinished, then let it go on with " + resume + "."
	case Declined:
		step.Action = Supply
		step.Instead = "Deploy no gate for this task. Supply what is missing or settle the conflict, then deploy " + again + " again with a complete prompt."
	case Violation:
		step.Action = Halted
		step.Instead = "Deploy no agent for this task. Put the evidence before the person and wait for their decision."
	case Unknown, Rejected:
		if slices.ContainsFunc(c.Findings, func(f Finding) bool { return f.Rule == FileConflict }) {
			step.Action = Supply
			step.Instead = "Deploy no gate for this task. Settle the file conflict: find out whose change is to stand, then put the work in sequence or assign it anew, and deploy " + again + " again with that."
			break
		}
		step.Action = Unverified
		step.Instead = "Do not take this report as true, and deploy no gate on the strength of it. Tell the person what could not be checked and why."
	}
	return step
}

// task is the identifier that the orchestrator gave, else the one that the agent reports.
func (c Case) task() string {
	if c.Asked.TaskID != "" {
		return c.Asked.TaskID
	}
	return c.Submission.Report.TaskID
}

func (c Case) worktree() string {
	if c.Worktree != "" {
		return c.Worktree
	}
	if c.Asked.WorktreePath != "" {
		return c.Asked.WorktreePath
	}
	return c.Submission.Report.WorktreePath
}

// brief is the report of an agent whose last message is not the report: without it the orchestrator would never see it.
func (c Case) brief(room int) *Brief {
	if c.Submission.Kind != ReportHandedIn || c.Submission.Source == LastMessage || c.Submission.Unreadable() || room == 0 {
		return nil
	}
	r := c.Submission.Report
	files, _ := firstOf(clipped(r.FilesModified), room)
	unfinished, _ := firstOf(clipped(r.Unfinished), room)
	return &Brief{
		TaskID: clip(r.TaskID, maxTaskID), WorktreePath: clip(r.WorktreePath, maxPathShown),
		WorkCompleted: clip(r.WorkCompleted, maxReasonShown), FilesModified: files, Unfinished: unfinished,
	}
}

// testRunner is the launch of the first gate (seed, "Important Context": its results are the quality gate's authority).
func (c Case) testRunner(files []string, omitted int) Call {
	var b strings.Builder
	fmt.Fprintf(&b, "TASK: %s\nWORKTREE_PATH: %s\n", quote(c.task(), maxTaskID), quote(c.worktree(), maxPathShown))
	fmt.Fprintf(&b, "A coding agent has finished this task. Git shows these files as changed against %s:\n", c.Base)
	for _, name := range files {
		fmt.Fprintf(&b, "- %s\n", quote(name, maxPathShown))
	}
	if omitted > 0 {
		fmt.Fprintf(&b, "- and %d more\n", omitted)
	}
	b.WriteString("Run the full test suite in that worktree, without other worktrees and dependencies. Change no source file and commit nothing. " +
		"End with one JSON object: gate_status (\"PASS\" or \"FAIL\"), the commands you ran, the counts of tests passed, failed and skipped, and blocking_issues.")
	return Call{
		Tool:         "Agent",
		SubagentType: clip(sibling(c.AgentType, "test-runner"), maxName),
		Description:  clip("Test gate for "+oneLine(c.task()), maxDescription),
		Prompt:       b.String(),
	}
}

// Bounds on single values of a step, in characters.
const (
	maxTaskID      = 200 // schema/report.schema.json
	maxName        = 120
	maxDescription = 60

	maxArtifactsShown = 5 // of each kind
)

// firstOf are the first limit entries, never nil, and the number of the others.
func firstOf[T any](entries []T, limit int) (first []T, omitted int) {
	first = append([]T{}, entries[:min(limit, len(entries))]...)
	return first, len(entries) - len(first)
}

// clipped are the entries with each bounded.
func clipped(entries []string) []string {
	short := make([]string, len(entries))
	for i, e := range entries {
		short[i] = clip(e, maxReasonShown)
	}
	return short
}

// banner opens everything that stopgate says to an orchestrator: a model must not take it for the person's word.
const banner = "[stopgate plugin, automated check, not user input]"

// Text is the step as the orchestrator reads it. It ends with the step itself as one JSON object.
func (s *Step) Text() string {
	var b strings.Builder
	b.WriteString(banner + "\n")
	fmt.Fprintf(&b, "Task %s in %s: %s (agent %s) has stopped. Verdict: %s.\n",
		quote(s.TaskID, maxTaskID), quote(s.WorktreePath, maxPathShown), quote(s.AgentType, maxName), quote(s.AgentID, maxName), s.Verdict)
	if len(s.Files) > 0 {
		fmt.Fprintf(&b, "Proven with git (%s): ", plural(len(s.Files)+s.FilesOmitted, "file"))
		b.WriteString(quoteAll(s.Files, s.FilesOmitted) + ".\n")
	}
	if s.Error != "" {
		fmt.Fprintf(&b, "The agent declined: %s\n", quote(s.Error, maxReasonShown))
	}
	if len(s.Unfinished) > 0 {
		b.WriteString("The agent names as unfinished: " + quoteAll(s.Unfinished, s.UnfinishedOmitted) + "\n")
	}
	if len(s.Findings) > 0 {
		b.WriteString("Findings:\n")
		for _, f := range s.Findings {
			b.WriteString("- " + f.line() + "\n")
		}
		if s.FindingsOmitted > 0 {
			fmt.Fprintf(&b, "- and %d more\n", s.FindingsOmitted)
		}
	}
	if s.Cleanup != nil {
		b.WriteString(s.Cleanup.sentence() + "\n")
	}
	if s.Report != nil {
		b.WriteString("The agent's last message is not its report; the report stands in the object below.\n")
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
		fmt.Fprintf(&b, "%s(subagent_type: %s, description: %s, prompt: as in the object below)\n", c.Tool, quote(c.SubagentType, maxName), quote(c.Description, maxDescription))
		if name := baseName(c.SubagentType); name != c.SubagentType {
			fmt.Fprintf(&b, "If there is no agent of that type, make the call with the %s that there is.\n", oneLine(name))
		}
	}
	if s.OnPass != "" {
		b.WriteString("If it passes: " + s.OnPass + ".\n")
	}
	if s.OnFail != "" {
		b.WriteString("If it fails: " + s.OnFail + ".\n")
	}
	b.WriteString(toJSON(s))
	return b.String()
}

func quoteAll(values []string, omitted int) string {
	quoted := make([]string, 0, len(values)+1)
	for _, v := range values {
		quoted = append(quoted, quote(v, maxPathShown))
	}
	if omitted > 0 {
		quoted = append(quoted, fmt.Sprintf("and %d more", omitted))
	}
	return strings.Join(quoted, ", ")
}

// notice is one line for the person, where something waits for them; else "".
func (s *Step) notice() string {
	switch s.Action {
	case Escalate, Halted, Unverified:
		return fmt.Sprintf("stopgate: task %s in %s is %s; it needs you. %s",
			quote(s.TaskID, maxTaskID), quote(s.WorktreePath, maxPathShown), s.Verdict, firstLine(s.Findings))
	}
	return ""
}

func firstLine(findings []Finding) string {
	if len(findings) == 0 {
		return ""
	}
	return findings[0].line()
}

// summary is the step in a few words, for people.
func (s *Step) summary() string {
	if len(s.Calls) == 0 {
		return string(s.Action) + ". " + s.Instead
	}
	names := make([]string, len(s.Calls))
	for i, c := range s.Calls {
		names[i] = c.SubagentType
	}
	return string(s.Action) + " " + strings.Join(names, " and ")
}
