package gates

import (
	"slices"
	"time"
)

// Action is what a step asks for.
type Action string

// The actions: what an orchestrator does, then the answers to a launch.
const (
	// Deploy: launch Gates, several of them all in one message.
	Deploy Action = "deploy"
	// Resume: send Issues to the coding agent, Agent.
	Resume Action = "resume"
	// SendBack: send the gate's agent, Agent, back to mend its result; Issues say what is wrong with it.
	SendBack Action = "send-back"
	// Wait: others are at work, and nobody has to do anything.
	Wait Action = "wait"
	// Present: put the result before the person and wait for their word.
	Present Action = "present"
	// Merge: launch the branch-manager, if that is what the person said.
	Merge Action = "merge"
	// Close: clean up the worktree, close the task, go on with the next.
	Close Action = "close"
	// Escalate: put it before the person, with History; the agents could not settle it.
	Escalate Action = "escalate"
	// Resolve: remove the blockers that the coding agent names.
	Resolve Action = "resolve"
	// Supply: give the coding agent what it declined for.
	Supply Action = "supply"
	// Halt: nothing further happens before the person has looked.
	Halt Action = "stop"
	// Unverified: nobody knows what the coding agent's report is worth, or what tree there is.
	Unverified Action = "unverified"
	// Allow answers a launch.
	Allow Action = "allow"
	// Deny answers a launch: Gates, Person and Why say what is owed before.
	Deny Action = "deny"
)

// Reason is why a step is owed, or what a task is held for.
type Reason string

// The reasons of a step.
const (
	WorkVerified     Reason = "work-verified"      // the coding agent's report is proven
	StagePassed      Reason = "stage-passed"       // the blocking gates have passed
	TreeChanged      Reason = "tree-changed"       // a pass is void: the tree is another now
	TreeUnknown      Reason = "tree-unknown"       // a pass cannot be held against the tree
	GateFailed       Reason = "gate-failed"        // all gates of a stage have answered, and not all passed
	Contradictory    Reason = "contradictory"      // a result contradicts itself
	NoResult         Reason = "no-result"          // a gate ended without a result
	NoReceipt        Reason = "no-receipt"         // a gate passed, but for no tree that is known: it changed while the gate ran
	AllPassed        Reason = "all-passed"         // every gate has passed on the present tree
	WordGiven        Reason = "word-given"         // and the person has spoken since
	WordOwed         Reason = "word-owed"          // the person has not spoken since the last pass
	GateOwed         Reason = "gate-owed"          // a gate has not passed
	NothingVerified  Reason = "nothing-verified"   // no proven work of this task is known
	ForCoder         Reason = "for-coder"          // a coding agent is at work
	ForGates         Reason = "for-gates"          // gates are at work
	ForBranchManager Reason = "for-branch-manager" // the branch-manager is at work
	Merged           Reason = "merged"             // the branch-manager is done
)

// The reasons a task is held for until the person has spoken or, where the coding agent can mend it, until its next stop. NoResult
// and NoReceipt, again after a second run of the gate, are such reasons too.
const (
	HeldCapped      Reason = "capped"       // the coding agent's report is still wrong after its last attempt
	HeldViolation   Reason = "violation"    // the coding agent did what only a person can undo
	HeldIncomplete  Reason = "incomplete"   // the coding agent names unfinished work
	HeldDeclined    Reason = "declined"     // the coding agent declined
	HeldUnknown     Reason = "unknown"      // the coding agent's report could not be checked
	HeldOps         Reason = "ops"          // an ops agent changed files, and the person has not agreed to the gates
	HeldCap         Reason = "cap-reached"  // the gates have sent the work back as often as they may
	HeldBypassed    Reason = "bypassed"     // the branch-manager was launched while something was owed
	HeldMergeFailed Reason = "merge-failed" // the branch-manager could not do its work
)

// escalates tells whether agents tried and could not settle it; else the task is blocked on the person from the outset.
func (r Reason) escalates() bool {
	return slices.Contains([]Reason{HeldCapped, HeldCap, HeldMergeFailed, NoResult, NoReceipt}, r)
}

// mendable tells whether the next stop of the coding agent ends the hold.
func (r Reason) mendable() bool {
	return slices.Contains([]Reason{HeldIncomplete, HeldDeclined, HeldUnknown, HeldOps}, r)
}

// gravity orders holds: what no agent can undo is graver than what agents could not settle, and that than what they still can.
func (r Reason) gravity() int {
	switch {
	case r == "":
		return 0
	case r.mendable():
		return 1
	case r.escalates():
		return 2
	}
	return 3
}

// Step is what is to happen next for a task, as data.
type Step struct {
	// Action is "" where there is nothing to say.
	Action Action `json:"action"`
	Task   string `json:"task,omitempty"`
	Why    Reason `json:"why,omitempty"`
	// Gates are what to launch, what is being waited for, what failed, or what is owed before a launch.
	Gates []string `json:"gates,omitempty"`
	// Agent is who to resume or to send back, or whose work to present.
	Agent Agent `json:"agent,omitzero"`
	// Issues are in the order to number them in. They are the words of agents: data.
	Issues []Issue `json:"issues,omitempty"`
	// Person: it waits for the person, so that it is nothing to hold the orchestrator up for.
	Person bool `json:"person,omitempty"`
	// History is what led here, for the person; only of Escalate and Halt.
	History []Event `json:"history,omitempty"`
}

// Agent is an agent as the host knows it.
type Agent struct {
	ID   string `json:"id"`
	Type string `json:"type,omitempty"`
}

// Issue is one thing that a gate blocks for.
type Issue struct {
	Gate string `json:"gate"`
	Text string `json:"text"`
}

// Event is one stop in the history of a task.
type Event struct {
	At      time.Time `json:"at"`
	Kind    Kind      `json:"kind"`
	Agent   string    `json:"agent,omitempty"`
	Verdict Verdict   `json:"verdict,omitempty"`
	Gate    string    `json:"gate,omitempty"`
	Outcome Outcome   `json:"outcome,omitempty"`
	Issues  []string  `json:"issues,omitempty"`
}

// same tells whether two steps ask for the same.
func (s Step) same(other Step) bool {
	return s.Action == other.Action && s.Why == other.Why && slices.Equal(s.Gates, other.Gates)
}

// issues adds what a gate blocks for.
func (s *Step) issues(gate string, texts []string) {
	for _, text := range texts {
		s.Issues = append(s.Issues, Issue{Gate: gate, Text: text})
	}
}

func (s State) step(action Action, why Reason) Step {
	return Step{Action: action, Task: s.Task, Why: why, Person: action == Present || action == Merge || action == Unverified}
}
