package merging_test

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"stopgate/hook/gates"
	"stopgate/hook/guard"
	"stopgate/hook/host"
	"stopgate/hook/merging"
	"stopgate/hook/record"
	"stopgate/hook/scene"
	"stopgate/hook/shell/gitop"
	"stopgate/hook/site"
)

// TestHeldBackWithoutAPerson: the git commands of an agent that merges, and of one that works for it, do not run if a hook agreed to its launch in
// the person's place.
func TestHeldBackWithoutAPerson(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]bool{"hook": true, "user_temporary": false} {
		dir := t.TempDir()
		for name, content := range map[string]string{
			"s1.jsonl":                       `{"type":"user","message":{"content":[{"type":"tool_result","tool_use_id":"u1"}]},"permissionDecision":{"decision":"accept","source":"` + source + `"}}` + "\n",
			"s1/subagents/agent-m.meta.json": `{"agentType":"general-purpose","toolUseId":"u1"}`,
			"s1/subagents/agent-h.meta.json": `{"agentType":"Explore","toolUseId":"u2","parentAgentId":"m"}`,
		} {
			path := filepath.Join(dir, filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		for _, agent := range []string{"m", "h"} {
			memory := &record.Memory{}
			w := &scene.World{GivenGrounds: &site.Grounds{}, Now: time.Now, Log: io.Discard, OpenJournal: func(string) (record.Journal, error) { return memory, nil }}
			s := w.Scene(host.Event{SessionID: "s1", TranscriptPath: filepath.Join(dir, "s1.jsonl"), AgentID: agent})
			for _, f := range []gates.Fact{
				{Kind: gates.CoderStopped, Agent: "c1", Stop: "1", Verdict: gates.Verified, Tree: "t"},
				{Kind: gates.MergeAsked, Call: "u1", Tree: "t"},
			} {
				f.Task = "T-1"
				s.Append(t.Context(), record.Fact{Fact: f}.Entry())
			}
			if held := merging.HeldBack(t.Context(), s, nil, guard.Resolved{Kind: gitop.Merge}, guard.Effect{}); strings.Contains(held, "no person agreed") != want {
				t.Errorf("%s, agreed by %s: held back for %q", agent, source, held)
			}
		}
	}
}

// dirty is a git whose status shows one changed file.
type dirty struct{}

func (dirty) Ask(context.Context, ...string) (string, bool) { return "", true }

func (dirty) AskAt(context.Context, string, ...string) (string, bool) { return " M notes.js", true }

// TestHeldBackFromWhatOthersEdit: nothing that no commit holds is destroyed in the main worktree, or where the session runs. In a task's own worktree it
// is that task's gates that decide.
func TestHeldBackFromWhatOthersEdit(t *testing.T) {
	t.Parallel()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	main, session, task := filepath.Join(dir, "main"), filepath.Join(dir, "session"), filepath.Join(dir, "main", "trees", "T-1")
	for _, args := range [][]string{
		{"init", "-q", main},
		{"-C", main, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "first"},
		{"-C", main, "worktree", "add", "-q", session},
		{"-C", main, "worktree", "add", "-q", task},
	} {
		if out, err := exec.Command("git", args...).CombinedOutput(); err != nil {
			t.Fatalf("git %q: %v: %s", args, err, out)
		}
	}
	grounds := site.GroundsOf(session, session)
	w := &scene.World{GivenGrounds: &grounds, Now: time.Now, Log: io.Discard, OpenJournal: func(string) (record.Journal, error) { return &record.Memory{}, nil }}
	s := w.Scene(host.Event{SessionID: "s1", TranscriptPath: filepath.Join(dir, "s1.jsonl")})
	reset := guard.Resolved{Kind: gitop.Reset, Command: guard.Command{Name: "reset", Args: []string{"--hard"}}}
	for root, want := range map[string]bool{main: true, session: true, task: false} {
		if held := merging.HeldBack(t.Context(), s, dirty{}, reset, guard.Effect{Ours: true, Root: root, Dir: root}); strings.Contains(held, "would destroy") != want {
			t.Errorf("%s: held back for %q", root, held)
		}
	}
}
