package gates

import (
	"slices"
	"time"
)

// Action is what a step asks the orchestrator to do.
type Action string

// The actions of an orchestrator, then the answers to a launch.
const (
	// Deploy: launch Gates, several of them all in one message.
	Deploy Action = "deploy"
	// Resume: send Issues to the coding agent, Agent.
	Resume Action = "resume"
	// SendBack: send the gate's agent or the branch-manager, Agent, back to fix its result. Issues are its mistakes.
	SendBack Action = "send-back"
	// Wait: agents are running, and there is nothing to do; for NothingVerified nobody is, and nobody is told.
	Wait Action = "wait"
	// Present: show the result to the person and wait for their answer.
	Present Action = "present"
	// Merge: launch the branch-manager, if the person approved that.
	Merge Action = "merge"
	// Close: clean up the worktree, close the task, continue with the next.
	Close Action = "close"
	// Escalate: ask the person, with History. The agents could not resolve it.
	Escalate Action = "escalate"
	// Resolve: remove the blockers that the coding agent reported.
	Resolve Action = "resolve"
	// Supply: give the coding agent the input that it lacked.
	Supply Action = "supply"
	// Halt: do nothing more before the person has looked.
	Halt Action = "stop"
	// Unverified: the coding agent's report could not be checked, or the tree is unknown.
	Unverified Action = "unverified"
	// Allow answers a launch.
	Allow Action = "allow"
	// Deny answers a launch. Gates, Person and Why are what is owed first.
	Deny Action = "deny"
)

// Reason is why a step is owed, or why a task is on hold.
type Reason string

// The reasons of a step.
const (
	WorkVerified     Reason = "work-verified"      // the coding agent's report is verified
	StagePassed      Reason = "stage-passed"       // the blocking gates have passed
	TreeChanged      Reason = "tree-changed"       // a pass is void: the tree has changed
	TreeUnknown      Reason = "tree-unknown"       // a pass cannot be compared with the tree
	GateFailed       Reason = "gate-failed"        // all gates of a stage have answered, and not all passed
	Contradictory    Reason = "contradictory"      // a result contradicts itself
	NoResult         Reason = "no-result"          // a gate ended without a result
	NoEvidence       Reason = "no-evidence"        // a gate passed, and its transcript does not bear that out
	NoInput          Reason = "no-input"           // a gate's agent lacked an input
	NoAgent          Reason = "no-agent"           // the agent of a launch does not exist
	NotLaunched      Reason = "not-launched"       // nothing shows that the agent of a pass was launched as that gate
	NoReceipt        Reason = "no-receipt"         // a gate passed on an unknown tree, or the tree changed while it ran
	AllPassed        Reason = "all-passed"         // every gate has passed on the present tree
	WordGiven        Reason = "word-given"         // and the person has spoken since
	WordHeard        Reason = "word-heard"         // and a prompt has come since; who gave it is not known yet
	WordOwed         Reason = "word-owed"          // the person has not spoken since the last pass
	GateOwed         Reason = "gate-owed"          // a gate has not passed
	NothingVerified  Reason = "nothing-verified"   // the task has no verified work, and no coding agent is at work on it
	ForCoder         Reason = "for-coder"          // a coding agent is running
	ForGates         Reason = "for-gates"          // gates are running
	ForBranchManager Reason = "for-branch-manager" // the branch-manager is running
	ForAnswer        Reason = "for-answer"         // the branch-manager is done; who agreed to its launch is not known yet
	Merged           Reason = "merged"             // the branch-manager is done
	OnFeatureBranch  Reason = "on-feature-branch"  // the branch-manager has committed on a feature branch
	CommitDiffers    Reason = "commit-differs"     // the branch-manager has committed more than what passed
	CommitOnly       Reason = "commit-only"        // every gate has passed, and a commit needs no more
)

