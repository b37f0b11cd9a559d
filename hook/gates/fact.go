package gates

import (
	"strings"
	"time"
)

// Kind is what a fact is about.
type Kind string

// The kinds of fact, in the order of the protocol.
const (
	// CoderStarted: a coding agent began a run, launched or resumed. Of: Agent, AgentType.
	CoderStarted Kind = "coder-started"
	// CoderStopped: a coding agent's stop was judged and the agent let go. Of: Agent, AgentType, Stop, Verdict, Tree, Needs.
	CoderStopped Kind = "coder-stopped"
	// OpsStopped: an agent stopped that does not enter the gates by itself. Of: Agent, AgentType, Stop, Changed, Tree, Needs.
	OpsStopped Kind = "ops-stopped"
	// GateLaunched: an agent was launched as a gate. Of: Gate, Call, Agent ("" before the host names it), Tree. Twice for one launch, once
	// without its Agent and once with it, is one launch.
	GateLaunched Kind = "gate-launched"
	// GateResult: an agent that was launched as a gate stopped. Of: Gate, Call, Agent, Stop, Outcome, Issues, Contradictions, SentBack, Tree.
	// One that ended without a stop, killed or failed, has the outcome NoOutcome and is SentBack.
	GateResult Kind = "gate-result"
	// TreeSeen: somebody looked at the work tree. Of: Tree.
	TreeSeen Kind = "tree-seen"
	// LaunchAsked: the orchestrator asks to launch a gate or the branch-manager; the tree was looked at. The step is Allow or Deny.
	// Of: Launch, Tree.
	LaunchAsked Kind = "launch-asked"
	// PersonSpoke: the person sent a message of their own, whatever it says. Nobody reads it here.
	PersonSpoke Kind = "person-spoke"
	// PersonAgreed: the person wants the gates for what an ops agent changed.
	PersonAgreed Kind = "person-agreed"
	// BranchManagerLaunched: it is at work, allowed or not. Of: Agent, Tree.
	BranchManagerLaunched Kind = "branch-manager-launched"
	// BranchManagerDone: it stopped. Of: Agent, Stop, Outcome (anything but Fail is done), Issues.
	BranchManagerDone Kind = "branch-manager-done"
)

// Kinds are all kinds of fact, in the order of the protocol.
func Kinds() []Kind {
	return []Kind{
		CoderStarted, CoderStopped, OpsStopped, GateLaunched, GateResult, TreeSeen, LaunchAsked, PersonSpoke, PersonAgreed,
		BranchManagerLaunched, BranchManagerDone,
	}
}

// isStop tells whether a fact of that kind is the stop of an agent of the protocol.
func (k Kind) isStop() bool {
	return k == CoderStopped || k == OpsStopped || k == GateResult || k == BranchManagerDone
}

// begins tells whether a fact of that kind makes a task known. Whoever merges, looks or speaks does so for all sorts of reasons.
func (k Kind) begins() bool {
	return k == CoderStarted || k == CoderStopped || k == OpsStopped || k == GateLaunched || k == GateResult
}

// Fact is one thing that happened to one task. Each kind says which fields it has; the others are ignored.
type Fact struct {
	Kind Kind   `json:"kind"`
	Task string `json:"task"`
	// At is when it happened. It is shown to people and decides nothing.
	At time.Time `json:"at"`
	// Agent is the host's id of the agent, AgentType its type as the host has it.
	Agent     string `json:"agent,omitempty"`
	AgentType string `json:"agent_type,omitempty"`
	// Call is the host's id of the tool use that launched the agent; "" where it is not known.
	Call string `json:"call,omitempty"`
	// Stop tells the stops of one agent apart; where it is "", At does.
	Stop string `json:"stop,omitempty"`
	// Verdict is what the coding agent's stop is worth.
	Verdict Verdict `json:"verdict,omitempty"`
	// Tree is the fingerprint of the work tree at that moment; "" where it is not known.
	Tree string `json:"tree,omitempty"`
	// Needs are the gates that the change as a whole needs: none where it is empty, DefaultGates where it is nil.
	Needs []Gate `json:"needs"`
	// Gate is the name of the gate, as Needs has it.
	Gate    string  `json:"gate,omitempty"`
	Outcome Outcome `json:"outcome,omitempty"`
	// Issues are the blocking issues, each on one bounded line, in the words of the agent.
	Issues []string `json:"issues,omitempty"`
	// Contradictions say how the result contradicts itself; with any, it is never a pass.
	Contradictions []string `json:"contradictions,omitempty"`
	// SentBack: the agent cannot be sent back (again), so that the result counts as it is.
	SentBack bool `json:"sent_back,omitempty"`
	// Changed: the ops agent changed files.
	Changed bool `json:"changed,omitempty"`
	// Launch is what the orchestrator asks to launch: the name of a gate or BranchManagerAgent.
	Launch string `json:"launch,omitempty"`
}

// Verdict is what the stop of a coding agent is worth, in the words of the judge.
type Verdict string

// The verdicts that the protocol tells apart. Any other counts as Unknown.
const (
	Verified   Verdict = "verified"
	Rejected   Verdict = "rejected" // the agent is sent back and still at work
	Incomplete Verdict = "incomplete"
	Declined   Verdict = "declined"
	Capped     Verdict = "capped"
	Violation  Verdict = "violation"
	Unknown    Verdict = "unknown"
)

// Outcome is how a gate ended.
type Outcome string

const (
	// Pass of a gate counts for the tree it was given for.
	Pass Outcome = "pass"
	// Fail sends the work back.
	Fail Outcome = "fail"
	// NoOutcome is neither, as is any other word: the gate ended and nobody knows its result.
	NoOutcome Outcome = "none"
)

// BranchManagerAgent is the name under which Allows knows the agent that merges.
const BranchManagerAgent = "branch-manager"

// Gate is a gate that a change needs.
type Gate struct {
	// Name is the agent's, without a namespace.
	Name string `json:"name"`
	// Blocking gates have to pass before the others are launched.
	Blocking bool `json:"blocking"`
}

// DefaultGates is the seed's protocol for application code.
func DefaultGates() []Gate {
	return []Gate{{Name: "test-runner", Blocking: true}, {Name: "code-reviewer"}, {Name: "security-auditor"}}
}

// Key is a task's identifier for comparing: people and models spell one task in more than one case.
func Key(task string) string {
	return strings.ToLower(strings.TrimSpace(task))
}
