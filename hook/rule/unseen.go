package rule

// The rules for what stopgate could not see.
const (
	NoBaseline   Name = "no-baseline"
	Unverifiable Name = "unverifiable"
	GateNotShown Name = "gate-not-shown"
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
		{
			Name: GateNotShown, Effect: Noted, Title: "a gate passed, and its transcript does not show what it reports",
			What:      "A test-runner ran no tests in the worktree since the work stopped, or only a part of them, hid their exit status, or reports other counts than their output; a reviewer did not read the changed files.",
			Why:       "A pass counts because of what the gate did, not because of its word.",
			Example:   "A review that lists src/app.js, which was never read",
			Fix:       "Let the gate run again. A pass that the transcript contradicts never counts.",
			Configure: "evidence says for each role whether such a pass counts: required or noted.",
		},
	}
}
