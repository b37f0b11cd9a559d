package gates

import "testing"

// A failed launch is no run and no attempt: the same step is due before and after it, however often it happens.
func TestLaunchFailed(t *testing.T) {
	t.Parallel()
	call := func(kind Kind, gate, call string) Fact { return Fact{Kind: kind, Gate: gate, Call: call, Tree: "A"} }
	verified := Fact{Kind: CoderStopped, Agent: "coder", Verdict: Verified, Tree: "A"}
	for name, c := range map[string]struct {
		facts []any
		want  Step
	}{
		"a gate":              {[]any{verified, call(GateLaunched, tests, "1"), call(LaunchFailed, tests, "1"), call(GateLaunched, tests, "2"), call(LaunchFailed, tests, "2"), call(GateLaunched, tests, "3"), call(LaunchFailed, tests, "3")}, Step{Action: Deploy, Why: WorkVerified, Gates: []string{tests}}},
		"another launch":      {[]any{verified, call(GateLaunched, tests, "1"), call(LaunchFailed, tests, "0")}, Step{Action: Wait, Why: ForGates, Gates: []string{tests}}},
		"an agent at work":    {[]any{verified, Fact{Kind: GateLaunched, Gate: tests, Call: "1", Agent: "t"}, call(LaunchFailed, tests, "1")}, Step{Action: Wait, Why: ForGates, Gates: []string{tests}}},
		"one of two":          {[]any{verified, passed(tests), call(GateLaunched, reviewer, "1"), call(GateLaunched, auditor, "2"), call(LaunchFailed, reviewer, "1")}, Step{Action: Deploy, Why: StagePassed, Gates: []string{reviewer}}},
		"the branch-manager":  {[]any{verified, passed(tests, reviewer, auditor), spoke(), Fact{Kind: BranchManagerLaunched, Tree: "A"}, call(LaunchFailed, "", "9")}, Step{Action: Merge, Why: WordGiven}},
		"one that is at work": {[]any{verified, passed(tests, reviewer, auditor), spoke(), merging(), call(LaunchFailed, "", "9")}, Step{Action: Wait, Why: ForBranchManager}},
	} {
		s, _ := story(c.facts...)
		if owed := s.Owed(); !owed.Same(c.want) {
			t.Errorf("%s: owed is %+v, want %+v", name, owed, c.want)
		}
		for _, g := range s.Gates {
			if g.Name == tests && g.Attempts > 1 || g.Misses > 0 {
				t.Errorf("%s: %s has %d attempts and %d misses", name, g.Name, g.Attempts, g.Misses)
			}
		}
	}
}

// A branch-manager that has committed what passed and failed afterwards leaves it to the person to go on, and no gate runs again for the commit.
func TestFailedAfterTheCommit(t *testing.T) {
	t.Parallel()
	for _, holds := range []bool{true, false} {
		verified := Fact{Kind: CoderStopped, Agent: "coder", Verdict: Verified, Tree: "A"}
		failed := Fact{Kind: BranchManagerDone, Agent: "bm", Outcome: Fail, Issues: []string{"diverged"}, Holds: holds}
		s, _ := story(verified, passed(tests, reviewer, auditor), spoke(), merging(), failed)
		if got := s.Allows(BranchManagerAgent); got.Action != Deny || got.Why != HeldMergeFailed {
			t.Errorf("before the person has decided: %+v", got)
		}
		s, _ = Next(s, Fact{Kind: PersonSpoke, Task: s.Task})
		s, _ = Next(s, Fact{Kind: TreeSeen, Task: s.Task, Tree: "B"}) // HEAD has moved
		if got := s.Allows(BranchManagerAgent); (got.Action == Allow) != holds {
			t.Errorf("the work is in a commit: %t, and the branch-manager is answered with %+v", holds, got)
		}
	}
}

// A hook of the repository may change files at the commit, so that the commit is not what passed. The person is asked about it as it is: their word lets
// the branch-manager go on with it, and otherwise the gates run again.
func TestCommitChangedByAHook(t *testing.T) {
	t.Parallel()
	verified := Fact{Kind: CoderStopped, Agent: "coder", Verdict: Verified, Tree: "A"}
	failed := Fact{Kind: BranchManagerDone, Agent: "bm", Outcome: Fail, Issues: []string{"commit 1 is not what passed"}, Tree: "B"}
	s, _ := story(verified, passed(tests, reviewer, auditor), spoke(), merging(), failed)
	if got := s.Allows(BranchManagerAgent); got.Action != Deny || got.Why != HeldMergeFailed {
		t.Errorf("before the person has decided: %+v", got)
	}
	s, _ = Next(s, Fact{Kind: PersonSpoke, Task: s.Task})
	if got, want := s.Owed(), (Step{Action: Deploy, Why: TreeChanged, Gates: []string{tests}}); !got.Same(want) {
		t.Errorf("then %+v is owed, want %+v", got, want)
	}
	for tree, want := range map[string]Action{"B": Allow, "C": Deny} {
		if _, got := Next(s, Fact{Kind: LaunchAsked, Task: s.Task, Launch: BranchManagerAgent, Tree: tree}); got.Action != want {
			t.Errorf("the tree %s, and the branch-manager is answered with %+v", tree, got)
		}
	}
}
