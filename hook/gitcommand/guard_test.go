package gitcommand_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"stopgate/hook/calls"
	"stopgate/hook/gitcommand"
	"stopgate/hook/guard"
	"stopgate/hook/host"
	"stopgate/hook/inspect"
	"stopgate/hook/journal"
	"stopgate/hook/launch"
	"stopgate/hook/record"
	"stopgate/hook/scene"
	"stopgate/hook/transcript"
)

// realGit asks the real git, in a folder.
type realGit struct {
	dir string
	env []string
}

func (g realGit) Ask(ctx context.Context, arguments ...string) (string, bool) {
	return g.AskAt(ctx, g.dir, arguments...)
}

func (g realGit) AskAt(ctx context.Context, dir string, arguments ...string) (string, bool) {
	cmd := exec.CommandContext(ctx, "git", arguments...)
	cmd.Dir, cmd.Env = dir, g.env
	out, err := cmd.Output()
	return strings.TrimSuffix(string(out), "\n"), err == nil
}

// folderForGit returns a folder for repositories, and an environment in which git has no configuration of the machine. Without git the test is
// skipped.
func folderForGit(t *testing.T) (root string, env []string) {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skipf("git is needed: %v", err)
	}
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return root, append(os.Environ(), "HOME="+root, "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
}

// TestGuardWithoutNotes: an agent that works for a coding agent stays held to its rules after the host's notes on either were removed.
func TestGuardWithoutNotes(t *testing.T) {
	t.Parallel()
	root, env := folderForGit(t)
	if out, err := exec.Command("git", "init", "-q", root).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	notes := map[string]string{
		"a1": `{"agentType":"bug-fixer"}`, "h1": `{"agentType":"Explore","parentAgentId":"a1"}`, "h2": `{"agentType":"Explore","parentAgentId":"h1"}`,
		"o1": `{"agentType":"Explore"}`,
	}
	coder := []calls.Above{{Agent: "a1", AgentType: "bug-fixer"}}
	untyped := calls.Call{Session: "s", Agent: "h1", AgentType: "Explore", Above: []calls.Above{{Agent: "a1"}}}
	announced := []calls.Call{
		{Session: "s", Agent: "h2", AgentType: "Explore", Above: append([]calls.Above{{Agent: "h1", AgentType: "Explore"}}, coder...)},
		{Session: "s", Agent: "h1", AgentType: "Explore", Above: coder},
		{Session: "s", Agent: "h1", AgentType: "Explore"},
		{Session: "s", Agent: "a1", AgentType: "bug-fixer"},
		{Session: "s", Agent: "o1", AgentType: "Explore"},
		{Session: "s"},
	}
	for _, tt := range []struct {
		name, agent, removed string
		announced            []calls.Call
		refused              bool
	}{
		{"all notes are there", "h1", "", nil, true},
		{"those on the coding agent are gone", "h1", "a1", announced[3:4], true},
		{"which itself announced nothing", "h1", "a1", announced[1:2], true},
		{"and were when it announced more", "h1", "a1", []calls.Call{announced[1], untyped}, true},
		{"those on the helper are gone then, too", "h1", "h1 a1", []calls.Call{announced[1], untyped}, true},
		{"those on the helper are gone", "h1", "h1", announced, true},
		{"those on a helper's helper are gone", "h2", "h2", announced[:1], true},
		{"those on the one between are gone", "h2", "h1", announced[1:], true},
		{"all are gone", "h2", "a1 h1 h2", announced, true},
		{"those on an agent that works for nobody are gone", "o1", "o1", announced, false},
		{"nothing is known", "h1", "h1", nil, false},
	} {
		session := filepath.Join(t.TempDir(), "s.jsonl")
		for id, text := range notes {
			path := transcript.MetaPath(transcript.AgentPath(session, id))
			if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
				t.Fatal(err)
			}
			if strings.Contains(tt.removed, id) {
				if err := os.Remove(path); err != nil {
					t.Fatal(err)
				}
			}
		}
		memory := &record.Memory{}
		world := &scene.World{
			ProjectDir: root, OpenJournal: func(string) (record.Journal, error) { return memory, nil }, Now: time.Now, Log: io.Discard,
			CallsOf: func(string) []calls.Call { return tt.announced },
		}
		git := realGit{root, env}
		answer := gitcommand.Guard(t.Context(), world, gitcommand.Command{
			Resolved: guard.Resolve(t.Context(), git, guard.Read([]string{"commit", "-m", "x"}), "", nil), Git: git,
			Calls: []calls.Call{{Session: "s", Transcript: session, Agent: tt.agent, AgentType: "Explore", Cwd: root, Project: root}},
			Dir:   root, Home: root, Getenv: func(string) string { return "" },
		})
		if (answer.Refusal != "") != tt.refused {
			t.Errorf("%s: refused for %q", tt.name, answer.Refusal)
		}
	}
}

