package rule

// The rules for what stopgate could not see.
const (
	NoBaseline   Name = "no-baseline"
	Unverifiable Name = "unverifiable"
)

func unseenRules() []Rule {
	return []Rule{
		{
			Name: NoBaseline, Effect: Noted, Title: "no snapshot was taken at the launch, so the claims were compared with HEAD",
			What:    "The prompt named no worktree that exists, or taking the snapshot failed.",
			Why:     "Changes from before the launch then count as the agent's.",
			Example: "An agent that was launched before the plugin was loaded",
			Fix:     "Name the worktree in the prompt: WORKTREE_PATH: ./trees/…",
		},
		{
			Name: Unverifiable, Effect: Stopped, Title: "something could not be checked",
			What:    "Git's files cannot be read, there is no repository, time ran out, or the stop was not seen. A note concerns only a part.",
			Why:     "What is unknown never passes.",
			Example: "A SHA-256 repository on a machine without git",
			Fix:     "Remove the cause that the finding names, and let the agent stop again.",
		},
	}
}
