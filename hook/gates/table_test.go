package gates

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write testdata/protocol.txt anew; read every line that changes")

// Facts of one task, in a form short enough to tell a story with.

func coderStarted() Fact { return Fact{Kind: CoderStarted, Agent: "coder", AgentType: "dev:bug-fixer"} }

func stopped(v Verdict, tree string) Fact {
	return Fact{Kind: CoderStopped, Agent: "coder", AgentType: "dev:bug-fixer", Verdict: v, Tree: tree}
}

func ops(changed bool) Fact {
	f := Fact{Kind: OpsStopped, Agent: "ops", AgentType: "dev:incident-responder", Changed: changed, Tree: "A"}
	if changed {
		f.Tree, f.Needs = "B", []Gate{{Name: "technical-writer"}}
	}
	return f
}

func launched(gate string) Fact { return Fact{Kind: GateLaunched, Gate: gate, Agent: gate + "-agent"} }

func result(gate string, o Outcome, tree string) Fact {
	f := Fact{Kind: GateResult, Gate: gate, Agent: gate + "-agent", Outcome: o, Tree: tree}
	if o == Fail {
		f.Issues = []string{gate + " is not content"}
	}
	return f
}

func contradictory(gate, tree string) Fact {
	f := result(gate, Pass, tree)
	f.Contradictions = []string{"it passes with 2 failed tests"}
	return f
}

func final(f Fact) Fact {
	f.SentBack = true
	return f
}

func seen(tree string) Fact      { return Fact{Kind: TreeSeen, Tree: tree} }
func asked(l, tree string) Fact  { return Fact{Kind: LaunchAsked, Launch: l, Tree: tree} }
func spoke() Fact                { return Fact{Kind: PersonSpoke} }
func agreed() Fact               { return Fact{Kind: PersonAgreed} }
func kept(was, tree string) Fact { return Fact{Kind: TreeKept, Was: was, Tree: tree} }
func byHand(tree string) Fact    { return Fact{Kind: MergedByHand, Tree: tree} }
func merging() Fact              { return Fact{Kind: BranchManagerLaunched, Agent: "bm"} }
func merged(outcome Outcome) Fact {
	return Fact{Kind: BranchManagerDone, Agent: "bm", Outcome: outcome}
}

// passed returns the launch and the pass of each gate on tree A.
func passed(names ...string) []Fact {
	var facts []Fact
	for _, n := range names {
		facts = append(facts, launched(n), result(n, Pass, "A"))
	}
	return facts
}

const (
	tests    = "test-runner"
	reviewer = "code-reviewer"
	auditor  = "security-auditor"
)

// story numbers the stops of some facts and takes them in.
func story(parts ...any) (State, []Step) {
	var s State
	var steps []Step
	number := 0
	tell := func(f Fact) {
		number++
		f.Task, f.Stop, f.At = "T-1", fmt.Sprint(number), time.Unix(int64(number), 0).UTC()
		next, step := Next(s, f)
		s, steps = next, append(steps, step)
	}
	for _, p := range parts {
		switch p := p.(type) {
		case Fact:
			tell(p)
		case []Fact:
			for _, f := range p {
				tell(f)
			}
		}
	}
	return s, steps
}

