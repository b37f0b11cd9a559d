package gates

import (
	"reflect"
	"slices"
	"testing"
)

// round is one round of work that comes back from the tests, and the coding agent's next stop.
func round(tree, next string) []Fact {
	return []Fact{launched(tests), result(tests, Fail, tree), coderStarted(), stopped(Verified, next)}
}

// TestStories tells what takes more than one fact: the step that the last of them calls for.
func TestStories(t *testing.T) {
	gate2 := []any{stopped(Verified, "A"), passed(tests), launched(reviewer), launched(auditor)}
	after := func(facts []any, more ...any) []any { return append(slices.Clone(facts), more...) }
	for _, tc := range []struct {
		name  string
		facts []any
		want  string
	}{
		{"all passed, committed by hand", after(gate2, passed(reviewer, auditor), kept("A", "B"), asked(MergeOperation, "B")), "deny word-owed person"},
		{"approved, committed by hand", after(gate2, passed(reviewer, auditor), spoke(), kept("A", "B"), asked(MergeOperation, "B")), "allow"},
		{"tests passed, committed by hand, reviewed", []any{
			stopped(Verified, "A"), passed(tests), kept("A", "B"), launched(reviewer), launched(auditor), result(reviewer, Pass, "B"), result(auditor, Pass, "B"),
		}, "present all-passed person"},
		{"committed while the reviewers are at work", after(gate2, kept("A", "B"), result(reviewer, Pass, "B"), result(auditor, Pass, "B")), "present all-passed person"},
		{"committed, and changed", after(gate2, passed(reviewer, auditor), spoke(), kept("A", "B"), asked(MergeOperation, "C")), "deny tree-changed test-runner"},
		{"a tree that was not the last", after(gate2, passed(reviewer, auditor), spoke(), kept("Z", "B"), asked(MergeOperation, "B")), "deny tree-changed test-runner"},
		{"committed and merged by hand", after(gate2, passed(reviewer, auditor), kept("A", "B"), byHand("B")), "close merged"},
		{"merged by hand before all have passed", after(gate2, passed(reviewer), byHand("A")), "-"},
		{"both gates fail: one step", after(gate2, result(auditor, Fail, "A"), result(reviewer, Fail, "A")), "resume gate-failed code-reviewer+security-auditor issues:2"},
		{"the same fails the other way round", after(gate2, result(reviewer, Fail, "A"), result(auditor, Fail, "A")), "resume gate-failed code-reviewer+security-auditor issues:2"},
		{"the tests' third fail", []any{stopped(Verified, "A"), round("A", "B"), round("B", "C"), launched(tests), result(tests, Fail, "C")}, "resume gate-failed test-runner issues:1"},
		{"the tests' fourth fail", []any{stopped(Verified, "A"), round("A", "B"), round("B", "C"), round("C", "D"), launched(tests), result(tests, Fail, "D")}, "escalate cap-reached test-runner issues:1 person"},
		{"a second fail on work that the coding agent has not changed", []any{
			stopped(Verified, "A"), launched(tests), result(tests, Fail, "A"), coderStarted(), stopped(Verified, "A"), launched(tests), result(tests, Fail, "A"),
		}, "escalate cap-reached test-runner issues:1 person"},
		{"the review, once the person has said to go on", []any{
			stopped(Verified, "A"), launched(tests), result(tests, Fail, "A"), coderStarted(), stopped(Verified, "A"), launched(tests), result(tests, Fail, "A"), spoke(), asked(reviewer, "A"),
		}, "allow"},
		{"but not of other work", []any{
			stopped(Verified, "A"), launched(tests), result(tests, Fail, "A"), coderStarted(), stopped(Verified, "A"), launched(tests), result(tests, Fail, "A"), spoke(), asked(reviewer, "B"),
		}, "deny gate-owed test-runner"},
		{"and a pass on it", []any{
			stopped(Verified, "A"), launched(tests), result(tests, Fail, "A"), coderStarted(), stopped(Verified, "A"), launched(tests), result(tests, Pass, "A"),
		}, "deploy stage-passed code-reviewer+security-auditor"},
		{"a second fail before the coding agent has heard of the first", []any{
			stopped(Verified, "A"), called("1"), failed("A"), called("2"), Fact{Kind: GateResult, Gate: tests, Agent: "a2", Call: "2", Outcome: Fail, Tree: "A", Issues: []string{"no"}},
		}, "resume gate-failed test-runner issues:1"},
		{"two fails, then a pass", []any{stopped(Verified, "A"), round("A", "B"), round("B", "C"), launched(tests), result(tests, Pass, "C")}, "deploy stage-passed code-reviewer+security-auditor"},
		{"the caps start over after the person's word", []any{
			stopped(Verified, "A"), round("A", "B"), round("B", "C"), round("C", "D"), launched(tests), result(tests, Fail, "D"),
			spoke(), stopped(Verified, "E"), launched(tests), result(tests, Fail, "E"),
		}, "resume gate-failed test-runner issues:1"},
		{"the total cap", []any{
			stopped(Verified, "A"), round("A", "B"), round("B", "C"), launched(tests), result(tests, Pass, "C"),
			launched(reviewer), result(reviewer, Fail, "C"), launched(auditor), result(auditor, Pass, "C"),
			stopped(Verified, "D"), launched(tests), result(tests, Pass, "D"), launched(reviewer), result(reviewer, Pass, "D"), launched(auditor), result(auditor, Fail, "D"),
		}, "escalate cap-reached security-auditor issues:1 person"},
		{"a fail before the coder's stop was recorded", []any{launched(tests), result(tests, Fail, "A"), stopped(Verified, "A")}, "resume gate-failed test-runner issues:1"},
		{"the same, and the tree has changed", []any{launched(tests), result(tests, Fail, "A"), stopped(Verified, "B")}, "deploy work-verified test-runner"},
		{"a pass before the coder's stop was recorded", []any{result(tests, Pass, "A"), stopped(Verified, "A")}, "deploy stage-passed code-reviewer+security-auditor"},
		{"a pass from a launch on another tree", []any{stopped(Verified, "A"), launched(tests), stopped(Verified, "B"), result(tests, Pass, "B")}, "deploy work-verified test-runner"},
		{"a fail from a launch on another tree", []any{stopped(Verified, "A"), launched(tests), stopped(Verified, "B"), result(tests, Fail, "B")}, "deploy work-verified test-runner"},
		{"a pass from a launch on another tree, launched again meanwhile", []any{
			stopped(Verified, "A"), called("1"), stopped(Verified, "B"), called("2"), answered("1", "a1", "B"),
		}, "wait for-gates test-runner"},
		{"and then the later one's", []any{
			stopped(Verified, "A"), called("1"), stopped(Verified, "B"), called("2"), answered("1", "a1", "B"), answered("2", "a2", "B"),
		}, "deploy stage-passed code-reviewer+security-auditor"},
		{"a launch told twice", []any{
			stopped(Verified, "A"), called("1"), named("1", "a1"), called("1"), answered("1", "a1", "A"),
		}, "deploy stage-passed code-reviewer+security-auditor"},
		{"one that never ran, launched again", []any{
			stopped(Verified, "A"), called("1"), called("2"), answered("2", "a2", "A"),
		}, "deploy stage-passed code-reviewer+security-auditor"},
		{"of two at work, the one launched first fails last", []any{
			stopped(Verified, "A"), called("1"), called("2"), answered("2", "a2", "A"), failed("A"),
		}, "resume gate-failed test-runner issues:1"},
		{"or first", []any{
			stopped(Verified, "A"), called("1"), called("2"), failed("A"), answered("2", "a2", "A"),
		}, "resume gate-failed test-runner issues:1"},
		{"then one that is launched after the fail passes", []any{
			stopped(Verified, "A"), called("1"), called("2"), failed("A"), answered("2", "a2", "A"), called("3"), answered("3", "a3", "A"),
		}, "deploy stage-passed code-reviewer+security-auditor"},
		{"the first fails on an older tree", []any{
			stopped(Verified, "A"), called("1"), stopped(Verified, "B"), called("2"), answered("2", "a2", "B"), failed("B"),
		}, "deploy stage-passed code-reviewer+security-auditor"},
		{"a fail after the person's word", []any{
			stopped(Verified, "A"), called("1"), called("2"), answered("2", "a2", "A"), passed(reviewer, auditor), spoke(), failed("A"), asked(BranchManagerAgent, "A"),
		}, "deny gate-owed test-runner"},
		{"the tree changes while a gate runs", []any{stopped(Verified, "A"), launched(tests), result(tests, Pass, "B")}, "deploy no-receipt test-runner"},
		{"and again", []any{stopped(Verified, "A"), launched(tests), result(tests, Pass, "B"), launched(tests), result(tests, Pass, "C")}, "escalate no-receipt test-runner person"},
		{"and then it holds still", []any{
			stopped(Verified, "A"), launched(tests), result(tests, Pass, "B"), launched(tests), result(tests, Pass, "C"), launched(tests), result(tests, Pass, "C"),
		}, "deploy stage-passed code-reviewer+security-auditor"},
		{"a gate ends twice without a result, and then fails", []any{
			stopped(Verified, "A"), launched(tests), final(result(tests, NoOutcome, "")), launched(tests), final(result(tests, NoOutcome, "")), launched(tests), result(tests, Fail, "A"),
		}, "resume gate-failed test-runner issues:1"},
		{"two gates end twice without a result, and one of them passes then", after(gate2,
			final(result(auditor, NoOutcome, "")), launched(auditor), final(result(auditor, NoOutcome, "")),
			final(result(reviewer, NoOutcome, "")), launched(reviewer), final(result(reviewer, NoOutcome, "")), launched(auditor), result(auditor, Pass, "A"),
		), "escalate no-result code-reviewer person"},
		{"it changes and comes back", after(gate2, result(auditor, Pass, "A"), seen("B"), seen("A"), result(reviewer, Pass, "A")), "present all-passed person"},
		{"a gate fails on the tree that it passes", []any{
			stopped(Verified, "A"), launched(tests), result(tests, Fail, "A"), launched(tests), result(tests, Pass, "A"), result(reviewer, Pass, "A"), result(auditor, Pass, "A"),
		}, "present all-passed issues:1 person"},
		{"a gate fails on another tree than it passes", []any{
			stopped(Verified, "A"), launched(tests), result(tests, Fail, "A"), seen("B"), launched(tests), result(tests, Pass, "B"), result(reviewer, Pass, "B"), result(auditor, Pass, "B"),
		}, "present all-passed person"},
		{"only what is void runs again", after(gate2, result(auditor, Fail, "A"), result(reviewer, Pass, "A"), coderStarted(), stopped(Verified, "A")), "deploy stage-passed security-auditor"},
		{"a word before the last pass", after(gate2, result(auditor, Pass, "A"), spoke(), result(reviewer, Pass, "A"), asked(BranchManagerAgent, "A")), "deny word-owed person"},
		{"a word for another tree", after(gate2, result(auditor, Pass, "A"), result(reviewer, Pass, "A"), spoke(), asked(BranchManagerAgent, "B")), "deny tree-changed test-runner"},
		{"a second pass takes the word away", after(gate2, result(auditor, Pass, "A"), result(reviewer, Pass, "A"), spoke(), result(auditor, Pass, "A")), "present all-passed person"},
		{"merge while a coder is at work", after(gate2, result(auditor, Pass, "A"), result(reviewer, Pass, "A"), spoke(), coderStarted(), asked(BranchManagerAgent, "A")), "deny for-coder"},
		{"the launch of a gate that has died is made good", []any{stopped(Verified, "A"), launched(tests), final(result(tests, NoOutcome, ""))}, "deploy no-result test-runner"},
		{"ops files go through the gates of their kind", []any{ops(true), agreed(), launched("technical-writer"), result("technical-writer", Pass, "B"), spoke()}, "merge word-given person"},
		{"other work does not wait for the ops agent's", []any{ops(true), stopped(Verified, "B")}, "deploy work-verified test-runner"},
		{"the same agent says no again", []any{
			stopped(Verified, "A"), launched(tests), result(tests, Fail, "A"), result(tests, Fail, "A"), result(tests, Fail, "A"), result(tests, Fail, "A"), result(tests, Fail, "A"),
		}, "resume gate-failed test-runner issues:1"},
		{"early merge, told as it happens", []any{stopped(Verified, "A"), merging()}, "stop bypassed person"},
		{"a violation during an escalation", []any{stopped(Capped, "A"), stopped(Violation, "B")}, "stop violation person"},
		{"an escalation during a violation", []any{stopped(Violation, "A"), stopped(Capped, "B")}, "stop violation person"},
		{"what the coder can mend, it mends", []any{stopped(Incomplete, "A"), stopped(Verified, "B")}, "deploy work-verified test-runner"},
		{"work that only a person can clear", []any{stopped(Violation, "A"), stopped(Verified, "B")}, "stop violation person"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, steps := story(tc.facts...)
			if got := brief(steps[len(steps)-1]); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}

func TestCaps(t *testing.T) {
	s := State{Caps: Caps{Gates: map[string]int{tests: 0}, Total: 1}}
	for i, f := range []Fact{stopped(Verified, "A"), result(tests, Fail, "A")} {
		f.Stop = string(rune('a' + i))
		s, _ = Next(s, f)
	}
	if s.Phase != Escalated || len(s.Owed().History) != 2 {
		t.Errorf("%s", text(t, s))
	}
	if got := (Caps{}).of("anything"); got != 1 {
		t.Errorf("the default cap is %d", got)
	}
}

func TestOtherTask(t *testing.T) {
	s, _ := story(stopped(Verified, "A"))
	f := result(tests, Pass, "A")
	f.Task = "T-2"
	if next, step := Next(s, f); step.Action != "" || !reflect.DeepEqual(next, s) {
		t.Errorf("a fact of T-2 counts for T-1: %s", text(t, next))
	}
	f.Task = " t-1 "
	if next, _ := Next(s, f); next.Phase != Gate2 || next.Task != "T-1" {
		t.Errorf("a fact of the same task in another case: %s", text(t, next))
	}
}

// The history is bounded, but facts that were seen are not forgotten with it.
func TestHistory(t *testing.T) {
	facts := make([]any, 3*maxHistory)
	for i := range facts {
		facts[i] = stopped(Verified, "A")
	}
	s, _ := story(facts...)
	if len(s.History) != maxHistory || len(s.Seen) != len(facts) {
		t.Errorf("%d events, %d seen", len(s.History), len(s.Seen))
	}
}

// called returns the facts of one run of the tests: launched by that tool use, named as that agent, and passed on a tree.
func called(call string) Fact { return Fact{Kind: GateLaunched, Gate: "test-runner", Call: call} }

func named(call, agent string) Fact {
	return Fact{Kind: GateLaunched, Gate: "test-runner", Call: call, Agent: agent}
}

// failed returns the fail of the run "1".
func failed(tree string) Fact {
	f := answered("1", "a1", tree)
	f.Outcome, f.Issues = Fail, []string{"it is not content"}
	return f
}

func answered(call, agent, tree string) Fact {
	return Fact{Kind: GateResult, Gate: "test-runner", Call: call, Agent: agent, Stop: agent, Outcome: Pass, Tree: tree}
}
