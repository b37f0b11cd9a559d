package transcript

import (
	"context"
	"io"
	"slices"
	"time"
)

// Stop is one attempt of an agent to stop: the moment at which the host fires SubagentStop.
type Stop struct {
	Agent  Agent     // as of that moment, without anything that came later
	Active bool      // stop_hook_active: a hook has sent the agent back in this run
	Line   int       // of the last record of the reply with which it stopped
	Time   time.Time // of that record
	Key    string    // the agent's key in Scanner.Ended
}

// Scanner reads a transcript as a stream, an agent's or a session's, and yields the stops of its agents. A session's own turns
// are no stops. An agent that was killed, ran out of turns or lost its request did not stop either.
// A stop without a reply leaves no trace in a transcript (2.1.330).
type Scanner struct {
	records  *recordReader
	o        Options
	launches Launches

	agents map[string]*thread // by agent id; the only one has the key "" under Options.OneAgent

	queue []Stop // found, not yet yielded
	stop  Stop
	done  bool
}

// NewScanner returns a Scanner that reads from r. Cancelling ctx ends it with ctx's error.
func NewScanner(ctx context.Context, r io.Reader, o Options) *Scanner {
	return &Scanner{
		records:  newRecordReader(ctx, r, o),
		o:        o,
		agents:   map[string]*thread{},
		launches: Launches{},
	}
}

// Scan advances to the next stop. It returns false at the end or on an error, which Err then returns.
func (s *Scanner) Scan() bool {
	for len(s.queue) == 0 {
		if s.done {
			return false
		}
		if s.records.next() {
			s.take(&s.records.record)
			continue
		}
		s.done = true
		for _, t := range s.agents {
			s.endTurn(t)
		}
		slices.SortFunc(s.queue, func(a, b Stop) int { return a.Line - b.Line })
	}
	s.stop, s.queue = s.queue[0], s.queue[1:]
	return true
}

// Stop returns the stop that Scan advanced to. It stays valid.
func (s *Scanner) Stop() Stop { return s.stop }

// Err returns the error that ended the scan early, nil at the end of the stream.
// It wraps ErrNotTranscript if the stream is something else.
func (s *Scanner) Err() error { return s.records.err }

// Lines returns how many lines have been read.
func (s *Scanner) Lines() int { return s.records.line() }

// Skipped counts the lines that could not be read or used so far.
func (s *Scanner) Skipped() Skipped { return s.records.skipped }

// Launched returns the agents that were launched in what has been read: their subagent_type by agent id. The type is "" if the
// launch left it to the host. A launch that the host refused has no agent.
func (s *Scanner) Launched() map[string]string { return s.launches.types() }

// Ended returns, after the last Scan, each agent as it was at the end of the stream, without its replies, by Stop.Key.
func (s *Scanner) Ended() map[string]Agent {
	ended := map[string]Agent{}
	for key, t := range s.agents {
		end := t.snapshot()
		end.Replies, end.last = nil, noTurn
		ended[key] = end
	}
	return ended
}

func (s *Scanner) take(r *record) {
	s.launches.take(r)
	t := s.threadOf(r)
	if t == nil {
		return
	}
	switch r.turn() {
	case promptTurn, feedbackTurn:
		s.endTurn(t)
	case interruptTurn:
		if t.endedTurn() {
			s.endTurn(t)
		}
	case replyTurn:
		if t.wentOn(r) {
			s.endTurn(t)
		}
	case noTurn, resultTurn:
	}
	t.add(r, s.Lines())
}

// endTurn queues a stop if the agent's turn ended with one.
func (s *Scanner) endTurn(t *thread) {
	if !t.stopped() {
		return
	}
	last := t.agent.LastReply()
	stop := Stop{Active: t.agent.Run.Feedbacks > 0, Line: last.LastLine, Time: last.Time, Key: t.key, Agent: t.snapshot()}
	stop.Agent.Lines, stop.Agent.Skipped = s.Lines(), s.Skipped()
	s.queue = append(s.queue, stop)
}

// threadOf returns the agent that a record belongs to, nil for a record of the session itself.
func (s *Scanner) threadOf(r *record) *thread {
	key := ""
	if !s.o.OneAgent {
		if key, _ = text(r.agentID); key == "" {
			if isTrue(r.isSidechain) {
				s.records.skipped.Orphan++
			}
			return nil
		}
	}
	t := s.agents[key]
	if t == nil {
		t = newThread(s.o)
		t.key = key
		s.agents[key] = t
	}
	return t
}
