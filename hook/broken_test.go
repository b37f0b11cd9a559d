package hook

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"stopgate/hook/gates"
)

// segment returns the file in which the host's journal grows.
func (h *fakeHost) segment() string {
	h.t.Helper()
	files, err := filepath.Glob(filepath.Join(h.journal, "*", "*.jsonl"))
	if err != nil || len(files) != 1 {
		h.t.Fatalf("the journal is in %v, %v", files, err)
	}
	return files[0]
}

// rewrite changes the lines of the journal.
func (h *fakeHost) rewrite(edit func(lines [][]byte) [][]byte) {
	h.t.Helper()
	content, err := os.ReadFile(h.segment())
	if err != nil {
		h.t.Fatal(err)
	}
	h.write(h.segment(), string(bytes.Join(edit(bytes.SplitAfter(content, []byte("\n"))), nil)))
}

// A journal with an unreadable record, by accident or from a later release, loses that record and nothing else.
func TestBrokenJournal(t *testing.T) {
	isPass := func(line []byte) bool {
		return bytes.Contains(line, []byte(`"kind":"gate-result"`)) && bytes.Contains(line, []byte(`"outcome":"pass"`))
	}
	breaks := map[string]struct {
		edit func(lines [][]byte) [][]byte
		want gates.Phase
	}{
		"whole": {func(lines [][]byte) [][]byte { return lines }, gates.Gate2},
		"records of a later release": {func(lines [][]byte) [][]byte {
			return append(lines,
				[]byte(`{"v":99,"kind":"verdict-of-the-stars","at":"2030-01-01T00:00:00Z","session":"s","task":"t-1","data":{"fact":7}}`+"\n"),
				[]byte(`{"v":99,"kind":"fact","at":"2030-01-01T00:00:00Z","session":"s","task":"t-1","data":{"fact":{"kind":"all-is-well","task":"T-1","gate":"security-auditor"}}}`+"\n"),
				[]byte(`{"v":99,"kind":"fact","at":"2030-01-01T00:00:00Z","session":"s","task":"t-1","data":{"fact":[1,2]}}`+"\n"))
		}, gates.Gate2},
		"a torn last line": {func(lines [][]byte) [][]byte {
			return append(lines, []byte(`{"v":1,"kind":"fact","at":"2030-01-01T00:00:00Z","session":"s","task":"t-1","data":{"fact":{"kind":"gate-re`))
		}, gates.Gate2},
		"garbage between": {func(lines [][]byte) [][]byte {
			return slices.Insert(lines, len(lines)/2, []byte("\x00\x00\x00\n"), []byte("}{\n"), []byte("\n"))
		}, gates.Gate2},
		"the pass is torn": {func(lines [][]byte) [][]byte {
			for i, line := range lines {
				if isPass(line) {
					lines[i] = append(slices.Clone(line[:len(line)/2]), '\n')
				}
			}
			return lines
		}, gates.Gate1},
		"all is lost": {func([][]byte) [][]byte { return nil }, ""},
	}
	for name, tt := range breaks {
		t.Run(name, func(t *testing.T) {
			h := newHost(t)
			place := h.addWorktree("T-1-login")
			h.verified("s", "T-1", place)
			h.pass("T-1", "test-runner", place)
			h.rewrite(tt.edit)
			if got := h.task("T-1").State.Phase; got != tt.want {
				t.Errorf("the task is in %q, want %q", got, tt.want)
			}
			h.endTurn("s")
			// Later records are read, and the protocol goes on to its end.
			h.passed("T-1", place)
			if refused := h.merge(place); refused == "" {
				t.Error("it may be merged without the person's word")
			}
			h.say("s", "Merge it.")
			if refused := h.merge(place); refused != "" {
				t.Errorf("the branch-manager is refused for %q", refused)
			}
		})
	}
}

// The same where there is no journal any more.
func TestMissingJournal(t *testing.T) {
	h := newHost(t)
	place := h.addWorktree("T-1-login")
	h.verified("s", "T-1", place)
	if err := os.RemoveAll(h.journal); err != nil {
		t.Fatal(err)
	}
	if answer := h.endTurn("s"); !answer.Output.Silent() {
		t.Errorf("the end of the turn is answered with %+v", answer.Output)
	}
	h.pass("T-1", "test-runner", place)
	if state := h.task("T-1").State; state.Verified || state.Phase != gates.Coding {
		t.Errorf("the task is %+v", state)
	}
	if refused := h.merge(place); refused == "" {
		t.Error("it may be merged, though only one gate is known to have passed")
	}
	h.passed("T-1", place)
	if phase := h.task("T-1").State.Phase; phase != gates.Authorise {
		t.Errorf("the task is in %s", phase)
	}
}
