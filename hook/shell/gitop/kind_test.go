package gitop

import (
	"os"
	"regexp"
	"testing"
)

// TestKinds: each kind has texts of its own, and commands in the corpus.
func TestKinds(t *testing.T) {
	t.Parallel()
	corpus, err := os.ReadFile("../screen/testdata/commands.txt")
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]Kind{}
	for kind := range kinds {
		if kind.Effect() == "" || kind.Instead() == "" {
			t.Errorf("%s has no text", kind)
		}
		if other, ok := texts[kind.Effect()]; ok {
			t.Errorf("%s and %s are told in the same words", kind, other)
		}
		texts[kind.Effect()] = kind
		if n := len(regexp.MustCompile(`(?m)^(\w+,)*`+string(kind)+`(,\w+)*\t`).FindAll(corpus, -1)); n < 3 {
			t.Errorf("the corpus has %d commands of the kind %s", n, kind)
		}
	}
	if Kind("x").Effect() != "" || Kind("").Instead() != "" {
		t.Error("what is no kind has a text")
	}
}
