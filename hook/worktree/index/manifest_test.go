package index

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"stopgate/hook/worktree/object"
)

// randomNames returns names of few different characters, sorted as in the index.
func randomNames(random *rand.Rand) []string {
	var names []string
	for range random.IntN(60) {
		name := string("ab.-0"[random.IntN(5)])
		for range random.IntN(6) {
			name += string("ab.-0//"[random.IntN(7)])
		}
		name = strings.Trim(name, "/")
		for strings.Contains(name, "//") {
			name = strings.ReplaceAll(name, "//", "/")
		}
		names = append(names, name)
	}
	slices.Sort(names)
	names = slices.Compact(names)
	return slices.DeleteFunc(names, func(name string) bool { // a file cannot be a directory too
		return slices.ContainsFunc(names, func(other string) bool { return strings.HasPrefix(other, name+"/") })
	})
}

func stagedManifest(names []string) *Manifest {
	b := newManifestBuilder(0)
	b.m.Full = true
	for _, name := range names {
		b.add([]byte(name), Slot{staged: true, Mode: object.ModeRegular})
	}
	return &b.m
}

func TestManifestHoldsEveryName(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	for i := range uint64(300) {
		names := randomNames(rand.New(rand.NewPCG(seed, i)))
		m := stagedManifest(names)
		var got []string
		m.Below(0, func(dir int32, s *Slot) { got = append(got, m.Path(dir, s)) })
		slices.Sort(got)
		if !slices.Equal(got, names) {
			t.Fatalf("%q became %q", names, got)
		}
		for dir := range m.Dirs {
			var entries, want []string
			m.each(int32(dir), func(name string, file *Slot, _ int32) {
				if file == nil {
					name += "/"
				}
				entries = append(entries, name)
			})
			if want = slices.Sorted(slices.Values(entries)); !slices.Equal(entries, want) {
				t.Fatalf("the entries of %q are %q, want %q", m.Dirs[dir].Path, entries, want)
			}
		}
	}
}

func TestManifestStages(t *testing.T) {
	b := newManifestBuilder(0)
	for range 3 {
		b.add([]byte("d/conflict"), Slot{staged: true})
	}
	b.add([]byte("d/plain"), Slot{staged: true})
	if len(b.m.Slots) != 2 || b.m.Slots[0].Watch != WatchAlways || b.m.Slots[0].staged || !b.m.Slots[1].staged {
		t.Errorf("slots are %+v", b.m.Slots)
	}
}