// TestGuard: in the session's repository a coding agent may read and not commit, and the session may do both. Every command that writes is
// recorded. The guard ignores other repositories.
func TestGuard(t *testing.T) {
	t.Parallel()
	root, env := folderForGit(t)
	main, other := filepath.Join(root, "main"), filepath.Join(root, "other")
	for _, dir := range []string{main, other} {
		if out, err := exec.Command("git", "init", "-q", dir).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	agent := []calls.Call{{Session: "s", Agent: "a1", AgentType: "bug-fixer", Cwd: main, Project: main}}
	session := []calls.Call{{Session: "s", Cwd: main, Project: main}}
	for _, tt := range []struct {
		name, dir, command string
		calls              []calls.Call
		refused            bool
		recorded           record.Outcome
	}{
		{"an agent commits", main, "commit -m x", agent, true, record.Refused},
		{"an agent reads", main, "log", agent, false, ""},
		{"an agent commits elsewhere", other, "commit -m x", agent, false, ""},
		{"the session commits", main, "commit -m x", session, false, record.Passed},
		{"nobody knows who commits", main, "commit -m x", nil, false, record.Unknown},
	} {
		memory := &record.Memory{}
		world := &scene.World{
			ProjectDir: main, OpenJournal: func(string) (record.Journal, error) { return memory, nil }, Now: time.Now, Log: io.Discard,
		}
		git := realGit{tt.dir, env}
		answer := gitcommand.Guard(t.Context(), world, gitcommand.Command{
			Resolved: guard.Resolve(t.Context(), git, guard.Read(strings.Fields(tt.command)), "", nil), Git: git, Calls: tt.calls,
			Dir: tt.dir, Home: root, Getenv: func(string) string { return "" },
		})
		if (answer.Refusal != "") != tt.refused {
			t.Errorf("%s: refused for %q", tt.name, answer.Refusal)
		}
		records, _, err := memory.Read(t.Context(), journal.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		var recorded record.Outcome
		for _, rec := range records {
			var g record.Git
			if rec.Kind != record.KindGit || json.Unmarshal(rec.Data, &g) != nil {
				t.Errorf("%s: a record of the kind %s", tt.name, rec.Kind)
			}
			recorded += g.Outcome
		}
		if recorded != tt.recorded {
			t.Errorf("%s: recorded as %q, want %q", tt.name, recorded, tt.recorded)
		}
	}
}

// TestGuardOfSubmodules: a coding agent and a gate may check out the submodules of their own worktree, which git leaves empty in a new one.
func TestGuardOfSubmodules(t *testing.T) {
	t.Parallel()
	root, env := folderForGit(t)
	main := filepath.Join(root, "main")
	made := exec.Command("sh", "-ec", `git init -q main; cd main; git -c user.name=t -c user.email=t@example.org commit -q --allow-empty -m x
		git worktree add -q trees/T-1; git worktree add -q trees/T-2`)
	made.Dir, made.Env = root, env
	if out, err := made.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	session, memory := filepath.Join(root, "s.jsonl"), &record.Memory{}
	world := &scene.World{ProjectDir: main, OpenJournal: func(string) (record.Journal, error) { return memory, nil }, Now: time.Now, Log: io.Discard}
	types := map[string]string{"a1": "bug-fixer", "g1": "test-runner"}
	for id, agentType := range types {
		path := transcript.MetaPath(transcript.AgentPath(session, id))
		text := `{"agentType":"` + agentType + `","toolUseId":"u-` + id + `"}`
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
		role := map[string]launch.Role{"a1": launch.CodingRole, "g1": launch.GateRole}[id]
		world.Scene(host.Event{SessionID: "s", Cwd: main}).Append(t.Context(),
			record.Launch{ToolUseID: "u-" + id, Role: role, Baseline: inspect.Baseline{Worktree: "./trees/T-1"}}.Entry(agentType, "T-1"))
	}
	for _, tt := range []struct {
		agent, dir, command string
		refused             bool
	}{
		{"a1", "trees/T-1", "submodule update --init --recursive --depth 1 lib", false},
		{"a1", "trees/T-1", "submodule --quiet init", false},
		{"a1", "trees/T-2", "submodule update --init", true},
		{"a1", "", "submodule update --init", true},
		{"a1", "trees/T-1", "submodule update --init --remote", true},
		{"a1", "trees/T-1", "submodule update --force", true},
		{"a1", "trees/T-1", "submodule sync", true},
		{"g1", "trees/T-1", "submodule update --init", false},
		{"g1", "trees/T-2", "submodule update --init", true},
	} {
		git := realGit{filepath.Join(main, tt.dir), env}
		answer := gitcommand.Guard(t.Context(), world, gitcommand.Command{
			Resolved: guard.Resolve(t.Context(), git, guard.Read(strings.Fields(tt.command)), "", nil), Git: git,
			Calls: []calls.Call{{Session: "s", Transcript: session, Agent: tt.agent, AgentType: types[tt.agent], Cwd: main, Project: main}},
			Dir:   git.dir, Home: root, Getenv: func(string) string { return "" },
		})
		if (answer.Refusal != "") != tt.refused {
			t.Errorf("%s in %q: git %s: refused for %q", tt.agent, tt.dir, tt.command, answer.Refusal)
		}
	}
}
