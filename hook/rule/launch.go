package rule

// The rules that a launch of a coding agent is held to before it happens (seed, "Pre-Work Validation").
const (
	// LaunchTask means the prompt does not say what is to be done.
	LaunchTask Name = "launch-task"
	// LaunchWorktree means the prompt names no worktree that the agent can have for itself.
	LaunchWorktree Name = "launch-worktree"
	// LaunchRequirements means all that the prompt says of the work is the name of a file that does not exist.
	LaunchRequirements Name = "launch-requirements"
)
