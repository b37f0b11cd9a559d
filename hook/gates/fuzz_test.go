package gates

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"
)

// script turns bytes into facts: every three say what happens, to which gate or with which verdict, and on which tree.
func script(bytes []byte) []Fact {
	kinds := append(allKinds(), "a new kind")
	names := []string{tests, reviewer, auditor, "stranger", ""}
	verdicts := []Verdict{Verified, Verified, Verified, Rejected, Incomplete, Declined, Capped, Violation, Unknown, "a new word"}
	outcomes := []Outcome{Pass, Pass, Fail, NoOutcome, "a new word"}
	trees := []string{"A", "A", "B", ""}
	needs := [][]Gate{nil, nil, {}, {{Name: reviewer}}, {{Name: tests, Blocking: true}, {Name: "technical-writer"}}}
	var list []Fact
	for len(bytes) >= 3 {
		a, b, c := int(bytes[0]), int(bytes[1]), int(bytes[2])
		bytes = bytes[3:]
		f := Fact{
			Kind: kinds[a%len(kinds)], Task: "T-1", Stop: fmt.Sprint(c >> 5), At: time.Unix(int64(c-a), 0).UTC(),
			Agent: fmt.Sprint("agent", a/len(kinds)%3), Verdict: verdicts[b%len(verdicts)], Tree: trees[c%len(trees)],
			Needs: needs[b/10%len(needs)], Gate: names[b%len(names)], Outcome: outcomes[b/5%len(outcomes)],
			SentBack: b&128 != 0, Changed: b&64 != 0, Launch: append(names, BranchManagerAgent)[b%(len(names)+1)],
		}
		if f.Kind == PromptCame || f.Kind == PromptRefuted || f.Kind == PersonSpoke && b&1 != 0 {
			f.Words = fmt.Sprint("words", b/2%3)
		}
		if f.Kind == MergeAsked || f.Kind == MergeAnswered {
			f.Call = fmt.Sprint("call", b/10%2)
		}
		if f.Kind == TreeKept {
			f.Was = trees[b%len(trees)]
		}
		if a/len(kinds) == 3 {
			f.Agent = ""
		}
		if b%7 == 6 {
			f.Contradictions = []string{"it contradicts itself"}
		}
		list = append(list, f)
	}
	return list
}

// witness tracks, in the plainest way, the conditions that must hold before the branch-manager may work.
type witness struct {
	tree    string
	needed  map[string]bool
	passes  map[string][]string // trees, by gate
	spoken  bool                // since the last pass
	trusted bool                // the last coding agent's stop was verified, or the person agreed

	heard    map[string]string // the trees that words were said for, by the words
	override string            // the tree that the person wants merged whatever is open
}

func (w *witness) see(before State, f Fact) {
	if before.Done && (f.Kind == CoderStopped || f.Kind == OpsStopped && f.Changed) || before.Phase == "" {
		*w = witness{needed: map[string]bool{}, passes: map[string][]string{}}
	}
	needs := f.Needs
	if needs == nil {
		needs = defaultGates()
	}
	switch f.Kind {
	case CoderStopped, TreeSeen, LaunchAsked:
		w.tree = f.Tree
	case GateLaunched, GateResult, OpsStopped, BranchManagerLaunched, MergeAsked:
		if f.Tree != "" {
			w.tree = f.Tree
		}
	}
	switch f.Kind {
	case CoderStopped:
		w.trusted = f.Verdict == Verified
		w.override, w.heard = "", nil
		if w.trusted {
			for _, g := range needs {
				w.needed[g.Name] = true
			}
		}
	case GateResult:
		if f.Gate != "" && f.Outcome == Pass && len(f.Contradictions) == 0 {
			w.passes[f.Gate] = append(w.passes[f.Gate], f.Tree)
			w.spoken = false
		}
	case PersonSpoke:
		w.spoken = w.spoken || f.Words == "" || slices.ContainsFunc(before.Heard, func(h Heard) bool { return h.Words == f.Words && h.Tree != "" })
		if tree, heard := w.heard[f.Words]; before.Hold.overridable() && (f.Words == "" || heard) {
			w.override = before.Tree
			if heard {
				w.override = tree
			}
		}
	case PromptCame:
		if f.Words != "" {
			if w.heard == nil {
				w.heard = map[string]string{}
			}
			w.heard[f.Words] = before.Tree
		}
	case MergeAnswered:
		if f.Outcome == Pass && before.Asked != nil && before.Asked.Call == f.Call {
			w.spoken = true
			if before.Hold.overridable() {
				w.override = before.Asked.Tree
			}
		}
	case PersonAgreed:
		w.trusted = true
	case TreeKept:
		if f.Was != "" && f.Tree != "" && before.Tree == f.Was {
			w.rename(f.Was, f.Tree)
			w.tree = f.Tree
		}
	}
}

// rename lets everything that holds for one tree hold for another one instead.
func (w *witness) rename(was, now string) {
	for _, trees := range w.passes {
		for i, tree := range trees {
			if tree == was {
				trees[i] = now
			}
		}
	}
	for words, tree := range w.heard {
		if tree == was {
			w.heard[words] = now
		}
	}
	if w.override == was {
		w.override = now
	}
}

func (w *witness) content() bool {
	return w.override != "" && w.override == w.tree || w.spoken && w.passed()
}

// passed reports whether work that was verified has passed every gate as it is.
func (w *witness) passed() bool {
	for g := range w.needed {
		if !slices.Contains(w.passes[g], w.tree) {
			return false
		}
	}
	return w.trusted && w.tree != ""
}

