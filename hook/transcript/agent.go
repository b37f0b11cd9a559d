// Package transcript reads the transcripts of the host, Claude Code: one JSON record a line, in a format that the host
// calls internal and changes at will. This package is the only one that knows the format, and what it tells are facts;
// it judges nothing. Facts about the format were taken from recordings of 2.1.330, 2.1.240 and 2.1.200.
package transcript

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// Options bounds what is kept of a transcript. The zero value means the defaults.
type Options struct {
	// MaxLine is the longest line that is read, in bytes; a longer one is counted as Skipped.TooLong. Default 64 MiB.
	MaxLine int
	// MaxText bounds the replies that are kept of one run, in bytes of text; the oldest go first. Default 4 MiB.
	MaxText int
	// MaxToolUses bounds the tool uses that are kept, in bytes; the oldest go first.
	// Likewise the launches that a Scanner keeps. Default 16 MiB.
	MaxToolUses int
	// OneAgent tells a Scanner that every record belongs to one agent, as in an agent's own file.
	OneAgent bool
}

// Agent is one agent's conversation up to a moment: the end of the file, or an attempt to stop.
type Agent struct {
	ID        string // the host's agent id; empty in formats that had none
	SessionID string // of the session that launched it
	CWD       string // the session's working directory when the agent was launched; tool uses name absolute paths
	Version   string // of the host that wrote the first record

	Prompt   string    // what it was given when it was launched: its first user record
	Run      Run       // the current run
	Replies  []Reply   // of the current run, in order
	ToolUses []ToolUse // of all runs, in order

	DroppedReplies  int // older replies of the current run, left out by Options.MaxText
	DroppedToolUses int // older tool uses, left out by Options.MaxToolUses

	Lines   int     // read so far, in the whole stream
	Skipped Skipped // so far, in the whole stream

	last turn
}

// Run is one stretch of work: from a prompt to the next. A message to a finished agent resumes it in the same file.
type Run struct {
	Number    int       // from 0
	Prompt    string    // the message that began this run; the host may wrap it in words of its own
	Line      int       // of the prompt, from 1; 0 if the transcript holds no prompt
	Time      time.Time // of the prompt
	Feedbacks int       // how often a stop hook sent the agent back in this run
}

// Reply is what the agent said in answer to one request: all records with one message id.
type Reply struct {
	MessageID  string
	UUID       string    // of the last record
	Texts      []string  // text blocks in order
	Handbacks  []string  // messages of SubagentHandback tool uses in order
	Time       time.Time // of the last record
	FirstLine  int
	LastLine   int
	StopReason string // as the API gave it; "tool_use" with no tool use yet means that one is still to come
	ToolUses   int    // how many tool uses it holds
	APIError   bool   // not the agent's words: the host wrote it because the request failed
	Cut        int    // bytes of text left out by Options.MaxText
}

// ToolUse is one use of a tool and what came of it.
type ToolUse struct {
	ID      string
	Name    string
	Path    string // what Write, Edit, MultiEdit or NotebookEdit was asked to change, as the agent wrote it
	Command string // what Bash was asked to run
	Outcome Outcome
	Run     int // number of the run

	Line       int
	Time       time.Time
	ResultLine int // 0 if unanswered
	ResultTime time.Time
}

// Edits reports whether the tool changes a file that it names.
func (u ToolUse) Edits() bool {
	switch u.Name {
	case "Write", "Edit", "MultiEdit", "NotebookEdit":
		return true
	}
	return false
}

// Outcome is what came of a tool use.
type Outcome uint8

// The outcomes.
const (
	Unanswered Outcome = iota // no result: interrupted, or still running
	Succeeded
	Failed // is_error: it went wrong, was denied or was rejected
)

func (o Outcome) String() string {
	return [...]string{"unanswered", "succeeded", "failed"}[o]
}

