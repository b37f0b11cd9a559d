package gates

import (
	"strings"
	"time"
)

// Kind is the kind of a fact.
type Kind string

// The kinds of fact, in the order of the protocol.
const (
	// CoderStarted: a coding agent began a run, launched or resumed. Of: Agent, AgentType.
	CoderStarted Kind = "coder-started"
	// NotCoder: an agent that had started as a coding agent of the task is none after all, works on another task, or ended without a stop. Of: Agent.
	NotCoder Kind = "not-coder"
	// CoderStopped: a coding agent's stop was judged. Of: Agent, AgentType, Stop, Verdict, Tree, Needs.
	CoderStopped Kind = "coder-stopped"
	// OpsStopped: an ops agent stopped, whose work does not go through the gates by itself. Of: Agent, AgentType, Stop, Changed, Tree, Needs.
	OpsStopped Kind = "ops-stopped"
	// GateLaunched: an agent was launched as a gate. Of: Gate, Call, Agent ("" before the host names it), Tree. Twice for one launch, once
	// without its Agent and once with it, is one launch.
	GateLaunched Kind = "gate-launched"
	// LaunchFailed: the launch of a gate, or of the branch-manager for Gate "", failed because the host knows no such agent. It is not a run and
	// not an attempt. Of: Gate, Call.
	LaunchFailed Kind = "launch-failed"
	// GateResult: an agent that was launched as a gate stopped. Of: Gate, Call, Agent, Stop, Outcome, Issues, Contradictions, Unproven, Missing,
	// SentBack, Tree.
	// One that ended without a stop, killed or failed, has the outcome NoOutcome and is SentBack.
	GateResult Kind = "gate-result"
	// PassRefuted: there is no evidence that the agent that passed was launched as that gate. Of: Gate, Agent, Why.
	PassRefuted Kind = "pass-refuted"
	// TreeSeen: the work tree was read. Of: Tree, Needs (nil if what the change needs is as before).
	TreeSeen Kind = "tree-seen"
	// LaunchAsked: the orchestrator asks to launch a gate or the branch-manager, and the tree was read. The step is Allow or Deny. Of: Launch,
	// Tree, Needs as in TreeSeen.
	LaunchAsked Kind = "launch-asked"
	// PromptCame: a prompt came that may be the person's; who gave it is not known yet. Of: Words, Session, Said, Asking.
	PromptCame Kind = "prompt-came"
	// PersonSpoke: the person gave a prompt. Its text does not matter here. Of: Words, if it is the prompt of an earlier PromptCame, whose moment
	// then counts.
	PersonSpoke Kind = "person-spoke"
	// PromptRefuted: the prompt of a PromptCame was not the person's. Of: Words, Why.
	PromptRefuted Kind = "prompt-refuted"
	// PersonAgreed: the person wants the gates for what an ops agent changed.
	PersonAgreed Kind = "person-agreed"
	// MergeAsked: the person is asked whether the branch-manager may be launched, and the tree was read. Of: Call, By, Session, Tree.
	MergeAsked Kind = "merge-asked"
	// MergeAnswered: the answer to MergeAsked. Of: Call, Outcome (Pass: a person agreed), Why.
	MergeAnswered Kind = "merge-answered"
	// Closed: a person ended the task by hand. Of: Why.
	Closed Kind = "closed"
	// BranchManagerLaunched: the branch-manager is at work, allowed or not. Of: Agent, Tree.
	BranchManagerLaunched Kind = "branch-manager-launched"
	// BranchManagerDone: the branch-manager stopped. Of: Agent, Stop, Outcome (Fail, Committed, Nothing; anything else means merged), Issues,
	// Holds, Mendable, SentBack, Tree if it failed.
	BranchManagerDone Kind = "branch-manager-done"
	// TreeKept: HEAD of the worktree has moved, and every file is as it was, because somebody committed the work. What holds for the tree Was holds for
	// Tree. Of: Tree, Was.
	TreeKept Kind = "tree-kept"
	// MergedByHand: a main branch has the commit with the work as it passed, and no branch-manager merged it. Of: Tree.
	MergedByHand Kind = "merged-by-hand"
)

// isStop reports whether a fact of that kind is the stop of an agent of the protocol.
func (k Kind) isStop() bool {
	return k == CoderStopped || k == OpsStopped || k == GateResult || k == BranchManagerDone
}

// begins reports whether a fact of that kind adds a new task. Merges, reads of the tree and prompts may belong to no task.
func (k Kind) begins() bool {
	return k == CoderStarted || k == CoderStopped || k == OpsStopped || k == GateLaunched || k == GateResult
}

