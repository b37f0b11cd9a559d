package judge

import (
	"cmp"

	"stopgate/hook/cleanup"
	"stopgate/hook/gates"
	"stopgate/hook/launch"
	"stopgate/hook/rule"
)

// Changed are all files of the worktree that differ from the base, whoever changed them: it is the worktree that is merged.
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

// Case is one judged stop: everything that its verdict and its step follow from.
type Case struct {
	StepID    string
	AgentID   string
	AgentType string
	Asked     launch.Assignment
	// Worktree is the path by which the orchestrator knows the worktree, "./trees/…"; "" where none was found.
	Worktree   string
	Submission Submission
	// Reported are the files that stood in reports of this agent before, which were let pass.
	Reported []string
	Evidence
	// Findings are what of the claims does not hold, by that evidence.
	Findings []rule.Finding
	// Attempts is how often the agent was sent back before, MaxAttempts how often it is at most.
	Attempts, MaxAttempts int
	Verdict               rule.Verdict
	// Observed tells that a rejected agent is let go all the same, since the repository only observes.
	Observed bool
	// Ordered is what the gate protocol calls for after this stop; zero where the verdict says all.
	Ordered gates.Step
	// Cleanup is what became of the artifacts after the verdict; nil where none were there or nobody was to clean up.
	Cleanup *cleanup.Outcome
}

// Task is the identifier that the orchestrator gave, else the one that the agent reports.
func (c Case) Task() string {
	if c.Asked.TaskID != "" {
		return c.Asked.TaskID
	}
	return c.Submission.Report.TaskID
}

// TaskName is what the protocol knows the task by: its worktree where nobody gave it an identifier.
func (c Case) TaskName() string { return launch.ShortTask(cmp.Or(c.Task(), c.WorktreeName())) }

func (c Case) WorktreeName() string {
	if c.Worktree != "" {
		return c.Worktree
	}
	if c.Asked.WorktreePath != "" {
		return c.Asked.WorktreePath
	}
	return c.Submission.Report.WorktreePath
}
