package hook

// Rule is the stable code of a finding. People grep for it and configure by it, so a code is never renamed or reused.
type Rule string

// The rules, in the order in which a report meets them.
const (
	// ReportMissing means the agent stopped without a report (seed, "Required JSON Output").
	ReportMissing Rule = "report-missing"
	// ReportMalformed means what should be the report is not strict JSON.
	ReportMalformed Rule = "report-malformed"
	// ReportSchema means the report is JSON but not of the contract's form.
	ReportSchema Rule = "report-schema"
	// ReportForbiddenField means the report carries what others verify (seed, "Required JSON Output").
	ReportForbiddenField Rule = "report-forbidden-field"
	// ReportReplaced means a later message of the agent took the place of its report.
	ReportReplaced Rule = "report-replaced"
	// TaskMismatch means the report names another task than the launch did.
	TaskMismatch Rule = "task-mismatch"
	// WorktreeInvalid means worktree_path is not the linked worktree that the work was to be done in.
	WorktreeInvalid Rule = "worktree-invalid"
	// ClaimInvalid means an entry of files_modified is not the path of one file.
	ClaimInvalid Rule = "claim-invalid"
	// ClaimOutside means an entry of files_modified lies outside the worktree.
	ClaimOutside Rule = "claim-outside"
	// ClaimMissing means a claimed file is neither on disk nor in the base.
	ClaimMissing Rule = "claim-missing"
	// ClaimUnchanged means a claimed file is what it was in the base.
	ClaimUnchanged Rule = "claim-unchanged"
	// ClaimNotYours means a claimed file had been changed before the agent was launched, and it has not touched it.
	ClaimNotYours Rule = "claim-not-yours"
	// NoBaseline means the claims could only be compared with HEAD.
	NoBaseline Rule = "no-baseline"
	// ClaimIgnored means a claimed file is one that git ignores, so that no commit will ever hold it.
	ClaimIgnored Rule = "claim-ignored"
	// ClaimIsArtifact means a claimed file is what a test or lint run leaves behind (seed, "Artifact Cleanup").
	ClaimIsArtifact Rule = "claim-is-artifact"
	// ChangeUndeclared means the agent changed a file that files_modified does not list.
	ChangeUndeclared Rule = "change-undeclared"
	// WriteOutside means the agent changed a file in another worktree than its own.
	WriteOutside Rule = "write-outside"
	// FileConflict means two agents changed the same file at the same time.
	FileConflict Rule = "file-conflict"
	// ArtifactLeft means the report says that artifacts were removed, and they were still there.
	ArtifactLeft Rule = "artifact-left"
	// NothingChanged means the report says that the work is done and claims no file.
	NothingChanged Rule = "nothing-changed"
	// Unverifiable means something could not be checked, whoever is at fault.
	Unverifiable Rule = "unverifiable"
)

// Severity says who can act on a finding.
type Severity string

const (
	// Block means the agent can mend it and is sent back.
	Block Severity = "block"
	// Halt means only the orchestrator or the person can; sending the agent back would hold it for nothing.
	Halt Severity = "stop"
	// Note means worth knowing; it decides nothing.
	Note Severity = "note"
)

// Finding is one thing that was claimed and does not hold, or that could not be seen to hold.
type Finding struct {
	Rule     Rule     `json:"rule"`
	Severity Severity `json:"severity"`
	// Path is the claimed path the finding is about, as the report spells it; "" where it is about no file.
	Path string `json:"path"`
	// Message is one bounded line: what was claimed, what was observed, what to do. Values in it are quoted.
	Message string `json:"message"`
}

// withSeverity are the findings of that severity, in order.
func withSeverity(findings []Finding, severity Severity) []Finding {
	var picked []Finding
	for _, f := range findings {
		if f.Severity == severity {
			picked = append(picked, f)
		}
	}
	return picked
}

// line is the finding as a person or a model reads it.
func (f Finding) line() string {
	return string(f.Rule) + ": " + f.Message
}