// The reasons for a hold. It ends when the person has spoken or, if the coding agent can resolve it, at that agent's next stop. NoResult,
// NoReceipt, NoEvidence, NotLaunched and NoInput are such reasons too after a second run of the gate.
const (
	HeldCapped      Reason = "capped"       // the coding agent's report is still wrong after its last attempt
	HeldViolation   Reason = "violation"    // something happened that only a person can undo
	HeldIncomplete  Reason = "incomplete"   // the coding agent reported unfinished work
	HeldDeclined    Reason = "declined"     // the coding agent declined
	HeldUnknown     Reason = "unknown"      // the coding agent's report could not be checked
	HeldOps         Reason = "ops"          // an ops agent changed files, and the person has not agreed to the gates
	HeldCap         Reason = "cap-reached"  // the gates have sent the work back as often as the caps allow
	HeldBypassed    Reason = "bypassed"     // the branch-manager was launched too early
	HeldMergeFailed Reason = "merge-failed" // the branch-manager could not do its work
)

// escalates reports whether agents tried and could not resolve it. Otherwise the task waits for the person from the start.
func (r Reason) escalates() bool {
	return r.missed() || slices.Contains([]Reason{HeldCapped, HeldCap, HeldMergeFailed}, r)
}

// missed reports whether a gate gave no answer that counts, so that only its run is owed.
func (r Reason) missed() bool {
	return slices.Contains([]Reason{NoResult, NoReceipt, NoEvidence, NotLaunched, NoInput}, r)
}

// mendable reports whether the next stop of the coding agent ends the hold.
func (r Reason) mendable() bool {
	return slices.Contains([]Reason{HeldIncomplete, HeldDeclined, HeldUnknown, HeldOps}, r)
}

// gravity orders holds: the gravest are those that no agent can undo, then those that agents could not resolve, then those that they
// still can.
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

// Step is the next step of a task, as data.
type Step struct {
	// Action is "" if no step is owed.
	Action Action `json:"action"`
	Why    Reason `json:"why,omitempty"`
	// Gates are the gates to launch, the running ones, the failed ones, or those owed before a launch.
	Gates []string `json:"gates,omitempty"`
	// Agent is the agent to resume or to send back, or whose work to present.
	Agent Agent `json:"agent,omitzero"`
	// Issues are in the order of their numbers. They are the words of agents, to be treated as data.
	Issues []Issue `json:"issues,omitempty"`
	// Person: the step waits for the person, so the orchestrator may end its turn without it.
	Person bool `json:"person,omitempty"`
	// History is the task's history, for the person. Only Escalate and Halt have it.
	History []Event `json:"history,omitempty"`
}

// Agent is an agent as the host knows it.
type Agent struct {
	ID   string `json:"id"`
	Type string `json:"type,omitempty"`
}

// Issue is one blocking issue of a gate.
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
	Tree    string    `json:"tree,omitempty"`
	Issues  []string  `json:"issues,omitempty"`
}

// Party is for whom a task waits.
type Party string

// The parties.
const (
	Orchestrator Party = "orchestrator"
	Person       Party = "person"
	Agents       Party = "agents" // they are at work
)

// WaitsFor returns who has to act; "" if no step is owed.
func (s Step) WaitsFor() Party {
	switch s.Action {
	case "":
		return ""
	case Deploy, Resume, Merge, Resolve, Supply:
		return Orchestrator
	case Wait:
		if s.Why == NothingVerified {
			return Orchestrator
		}
		return Agents
	}
	return Person
}

// Same reports whether two steps ask for the same.
func (s Step) Same(other Step) bool {
	return s.Action == other.Action && s.Why == other.Why && slices.Equal(s.Gates, other.Gates)
}

// issues adds the blocking issues of a gate.
func (s *Step) issues(gate string, texts []string) {
	for _, text := range texts {
		s.Issues = append(s.Issues, Issue{Gate: gate, Text: text})
	}
}

func (s State) step(action Action, why Reason) Step {
	return Step{Action: action, Why: why, Person: action == Present || action == Merge || action == Unverified}
}

// IsWord reports whether the step is owed because the person has said something, so that it is told for the first time.
func (s Step) IsWord() bool { return s.Action == Merge && s.Why != CommitOnly }

// IsToBeTaken reports whether it is the orchestrator that has to act next.
func (s Step) IsToBeTaken() bool {
	return s.Action == Merge || !s.Person && (s.Action == Deploy || s.Action == Resume)
}
