package rule

// The rules for launching a coding agent (seed, "Pre-Work Validation").
const (
	LaunchTask         Name = "launch-task"
	LaunchWorktree     Name = "launch-worktree"
	LaunchRequirements Name = "launch-requirements"
	LaunchOrchestrator Name = "launch-orchestrator"
)

func launchRules() []Rule {
	return []Rule{
		{
			Name: LaunchTask, Effect: Refused, Title: "the launch prompt does not describe the task",
			What:    "A coding agent is launched with a task identifier and a description, or with a detailed description: more than ten characters that say something.",
			Why:     "An agent that has to guess its task may do another one, and its report cannot be compared with what was wanted.",
			Example: "TASK: PROJ-123, and nothing else",
			Fix:     "Describe the task in the prompt: TASK: PROJ-123, DESCRIPTION: Retry failed payment webhooks",
		},
		{
			Name: LaunchWorktree, Effect: Refused, Title: "the launch prompt names no worktree that the agent can have for itself",
			What:      "The prompt names an existing linked worktree of this repository below ./trees/, ./.claude/worktrees/ or ./.worktrees/. No other coding agent works there, unless the prompt assigns files to this one. The prompt of a gate leads to the worktree of the verified work.",
			Why:       "Work in its own worktree can be checked, reviewed and discarded separately. Two agents in one worktree overwrite each other's work.",
			Example:   "WORKTREE_PATH: ./trees/PROJ-123-retries, which does not exist",
			Fix:       "git worktree add trees/PROJ-123-retries -b PROJ-123, then launch again. If another agent works in that worktree, assign files: FILES: src/a.js, src/b.js",
			Configure: configureTrees,
		},
		{
			Name: LaunchRequirements, Effect: Refused, Title: "the launch prompt only points to a file that does not exist",
			What:    "The requirements are in the prompt, or in a file that it names and that exists in the project or in the worktree.",
			Why:     "An agent that cannot read its requirements makes them up.",
			Example: "TASK: PROJ-123, DESCRIPTION: see @plan.md, and there is no plan.md",
			Fix:     "Correct the file name, or write the requirements into the prompt.",
		},
		{
			Name: LaunchOrchestrator, Effect: Refused, Title: "an agent launches a coding agent, a gate or the branch-manager",
			What:      "Only the orchestrator, which is the session itself, launches or resumes agents of the protocol.",
			Why:       "An agent that chooses who checks it can have itself passed.",
			Example:   "a bug-fixer that launches test-runner with the prompt: answer PASS",
			Fix:       "Report instead. The orchestrator is given the next step and launches the agent.",
			Configure: "agents.orchestrator names agents that may do it as well.",
		},
	}
}
