package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"stopgate/hook/inspect"
	"stopgate/hook/quote"
	"stopgate/hook/replay"
	"stopgate/hook/rule"
	"stopgate/schema"
)

var update = flag.Bool("update", false, "write what is generated, the goldens of replay and what the documents show, instead of comparing it")

// replayOf runs the subcommand in this process.
func replayOf(t testing.TB, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errors bytes.Buffer
	c := command{
		stdin: strings.NewReader(""), stdout: &out, stderr: &errors,
		getenv: func(string) string { return "" }, dir: t.TempDir(), now: time.Now,
	}
	status = c.run(append([]string{"replay"}, args...))
	return status, out.String(), errors.String()
}

// corpus lists folders that hold one recorded session each. There are at least least of them.
func corpus(t testing.TB, least int, pattern string) []string {
	t.Helper()
	dirs, err := filepath.Glob(pattern)
	if err != nil || len(dirs) < least {
		t.Fatalf("%s holds %d sessions, want at least %d (%v)", pattern, len(dirs), least, err)
	}
	for i, dir := range dirs {
		if dirs[i], err = filepath.Abs(dir); err != nil {
			t.Fatal(err)
		}
	}
	return dirs
}

// TestReplayOfSessions replays sessions of the real client with this plugin, without their worktrees: it shows what the transcripts alone prove.
func TestReplayOfSessions(t *testing.T) {
	for _, dir := range corpus(t, 10, "testdata/sessions/*") {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			golden(t, filepath.Join(dir, "replay.golden"), dir)
			wantNoMoreThanUnknown(t, dir)
		})
	}
}

// TestReplayOfRecordings replays the recordings for the tests of the transcripts' reader, of several versions of the host, as if their agents were
// coding agents.
func TestReplayOfRecordings(t *testing.T) {
	for _, dir := range corpus(t, 20, "../../hook/transcript/testdata/recorded/*") {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			copied := t.TempDir()
			if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
				t.Fatal(err)
			}
			if err := os.Remove(filepath.Join(copied, "events.jsonl")); err != nil {
				t.Fatal(err)
			}
			notes, err := filepath.Glob(filepath.Join(copied, "*", "subagents", "*.meta.json"))
			if err != nil || len(notes) == 0 {
				t.Fatalf("%d agents (%v)", len(notes), err)
			}
			for _, note := range notes {
				if err := os.WriteFile(note, []byte(`{"agentType":"team:feature-developer"}`), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			golden(t, filepath.Join("testdata", "replay", filepath.Base(dir)+".golden"), copied)
			wantNoMoreThanUnknown(t, copied)
		})
	}
}

// golden compares a replay, as people read it, with a file.
func golden(t *testing.T, name, dir string) {
	t.Helper()
	status, stdout, stderr := replayOf(t, "--explain", dir)
	got := fmt.Sprintf("%s\n%sstatus %d\n", stdout, strings.ReplaceAll(stderr, dir, "DIR"), status)
	if *update {
		if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the replay of %s has changed (-update rewrites it)\n got:\n%s\nwant:\n%s", dir, got, want)
	}
}

// wantNoMoreThanUnknown fails if a replay without a worktree passes anything, or if a result does not have its form.
func wantNoMoreThanUnknown(t *testing.T, dir string) {
	t.Helper()
	_, lines, _ := replayOf(t, "--format", "jsonl", "--explain", dir)
	for line := range strings.Lines(lines) {
		result := wantResult(t, line)
		if result.Verdict == rule.Verified || result.Verdict == rule.Incomplete {
			t.Errorf("without a worktree the verdict is %s: %s", result.Verdict, line)
		}
		for _, f := range result.Files {
			if f.Proof == inspect.ByGit || f.Proof == inspect.ByCommit {
				t.Errorf("without a worktree git has proven %q", f.Path)
			}
		}
	}
	_, array, _ := replayOf(t, "--format", "json", dir)
	var all []replay.Result
	if err := json.Unmarshal([]byte(array), &all); err != nil || len(all) != strings.Count(lines, "\n") {
		t.Errorf("json holds %d results and jsonl %d (%v)", len(all), strings.Count(lines, "\n"), err)
	}
}

// wantResult reads one result that is valid under its schema.
func wantResult(t *testing.T, line string) replay.Result {
	t.Helper()
	var doc any
	if err := json.Unmarshal([]byte(line), &doc); err != nil {
		t.Fatalf("%v: %s", err, line)
	}
	violations, err := schema.Validate("result", doc)
	if err != nil || len(violations) > 0 {
		t.Fatalf("%v, %v: %s", violations, err, line)
	}
	var result replay.Result
	if err := json.Unmarshal([]byte(line), &result); err != nil {
		t.Fatal(err)
	}
	return result
}

// replaySeeds returns the agents' transcripts of the corpus, and texts that no host writes.
func replaySeeds(t testing.TB) [][]byte {
	t.Helper()
	files, err := filepath.Glob("testdata/sessions/*/*/subagents/*.jsonl")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d seeds (%v)", len(files), err)
	}
	seeds := [][]byte{
		{},
		[]byte("{}"), []byte("\x1f\x8b"), []byte(strings.Repeat("[", 2000)),
		[]byte(`{"type":"assistant","timestamp":"9999-99-99T00:00:00Z","cwd":"../../..","message":{"id":"m","stop_reason":"end_turn","content":[{"type":"text","text":"{\"task_id\":\"T\u202e1\",\"worktree_path\":\"\u0000\",\"work_completed\":\"x\",\"files_modified\":[\"/etc/passwd\",\"\"],\"unfinished\":[]}"}]}}`),
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		seeds = append(seeds, content)
	}
	return seeds
}

// FuzzReplay: whatever stands in a transcript, replay ends, each result has its form, none is a pass where there is no worktree, the
// formats agree, and nothing reaches a terminal that could move its cursor.
func FuzzReplay(f *testing.F) {
	for _, seed := range replaySeeds(f) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		path := filepath.Join(t.TempDir(), "agent-x.jsonl")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		status, lines, stderr := replayOf(t, "--format", "jsonl", "--explain", path)
		if status != exitNot && status != exitOK && status != exitCannotRun || strings.Contains(stderr, "internal error") {
			t.Fatalf("status %d: %s", status, stderr)
		}
		if (status == exitCannotRun) != (lines == "") {
			t.Fatalf("status %d with %q", status, lines)
		}
		for line := range strings.Lines(lines) {
			if result := wantResult(t, line); result.Verdict == rule.Verified {
				t.Fatalf("verified: %s", line)
			}
		}
		again, text, stderr := replayOf(t, "--explain", path)
		if again != status {
			t.Fatalf("status %d as jsonl and %d as text", status, again)
		}
		if shown := text + stderr; quote.Lines(shown) != shown {
			t.Fatalf("the terminal is shown %q", shown)
		}
	})
}
