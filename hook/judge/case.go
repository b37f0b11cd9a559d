package judge

import (
	"cmp"

	"stopgate/hook/cleanup"
	"stopgate/hook/config"
	"stopgate/hook/gates"
	"stopgate/hook/launch"
	"stopgate/hook/rule"
	"stopgate/hook/submission"
)

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
	for _, state := range cleanup.WithoutPaths(c.Survey.States, c.goes()) {
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
	Evidence
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
