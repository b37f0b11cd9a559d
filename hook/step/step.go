// Package step words the next step for the orchestrator, and the reasons for an agent. It is pure.
package step

import (
	"slices"

	"stopgate/hook/cleanup"
	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/quote"
	"stopgate/hook/rule"
)

// ActionWord returns an action as people read it.
func ActionWord(a gates.Action) string {
	if a == gates.Deploy {
		return "launch"
	}
	return string(a)
}

// stepVersion is the version of Step's format, as in schema/step.schema.json.
const stepVersion = "step/1"

// Step is the one next step of a task.
type Step struct {
	Stopgate string `json:"stopgate"`
	// StepID is unique. Deliveries are recorded under it.
	StepID string `json:"step_id"`
	// Reminder means that the step was told before and is not done.
	Reminder bool   `json:"reminder"`
	TaskID   string `json:"task_id"`
	// WorktreePath is relative to the main worktree, "./trees/…", if the worktree was found; otherwise it is the report's.
	WorktreePath string       `json:"worktree_path"`
	AgentID      string       `json:"agent_id"`
	AgentType    string       `json:"agent_type"`
	Verdict      rule.Verdict `json:"verdict"`
	Action       gates.Action `json:"action"`
	// Gates are the gates to launch, to wait for, or that failed.
	Gates []string `json:"gates"`
	// Why is the protocol's reason; "" if the verdict is the reason.
	Why gates.Reason `json:"why"`
	// Parallel means that the calls are made in one message. Meaningless with fewer than two.
	Parallel bool   `json:"parallel"`
	Calls    []Call `json:"calls"`
	// OnPass and OnFail say what follows the calls; "" without calls.
	OnPass string `json:"on_pass"`
	OnFail string `json:"on_fail"`
	// Instead is what to do if there is no call to make; "" with calls.
	Instead string `json:"instead"`
	// Issues are the blocking issues of the gates, in the order of their numbers; IssuesOmitted counts those left out for length.
	Issues        []gates.Issue `json:"issues"`
	IssuesOmitted int           `json:"issues_omitted"`
	// History lists the events that led here, a line for each stop; the oldest are left out first. Only a step that needs the person's decision has
	// it.
	History []string `json:"history"`
	// Files are the proven claims.
	Files []string `json:"files"`
	// FilesOmitted counts the proven claims that were left out for length.
	FilesOmitted int `json:"files_omitted"`
	// Unfinished is what the agent reports as unfinished; Error is why it declined. Both are its words.
	Unfinished []string `json:"unfinished"`
	// UnfinishedOmitted counts the entries of unfinished that were left out for length.
	UnfinishedOmitted int            `json:"unfinished_omitted"`
	Error             string         `json:"error"`
	Findings          []rule.Finding `json:"findings"`
	// FindingsOmitted counts the findings that were left out for length.
	FindingsOmitted int `json:"findings_omitted"`
	// Cleanup is the outcome for the artifacts of the agent's tools, with the first few paths; null if there was nothing to clean.
	Cleanup *cleanup.Outcome `json:"cleanup"`
	// Report is the agent's report if its last message is not the report; otherwise null.
	Report *Brief `json:"report"`
}

// Call is a tool call for the orchestrator to make.
type Call struct {
	// Tool is host.AgentTool, or host.SendMessageTool with To and Message alone.
	Tool         string `json:"tool"`
	SubagentType string `json:"subagent_type,omitempty"`
	Description  string `json:"description,omitempty"`
	Prompt       string `json:"prompt,omitempty"`
	To           string `json:"to,omitempty"`
	Message      string `json:"message,omitempty"`
	// Exists means that the session is known to have an agent of that type.
	Exists bool `json:"exists,omitempty"`
}

// Brief is a report as part of a step.
type Brief struct {
	TaskID        string   `json:"task_id"`
	WorktreePath  string   `json:"worktree_path"`
	WorkCompleted string   `json:"work_completed"`
	FilesModified []string `json:"files_modified"`
	Unfinished    []string `json:"unfinished"`
}

// fitting returns the step with the longest lists that fit into its text. step makes it with that many entries in each list. If even the calls do
// not fit, only the first of them are made. The protocol asks for the others when one of these has ended.
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

// newStep returns a step without a call. Its lists are empty and not nil, because they must not be null in JSON. task is already shortened.
func newStep(id, task, worktree string, agent gates.Agent, verdict rule.Verdict) *Step {
	return &Step{
		Stopgate: stepVersion, StepID: id, TaskID: task, WorktreePath: quote.Clip(worktree, quote.MaxPath),
		AgentID: quote.Clip(agent.ID, quote.MaxName), AgentType: quote.Clip(agent.Type, quote.MaxName), Verdict: verdict,
		Calls: []Call{}, Gates: []string{}, Issues: []gates.Issue{}, History: []string{}, Files: []string{}, Unfinished: []string{}, Findings: []rule.Finding{},
	}
}

// IsFor reports whether the step is the one that the protocol owes: the same gates for the same reason.
func (s *Step) IsFor(owed gates.Step) bool {
	return s.Why == owed.Why && slices.Equal(s.Gates, ClippedNames(owed.Gates))
}

// IsOfTask reports whether the step is about the state of the task, and not about the verdict on the agent's own work.
func (s *Step) IsOfTask() bool {
	switch s.Action {
	case gates.Deploy, gates.Resume, gates.Wait, gates.Present:
		return !s.Verdict.OfCoder() && s.Why != gates.HeldOps
	}
	return false
}
