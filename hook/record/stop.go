package record

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"stopgate/hook/cleanup"
	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/judge"
	"stopgate/hook/quote"
	"stopgate/hook/repochange"
	"stopgate/hook/rule"
	"stopgate/hook/step"
	"stopgate/hook/transcript"
)

// Stop is the data of a stop record. It has everything that was decided, so that nothing is judged twice.
type Stop struct {
	// Stop identifies the stop, so that a stop that is reported twice is judged once.
	Stop    StopID       `json:"stop"`
	Verdict rule.Verdict `json:"verdict"`
	// Attempts is how often the agent had been sent back before this stop.
	Attempts int `json:"attempts"`
	// Fingerprint identifies the blocking findings.
	Fingerprint string `json:"fingerprint"`
	Worktree    string `json:"worktree"`
	// Touched lists the files that the agent changed in the worktree, up to maxTouchedKept.
	Touched []string `json:"touched,omitempty"`
	Base    string   `json:"base"`
	// Findings has the first maxFindingsKept findings; FindingsTotal counts all.
	Findings      []rule.Finding `json:"findings"`
	FindingsTotal int            `json:"findings_total"`
	// Cleanup is the outcome for the artifacts, with the first maxFindingsKept of each kind; nil if there was nothing to clean.
	Cleanup *cleanup.Outcome `json:"cleanup,omitempty"`
	// Report is the agent's own report if it is JSON of at most maxReportKept bytes. Otherwise Message has the beginning of its last message.
	Report  json.RawMessage `json:"report,omitempty"`
	Message string          `json:"message,omitempty"`
	// Reason is the text with which the agent was sent back; "" if it may stop.
	Reason string `json:"reason,omitempty"`
	// Marked is the state of git's own files when the agent stopped for good, to find later changes; nil if unknown.
	Marked *repochange.Marked `json:"marked,omitempty"`
	// Step is the step that the orchestrator is owed; nil if the agent was sent back.
	Step *step.Step `json:"step,omitempty"`
	// From is the length of the session's transcript in bytes when the stop was recorded: the delivery of the step is found after it. 0 if unknown.
	From int64 `json:"from,omitempty"`

	at    time.Time // from the record
	order int       // position of the record in the history, from 1
}

// Bounds of one stop record, in bytes unless noted. The transcript has the rest.
const (
	maxFindingsKept = 200       // findings
	maxMessageKept  = 16 << 10  // of the last message
	maxReportKept   = 1 << 20   // of the report; the journal takes no more than journal.MaxAppend at a time
	maxTouchedKept  = 512 << 10 // of paths
)

// CoderStop returns the record of a coding agent's judged stop and the consequences of its verdict. message is the agent's last message.
func CoderStop(c judge.Case, id StopID, message string) Stop {
	findings, _ := quote.First(c.Findings, maxFindingsKept)
	s := Stop{
		Stop:          id,
		Verdict:       c.Verdict,
		Attempts:      c.Attempts,
		Fingerprint:   c.Fingerprint,
		Worktree:      c.Worktree,
		Touched:       firstBytes(c.Touched, maxTouchedKept),
		Base:          c.Base,
		Findings:      findings,
		FindingsTotal: len(c.Findings),
		Cleanup:       c.Cleanup.First(maxFindingsKept),
		Report:        c.Submission.Report.Raw,
		Step:          step.Next(c),
	}
	if n := len(s.Report); n == 0 || n > maxReportKept {
		s.Report, s.Message = nil, headOf(message)
	}
	if c.Verdict == rule.Rejected && !c.Observed {
		s.Reason = step.Reasons(c.Findings, c.Attempts+1, c.MaxAttempts)
	} else {
		s.Marked = c.Moves.Now
	}
	return s
}

// OtherStop returns the record of the stop of a gate, the branch-manager or an ops agent.
func OtherStop(id StopID, verdict rule.Verdict, worktree, message string) Stop {
	return Stop{Stop: id, Verdict: verdict, Worktree: worktree, Findings: []rule.Finding{}, Message: headOf(message)}
}

func headOf(message string) string {
	return strings.ToValidUTF8(quote.ClipBytes(message, maxMessageKept), "\uFFFD")
}

// Entry returns the record of the stop.
func (s Stop) Entry(agent gates.Agent, task string) Entry {
	return Entry{kind: KindStop, agent: agent, task: task, data: s}
}

// firstBytes returns the first paths, never nil, that together have at most that many bytes.
func firstBytes(paths []string, limit int) []string {
	for i, path := range paths {
		if limit -= len(path); limit < 0 {
			paths = paths[:i]
			break
		}
	}
	return append([]string{}, paths...)
}

// StopID identifies a stop, so that a stop that is reported twice is judged once.
type StopID struct {
	// Reply is the message id of the reply that the stop ended with; "" if the transcript did not have it in time.
	Reply string `json:"reply"`
	// Said is a hash of the event's own words. An agent may say the same words twice. So Said identifies a stop only if the reply is unknown, and
	// only within sameEvent.
	Said string `json:"said"`
}

// UnseenStop is the StopID of a stop that no event reported.
var UnseenStop = StopID{Said: "unseen"}

// sameEvent is the maximum time between the calls of two hooks for one event.
const sameEvent = 2 * time.Second

// Identify returns the StopID of the event's stop. sentBack is the reply for which the agent was last sent back. If the transcript still ends with
// that reply, the event is either the same stop again or a later one that is not written yet. Only the event's words can show which.
func Identify(ev host.Event, agent *transcript.Agent, sentBack string) StopID {
	id := StopID{Said: quote.Digest(ev.LastAssistantMessage, fmt.Sprint(ev.StopHookActive))}
	if last := agent.LastReply(); last != nil && agent.Reached(ev.LastAssistantMessage, ev.StopHookActive, sentBack) {
		id.Reply = last.MessageID
	}
	return id
}

// same reports whether two stops, with that much time between them, are the same.
func (id StopID) same(other StopID, apart time.Duration) bool {
	if id.Reply != "" && other.Reply != "" {
		return id.Reply == other.Reply
	}
	return id.Said == other.Said && apart.Abs() < sameEvent
}
