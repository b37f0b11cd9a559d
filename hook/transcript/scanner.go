package transcript

import (
	"context"
	"io"
	"slices"
	"time"
)

// Stop is one attempt of an agent to stop: the moment at which the host fires SubagentStop.
type Stop struct {
	Agent     Agent     // as of that moment: what came later does not show in it
	Active    bool      // stop_hook_active: a hook has sent the agent back in this run
	Line      int       // of the last record of the reply with which it stopped
	Time      time.Time // of that record
	ToolUseID string    // of the launch, where the same stream holds it and told so before the stop; else see Meta
	Key       string    // tells the agents of one stream apart, also where they have no id
}

// Scanner reads a transcript as a stream, an agent's or a session's, and yields the stops of every agent in it.
// A session's own turns are no stops; its launches of agents are. An agent that ended otherwise did not stop:
// killed, out of turns, or because a request failed. A stop without any reply leaves no trace in a transcript (2.1.330).
type Scanner struct {
	records  *recordReader
	o        Options
	launches launches

	agents  map[string]*thread // by agent id, or by the uuid of the first record where there are no ids
	recent  []*thread          // the same, the one that spoke last at the end
	ended   map[string]Agent
	parents parents

	queue []Stop // found, not yet yielded
	stop  Stop
	done  bool
}

// maxAgents is how many agents of one stream are followed at a time. When another one speaks, the one that has been
// silent longest is taken to have ended.
const maxAgents = 32

// NewScanner returns a Scanner that reads from r. Cancelling ctx ends it with ctx's error.
func NewScanner(ctx context.Context, r io.Reader, o Options) *Scanner {
	return &Scanner{
		records:  newRecordReader(ctx, r, o),
		o:        o,
		agents:   map[string]*thread{},
		ended:    map[string]Agent{},
		parents:  parents{of: map[string]string{}},
		launches: launches{max: orDefault(o.MaxToolUses, defaultMaxToolUses), number: map[string]int{}},
	}
}

// Scan advances to the next stop. It returns false at the end or on an error, which Err then tells.
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
		for len(s.recent) > 0 {
			s.retire(s.recent[0])
		}
		slices.SortStableFunc(s.queue, func(a, b Stop) int { return a.Line - b.Line })
	}
	s.stop, s.queue = s.queue[0], s.queue[1:]
	return true
}

// Stop returns the stop that Scan advanced to. It stays valid.
func (s *Scanner) Stop() Stop { return s.stop }

// Err returns what ended the scan early, nil at the end of the stream.
// It wraps ErrNotTranscript if the stream is something else.
func (s *Scanner) Err() error { return s.records.err }

// Lines returns how many lines have been read.
func (s *Scanner) Lines() int { return s.records.line() }

// Skipped returns what could not be read or used so far.
func (s *Scanner) Skipped() Skipped { return s.records.skipped }

// Launches returns the launches of agents found so far, in order; after the last Scan, all of them but the oldest of
// very many (Options.MaxToolUses). A launch whose result comes later changes with it.
func (s *Scanner) Launches() []Launch { return slices.Clone(s.launches.all) }

// Ended returns, after the last Scan, each agent as it was at the end of the stream, without its replies, by Stop.Key.
func (s *Scanner) Ended() map[string]Agent { return s.ended }

func (s *Scanner) take(r *record) {
	line := s.records.line()
	t := s.threadOf(r)
	if t == nil {
		s.launches.take(r, line, "")
		return
	}
	turn := r.turn()
	switch turn {
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
	t.add(r, line)
	if turn == promptTurn && t.launch == "" && t.agent.Run.Number == 0 {
		t.launch = s.launches.claim(t.agent.Prompt)
	}
	s.launches.take(r, line, t.agent.ID)
}

// endTurn queues a stop if the agent's turn ended with one.
func (s *Scanner) endTurn(t *thread) {
	if !t.stopped() {
		return
	}
	last := t.agent.LastReply()
	stop := Stop{Active: t.agent.Run.Feedbacks > 0, Line: last.LastLine, Time: last.Time, ToolUseID: t.launch, Key: t.key}
	stop.Agent = t.snapshot()
	stop.Agent.Lines, stop.Agent.Skipped = s.Lines(), s.Skipped()
	s.queue = append(s.queue, stop)
}

// threadOf returns the agent whose record this is, nil if it is the session's own or nobody's.
func (s *Scanner) threadOf(r *record) *thread {
	if s.o.OneAgent {
		return s.thread("")
	}
	if id, _ := text(r.agentID); id != "" {
		return s.thread(id)
	}
	if !isTrue(r.isSidechain) {
		return nil
	}
	// Hosts before agent ids kept sidechains in the session's file, each a chain of parents that begins at a prompt.
	uuid, _ := text(r.uuid)
	parent, _ := text(r.parentUUID)
	first := s.parents.of[parent]
	if s.agents[first] == nil {
		if uuid == "" || r.turn() != promptTurn {
			s.records.skipped.Orphan++
			return nil
		}
		first = uuid
	}
	s.parents.add(uuid, first)
	return s.thread(first)
}

// thread returns the agent with that key, a new one if it is not followed, and moves it to the end of recent.
func (s *Scanner) thread(key string) *thread {
	if n := len(s.recent); n > 0 && s.recent[n-1].key == key {
		return s.recent[n-1]
	}
	t := s.agents[key]
	if t == nil {
		if len(s.recent) == maxAgents {
			s.retire(s.recent[0])
		}
		t = newThread(s.o)
		t.key = key
		s.agents[key] = t
	} else {
		at := slices.Index(s.recent, t)
		s.recent = slices.Delete(s.recent, at, at+1)
	}
	s.recent = append(s.recent, t)
	return t
}

// retire ends an agent's last turn and forgets the agent.
func (s *Scanner) retire(t *thread) {
	s.endTurn(t)
	end := t.snapshot()
	end.Replies, end.last = nil, noTurn
	s.ended[t.key] = end
	delete(s.agents, t.key)
	at := slices.Index(s.recent, t)
	s.recent = slices.Delete(s.recent, at, at+1)
}

// parents remembers to which sidechain the records of late belong.
type parents struct {
	of   map[string]string // uuid of a record -> uuid of the first record of its chain
	ring [4096]string      // the keys of of, the oldest at next
	next int
}

func (p *parents) add(uuid, first string) {
	if uuid == "" || p.of[uuid] != "" {
		return
	}
	delete(p.of, p.ring[p.next])
	p.ring[p.next] = uuid
	p.next = (p.next + 1) % len(p.ring)
	p.of[uuid] = first
}
