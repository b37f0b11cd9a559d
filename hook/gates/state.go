package gates

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Phase is the phase of a task.
type Phase string

// The phases, in the order of the protocol. "" is an unknown task.
const (
	Coding        Phase = "coding"         // a coding agent is at work, or is to be resumed
	Gate1         Phase = "gate-1"         // the blocking gates have not all passed
	Gate2         Phase = "gate-2"         // the others have not all passed
	Authorise     Phase = "authorise"      // all have passed; the person decides
	OnBranch      Phase = "on-branch"      // committed on a feature branch, and not merged; the person decides
	BranchManager Phase = "branch-manager" // it is running
	Done          Phase = "done"
	Escalated     Phase = "escalated" // the agents could not resolve it, and the person decides
	Blocked       Phase = "blocked"   // only the person can resolve it, or the coding agent lacks an input
)

// State is the state of one task. Only Next changes it. It can be encoded as JSON.
type State struct {
	Task  string `json:"task"`
	Phase Phase  `json:"phase"`
	// Since is the time of the fact that began the phase.
	Since time.Time `json:"since"`
	Caps  Caps      `json:"caps,omitzero"`
	// Coder is the coding agent to resume: the one that stopped last, or else started last.
	Coder Agent `json:"coder,omitzero"`
	// Tree is the fingerprint of the present work tree; "" if unknown.
	Tree string `json:"tree"`
	// Word is the tree that the person approved after every gate had passed on it; "" for none.
	Word string `json:"word,omitempty"`
	// Heard are the last words that may be the person's and whose speaker is unknown.
	Heard []Heard `json:"heard,omitempty"`
	// Asked is the last launch of the branch-manager that the person was asked about; nil for none.
	Asked *Asked `json:"asked,omitempty"`
	// Override is the person's decision to merge although something was open; nil for none.
	Override *Override `json:"override,omitempty"`
	// Gates are the gates that the change needs, and any other that ran.
	Gates []GateState `json:"gates,omitempty"`
	// Rounds counts how often the gates sent the work back since the person last took the task over.
	Rounds int `json:"rounds,omitempty"`
	// Hold is why the task is on hold; "" if it is not.
	Hold Reason `json:"hold,omitempty"`
	// Verified means that the last stop of a coding agent was verified.
	Verified bool `json:"verified,omitempty"`
	// Working means that a coding agent has started since the last stop.
	Working bool `json:"working,omitempty"`
	// Running are the ids of the coding agents that have started and not stopped, as far as known.
	Running []string `json:"running,omitempty"`
	// Beside are those that were running when another agent's stop put the task on hold. Their stops do not end that hold.
	Beside []string `json:"beside,omitempty"`
	// Before is the coding agent before the one that started last; zero for none.
	Before Agent `json:"before,omitzero"`
	// Returned means that the gates have sent the work back, and no coding agent has stopped since.
	Returned bool `json:"returned,omitempty"`
	// InHand means that the person spoke while the task was on hold, and no agent of the protocol has started or stopped since.
	InHand bool `json:"in_hand,omitempty"`
	// Merging means that the branch-manager is running, and was allowed to.
	Merging bool `json:"merging,omitempty"`
	// Merger is the id of that branch-manager; "" if unknown.
	Merger string `json:"merger,omitempty"`
	// Committed means that the work that passed is committed on a feature branch.
	Committed bool `json:"committed,omitempty"`
	Done      bool `json:"done,omitempty"`
	// Bypassed means that the branch-manager finished without being allowed to. A message of the person then closes the task.
	Bypassed bool `json:"bypassed,omitempty"`
	// History are the last stops, the oldest first.
	History []Event `json:"history,omitempty"`
	// Seen identifies the stops that were processed.
	Seen []string `json:"seen,omitempty"`
}

// Heard are words of an unknown speaker, and what the task waited for at that moment.
type Heard struct {
	Words   string    `json:"words"`
	Session string    `json:"session,omitempty"`
	Said    string    `json:"said,omitempty"`
	Asking  bool      `json:"asking,omitempty"`
	At      time.Time `json:"at"`
	// Tree is the tree that the words would approve; "" if a gate was owed.
	Tree string `json:"tree,omitempty"`
	// Seen is the tree of that moment, Hold why the task was on hold.
	Seen string `json:"seen,omitempty"`
	Hold Reason `json:"hold,omitempty"`
}

// Asked is a launch of the branch-manager that the person was asked about.
type Asked struct {
	// Call is the tool use that would launch it, By the agent of that Session that makes it, "" for the session itself, and Tree the tree of that
	// moment. Session is "" in older records.
	Call    string `json:"call"`
	By      string `json:"by,omitempty"`
	Session string `json:"session,omitempty"`
	Tree    string `json:"tree,omitempty"`
	// Answer is Pass if a person agreed, Fail if nobody did; "" if unknown.
	Answer Outcome `json:"answer,omitempty"`
	// Ended is what that branch-manager did, Pass or Committed, if it stopped before the answer was known and needed it; else "".
	Ended Outcome `json:"ended,omitempty"`
}

