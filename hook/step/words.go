package step

import (
	"strings"

	"stopgate/hook/gates"
	"stopgate/hook/quote"
)

// words are the sentences about one reason of the gate protocol, one for each place in which the reason can appear; "" if it cannot appear there.
// {gates} stands for the gates of the step, {agent} for the id of its agent.
type words struct {
	held  string // why the task is on hold
	wait  string // whom the task waits for
	again string // why a gate runs again
	deny  string // why a launch is refused and what to do, after a colon
}

// reasons has the words for each reason that appears in a text.
var reasons = map[gates.Reason]words{
	gates.ForCoder: {
		wait: "Its coding agent is still at work.",
		deny: "its coding agent {agent} is still at work. Wait for it.",
	},
	gates.ForBranchManager: {wait: "The branch-manager is still at work."},
	gates.ForAnswer:        {wait: "The branch-manager is done. The person was asked about its launch, and the client writes down the answer only now. End your turn; the next step follows."},
	gates.ForGates:         {wait: "Still at work: {gates}. Their results bring the next step."},

	gates.NothingVerified: {deny: "this task has no verified work. Let a coding agent do it and the gates check it first."},
	gates.WordHeard:       {deny: "it is unknown who gave the last prompt."},
	gates.WordOwed:        {deny: "the person has not answered since all gates passed. Show them the result and wait for their answer."},
	gates.CommitOnly:      {},
	gates.GateOwed:        {deny: notPassed},
	gates.TreeChanged: {
		again: "The worktree has changed since the gate passed, so the pass is void and the gate runs again.",
		deny:  "the worktree has changed since the gates passed, so their pass is void. Launch again first: {gates}.",
	},
	gates.TreeUnknown: {
		again: "It is unknown whether the worktree is still the one that passed, so the gate runs again.",
		deny:  "it is unknown whether the worktree is still the one that passed. Name the worktree in the prompt (WORKTREE_PATH: ./trees/…). If it is gone, let the gates run in the one that has the work now.",
	},
	gates.NoResult: {
		held:  "A gate ended twice without a result: {gates}.",
		again: "This gate's agent ended without a readable result, so the gate runs once more.",
		deny:  notPassed,
	},
	gates.NoEvidence: {
		held:  "A gate passed twice, and its transcript does not show that it did what it reports: {gates}.",
		again: "This gate's pass does not count, because its transcript does not show that it did what it reports. It runs once more.",
		deny:  notPassed,
	},
	gates.NotLaunched: {
		held:  "A gate passed twice, and nothing shows that this session launched its agent as that gate: {gates}.",
		again: "This gate's pass does not count, because nothing shows that its agent was launched as that gate. It runs once more.",
		deny:  "no longer passed, because nothing shows that its agent was launched as that gate: {gates}. Launch that again first.",
	},
	gates.NoInput: {
		held:  "A gate lacked an input twice: {gates}.",
		again: "This gate's agent did nothing, because it lacked an input. That is no fault of the work: add what is named above to the prompt.",
		deny:  notPassed,
	},
	gates.NoReceipt: {
		held:  "A gate passed twice while the worktree changed or could not be read completely, so it is unknown what it passed: {gates}.",
		again: "The worktree changed while the gate ran, or could not be read completely, so its pass does not count and it runs once more.",
		deny:  notPassed,
	},

	gates.HeldCap:         {held: "The gates have failed as often as allowed, or again on work that the coding agent did not change: {gates}."},
	gates.HeldCapped:      {held: "The coding agent's report was still wrong after its last attempt."},
	gates.HeldMergeFailed: {held: "The branch-manager could not do its work."},
	gates.HeldBypassed:    {held: "The branch-manager was launched before every gate had passed and the person had answered."},
	gates.HeldViolation:   {held: "Something happened that only a person can undo, and it may be the coding agent's doing."},
	gates.HeldIncomplete:  {held: "The coding agent reported unfinished work, or that nothing had to be changed."},
	gates.HeldDeclined:    {held: "The coding agent declined the task."},
	gates.HeldUnknown:     {held: "The coding agent's report could not be checked."},
	gates.HeldOps:         {held: "An ops agent changed files, and the person has not agreed to the gates."},
}

// notPassed refuses a launch that has to wait for gates.
const notPassed = "not passed on the present worktree: {gates}. Launch what is missing first."

// fill puts the gates and the agent of a step into a sentence.
func fill(sentence string, g gates.Step) string {
	return strings.NewReplacer(
		"{gates}", quote.List(quote.First(g.Gates, quote.MaxList)),
		"{agent}", quote.String(g.Agent.ID, quote.MaxName),
	).Replace(sentence)
}

// OpenWords puts into words what is against a merge, which gates.State.Askable returns.
func OpenWords(open []string) []string {
	return quote.Each(open, func(code string) string {
		if held, _, _ := strings.Cut(reasons[gates.Reason(code)].held, ": {gates}"); held != "" {
			return Clause(held)
		}
		name, standing, _ := strings.Cut(code, " ")
		return quote.Line(quote.Clip(name, quote.MaxName)) + " " + quote.Line(strings.ReplaceAll(standing, "-", " "))
	})
}

// Clause returns a sentence as a part of another one.
func Clause(sentence string) string {
	return strings.ToLower(sentence[:1]) + strings.TrimSuffix(sentence[1:], ".")
}

// WhyHeld returns the reason why a task is on hold, as a sentence.
func WhyHeld(g gates.Step) string {
	if held := reasons[g.Why].held; held != "" {
		return fill(held, g)
	}
	return "It is on hold: " + string(g.Why) + "."
}
