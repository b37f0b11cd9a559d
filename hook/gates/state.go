package gates

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Phase is where a task stands.
type Phase string

// The phases, in the order of the protocol. "" is a task that nobody has heard of.
const (
	Coding        Phase = "coding"         // a coding agent is at work, or is to be resumed
	Gate1         Phase = "gate-1"         // the blocking gates have not all passed
	Gate2         Phase = "gate-2"         // the others have not all passed
	Authorise     Phase = "authorise"      // all have passed; the person decides
	BranchManager Phase = "branch-manager" // it is at work
	Done          Phase = "done"
	Escalated     Phase = "escalated" // agents could not settle it; the person decides
	Blocked       Phase = "blocked"   // only the person can settle it, or what the coding agent lacks
)

// Phases are all phases but "", in the order of the protocol.
func Phases() []Phase {
	return []Phase{Coding, Gate1, Gate2, Authorise, BranchManager, Done, Escalated, Blocked}
}

// State is what is known of one task. It is JSON, and nothing in it is changed but by Next.
type State struct {
	Task  string `json:"task"`
	Phase Phase  `json:"phase"`
	// Since is when the task came into its phase, as the facts have it.
	Since time.Time `json:"since"`
	Caps  Caps      `json:"caps,omitzero"`
	// Coder is the coding agent to resume: the one that stopped last, or else started last.
	Coder Agent `json:"coder,omitzero"`
	// Tree is the fingerprint of the present work tree; "" where it is not known.
	Tree string `json:"tree"`
	// Word is the tree that the person spoke of after every gate had passed on it; "" without one.
	Word string `json:"word,omitempty"`
	// Gates are those that the change needs and any other that answered.
	Gates []GateState `json:"gates,omitempty"`
	// Rounds counts how often the gates have sent the work back since the person last took it in hand.
	Rounds int `json:"rounds,omitempty"`
	// Hold is what the task is held for; "" for nothing.
	Hold Reason `json:"hold,omitempty"`
	// Verified: the last stop of a coding agent was.
	Verified bool `json:"verified,omitempty"`
	// Working: a coding agent has started since it stopped.
	Working bool `json:"working,omitempty"`
	// Returned: the gates have sent the work back, and no coding agent has stopped since.
	Returned bool `json:"returned,omitempty"`
	// InHand: the person has spoken about what the task was held for, and no agent of the protocol has moved since.
	InHand bool `json:"in_hand,omitempty"`
	// Merging: the branch-manager is at work, and was allowed to.
	Merging bool `json:"merging,omitempty"`
	// Merger is the id of the one at work; "" where it is not known.
	Merger string `json:"merger,omitempty"`
	Done   bool   `json:"done,omitempty"`
	// Bypassed: the branch-manager is done, and was not allowed to. The person's word then closes the task.
	Bypassed bool `json:"bypassed,omitempty"`
	// History are the last stops, the oldest first.
	History []Event `json:"history,omitempty"`
	// Seen are the stops that have been taken in.
	Seen []string `json:"seen,omitempty"`
}

// GateState is what is known of one gate of a task.
type GateState struct {
	Gate
	// Needed: the change needs it. It stays so until the task is done.
	Needed bool `json:"needed"`
	// Attempts counts its results, Fails those that sent the work back, Misses how often running it has yielded nothing since it
	// last answered; the last two since the person last took the task in hand.
	Attempts int `json:"attempts,omitempty"`
	Fails    int `json:"fails,omitempty"`
	Misses   int `json:"misses,omitempty"`
	// Missed is why the last run yielded nothing: NoResult or NoReceipt.
	Missed Reason `json:"missed,omitempty"`
	// Last is its last answer; nil where there is none that could still count.
	Last *Result `json:"last,omitempty"`
	// Runs are the launches that have not ended.
	Runs []Run `json:"runs,omitempty"`
}

// Result is the answer of a gate.
type Result struct {
	Outcome Outcome   `json:"outcome"`
	At      time.Time `json:"at"`
	Agent   string    `json:"agent,omitempty"`
	// Tree is the one that it counts for.
	Tree   string   `json:"tree"`
	Issues []string `json:"issues,omitempty"`
	// Told: the work was sent back for it.
	Told bool `json:"told,omitempty"`
}

// Run is one launch of a gate.
type Run struct {
	Agent string `json:"agent,omitempty"`
	// Call is the tool use that launched it; "" where it is not known.
	Call string `json:"call,omitempty"`
	// Tree is the one that it was launched on; "" where it is not known.
	Tree string `json:"tree,omitempty"`
	// Stale: a coding agent has stopped with another tree since, so that the result will not count.
	Stale bool `json:"stale,omitempty"`
	// SentBack: it was sent back for its result once.
	SentBack bool `json:"sent_back,omitempty"`
}

// Caps bound how often the gates may send the work back. The fail after that escalates.
type Caps struct {
	// Gates are the caps by gate; one that is not named has 3 if it is test-runner, else 1.
	Gates map[string]int `json:"gates,omitempty"`
	// Total is for all gates together, where the gates of one stage that fail side by side count once; 0 means 3.
	Total int `json:"total,omitempty"`
}

const (
	// maxMisses is how often a gate may end without an answer that counts before the person is asked.
	maxMisses = 1
	// maxHistory bounds the history.
	maxHistory = 100
)

func (c Caps) of(gate string) int {
	if n, ok := c.Gates[gate]; ok {
		return n
	}
	if gate == "test-runner" {
		return 3
	}
	return 1
}