// Override is the person's decision to have a task merged although something is open.
type Override struct {
	// Tree is the tree that the decision is for. The decision ends when the tree changes, and with the next stop of a coding agent.
	Tree string `json:"tree"`
	// Open is what was open, the reason of the hold first, then the gates that had not passed.
	Open []string `json:"open"`
}

// GateState is the state of one gate of a task.
type GateState struct {
	Gate
	// Needed means that the change needs it, which holds until the task is done.
	Needed bool `json:"needed"`
	// Attempts counts its results. Fails counts those that sent the work back, and Misses the runs without an answer since its last
	// one, both since the person last took the task over.
	Attempts int `json:"attempts,omitempty"`
	Fails    int `json:"fails,omitempty"`
	Misses   int `json:"misses,omitempty"`
	// Missed is the reason why the last run gave no answer: NoResult, NoReceipt, NoEvidence, NotLaunched or NoInput. MissedFor explains the last
	// three of these.
	Missed    Reason   `json:"missed,omitempty"`
	MissedFor []string `json:"missed_for,omitempty"`
	// Last is its last answer; nil if none could still count.
	Last *Result `json:"last,omitempty"`
	// Runs are the launches that have not ended.
	Runs []Run `json:"runs,omitempty"`
}

// Result is the answer of a gate.
type Result struct {
	Outcome Outcome   `json:"outcome"`
	At      time.Time `json:"at"`
	Agent   string    `json:"agent,omitempty"`
	// Call is the tool use that launched the agent; "" if unknown.
	Call string `json:"call,omitempty"`
	// Tree is the tree that it is for.
	Tree   string   `json:"tree"`
	Issues []string `json:"issues,omitempty"`
	// Told means that the work was sent back for it.
	Told bool `json:"told,omitempty"`
}

// Run is one launch of a gate.
type Run struct {
	Agent string `json:"agent,omitempty"`
	// Call is the tool use that launched it; "" if unknown.
	Call string `json:"call,omitempty"`
	// Tree is the tree at the launch; "" if unknown.
	Tree string `json:"tree,omitempty"`
	// Stale means that a coding agent has stopped with another tree since, or that the gate was launched again or has failed. Only a fail still counts
	// then, and only if it is about the tree as it is.
	Stale bool `json:"stale,omitempty"`
	// SentBack means that its agent was sent back once because of its result.
	SentBack bool `json:"sent_back,omitempty"`
}

// Caps limit how often the gates may send the work back. The next fail escalates.
type Caps struct {
	// Gates are the caps by gate. Without an entry the cap is 3 for test-runner, else 1.
	Gates map[string]int `json:"gates,omitempty"`
	// Total is the cap of all gates together. Gates of one stage that fail together count once. 0 means 3.
	Total int `json:"total,omitempty"`
	// CommitByGates means that the branch-manager may commit on a feature branch without the person.
	CommitByGates bool `json:"commit_by_gates,omitempty"`
}