// situations are the stories that lead to every phase; each with what makes it different from the others of that phase.
var situations = []struct {
	name  string
	phase Phase
	facts []any
}{
	{"unheard of", "", nil},
	{"coder at work", Coding, []any{coderStarted()}},
	{"work sent back", Coding, []any{stopped(Verified, "A"), launched(tests), result(tests, Fail, "A")}},
	{"in the person's hand", Coding, []any{stopped(Capped, "A"), spoke()}},
	{"early pass", Coding, []any{passed(tests)}},
	{"nothing needed", Authorise, []any{Fact{Kind: CoderStopped, Agent: "coder", Verdict: Verified, Tree: "A", Needs: []Gate{}}}},
	{"reviewer only", Gate2, []any{Fact{Kind: CoderStopped, Agent: "coder", Verdict: Verified, Tree: "A", Needs: []Gate{{Name: reviewer}}}}},
	{"tests owed", Gate1, []any{stopped(Verified, "A")}},
	{"tests running", Gate1, []any{stopped(Verified, "A"), launched(tests)}},
	{"tests sent back", Gate1, []any{stopped(Verified, "A"), launched(tests), contradictory(tests, "A")}},
	{"tests void", Gate1, []any{stopped(Verified, "A"), passed(tests), seen("B")}},
	{"gate 2 owed", Gate2, []any{stopped(Verified, "A"), passed(tests)}},
	{"gate 2 running", Gate2, []any{stopped(Verified, "A"), passed(tests), launched(reviewer), launched(auditor)}},
	{"auditor passed", Gate2, []any{stopped(Verified, "A"), passed(tests), launched(reviewer), passed(auditor)}},
	{"auditor failed", Gate2, []any{stopped(Verified, "A"), passed(tests), launched(reviewer), launched(auditor), result(auditor, Fail, "A")}},
	{"all passed", Authorise, []any{stopped(Verified, "A"), passed(tests, reviewer, auditor)}},
	{"word given", Authorise, []any{stopped(Verified, "A"), passed(tests, reviewer, auditor), spoke()}},
	{"merging", BranchManager, []any{stopped(Verified, "A"), passed(tests, reviewer, auditor), spoke(), merging()}},
	{"committed on a branch", OnBranch, []any{stopped(Verified, "A"), passed(tests, reviewer, auditor), spoke(), merging(), merged(Committed)}},
	{"merge failed after the commit, and answered", OnBranch, []any{
		stopped(Verified, "A"), passed(tests, reviewer, auditor), spoke(), merging(), Fact{Kind: BranchManagerDone, Outcome: Fail, Holds: true}, spoke(),
	}},
	{"done", Done, []any{stopped(Verified, "A"), passed(tests, reviewer, auditor), spoke(), merging(), merged(Pass)}},
	{"coder capped", Escalated, []any{stopped(Capped, "A")}},
	{"reviewer's cap", Escalated, []any{
		stopped(Verified, "A"), passed(tests, auditor), launched(reviewer), result(reviewer, Fail, "A"),
		stopped(Verified, "A"), launched(reviewer), result(reviewer, Fail, "A"),
	}},
	{"tests yield nothing", Escalated, []any{stopped(Verified, "A"), final(result(tests, NoOutcome, "A")), final(result(tests, NoOutcome, "A"))}},
	{"merge failed", Escalated, []any{stopped(Verified, "A"), passed(tests, reviewer, auditor), spoke(), merging(), merged(Fail)}},
	{"violation", Blocked, []any{stopped(Violation, "A")}},
	{"incomplete", Blocked, []any{stopped(Incomplete, "A")}},
	{"declined", Blocked, []any{stopped(Declined, "A")}},
	{"not checked", Blocked, []any{stopped(Unknown, "A")}},
	{"ops changed files", Blocked, []any{ops(true)}},
	{"merging early", Blocked, []any{stopped(Verified, "A"), merging()}},
	{"merged early", Blocked, []any{stopped(Verified, "A"), merging(), merged(Pass)}},
}

// facts are tried in every situation.
var facts = []struct {
	name string
	fact Fact
}{
	{"coder started", coderStarted()},
	{"coder stopped: verified, A", stopped(Verified, "A")},
	{"coder stopped: verified, C", stopped(Verified, "C")},
	{"coder stopped: rejected", stopped(Rejected, "A")},
	{"coder stopped: incomplete", stopped(Incomplete, "A")},
	{"coder stopped: declined", stopped(Declined, "A")},
	{"coder stopped: capped", stopped(Capped, "A")},
	{"coder stopped: violation", stopped(Violation, "A")},
	{"coder stopped: a new word", stopped("startled", "A")},
	{"ops stopped", ops(false)},
	{"ops stopped: changed files", ops(true)},
	{"tests launched", launched(tests)},
	{"reviewer launched", launched(reviewer)},
	{"no such test-runner", Fact{Kind: LaunchFailed, Gate: tests, Call: "c"}},
	{"no such branch-manager", Fact{Kind: LaunchFailed, Call: "c"}},
	{"tests: pass on A", result(tests, Pass, "A")},
	{"tests: pass on C", result(tests, Pass, "C")},
	{"tests: pass on ?", result(tests, Pass, "")},
	{"tests: fail", result(tests, Fail, "A")},
	{"tests: no result", result(tests, NoOutcome, "A")},
	{"tests: no result, final", final(result(tests, NoOutcome, "A"))},
	{"tests: contradictory", contradictory(tests, "A")},
	{"tests: contradictory, final", final(contradictory(tests, "A"))},
	{"tests: nobody launched them", Fact{Kind: PassRefuted, Gate: tests, Agent: tests + "-agent", Why: "nobody launched it"}},
	{"reviewer: pass on A", result(reviewer, Pass, "A")},
	{"reviewer: fail", result(reviewer, Fail, "A")},
	{"stranger: fail", result("stranger", Fail, "A")},
	{"tree seen: A", seen("A")},
	{"tree seen: C", seen("C")},
	{"tree seen: ?", seen("")},
	{"asks for tests", asked(tests, "A")},
	{"asks for reviewer", asked(reviewer, "A")},
	{"asks for merge", asked(BranchManagerAgent, "A")},
	{"asks for merge of C", asked(BranchManagerAgent, "C")},
	{"person spoke", spoke()},
	{"words of nobody known", Fact{Kind: PromptCame, Words: "w"}},
	{"the person's, never heard", Fact{Kind: PersonSpoke, Words: "w"}},
	{"not the person's", Fact{Kind: PromptRefuted, Words: "w"}},
	{"the person is asked", Fact{Kind: MergeAsked, Call: "c", Tree: "A"}},
	{"nobody asked agrees", Fact{Kind: MergeAnswered, Call: "c", Outcome: Pass}},
	{"closed by hand", Fact{Kind: Closed, Why: "done elsewhere"}},
	{"person agreed", agreed()},
	{"merge launched", merging()},
	{"merge done", merged(Pass)},
	{"merge failed", merged(Fail)},
	{"merge only committed", merged(Committed)},
	{"merge did nothing", merged(Nothing)},
	{"asks for main", asked(MergeOperation, "A")},
	{"no coder after all", Fact{Kind: NotCoder, Agent: "coder"}},
	{"A is committed by hand", kept("A", "C")},
	{"C is committed by hand", kept("C", "D")},
	{"A is merged by hand", byHand("A")},
	{"C is merged by hand", byHand("C")},
}

