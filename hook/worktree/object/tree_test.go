package object

import (
	"strings"
	"testing"
)

func TestCompareEntries(t *testing.T) {
	names := []string{"a", "a.b", "a-b", "a0", "ab", "b", "a/"[:1] + "\x00", "é", "\xff"}
	for _, a := range names {
		for _, b := range names {
			for kinds := range 4 {
				aDir, bDir := kinds&1 > 0, kinds&2 > 0
				full := func(name string, isDir bool) string {
					if isDir {
						name += "/"
					}
					return name
				}
				got, want := CompareEntries(a, aDir, b, bDir), strings.Compare(full(a, aDir), full(b, bDir))
				if (got < 0) != (want < 0) || (got > 0) != (want > 0) {
					t.Errorf("%q, %t against %q, %t: %d, want %d", a, aDir, b, bDir, got, want)
				}
			}
		}
	}
}

func FuzzParseTree(f *testing.F) {
	for _, seed := range treeSeeds {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		files, dirs, err := parseTree(content)
		if err == nil && len(files)+len(dirs) > len(content)/23+1 {
			t.Errorf("%d entries out of %d bytes", len(files)+len(dirs), len(content))
		}
	})
}

var treeSeeds = []string{
	"", "100644 a\x0001234567890123456789", "40000 d\x0001234567890123456789100755 x\x0098765432109876543210", "100644 a\x00short", "1006449999999999 a\x0001234567890123456789",
}

func TestTreeSeeds(t *testing.T) {
	if len(treeSeeds) == 0 {
		t.Error("a fuzz target without seeds tests nothing in an ordinary run")
	}
}
