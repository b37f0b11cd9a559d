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

// Stop is the data of a stop record: all that was decided, so that nothing has to be judged again.
type Stop struct {
	// Stop identifies the stop, so that the same one reported twice is judged once.
	Stop    StopID       `json:"stop"`
	Verdict rule.Verdict `json:"verdict"`
	// Attempts is how often the agent had been sent back before this stop.
	Attempts int `json:"attempts"`
	// Fingerprint identifies the blocking findings.
	Fingerprint string `json:"fingerprint"`
	Worktree    string `json:"worktree"`
	// Touched are the files that the agent changed there, as far as maxTouchedKept allows.
	Touched []string `json:"touched,omitempty"`
	Base    string   `json:"base"`
	// Findings are the first maxFindingsKept; FindingsTotal counts them all.
	Findings      []rule.Finding `json:"findings"`
	FindingsTotal int            `json:"findings_total"`
	// Cleanup is what became of the artifacts, with the first maxFindingsKept of each kind; nil if there was nothing to clean.
	Cleanup *cleanup.Outcome `json:"cleanup,omitempty"`
	// Report is the report as the agent wrote it, if it is JSON of at most maxReportKept; otherwise Message is the head of its last
	// message.
	Report  json.RawMessage `json:"report,omitempty"`
	Message string          `json:"message,omitempty"`
	// Reason is what the agent was sent back with; "" if it may stop.
	Reason string `json:"reason,omitempty"`
	// Marked is what git's own files said when the agent was let go, so that what is changed later can be found; nil if that is not known.
	Marked *repochange.Marked `json:"marked,omitempty"`
	// Step is what the orchestrator is owed; nil if the agent was sent back.
	Step *step.Step `json:"step,omitempty"`
	// From is how long the session's transcript was when the stop was recorded, in bytes: what tells its step stands behind that. 0 if it is
	// not known.
	From int64 `json:"from,omitempty"`

	at    time.Time // of the record
	order int       // of the record in the history, from 1
}

// Bounds on what one stop record keeps, in bytes if nothing else is said. The transcript holds the rest.
const (
	maxFindingsKept = 200       // findings
	maxMessageKept  = 16 << 10  // of the last message
	maxReportKept   = 1 << 20   // of the report; the journal takes no more than journal.MaxAppend at a time
	maxTouchedKept  = 512 << 10 // of paths
)

// CoderStop is the record of a coding agent's judged stop, with what follows from its verdict. message is the agent's last message.
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

// OtherStop is the record of the stop of an agent that does not code: of a gate, the branch-manager or an ops agent.
func OtherStop(id StopID, verdict rule.Verdict, worktree, message string) Stop {
	return Stop{Stop: id, Verdict: verdict, Worktree: worktree, Findings: []rule.Finding{}, Message: headOf(message)}
}

func headOf(message string) string {
	return strings.ToValidUTF8(quote.ClipBytes(message, maxMessageKept), "\uFFFD")
}

// Entry is the record of the stop.
func (s Stop) Entry(agent gates.Agent, task string) Entry {
	return Entry{kind: KindStop, agent: agent, task: task, data: s}
}

// firstBytes are the first paths, never nil, that hold no more than that many bytes together.
func firstBytes(paths []string, limit int) []string {
	for i, path := range paths {
		if limit -= len(path); limit < 0 {
			paths = paths[:i]
			break
		}
	}
	return append([]string{}, paths...)
}

// StopID identifies a stop, so that the same one reported twice is judged once.
type StopID struct {
	// Reply is the message id of the reply that the stop ended with; "" if the transcript did not have it in time.
	Reply string `json:"reply"`
	// Said is a hash of the event's own words. An agent may say the same twice, so this identifies a stop only if the reply is unknown,
	// and only within sameEvent.
	Said string `json:"said"`
}

// UnseenStop is the StopID of a stop that no event reported.
var UnseenStop = StopID{Said: "unseen"}

// sameEvent is how far apart the calls of two hooks for one event can lie.
const sameEvent = 2 * time.Second

// Identify is the StopID of the event's stop. sentBack is the reply that the agent was last sent back for. If the transcript still ends
// with that reply, the event is either the same stop again or a later one that is not written yet, and only its words can tell which.
func Identify(ev host.Event, agent *transcript.Agent, sentBack string) StopID {
	id := StopID{Said: quote.Digest(ev.LastAssistantMessage, fmt.Sprint(ev.StopHookActive))}
	if last := agent.LastReply(); last != nil && agent.Reached(ev.LastAssistantMessage, ev.StopHookActive, sentBack) {
		id.Reply = last.MessageID
	}
	return id
}

// same reports whether two stops, that far apart in time, are one.
func (id StopID) same(other StopID, apart time.Duration) bool {
	if id.Reply != "" && other.Reply != "" {
		return id.Reply == other.Reply
	}
	return id.Said == other.Said && apart.Abs() < sameEvent
}