// Fact is one event of one task. The kind decides which fields it has; the others are ignored.
type Fact struct {
	Kind Kind   `json:"kind"`
	Task string `json:"task"`
	// At is the time. It is for display and decides nothing.
	At time.Time `json:"at"`
	// Agent is the host's id of the agent, AgentType its type as the host has it.
	Agent     string `json:"agent,omitempty"`
	AgentType string `json:"agent_type,omitempty"`
	// Call is the host's id of the tool use that launched the agent; "" if unknown.
	Call string `json:"call,omitempty"`
	// By is the agent that makes that call; "" for the session itself.
	By string `json:"by,omitempty"`
	// Stop identifies the stop among those of one agent. If it is "", At identifies it.
	Stop string `json:"stop,omitempty"`
	// Verdict is the verdict on the coding agent's stop.
	Verdict Verdict `json:"verdict,omitempty"`
	// Tree is the fingerprint of the work tree at that moment; "" if unknown.
	Tree string `json:"tree,omitempty"`
	// Was is the fingerprint that the work tree had before.
	Was string `json:"was,omitempty"`
	// Needs are the gates that the whole change needs. Empty means none, nil means defaultGates.
	Needs []Gate `json:"needs"`
	// Gate is the name of the gate, as in Needs.
	Gate    string  `json:"gate,omitempty"`
	Outcome Outcome `json:"outcome,omitempty"`
	// Issues are the blocking issues, each on one bounded line, in the words of the agent.
	Issues []string `json:"issues,omitempty"`
	// Contradictions describe how the result contradicts itself. A result with any is never a pass.
	Contradictions []string `json:"contradictions,omitempty"`
	// Unproven lists the parts of a pass that the agent's transcript does not confirm. If there are any, the pass does not count.
	Unproven []string `json:"unproven,omitempty"`
	// Appeared explains, for a pass, which files of the tree are in no report.
	Appeared []string `json:"appeared,omitempty"`
	// Missing are the inputs that the agent says it lacked. Such a result does not count, and only the orchestrator can supply the inputs.
	Missing []string `json:"missing,omitempty"`
	// SentBack means that the agent cannot be sent back again, so the result counts as it is.
	SentBack bool `json:"sent_back,omitempty"`
	// Holds means that a commit has the work that passed, although the branch-manager failed afterwards.
	Holds bool `json:"holds,omitempty"`
	// Mendable means that the branch-manager can correct its commit itself; Issues say how.
	Mendable bool `json:"mendable,omitempty"`
	// Changed means that the ops agent changed files.
	Changed bool `json:"changed,omitempty"`
	// Launch is what the orchestrator asks to launch: the name of a gate or BranchManagerAgent.
	Launch string `json:"launch,omitempty"`
	// Words identifies the words: the host's id of a prompt, or of the tool use that asked the person.
	Words string `json:"words,omitempty"`
	// Session is the session of the words or of the call. Said is a digest of their text. Asking means that they answer a question of the orchestrator.
	Session string `json:"session,omitempty"`
	Said    string `json:"said,omitempty"`
	Asking  bool   `json:"asking,omitempty"`
	// Why is a person's reason, or evidence, on one bounded line.
	Why string `json:"why,omitempty"`
}

// Who returns the agent of the fact.
func (f Fact) Who() Agent { return Agent{ID: f.Agent, Type: f.AgentType} }

// Verdict is the judge's verdict on a coding agent's stop.
type Verdict string

// The verdicts of the protocol. Any other counts as Unknown.
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
	// Pass of a gate counts for the tree that it was given for.
	Pass Outcome = "pass"
	// Fail sends the work back.
	Fail Outcome = "fail"
	// NoOutcome means that the gate ended without a known result, and so does any other word.
	NoOutcome Outcome = "none"
	// Committed means that the branch-manager committed the work on a feature branch, without a merge.
	Committed Outcome = "committed"
	// Nothing means that the branch-manager neither committed nor merged: it has set up a worktree, or only read.
	Nothing Outcome = "nothing"
)

// BranchManagerAgent is the name of the agent that merges, for Allows.
const BranchManagerAgent = "branch-manager"

// MergeOperation is a merge into the main branch, or a push, for Allows: it always needs the person's approval.
const MergeOperation = "merge"

// Gate is a gate that a change needs.
type Gate struct {
	// Name is the agent's name, without a namespace.
	Name string `json:"name"`
	// Blocking gates have to pass before the others are launched.
	Blocking bool `json:"blocking"`
}

// defaultGates returns the seed's gates for application code.
func defaultGates() []Gate {
	return []Gate{{Name: "test-runner", Blocking: true}, {Name: "code-reviewer"}, {Name: "security-auditor"}}
}

// Key normalises a task's identifier for comparison, because people and models write the same task in different case.
func Key(task string) string {
	return strings.ToLower(strings.TrimSpace(task))
}