func FuzzNext(f *testing.F) {
	for _, seed := range seeds() {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, bytes []byte) {
		if len(bytes) > 600 {
			return
		}
		var s State
		w := witness{needed: map[string]bool{}, passes: map[string][]string{}}
		for i, fact := range script(bytes) {
			if _, askable := s.Askable(); fact.Kind == MergeAsked && !askable {
				continue // nobody is asked
			}
			before := text(t, s)
			next, step := Next(s, fact)
			if text(t, s) != before {
				t.Fatalf("fact %d changed the state it was given", i)
			}
			known := s.knows(fact)
			if !known {
				w.see(s, fact)
			}
			if s.Phase != "" && (next.Phase == "" || next.Task != s.Task) {
				t.Fatalf("fact %d lost the task: %s", i, text(t, next))
			}
			if next.Phase != "" && !slices.Contains(allPhases(), next.Phase) || next.Phase != "" && next.Phase != next.phase() {
				t.Fatalf("fact %d leads to phase %q", i, next.Phase)
			}
			allowed := next.Allows(BranchManagerAgent).Action == Allow && !next.Done && !next.Merging
			if (allowed || next.Merging && !s.Merging) && !w.content() {
				t.Fatalf("fact %d opens the way to the branch-manager: %s\n%+v", i, text(t, next), w)
			}
			if next.Done && !s.Done && !s.Merging && !s.Bypassed && fact.Kind != OpsStopped && fact.Kind != Closed && !w.content() && (fact.Kind != MergedByHand || !w.passed()) {
				t.Fatalf("fact %d closes the task: %s", i, text(t, next))
			}
			if known && (step.Action != "" || text(t, next) != before) {
				t.Fatalf("fact %d counts twice", i)
			}
			if fact.Kind.isStop() && !known && step.Action == "" && next.Owed().Action != "" {
				t.Fatalf("fact %d leaves a step untold: %s", i, text(t, next))
			}
			var again State
			if err := json.Unmarshal([]byte(text(t, next)), &again); err != nil {
				t.Fatal(err)
			}
			if text(t, again.Owed()) != text(t, next.Owed()) {
				t.Fatalf("fact %d: the journal changes what is owed", i)
			}
			s = again
		}
		finish(t, s)
	})
}

// finish follows the steps until the task is done: from every state there is a way.
func finish(t *testing.T, s State) {
	t.Helper()
	number := 0
	tell := func(f Fact) {
		number++
		f.Task, f.Stop = s.Task, fmt.Sprint("finish ", number)
		s, _ = Next(s, f)
	}
	work := func() { tell(stopped(Verified, "last")) }
	for range 60 {
		if s.Phase == Done && s.Hold == "" {
			return
		}
		step := s.Owed()
		switch step.Action {
		case Deploy:
			for _, g := range step.Gates {
				tell(Fact{Kind: GateLaunched, Gate: g, Agent: "finish " + g, Tree: "last"})
			}
		case Wait:
			switch {
			case step.Why == ForGates:
				for _, g := range step.Gates {
					tell(final(Fact{Kind: GateResult, Gate: g, Agent: "finish " + g, Outcome: Pass, Tree: "last"}))
				}
			case step.Why == ForAnswer:
				tell(Fact{Kind: MergeAnswered, Call: s.Asked.Call, Outcome: Pass})
			case step.Why == ForBranchManager && s.Working:
				work()
			case step.Why == ForBranchManager:
				tell(Fact{Kind: BranchManagerDone, Agent: s.Merger, Outcome: Pass})
			default:
				for _, id := range s.Running { // its end without a stop is found in the end
					tell(Fact{Kind: NotCoder, Agent: id})
				}
				work()
			}
		case Present:
			if step.Why == HeldOps {
				tell(agreed())
			} else {
				tell(spoke())
			}
		case Merge:
			tell(merging())
		case Resume, "":
			work()
		case Resolve:
			if step.Why == NothingVerified {
				work()
			} else {
				tell(spoke())
			}
		case Unverified:
			tell(seen("last"))
			tell(spoke())
		default:
			tell(spoke())
		}
	}
	t.Fatalf("there is no end to %s", text(t, s))
}

func text(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// seeds are scripts that reach far: the protocol from its beginning to its end, with each kind of fact put in at every place.
func seeds() [][]byte {
	at := func(k Kind) byte { return byte(slices.Index(allKinds(), k)) }
	pass := func(gate int) []byte { // gate is its place among the names of script
		return []byte{at(GateLaunched), byte(gate), 0, at(GateResult), byte(gate), byte(gate) << 5}
	}
	straight := slices.Concat(
		[]byte{at(CoderStopped), 0, 0}, pass(0), pass(1), pass(2),
		[]byte{at(PersonSpoke), 0, 0, at(LaunchAsked), 5, 0, at(BranchManagerLaunched), 0, 0, at(BranchManagerDone), 0, 0},
	)
	list := [][]byte{straight}
	for place := 0; place <= len(straight); place += 3 {
		for k := range allKinds() {
			for _, b := range []byte{0, 4, 6, 11, 16, 70, 130} {
				list = append(list, slices.Concat(straight[:place], []byte{byte(k), b, 2 | 7<<5}, straight[place:]))
			}
		}
	}
	return list
}

func TestSeeds(t *testing.T) {
	if n := len(seeds()); n < 500 {
		t.Errorf("only %d seeds", n)
	}
	var s State
	for _, f := range script(seeds()[0]) {
		s, _ = Next(s, f)
	}
	if s.Phase != Done {
		t.Errorf("the straight way leads to %s", text(t, s))
	}
}
