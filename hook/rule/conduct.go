package rule

// The rules for other things that an agent should not do.
const (
	GateTampered Name = "gate-tampered"
	TestScope    Name = "test-scope" // seed, "Targeted Testing Scope"
	// ScopeExceeded is of changes that the prompt of the launch does not let the agent make.
	ScopeExceeded Name = "scope-exceeded"
)

func conductRules() []Rule {
	return []Rule{
		{
			Name: GateTampered, Effect: Stopped, Title: "stopgate's configuration or program was changed",
			What:    "Writes to .stopgate.yml, the plugin's folder, the journal and Claude Code's settings are refused. A change of .stopgate.yml in the worktree, or of what the main worktree has committed of it, is found when the agent stops.",
			Why:     "An agent must not write the rules that it is judged by. Only the configuration that is committed in the main worktree counts.",
			Example: "mode: observe, written by a coding agent",
			Fix:     "Undo the change, or make it yourself and commit it.",
		},
		{
			Name: TestScope, Effect: Noted, Title: "the agent ran the whole test suite instead of the tests for its change",
			What:    "The prompt asks for targeted tests, and a command of the agent names no test.",
			Why:     "Every agent would spend that time. The test-runner runs the whole suite.",
			Example: "npm test",
			Fix:     "npm test -- path/to/your.test.js",
		},
		{
			Name: ScopeExceeded, Effect: Noted, Title: "a file changed that the prompt does not let the agent change",
			What:      "SCOPE, RESTRICTION, FILES and EXCLUSIVE in the prompt are read as paths, patterns and words such as only, do not touch and except. Ambiguous words limit nothing, nor does prose without a path. A file that the prompt asks to change in another place, or that a later message allows, is not outside.",
			Why:       "Work outside of what was planned collides with other work, and reviewers look for it last.",
			Example:   "SCOPE: src/auth/**, and package.json was changed",
			Fix:       "Undo the change. If the task cannot be done without it, name the file in unfinished with the reason.",
			Configure: "scope says what follows: note, block or off.",
		},
	}
}
