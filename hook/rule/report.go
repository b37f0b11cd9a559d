package rule

// The rules for the report itself (seed, "Required JSON Output").
const (
	ReportMissing        Name = "report-missing"
	ReportMalformed      Name = "report-malformed"
	ReportSchema         Name = "report-schema"
	ReportForbiddenField Name = "report-forbidden-field"
	ReportReplaced       Name = "report-replaced"
	TaskMismatch         Name = "task-mismatch"
	WorktreeInvalid      Name = "worktree-invalid"
	NothingChanged       Name = "nothing-changed"
	ReportExtraField     Name = "report-extra-field"
)

func reportRules() []Rule {
	return []Rule{
		{
			Name: ReportMissing, Effect: SentBack, Title: "there is no report",
			What:      "A coding agent ends with one JSON object: task_id, worktree_path, work_completed, files_modified, unfinished.",
			Why:       "The orchestrator receives only the last message. Without a report there is nothing to check.",
			Example:   "\"Done. All tests pass.\"",
			Fix:       "End with the report as the whole last message, or with a line ERROR: and what is needed.",
			Configure: configureAttempts,
		},
		{
			Name: ReportMalformed, Effect: SentBack, Title: "the report is not strict JSON",
			What:      "Comments, trailing commas, duplicate keys and truncated objects are refused. The finding gives line and column.",
			Why:       "A report that is repaired by guessing is no longer what the agent wrote.",
			Example:   "{\"task_id\": \"PROJ-123\",}",
			Fix:       "Write the object again as strict JSON.",
			Configure: configureAttempts,
		},
		{
			Name: ReportSchema, Effect: SentBack, Title: "the report does not match its schema",
			What:      "A required field is missing, or a value has another type than the schema requires. stopgate schema report prints the schema.",
			Why:       "The orchestrator and the gates read these fields.",
			Example:   "\"files_modified\": \"src/a.js\", which is not a list",
			Fix:       "Correct what the finding names.",
			Configure: configureAttempts,
		},
		{
			Name: ReportForbiddenField, Effect: SentBack, Title: "the report contains results that other agents verify: tests, coverage, quality, gate status, metadata",
			What:      "These fields are refused by name.",
			Why:       "A coding agent cannot vouch for its own tests. The test-runner, the code-reviewer and the security-auditor report those results.",
			Example:   "\"tests_passed\": 42",
			Fix:       "Remove the field.",
			Configure: configureAttempts,
		},
		{
			Name: ReportReplaced, Effect: Noted, Title: "the report is not the last message",
			What:    "The agent wrote the report in an earlier message of the run and something else in the last one.",
			Why:     "Claude Code passes on only the last message. stopgate reads the earlier report and passes it on with the next step.",
			Example: "A report, and then \"That is all.\"",
			Fix:     "Nothing needs to be done. Better end with the report.",
		},
		{
			Name: ReportExtraField, Effect: Noted, Title: "the report has fields that only repeat where the work is, or are empty",
			What:    "A field outside the contract names the worktree or the branch, and worktree_path is there too, or it is empty. It is ignored. Fields that other agents verify, and any other field, are refused.",
			Why:     "Agents add such fields, and nothing depends on them.",
			Example: "worktreePath or branch beside worktree_path",
			Fix:     "Nothing needs to be done.",
		},
		{
			Name: TaskMismatch, Effect: SentBack, Title: "the report names another task than the launch",
			What:      "task_id differs from the identifier in the prompt. \"#456\", \"456\" and \"issue #456\" count as the same.",
			Why:       "The gates and the person would look at the wrong task.",
			Example:   "task_id PROJ-124 from an agent that was given PROJ-123",
			Fix:       "Report under the identifier in the prompt.",
			Configure: configureAttempts,
		},
		{
			Name: WorktreeInvalid, Effect: SentBack, Title: "worktree_path is not the worktree that the agent was given",
			What:      "The path does not exist, is not a worktree, belongs to another repository, is the main worktree, stands where no worktrees are expected, or differs from the one in the prompt.",
			Why:       "Claims are checked in that worktree only.",
			Example:   "\"worktree_path\": \".\"",
			Fix:       "Name the worktree in the prompt.",
			Configure: configureTrees,
		},
		{
			Name: NothingChanged, Effect: SentBack, Title: "the report lists neither changed files nor unfinished work",
			What:      "files_modified and unfinished are both empty. If work_completed says why nothing had to be changed, or if the agent was sent back for this before, the finding is a note, the verdict is incomplete, and the orchestrator decides.",
			Why:       "Either something was changed, or something is left to do, or there was nothing to do.",
			Example:   "\"files_modified\": [], \"unfinished\": []",
			Fix:       "List the changed files, or say in work_completed why nothing had to be changed.",
			Configure: configureAttempts,
		},
	}
}
