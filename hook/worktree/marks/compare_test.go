package marks

import "testing"

// TestCompareLeavesOutWhatWasNotSeen: if a part is incomplete in one of the states, no change of it is reported.
func TestCompareLeavesOutWhatWasNotSeen(t *testing.T) {
	full := Marks{
		Head: Head{Branch: "refs/heads/a", Commit: "1"}, Branches: newRegister([]Item{{Name: "a", Value: "1"}}), Tags: newRegister([]Item{{Name: "t", Value: "1"}}),
		Remotes: newRegister([]Item{{Name: "o/a", Value: "1"}}), Refs: newRegister([]Item{{Name: "refs/x", Value: "1"}}), Stash: Stash{Commit: "1", Depth: 1},
		Staged: newRegister([]Item{{Name: "f", Value: "1"}}), IntentToAdd: newRegister([]Item{{Name: "i", Value: "1"}}), Hidden: newRegister([]Item{{Name: "h", Value: "1"}}),
		Operations: newRegister([]Item{{Name: "merge", Value: "1"}}), Config: newRegister([]Item{{Name: "c", Value: "1"}}), Hooks: newRegister([]Item{{Name: "hooks/x", Value: "1"}}),
		Info: newRegister([]Item{{Name: "info/exclude", Value: "1"}}), Worktrees: newRegister([]Item{{Name: "/w", Value: "refs/heads/a 1"}}),
	}
	parts := map[string]int{partRefs: 7, partStaged: 3, partOperations: 1, partConfig: 1, partHooks: 1, partInfo: 1, partWorktrees: 1}
	sum := 0
	for part, n := range parts {
		sum += n
		for _, pair := range [][2]Marks{{{}, full}, {full, {}}} {
			all := len(Compare(pair[0], pair[1]))
			pair[1].Incomplete = map[string]string{part: "x"}
			one := len(Compare(pair[0], pair[1]))
			pair[0].Incomplete, pair[1].Incomplete = pair[1].Incomplete, nil
			other := len(Compare(pair[0], pair[1]))
			if lost := n; part == partStaged && pair[1].Head.Commit == "" {
				lost-- // that a path is no longer intended to be added is no change
				n = lost
			}
			if all-one != n || all-other != n {
				t.Errorf("without %s there are %d and %d changes of %d, want %d less", part, one, other, all, n)
			}
		}
	}
	if all := len(Compare(Marks{}, full)); all != sum {
		t.Errorf("%d changes in all, want %d", all, sum)
	}
}