// brief returns a step in a line: action, reason, gates, number of issues, whom it waits for.
func brief(s Step) string {
	words := []string{string(s.Action), string(s.Why)}
	if len(s.Gates) > 0 {
		words = append(words, strings.Join(s.Gates, "+"))
	}
	if len(s.Issues) > 0 {
		words = append(words, fmt.Sprintf("issues:%d", len(s.Issues)))
	}
	if s.Person {
		words = append(words, "person")
	}
	words = slices.DeleteFunc(words, func(w string) bool { return w == "" })
	if len(words) == 0 {
		return "-"
	}
	return strings.Join(words, " ")
}

// TestProtocol compares the machine with a table of every situation and every fact, which people can read.
func TestProtocol(t *testing.T) {
	const file = "testdata/protocol.txt"
	var b strings.Builder
	b.WriteString("# What follows from each fact in each situation of a task: the phase, the step that the fact calls for, and what is owed then.\n")
	told := map[Phase]map[Kind]bool{}
	for _, situation := range situations {
		s, _ := story(situation.facts...)
		if s.Phase != situation.phase {
			t.Errorf("%s is in %q, not in %q", situation.name, s.Phase, situation.phase)
		}
		if told[s.Phase] == nil {
			told[s.Phase] = map[Kind]bool{}
		}
		fmt.Fprintf(&b, "\n%s (%s); owed: %s\n", situation.name, s.Phase, brief(s.Owed()))
		for _, f := range facts {
			told[s.Phase][f.fact.Kind] = true
			next := append(slices.Clone(situation.facts), f.fact)
			after, steps := story(next...)
			fmt.Fprintf(&b, "  %-28s %-14s %-50s %s\n", f.name, after.Phase, brief(steps[len(steps)-1]), brief(after.Owed()))
		}
	}
	for _, phase := range append(allPhases(), "") {
		for _, kind := range allKinds() {
			if !told[phase][kind] {
				t.Errorf("nobody says what %s does in phase %q", kind, phase)
			}
		}
	}
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	got, rows := strings.Split(b.String(), "\n"), strings.Split(string(want), "\n")
	if len(rows) < 1000 || len(got) != len(rows) {
		t.Errorf("%d lines, %s has %d", len(got), file, len(rows))
	}
	for i := range min(len(got), len(rows)) {
		if got[i] != rows[i] {
			t.Errorf("%s:%d:\n got %s\nwant %s", file, i+1, got[i], rows[i])
		}
	}
}

// A state survives the journal, and so do facts and steps.
func TestJSON(t *testing.T) {
	for _, situation := range situations {
		s, steps := story(situation.facts...)
		roundTrip(t, s)
		for _, step := range steps {
			roundTrip(t, step)
		}
	}
	for _, f := range facts {
		roundTrip(t, f.fact)
	}
}

func roundTrip[T any](t *testing.T, v T) {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var again T
	if err := json.Unmarshal(text, &again); err != nil {
		t.Fatal(err)
	}
	if got, err := json.Marshal(again); err != nil || !bytes.Equal(got, text) {
		t.Errorf("%s became %s: %v", text, got, err)
	}
}

// allPhases returns all phases but "", in the order of the protocol.
func allPhases() []Phase {
	return []Phase{Coding, Gate1, Gate2, Authorise, BranchManager, OnBranch, Done, Escalated, Blocked}
}

// allKinds returns all kinds of fact.
func allKinds() []Kind {
	return []Kind{
		CoderStarted, NotCoder, CoderStopped, OpsStopped, GateLaunched, LaunchFailed, GateResult, TreeSeen, LaunchAsked, PromptCame, PersonSpoke, PromptRefuted,
		PersonAgreed, MergeAsked, MergeAnswered, Closed, BranchManagerLaunched, BranchManagerDone, PassRefuted,
		TreeKept, MergedByHand,
	}
}