func (c Caps) total() int { return cmp.Or(c.Total, 3) }

func (s State) clone() State {
	s.Caps.Gates = maps.Clone(s.Caps.Gates)
	s.Gates = slices.Clone(s.Gates)
	for i := range s.Gates {
		g := &s.Gates[i]
		g.Runs = slices.Clone(g.Runs)
		if g.Last != nil {
			last := *g.Last
			g.Last = &last
		}
	}
	s.History = slices.Clip(s.History)
	s.Seen = slices.Clip(s.Seen)
	return s
}

// identity names a stop; "" for what is none, or cannot be told from another.
func (f Fact) identity() string {
	if !f.Kind.isStop() || f.Agent == "" && f.Stop == "" {
		return ""
	}
	return string(f.Kind) + " " + f.Agent + " " + cmp.Or(f.Stop, f.At.UTC().Format(time.RFC3339Nano))
}

func (s State) knows(f Fact) bool {
	id := f.identity()
	return id != "" && slices.Contains(s.Seen, id)
}

// record takes a stop into the history.
func (s *State) record(f Fact, outcome Outcome, issues []string) {
	if id := f.identity(); id != "" {
		s.Seen = append(s.Seen, id)
	}
	s.History = append(s.History, Event{
		At: f.At, Kind: f.Kind, Agent: f.Agent, Verdict: f.Verdict, Gate: f.Gate, Outcome: outcome, Issues: issues,
	})
	if extra := len(s.History) - maxHistory; extra > 0 {
		s.History = slices.Clone(s.History[extra:])
	}
}

// find is what is known of a gate; nil for nothing.
func (s *State) find(gate string) *GateState {
	i := slices.IndexFunc(s.Gates, func(g GateState) bool { return g.Name == gate })
	if i < 0 {
		return nil
	}
	return &s.Gates[i]
}

// gate is what is known of a gate, from now on if not before.
func (s *State) gate(name string) *GateState {
	if g := s.find(name); g != nil {
		return g
	}
	s.Gates = append(s.Gates, GateState{Gate: Gate{Name: name}})
	return &s.Gates[len(s.Gates)-1]
}

// need adds to the gates that the change needs. None is ever taken away again before the task is done, since what an earlier stop
// brought in is still in the tree.
func (s *State) need(needs []Gate) {
	if needs == nil {
		needs = DefaultGates()
	}
	for _, n := range needs {
		g := s.gate(n.Name)
		g.Needed = true
		g.Blocking = g.Blocking || n.Blocking
	}
}

// stage are the gates to be passed now: the blocking ones until all have passed, then the others until all have; then none.
func (s *State) stage() []*GateState {
	for _, blocking := range []bool{true, false} {
		var stage []*GateState
		open := false
		for i := range s.Gates {
			if g := &s.Gates[i]; g.Needed && g.Blocking == blocking {
				stage = append(stage, g)
				open = open || !g.passed(s.Tree)
			}
		}
		if open {
			return stage
		}
	}
	return nil
}

// blocking tells whether the change needs a blocking gate.
func (s *State) blocking() bool {
	return slices.ContainsFunc(s.Gates, func(g GateState) bool { return g.Needed && g.Blocking })
}

// passed tells whether the gate has a receipt for a tree.
func (g *GateState) passed(tree string) bool {
	return tree != "" && g.answered(tree) && g.Last.Outcome == Pass
}

// answered tells whether the gate has an answer for a tree.
func (g *GateState) answered(tree string) bool {
	return g.Last != nil && g.Last.Tree == tree
}

// running tells whether a result is to come that may count.
func (g *GateState) running() bool {
	return slices.ContainsFunc(g.Runs, func(r Run) bool { return !r.Stale })
}

// launched begins a run. The host names an agent only after its launch, so that one without a name is the next that is named. A
// launch takes the place of every earlier one: nobody launches a gate again that is still at work.
func (g *GateState) launched(agent, call, tree string) {
	if i := g.run(agent, call); i >= 0 {
		r := &g.Runs[i]
		if call != "" && r.Call == call || !r.Stale && (r.Agent == "" || agent == "") {
			r.Agent, r.Call = cmp.Or(agent, r.Agent), cmp.Or(call, r.Call)
			return
		}
		if r.Agent == agent {
			g.Runs = slices.Delete(g.Runs, i, i+1) // resumed
		}
	}
	for i := range g.Runs {
		g.Runs[i].Stale = true
	}
	g.Runs = append(g.Runs, Run{Agent: agent, Call: call, Tree: tree})
}

// ended takes a run off, and is it; a run of which nothing else is known where its launch was not seen.
func (g *GateState) ended(agent, call string) Run {
	i := g.run(agent, call)
	if i < 0 {
		return Run{Agent: agent, Call: call}
	}
	r := g.Runs[i]
	g.Runs = slices.Delete(g.Runs, i, i+1)
	r.Agent = agent
	return r
}

// run is the index of the run of that call or agent, else of one that may be it, for all that is known; -1 for none.
func (g *GateState) run(agent, call string) int {
	for _, is := range []func(r Run) bool{
		func(r Run) bool { return call != "" && r.Call == call },
		func(r Run) bool { return agent != "" && r.Agent == agent },
		func(r Run) bool { return r.Agent == "" && (r.Call == "" || call == "") },
	} {
		if i := slices.IndexFunc(g.Runs, is); i >= 0 {
			return i
		}
	}
	return -1
}
