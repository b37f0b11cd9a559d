package rule

// The rules for changed files, whether or not the report lists them.
const (
	ChangeUndeclared  Name = "change-undeclared"
	RepositoryNested  Name = "repository-nested"
	ReportFileWritten Name = "report-file-written" // seed, "Output Requirements"
	WriteOutside      Name = "write-outside"
	FileConflict      Name = "file-conflict"
)

func changeRules() []Rule {
	return []Rule{
		{
			Name: ChangeUndeclared, Effect: SentBack, Title: "a file changed but is not listed",
			What:      "The agent edited the file, or the file changed after the launch while no other agent worked in the worktree. If others worked there, or if only HEAD is known to compare with, the finding is a note. A file hidden by a new rule in info/exclude or in the global ignore file is a note, too, unless the agent wrote the rule.",
			Why:       "A change that no report lists is not reviewed.",
			Example:   "A lock file that npm install rewrote; coverage.out of a test run",
			Fix:       "Part of the work? List it. Left by a build or a test? Delete it. Otherwise undo the change.",
			Configure: configureAttempts,
		},
		{
			Name: RepositoryNested, Effect: SentBack, Title: "the worktree contains another repository",
			What:      "A folder with its own .git appeared after the launch, and git does not ignore it. If other agents worked there, or if only HEAD is known to compare with, the finding is a note unless the report lists the folder.",
			Why:       "Git sees the folder but not the files in it. No commit of the worktree contains them, and they are lost when the worktree is removed.",
			Example:   "frontend/.git, which a project generator made",
			Fix:       "rm -rf frontend/.git, and list each of its files that belongs to the work; or delete the folder. If somebody else made it, the agent leaves it and says so in unfinished.",
			Configure: configureAttempts,
		},
		{
			Name: ReportFileWritten, Effect: SentBack, Title: "the agent wrote a summary file",
			What:      "The name of a new file marks it as a report, the agent wrote it, and the task does not ask for it.",
			Why:       "Such files are committed and go out of date. The summary belongs in the JSON report.",
			Example:   "INTEGRATION_REPORT.md, api-validation.json",
			Fix:       "Put the text into narrative_report and delete the file.",
			Configure: configureAttempts,
		},
		{
			Name: WriteOutside, Effect: SentBack, Title: "the agent wrote outside its worktree",
			What:      "A write by the agent's own tools is refused, except in the temporary folders of the system and of Claude Code. Changes that commands made in another worktree of this repository are found when the agent stops.",
			Why:       "The changes mix with the work in the main worktree or in another agent's.",
			Example:   "Write of /project/src/a.js by the agent of ./trees/PROJ-123-retries",
			Fix:       "Write to the copy of the file in the worktree, and undo changes made elsewhere.",
			Configure: configureTrees,
		},
		{
			Name: FileConflict, Effect: Stopped, Title: "two agents changed the same file at the same time",
			What:    "Both listed or edited the file, and they worked in one worktree at the same time. Or one of them did, and FILES or EXCLUSIVE in the prompt of the other assigns the file to that one.",
			Why:     "It is unclear whose changes the file contains now, so neither agent is asked to undo anything.",
			Example: "Two agents in ./trees/PROJ-123-retries, both in src/a.js",
			Fix:     "Decide whose change to keep. Then let the agents work one after the other, or assign the files anew.",
		},
	}
}
