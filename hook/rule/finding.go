// Package rule holds the words of judgement: the names of the rules, their pages, findings and verdicts.
package rule

// Name is the stable code of a finding. People grep for it and configure by it, so a code is never renamed or reused.
type Name string

// The rules, in the order in which a report meets them.
const (
	// ReportMissing means the agent stopped without a report (seed, "Required JSON Output").
	ReportMissing Name = "report-missing"
	// ReportMalformed means what should be the report is not strict JSON.
	ReportMalformed Name = "report-malformed"
	// ReportSchema means the report is JSON but not of the contract's form.
	ReportSchema Name = "report-schema"
	// ReportForbiddenField means the report carries what others verify (seed, "Required JSON Output").
	ReportForbiddenField Name = "report-forbidden-field"
	// ReportReplaced means a later message of the agent took the place of its report.
	ReportReplaced Name = "report-replaced"
	// TaskMismatch means the report names another task than the launch did.
	TaskMismatch Name = "task-mismatch"
	// WorktreeInvalid means worktree_path is not the linked worktree that the work was to be done in.
	WorktreeInvalid Name = "worktree-invalid"
	// ClaimInvalid means an entry of files_modified is not the path of one file.
	ClaimInvalid Name = "claim-invalid"
	// ClaimOutside means an entry of files_modified lies outside the worktree.
	ClaimOutside Name = "claim-outside"
	// ClaimMissing means a claimed file is neither on disk nor in the base.
	ClaimMissing Name = "claim-missing"
	// ClaimUnchanged means a claimed file is what it was in the base.
	ClaimUnchanged Name = "claim-unchanged"
	// ClaimNotYours means a claimed file had been changed before the agent was launched, and it has not touched it.
	ClaimNotYours Name = "claim-not-yours"
	// NoBaseline means the claims could only be compared with HEAD.
	NoBaseline Name = "no-baseline"
	// ClaimIgnored means a claimed file is one that git ignores, so that no commit will ever hold it.
	ClaimIgnored Name = "claim-ignored"
	// ClaimIsArtifact means a claimed file is what a test or lint run leaves behind (seed, "Artifact Cleanup").
	ClaimIsArtifact Name = "claim-is-artifact"
	// ChangeUndeclared means the agent changed a file that files_modified does not list.
	ChangeUndeclared Name = "change-undeclared"
	// WriteOutside means the agent changed a file in another worktree than its own.
	WriteOutside Name = "write-outside"
	// FileConflict means two agents changed the same file at the same time.
	FileConflict Name = "file-conflict"
	// ArtifactLeft means the report says that artifacts were removed, and they were still there.
	ArtifactLeft Name = "artifact-left"
	// NothingChanged means the report says that the work is done and claims no file.
	NothingChanged Name = "nothing-changed"
	// Unverifiable means something could not be checked, whoever is at fault.
	Unverifiable Name = "unverifiable"
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
	Rule     Name     `json:"rule"`
	Severity Severity `json:"severity"`
	// Path is the claimed path the finding is about, as the report spells it; "" where it is about no file.
	Path string `json:"path"`
	// Message is one bounded line: what was claimed, what was observed, what to do. Values in it are quoted.
	Message string `json:"message"`
}

// Of are the findings of that severity, in order.
func Of(findings []Finding, severity Severity) []Finding {
	var picked []Finding
	for _, f := range findings {
		if f.Severity == severity {
			picked = append(picked, f)
		}
	}
	return picked
}

// Line is the finding as a person or a model reads it.
func (f Finding) Line() string {
	return string(f.Rule) + ": " + f.Message
}

// RepositoryNested means a repository of its own stands in the worktree that was not there at the launch.
const RepositoryNested Name = "repository-nested"

// ReportFileWritten means the agent wrote a report into a file (seed, "Output Requirements").
const ReportFileWritten Name = "report-file-written"

// TestScope means the agent ran the whole test suite although it was told to test its own change (seed, "Targeted Testing Scope").
const TestScope Name = "test-scope"

// GateTampered means the gate's own configuration or program was changed.
const GateTampered Name = "gate-tampered"
