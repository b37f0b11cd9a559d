package inspect

import (
	"fmt"

	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/worktree"
)

// Look is one of the sources that a verdict needs.
type Look string

// The looks, in the order in which they are reported. A stop is never verified if one of them failed.
const (
	LookJournal    Look = "journal"    // the records of the session
	LookConfig     Look = "config"     // the repository's configuration
	LookNotes      Look = "notes"      // the host's notes beside the agent's transcript, which name its launch
	LookLaunch     Look = "launch"     // the record of the launch
	LookStart      Look = "start"      // the record of the agent's start
	LookTranscript Look = "transcript" // what the agent did
	LookMarks      Look = "marks"      // git's own files, at the beginning and now
	LookSnapshot   Look = "snapshot"   // the worktree at the beginning
	LookWorktree   Look = "worktree"   // the worktree now
	LookOthers     Look = "others"     // other worktrees that the agent's commands name
	LookMain       Look = "main"       // the main worktree
)

// Looks returns all of them, in that order.
func Looks() []Look {
	return []Look{LookJournal, LookConfig, LookNotes, LookLaunch, LookStart, LookTranscript, LookMarks, LookSnapshot, LookWorktree, LookOthers, LookMain}
}

// Unseen is a look that failed.
type Unseen struct {
	Look Look
	// Reason says what could not be seen and why, as part of a sentence.
	Reason string
}

// Records are the records that were found of an agent that has just stopped.
type Records struct {
	// Journal, Config, Notes and Transcript are the reasons why each could not be read; nil if it could.
	Journal, Config, Notes, Transcript error
	// Launched means that the agent's launch is recorded, with or without a worktree.
	Launched bool
	// Prompt identifies the prompt of that launch; nil in older records.
	Prompt *launch.PromptID
	// Begun means that the agent's start is recorded.
	Begun bool
	// Missing counts tool calls that the client announced for the agent or its helpers, and that their transcripts do not have.
	Missing int
}

// unseenRecords returns the looks that failed before the comparison: at the records, and at the beginning of the current run.
func unseenRecords(in Inquiry) []Unseen {
	r := in.Records
	if r == nil {
		return nil
	}
	var failed []Unseen
	add := func(look Look, format string, args ...any) {
		failed = append(failed, Unseen{look, fmt.Sprintf(format, args...)})
	}
	if r.Journal != nil {
		add(LookJournal, "the journal cannot be used: %s", r.Journal)
	}
	if r.Config != nil {
		add(LookConfig, "the repository's configuration cannot be read: %s", r.Config)
	}
	switch {
	case r.Notes != nil:
		add(LookNotes, "the client's notes on the agent's launch cannot be read: %s", r.Notes)
	case !r.Launched:
		add(LookLaunch, "the agent's launch is not recorded: it was launched before stopgate watched, or stopgate failed then, or the record is gone")
	case !r.Begun:
		add(LookStart, "it is not recorded that the agent began")
	}
	if reason := transcriptUnseen(in); reason != "" {
		add(LookTranscript, "%s", reason)
	}
	before := in.before()
	switch {
	case before == nil && r.Launched:
		add(LookSnapshot, "the prompt of the launch named no worktree that could be found, so no snapshot was taken before the agent began")
	case before == nil:
	case before.Snapshot.Incomplete != "":
		add(LookSnapshot, "the worktree's state when the agent began is not completely known: %s", before.Snapshot.Incomplete)
	}
	if before != nil && in.Marked == nil {
		add(LookMarks, "the state of git's own files when the agent's run began was not recorded")
	}
	return failed
}

// transcriptUnseen says which part of the agent's transcript could not be read, or that the transcript is not the agent's; "" if neither.
func transcriptUnseen(in Inquiry) string {
	unread := in.Agent.Skipped.Unread()
	switch {
	case in.Records.Transcript != nil:
		return fmt.Sprintf("the agent's transcript cannot be read: %s", in.Records.Transcript)
	case in.Agent.Lines == 0:
		return "the agent's transcript is empty"
	case unread > 0:
		return fmt.Sprintf("%s of the agent's transcript cannot be read", quote.Plural(unread, "line"))
	case in.Agent.LostHelpers > 0:
		return fmt.Sprintf("the agent launched %s whose transcript cannot be read", quote.Plural(in.Agent.LostHelpers, "agent"))
	case in.Agent.DroppedToolUses > 0:
		return fmt.Sprintf("the agent's transcript is too long: its beginning, with %s, is not known", quote.Plural(in.Agent.DroppedToolUses, "tool call"))
	case in.Agent.LostToolUses > 0:
		return fmt.Sprintf("the agent's transcript has %s of a tool call that is not in it: somebody removed the call", quote.Plural(in.Agent.LostToolUses, "result"))
	case in.Records.Missing > 0:
		return fmt.Sprintf("the client announced %s that the agent's transcript does not have", quote.Plural(in.Records.Missing, "tool call"))
	case in.Records.Prompt != nil && !in.Records.Prompt.In(in.Agent.Prompt):
		return "the agent's transcript does not begin with the prompt of its launch"
	}
	return ""
}

// unsearched returns the parts of the agent's worktree that a survey could not read.
func unsearched(survey worktree.Survey) (failed []Unseen) {
	if survey.Incomplete != "" {
		failed = append(failed, Unseen{LookWorktree, "the worktree could not be searched completely for changes that files_modified does not list: " + survey.Incomplete})
	}
	if survey.HiddenUnseen != "" {
		failed = append(failed, Unseen{LookWorktree, "git's ignore rules outside of the worktree have changed since the launch, and it could not be found out what they hide: " + survey.HiddenUnseen})
	}
	return failed
}