// Skipped counts the lines that could not be read or used, by reason. Blank lines and known records
// that say nothing about what an agent did are not counted.
type Skipped struct {
	Torn        int // the last line, not well-formed: it is still being written, or its writer died
	Malformed   int // not well-formed, or with a key that stands twice
	TooDeep     int // nested more than 512 deep
	TooLong     int // longer than Options.MaxLine
	UnknownType int // a type that this program has not heard of, or none
	Orphan      int // a sidechain record without agent id whose parent is not known
}

// Total returns the number of skipped lines.
func (s Skipped) Total() int {
	return s.Torn + s.Malformed + s.TooDeep + s.TooLong + s.UnknownType + s.Orphan
}

// ErrNotTranscript means that a stream with something in it holds not one record of a transcript.
var ErrNotTranscript = errors.New("not a transcript")

// ReadAgent reads the transcript of one agent (agent_transcript_path) to its end. The host appends to the file and may
// lag behind its own events by a tenth of a second: see Reached. An empty file is an Agent without anything.
// On a read error, ctx's included, the Agent holds what was read before it.
func ReadAgent(ctx context.Context, path string, o Options) (*Agent, error) {
	f, err := openRegular(path)
	if err != nil {
		return nil, fmt.Errorf("open agent transcript: %w", err)
	}
	defer f.Close()
	a, err := readAgent(ctx, f, o)
	if err != nil {
		return a, fmt.Errorf("read agent transcript %q: %w", path, err)
	}
	return a, nil
}

func readAgent(ctx context.Context, r io.Reader, o Options) (*Agent, error) {
	records := newRecordReader(ctx, r, o)
	t := newThread(o)
	for records.next() {
		t.add(&records.record, records.line())
	}
	a := t.snapshot()
	a.Lines, a.Skipped = records.line(), records.skipped
	return &a, records.err
}

// openRegular opens a regular file: opening a pipe would wait for its writer.
func openRegular(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%q is not a regular file (%s)", path, info.Mode().Type())
	}
	return os.Open(path)
}

// LastReply returns the last reply of the current run, nil if there is none.
func (a *Agent) LastReply() *Reply {
	if len(a.Replies) == 0 {
		return nil
	}
	return &a.Replies[len(a.Replies)-1]
}

// LastMessage returns the last text block of the last reply, which is what the host calls last_assistant_message;
// empty if there is none.
func (a *Agent) LastMessage() string {
	last := a.LastReply()
	if last == nil || len(last.Texts) == 0 {
		return ""
	}
	return last.Texts[len(last.Texts)-1]
}

// Reached reports whether the transcript holds the stop that an event tells of, given the event's
// last_assistant_message and stop_hook_active, and the message id of the reply that was judged at this agent's stop
// before, empty if that is not known. False means that the file lags behind: the host (2.1.330) writes it by a timer,
// 20 to 200 ms after the event. An event without a message matches any reply; then, too, an agent may have stopped
// without a reply that the host wrote down, so wait only for a bounded time.
func (a *Agent) Reached(lastMessage string, stopHookActive bool, judged string) bool {
	last := a.LastReply()
	if last == nil || a.last != replyTurn {
		return false
	}
	if judged != "" && last.MessageID == judged {
		return false
	}
	if judged == "" && stopHookActive && a.Run.Feedbacks == 0 {
		return false
	}
	want, have := strings.TrimSpace(lastMessage), strings.TrimSpace(a.LastMessage())
	return strings.HasSuffix(have, want) || last.Cut > 0 && have != "" && strings.HasSuffix(want, have)
}

// maxBeforePrompt bounds how many records ReadPrompt reads: the prompt is an agent's first user record.
const maxBeforePrompt = 64

// ReadPrompt returns what an agent was launched with, from the head of its transcript; "" where that is not there, or not yet.
func ReadPrompt(ctx context.Context, path string) string {
	f, err := openRegular(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	records := newRecordReader(ctx, f, Options{})
	t := newThread(Options{})
	for n := 0; n < maxBeforePrompt && records.next(); n++ {
		t.add(&records.record, records.line())
		if prompt := t.snapshot().Prompt; prompt != "" {
			return prompt
		}
	}
	return ""
}
