package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"stopgate/scripts/client"
)

// TestEachKind plays one case of every second kind, or of each with STOPGATE_EVAL=all, and prints the figures. It fails if an honest agent is held
// up, a false report passes, or a file is lost, except in the kinds whose reason is written down.
func TestEachKind(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts a thousand processes")
	}
	for _, tool := range []string{"git", "bash"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("STOPGATE_NO_SKIP") == "1" {
				t.Fatalf("%s is not installed, and a skip is not allowed", tool)
			}
			t.Skipf("%s is not installed", tool)
		}
	}
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	source, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	binary, err := client.Program("", source, dir)
	if err != nil {
		t.Fatal(err)
	}
	stage, err := newStage(dir, binary, source)
	if err != nil {
		t.Fatal(err)
	}
	c := &corpus{stage: stage, seed: 1, kinds: kinds()}
	c.shown = func(r result) {
		if r.isFault() {
			t.Error(r)
		}
	}
	if os.Getenv("STOPGATE_EVAL") != "all" {
		var every []labelled
		for i := 0; i < len(c.kinds); i += 2 {
			every = append(every, c.kinds[i])
		}
		c.kinds = every
	}
	results := c.play(0, len(c.kinds))
	if len(results) < 60 {
		t.Errorf("there are only %d kinds", len(results))
	}
	t.Log(count(results).line())
}

// isFault reports whether a case shows a fault without a known reason.
func (r result) isFault() bool {
	_, missed := knownMisses[r.kind.name]
	_, blocked := knownBlocks[r.kind.name]
	_, ended := knownEnds[r.kind.name]
	return r.shows(missed, blocked, ended)
}

// String returns what tell prints.
func (r result) String() string {
	var b strings.Builder
	r.tell(&b)
	return b.String()
}
