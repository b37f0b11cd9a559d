package marks

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"stopgate/hook/worktree/object"
)

// manyItems returns n items that look like branches.
func manyItems(n int) []Item {
	items := make([]Item, n)
	for i := range items {
		items[i] = Item{object.Name(fmt.Sprintf("topic/%d/branch-%d", i%37, i)), fmt.Sprintf("%040x", i)}
	}
	return items
}

// stored returns a register as the next process reads it from JSON.
func stored(t testing.TB, r Register) Register {
	t.Helper()
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if len(text) > 3*maxListed {
		t.Errorf("a register of %d names takes %d bytes", r.Count, len(text))
	}
	var back Register
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	return back
}

// TestRegisterDifferences changes sets of every size at random, and compares the differences of registers with the real changes. Up to thirty
// changes must be found, except in one of thousands of sets, where names share all their cells. Of more changes either all must be found or none.
func TestRegisterDifferences(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 0))
	told, silent, missed := 0, 0, 0
	for round := range 300 {
		items := manyItems([]int{0, 1, 20, 200, 280, 400, 3000}[round%7])
		changes := rnd.IntN([]int{4, 31, 120}[round%3])
		var after []Item
		var want []difference
		for n, i := range rnd.Perm(len(items) + 5) {
			change := rnd.IntN(3)
			switch {
			case i >= len(items) && n < changes:
				added := Item{object.Name(fmt.Sprintf("new\n\xff%%%d", i)), "v"}
				after = append(after, added)
				want = append(want, difference{added.Name, "", added.Value, false, true})
			case i >= len(items):
			case n < changes && change == 0:
				want = append(want, difference{items[i].Name, items[i].Value, "", true, false})
			case n < changes:
				moved := Item{items[i].Name, strings.Repeat("f", 40)}
				after = append(after, moved)
				want = append(want, difference{moved.Name, items[i].Value, moved.Value, true, true})
			default:
				after = append(after, items[i])
			}
		}
		slices.SortFunc(want, func(a, b difference) int { return object.CompareNames(a.name, b.name) })
		got, ok := differences(stored(t, newRegister(items)), stored(t, newRegister(after)))
		switch {
		case ok && !slices.Equal(got, want):
			t.Fatalf("%d names, %d changes:\ngot  %+v\nwant %+v", len(items), changes, got, want)
		case !ok && len(want) <= 30:
			t.Logf("%d names, %d changes were not told", len(items), len(want))
			missed++
		case !ok:
			silent++
		default:
			told++
		}
	}
	t.Logf("%d sets of changes were told, %d were too many", told, silent)
	if missed > 1 {
		t.Errorf("%d sets of few changes were not told", missed)
	}
	if silent == 0 || told < 200 {
		t.Errorf("%d told, %d too many: the sizes do not try the bound", told, silent)
	}
}

func TestRegisterOfLongTexts(t *testing.T) {
	long := Item{object.Name(strings.Repeat("n", 4000)), strings.Repeat("v", 4000)}
	before := stored(t, newRegister(append(manyItems(1000), long)))
	long.Value += "w"
	got, ok := differences(before, stored(t, newRegister(append(manyItems(1000), long))))
	if !ok || len(got) != 1 || !strings.HasPrefix(string(got[0].name), "nnnn") || !strings.HasPrefix(got[0].to, "vvvv") || got[0].from == got[0].to {
		t.Errorf("%t %+v", ok, got)
	}
}

func TestRegisterOrderDoesNotCount(t *testing.T) {
	items := manyItems(1000)
	a := newRegister(items)
	slices.Reverse(items)
	if b := newRegister(items); !reflect.DeepEqual(a, b) {
		t.Error("the order of the names changes the register")
	}
}

// FuzzSketch reads damaged sketches. The differences may then be wrong, but reading them must end without a panic.
func FuzzSketch(f *testing.F) {
	for _, seed := range sketchSeeds() {
		f.Add(seed)
	}
	good := newRegister(manyItems(1000))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, ok := parseSketch(b)
		if !ok {
			return
		}
		if again, ok := parseSketch(s.bytes()); !ok || !reflect.DeepEqual(again.bytes(), s.bytes()) {
			t.Error("a sketch is not what is written of it")
		}
		found, told := differences(good, Register{Count: 1, Digest: "x", Sketch: b})
		if !told && found != nil {
			t.Error("differences that were not told are returned")
		}
	})
}

func sketchSeeds() [][]byte {
	good := newRegister(manyItems(1000)).Sketch
	twice := slices.Clone(good)
	twice[0] ^= 2
	return [][]byte{nil, good, twice, good[:len(good)/2], make([]byte, sketchRows*cellsInRow*10)}
}

func TestSketchSeeds(t *testing.T) {
	if len(sketchSeeds()) < 5 {
		t.Error("there are no seeds")
	}
}
