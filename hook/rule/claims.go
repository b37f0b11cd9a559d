package rule

// The rules for what the report claims: the entries of files_modified, and what artifacts_cleaned names.
const (
	ClaimInvalid    Name = "claim-invalid"
	ClaimOutside    Name = "claim-outside"
	ClaimMissing    Name = "claim-missing"
	ClaimUnchanged  Name = "claim-unchanged"
	ClaimNotYours   Name = "claim-not-yours"
	ClaimIgnored    Name = "claim-ignored"
	ClaimIsArtifact Name = "claim-is-artifact"
	ArtifactLeft    Name = "artifact-left"
)

func claimRules() []Rule {
	return []Rule{
		{
			Name: ClaimInvalid, Effect: SentBack, Title: "an entry of files_modified is not the path of one file",
			What:      "Directories and patterns are not accepted, nor are several files in one entry. An absolute path in the worktree, or one that begins with the worktree's own path, counts as the file that it names. So does a path with line numbers, a list mark or a remark around it, unless the remark names another file that did not change.",
			Why:       "Only the path of one file can be compared with git.",
			Example:   "\"src/\", \"src/*.js\" or \"src/app.js, src/util.js\"",
			Fix:       "List each file, by its path alone.",
			Configure: configureAttempts,
		},
		{
			Name: ClaimOutside, Effect: SentBack, Title: "a listed file is outside the worktree",
			What:      "The path leads out of the worktree through .. or a symbolic link, or into .git.",
			Why:       "A file outside the worktree is in no commit of it.",
			Example:   "\"../../src/a.js\"",
			Fix:       "List only files inside the worktree.",
			Configure: configureAttempts,
		},
		{
			Name: ClaimMissing, Effect: SentBack, Title: "a listed file does not exist and did not exist before",
			What:      "The file is neither on disk nor in the state that the claims are compared with.",
			Why:       "An announced file that was never written is the most common false claim.",
			Example:   "\"tests/retries.test.js\", which was never written",
			Fix:       "Write the file, correct its path, or remove it from the list.",
			Configure: configureAttempts,
		},
		{
			Name: ClaimUnchanged, Effect: SentBack, Title: "a listed file did not change",
			What:      "By git's rules the file has the same content, mode and type as at the launch.",
			Why:       "A change that was only planned, or made and undone, is not a change.",
			Example:   "\"src/a.js\", in which an edit had failed",
			Fix:       "Make the change, or remove the file from the list.",
			Configure: configureAttempts,
		},
		{
			Name: ClaimNotYours, Effect: SentBack, Title: "a listed file was already changed before the launch, and the agent did not touch it",
			What:      "The file differs from HEAD in the same way as at the launch, and no earlier agent of this task left it without a verified report.",
			Why:       "Another author's work would be reviewed as this agent's.",
			Example:   "A file that a person had edited before the launch",
			Fix:       "Remove it from the list.",
			Configure: configureAttempts,
		},
		{
			Name: ClaimIgnored, Effect: SentBack, Title: "git ignores a listed file",
			What:      "An ignore rule matches the file, and git does not track it.",
			Why:       "No commit will contain it.",
			Example:   "\".env\"",
			Fix:       "Remove it from the list, or move the work to a path that git does not ignore.",
			Configure: configureAttempts,
		},
		{
			Name: ClaimIsArtifact, Effect: SentBack, Title: "a listed file is left over from a test or lint run",
			What:      "The file is new and has the name of an artifact. Git ignores it, or its content is what that tool writes, and the agent did not write it with its own tools. Without a transcript the finding is a note.",
			Why:       "Artifacts are cleaned up and not committed.",
			Example:   "\"coverage/lcov.info\"",
			Fix:       "Remove it from the list. If it is your work, give it another name.",
			Configure: "artifacts.add and artifacts.protect decide what counts as an artifact.",
		},
		{
			Name: ArtifactLeft, Effect: Noted, Title: "artifacts that the report calls removed were still there",
			What:      "artifacts_cleaned names them, and they existed when the agent stopped.",
			Why:       "A tool may have written them again. stopgate removes them.",
			Example:   "coverage/ in artifacts_cleaned",
			Fix:       "Nothing needs to be done.",
			Configure: "artifacts.protect keeps paths from being removed.",
		},
	}
}