const (
	// maxMisses is how many runs of a gate may end without an answer before the person is asked.
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

func (s State) clone() State {
	s.Caps.Gates = maps.Clone(s.Caps.Gates)
	s.Gates = slices.Clone(s.Gates)
	for i := range s.Gates {
		g := &s.Gates[i]
		g.Runs = slices.Clone(g.Runs)
		if g.Last != nil {
			g.Last = new(*g.Last)
		}
	}
	s.Heard = slices.Clone(s.Heard)
	if s.Asked != nil {
		s.Asked = new(*s.Asked)
	}
	s.Running, s.Beside = slices.Clone(s.Running), slices.Clone(s.Beside)
	s.History = slices.Clip(s.History)
	s.Seen = slices.Clip(s.Seen)
	return s
}

// identity identifies a stop; "" for other facts, and for a stop without anything to identify it by.
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

// record adds a stop to the history.
func (s *State) record(f Fact, outcome Outcome, issues []string) {
	if id := f.identity(); id != "" {
		s.Seen = append(s.Seen, id)
	}
	s.History = slices.Concat(s.History[max(0, len(s.History)+1-maxHistory):], []Event{{
		At: f.At, Kind: f.Kind, Agent: f.Agent, Verdict: f.Verdict, Gate: f.Gate, Outcome: outcome, Tree: f.Tree, Issues: issues,
	}})
}

// find returns the state of a gate; nil for an unknown gate.
func (s *State) find(gate string) *GateState {
	i := slices.IndexFunc(s.Gates, func(g GateState) bool { return g.Name == gate })
	if i < 0 {
		return nil
	}
	return &s.Gates[i]
}

// gate returns the state of a gate. It adds an unknown gate.
func (s *State) gate(name string) *GateState {
	if g := s.find(name); g != nil {
		return g
	}
	s.Gates = append(s.Gates, GateState{Gate: Gate{Name: name}})
	return &s.Gates[len(s.Gates)-1]
}

// need adds gates that the change needs. None is removed before the task is done, since the changes of earlier stops are still in the
// tree.
func (s *State) need(needs []Gate) {
	if needs == nil {
		needs = defaultGates()
	}
	for _, n := range needs {
		g := s.gate(n.Name)
		g.Needed = true
		g.Blocking = g.Blocking || n.Blocking
	}
}

// stage returns the gates that must pass now: the blocking ones until all have passed, then the others, then none.
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

// blocking reports whether the change needs a blocking gate.
func (s *State) blocking() bool {
	return slices.ContainsFunc(s.Gates, func(g GateState) bool { return g.Needed && g.Blocking })
}

func (g *GateState) passed(tree string) bool {
	return tree != "" && g.answered(tree) && g.Last.Outcome == Pass
}

func (g *GateState) answered(tree string) bool {
	return g.Last != nil && g.Last.Tree == tree
}

// Passes returns, by gate, the answers by which gates have passed on the present tree.
func (s State) Passes() map[string]Result {
	passes := map[string]Result{}
	for i := range s.Gates {
		if g := &s.Gates[i]; g.Needed && g.passed(s.Tree) {
			passes[g.Name] = *g.Last
		}
	}
	return passes
}

// running reports whether the gate has a run whose result may count.
func (g *GateState) running() bool {
	return slices.ContainsFunc(g.Runs, func(r Run) bool { return !r.Stale })
}

// launched begins a run. The host names an agent only after its launch, so the next name belongs to a run without one. A launch replaces
// every earlier one, since a gate is not launched again while it is running.
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

// ended removes a run and returns it. If its launch was not seen, the run has nothing but agent and call.
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

// run returns the index of the run of that call or agent, else of a run that could be it; -1 for none.
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

// Standing describes the state of one gate of a task for people.
type Standing string

// Only StandingPass counts as a pass.
const (
	// StandingPass: its last answer is a pass of the present tree.
	StandingPass Standing = "pass"
	// StandingRunning: it is running, and its result may count.
	StandingRunning Standing = "running"
	// StandingNoResult: its last run gave no result that counts.
	StandingNoResult Standing = "no-result"
	// StandingVoid: it passed, and the tree has changed since or is unknown.
	StandingVoid Standing = "void"
	// StandingFail: its last answer sends the work back.
	StandingFail Standing = "fail"
	// StandingNotRun: it has not answered, or its issues were fixed since.
	StandingNotRun Standing = "not-run"
)

// Standing returns the standing of a gate for the last tree seen. An unknown gate has not run.
func (s State) Standing(gate string) Standing {
	g := s.find(gate)
	switch {
	case g == nil:
		return StandingNotRun
	case g.passed(s.Tree):
		return StandingPass
	case g.running():
		return StandingRunning
	case g.Misses > 0:
		return StandingNoResult
	case g.Last == nil:
		return StandingNotRun
	case g.Last.Outcome == Pass:
		return StandingVoid
	}
	return StandingFail
}

// PassedGates returns the needed gates that have passed on the last tree seen, each with how often it had failed on the same work before.
func (s State) PassedGates() []string {
	names := s.needed(true)
	for i, name := range names {
		if n := len(s.failsOf(name)); n > 0 {
			names[i] += fmt.Sprintf(" (failed on the same work before: %d)", n)
		}
	}
	return names
}

// failsOf returns the fails of a gate on the last tree seen, the newest first. If the gate has passed it since, its tests may be flaky, or it was
// launched until it passed.
func (s State) failsOf(gate string) (fails []Event) {
	for _, e := range slices.Backward(s.History) {
		if e.Kind == GateResult && e.Gate == gate && e.Outcome == Fail && e.Tree == s.Tree && s.Tree != "" {
			fails = append(fails, e)
		}
	}
	return fails
}

// failedUnmoved reports whether a gate has failed the present tree before the last stop of a coding agent, which has changed nothing, and again
// since.
func (s State) failedUnmoved(gate string) bool {
	again, stopped := false, false
	for _, e := range slices.Backward(s.History) {
		switch {
		case e.Kind == CoderStopped && !again:
			return false
		case e.Kind == CoderStopped:
			stopped = true
		case e.Kind != GateResult || e.Gate != gate || e.Outcome != Fail || e.Tree != s.Tree || s.Tree == "":
		case stopped:
			return true
		default:
			again = true
		}
	}
	return false
}

// present returns the step that puts the work before the person, with what gates found on it before they passed.
func (s State) present() Step {
	step := s.step(Present, AllPassed)
	for _, name := range s.needed(true) {
		if fails := s.failsOf(name); len(fails) > 0 {
			step.issues(name, fails[0].Issues)
		}
	}
	return step
}

// needed returns the needed gates that have passed on the last tree seen, or those that have not.
func (s State) needed(passed bool) []string {
	var names []string
	for i := range s.Gates {
		if g := &s.Gates[i]; g.Needed && g.passed(s.Tree) == passed {
			names = append(names, g.Name)
		}
	}
	return names
}

// Unpassed returns the gates that the change needs and that have not passed on the present tree, in order; nil if no work of a coding agent is
// verified.
func (s State) Unpassed() []string {
	if !s.Verified || s.Done || s.Committed {
		return nil
	}
	return s.needed(false)
}
