package trace_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"stopgate/hook/trace"
	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// TestOthersOfLongAgo: an agent that never returned is in no conflict over changes that it made before this one began.
func TestOthersOfLongAgo(t *testing.T) {
	began := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	peer := &transcript.Agent{ToolUses: []transcript.ToolUse{
		{Name: "Write", Path: "/r/trees/T/a", Outcome: transcript.Succeeded, Time: began.Add(-time.Minute)},
		{Name: "Write", Path: "/r/trees/T/b", Outcome: transcript.Succeeded, Time: began.Add(time.Minute)},
		{Name: "Write", Path: "/r/trees/T/c", Outcome: transcript.Failed, Time: began.Add(time.Minute)},
	}}
	got := trace.EditsSince(peer, worktree.Place{Root: "/r/trees/T"}, began)
	if len(got) != 1 || got[0] != "b" {
		t.Errorf("got %q", got)
	}
}

// TestWritten: files in the input of a server's tool are its work, as those of an edit are; the folder in which it works is not.
func TestWritten(t *testing.T) {
	t.Parallel()
	top, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(top, "coverage", "calc.js")
	if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	for want, use := range map[string]transcript.ToolUse{
		"new.js":           {Name: "Write", Path: filepath.Join(top, "new.js")},
		"coverage/calc.js": {Name: "mcp__files__write_file", Names: []string{top, "x", file}},
		"":                 {Name: "mcp__files__read_file", Names: []string{file}},
		".":                {Name: "mcp__shell__run", Command: "cat " + file, Names: []string{file}},
	} {
		paths, all := trace.Written(&transcript.Agent{Lines: 1, CWD: top, ToolUses: []transcript.ToolUse{use}}, []string{top})
		none := want == "" || want == "."
		if !all || none != (len(paths) == 0) || !none && paths[0] != want {
			t.Errorf("%s %v: %q", use.Name, use.Names, paths)
		}
	}
}
