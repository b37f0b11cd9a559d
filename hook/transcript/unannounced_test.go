package transcript

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestAgentsOfWorkflows(t *testing.T) {
	dir := t.TempDir()
	session := filepath.Join(dir, "s1.jsonl")
	place := func(names ...string) string {
		path := filepath.Join(append([]string{dir, "s1", "subagents"}, names...)...)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		write(t, path, []byte(newScript(t).prompt("w").String()))
		write(t, MetaPath(path), []byte(`{"agentType":"coder"}`))
		return path
	}
	plain, scripted := place("agent-a1.jsonl"), place("workflows", "wf_1-2", "agent-a2.jsonl")
	both := place("agent-a3.jsonl")
	place("workflows", "wf_1-2", "agent-a3.jsonl")
	journal := filepath.Join(filepath.Dir(scripted), "journal.jsonl")
	write(t, journal, []byte("{}\n"))
	outside := filepath.Join(dir, "elsewhere")
	if err := os.CopyFS(outside, os.DirFS(filepath.Dir(scripted))); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, "s1", "subagents", "workflows", "wf_3")); err != nil {
		t.Skipf("no links here: %v", err)
	}

	for id, want := range map[string]string{"a1": plain, "a2": scripted, "a3": both, "a4": filepath.Join(filepath.Dir(plain), "agent-a4.jsonl"), "../a2": ""} {
		if got := AgentPath(session, id); got != want {
			t.Errorf("the transcript of %s is %q, want %q", id, got, want)
		}
	}
	files, err := Agents(session)
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, f := range files {
		if f.Err != nil || f.Meta.AgentType != "coder" {
			t.Errorf("%+v", f)
		}
		paths = append(paths, f.Path)
	}
	if want := []string{plain, both, scripted, filepath.Join(filepath.Dir(scripted), "agent-a3.jsonl")}; !slices.Equal(paths, want) {
		t.Errorf("the agents are %q, want %q", paths, want)
	}
	for path, want := range map[string]string{plain: "", scripted: "wf_1-2", journal: "", session: ""} {
		if got := WorkflowOf(path); got != want {
			t.Errorf("the workflow of %s is %q, want %q", path, got, want)
		}
		if got := SessionOf(path); path != journal && got != filepath.Join(dir, "s1") {
			t.Errorf("the session of %s is %q", path, got)
		}
		if got := IsWorkflowJournal(path); got != (path == journal) {
			t.Errorf("%s is a journal: %t", path, got)
		}
	}
}

func TestPromptOfWorkflow(t *testing.T) {
	for prompt, want := range map[string]string{
		"[Workflow harness — computed task] Not the user.\n  TASK: T1\n    indented\n  \n  end\n  ": "TASK: T1\n  indented\n\nend\n",
		"[Workflow harness — computed task] Not the user.":                                          "",
		"TASK: T1\n  [Workflow harness]\n  indented":                                                "TASK: T1\n  [Workflow harness]\n  indented",
	} {
		path := filepath.Join(t.TempDir(), "agent-a1.jsonl")
		write(t, path, []byte(newScript(t).prompt(prompt).String()))
		if got := ReadPrompt(t.Context(), path); got != want {
			t.Errorf("%q is read as %q, want %q", prompt, got, want)
		}
	}
}

// TestHandedIn: an agent with a schema for its result ends with a use of a tool, and says nothing then.
func TestHandedIn(t *testing.T) {
	begun := func() *script {
		return newScript(t).prompt("w").uses("m1", "t1", "Bash", map[string]any{"command": "make"}).result("t1", "ok", false)
	}
	hand := func(s *script, failed bool) *script {
		return s.uses("m2", "t2", "StructuredOutput", map[string]any{"files_modified": []string{"a.go"}}).result("t2", "provided", failed)
	}
	for name, test := range map[string]struct {
		script   *script
		handedIn bool
	}{
		"handed in":             {hand(begun(), false), true},
		"refused by the schema": {hand(begun(), true), false},
		"at work":               {newScript(t).prompt("w").uses("m1", "t1", "Bash", map[string]any{"command": "make"}), false},
		"went on after that":    {hand(begun(), false).uses("m3", "t3", "Bash", map[string]any{"command": "make"}).result("t3", "ok", false), false},
		"said something":        {hand(begun(), false).says("m3", "Done."), false},
	} {
		path := filepath.Join(t.TempDir(), "agent-a1.jsonl")
		write(t, path, []byte(test.script.String()))
		agent, err := ReadAgent(t.Context(), path, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if name == "at work" && agent.Reached("", false, "") {
			t.Errorf("%s: a reply without a message is reached", name)
		}
		if agent.HandedIn() != test.handedIn || test.handedIn && !agent.Reached("", false, "") {
			t.Errorf("%s: handed in %t, reached %t", name, agent.HandedIn(), agent.Reached("", false, ""))
		}
		stops := 0
		scanner := NewScanner(t.Context(), strings.NewReader(test.script.String()), Options{OneAgent: true})
		for scanner.Scan() {
			stops++
			replies := scanner.Stop().Agent.Replies
			if got := replies[len(replies)-1].Handbacks; test.handedIn && !slices.Equal(got, []string{`{"files_modified":["a.go"]}`}) {
				t.Errorf("%s: handed in is %q", name, got)
			}
		}
		if want := map[bool]int{true: 1}[test.handedIn || name == "said something"]; stops != want {
			t.Errorf("%s: %d stops, want %d", name, stops, want)
		}
	}
}

func TestUnannouncedLaunches(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "s1.jsonl")
	write(t, path, []byte(`{"type":"user","uuid":"u0","promptId":"p1","message":{"role":"user","content":"/payments now"}}
{"type":"user","uuid":"u7","promptId":"p3","message":{"role":"user","content":"<command-message>payments</command-message>\n<command-name>/payments</command-name>"}}
{"type":"assistant","uuid":"u1","message":{"id":"m1","role":"assistant","content":[{"type":"tool_use","id":"t1","name":"Workflow","input":{"script":"x"}}]}}
{"type":"user","uuid":"u2","promptId":"p2","toolUseResult":{"taskId":"w1","runId":"wf_1"},"message":{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"/launched"}]}}
{"type":"assistant","uuid":"u3","message":{"id":"m2","role":"assistant","content":[{"type":"tool_use","id":"t2","name":"Bash","input":{"command":"x"}}]}}
{"type":"user","uuid":"u4","promptId":"p2","toolUseResult":{"runId":"wf_2","agentId":"a2"},"message":{"role":"user","content":[{"type":"tool_result","tool_use_id":"t2","content":"x"}]}}
{"type":"assistant","uuid":"u5","message":{"id":"m3","role":"assistant","content":[{"type":"tool_use","id":"t3","name":"Skill","input":{"skill":"payments"}}]}}
{"type":"user","uuid":"u6","promptId":"p2","toolUseResult":{"status":"forked","agentId":"a1"},"message":{"role":"user","content":[{"type":"tool_result","tool_use_id":"t3","content":"done"}]}}
`))
	launches, err := ReadLaunches(t.Context(), path, false)
	if err != nil {
		t.Fatal(err)
	}
	const notes = `{"agentType":"reviewer","spawnDepth":1}`
	for _, test := range []struct {
		name, folder, id, notes, promptID string
		led                               bool
	}{
		{"a skill", "", "a1", notes, "p2", true},
		{"a skill that the person called", "", "a9", notes, "p1", true},
		{"the same at a terminal", "", "a9", notes, "p3", true},
		{"an agent of a workflow", "workflows/wf_1", "a8", notes, "p2", true},
		{"another agent's id", "", "a2", notes, "p2", false},
		{"a run of no workflow", "workflows/wf_2", "a7", notes, "p2", false},
		{"a skill's id in a workflow", "workflows/wf_2", "a1", notes, "p2", false},
		{"launched by a tool use", "", "a1", `{"agentType":"reviewer","toolUseId":"t9","spawnDepth":1}`, "p1", false},
		{"without notes", "", "a1", "", "p1", false},
	} {
		own := filepath.Join(t.TempDir(), "s1", "subagents", filepath.FromSlash(test.folder), "agent-"+test.id+".jsonl")
		if err := os.MkdirAll(filepath.Dir(own), 0o755); err != nil {
			t.Fatal(err)
		}
		write(t, own, []byte(newScript(t).user("Review T1.", `,"promptId":"`+test.promptID+`"`).String()))
		if test.notes != "" {
			write(t, MetaPath(own), []byte(test.notes))
		}
		launched, led := launches.Led(t.Context(), own)
		if led != test.led || led && (launched.AgentType != "reviewer" || launched.Prompt != "Review T1.") {
			t.Errorf("%s: %t %+v", test.name, led, launched)
		}
	}
	if launched, ok := launches.Of("a1", "t3"); ok {
		t.Errorf("the skill is the launch %+v", launched)
	}
}

// TestFork: a fork begins with the tool use that launched it, and its work stands beside the result of that.
func TestFork(t *testing.T) {
	beside := func(text string) []any {
		return []any{
			map[string]any{"type": "tool_result", "tool_use_id": "t1", "content": "Fork started — that fork is you."},
			map[string]any{"type": "text", "text": text},
		}
	}
	read := func(text string) *Agent {
		path := filepath.Join(t.TempDir(), "agent-a1.jsonl")
		lines := newScript(t).uses("m1", "t1", "Agent", map[string]any{"subagent_type": "fork"}).user(beside(text), "").
			uses("m2", "t2", "Bash", map[string]any{"command": "make test"}).result("t2", "ok", false).says("m3", "Done.").String()
		write(t, path, []byte(strings.NewReplacer(`\u003c`, "<", `\u003e`, ">").Replace(lines))) // as the host writes it
		agent, err := ReadAgent(t.Context(), path, Options{})
		if err != nil {
			t.Fatal(err)
		}
		return agent
	}
	fork := read("<fork-boilerplate>\nYou are a worker fork.\n</fork-boilerplate>\n\nYour directive: stopgate: task=\"T1\" gate=test-runner\nRun the tests.\n")
	if want := "stopgate: task=\"T1\" gate=test-runner\nRun the tests.\n"; fork.Prompt != want || fork.Run.Number != 0 || fork.Run.Prompt != want {
		t.Errorf("the prompt is %q, of run %d", fork.Prompt, fork.Run.Number)
	}
	if len(fork.ToolUses) != 1 || fork.ToolUses[0].Command != "make test" || len(fork.Replies) != 2 || !fork.Reached("Done.", false, "") {
		t.Errorf("it has %d replies and did %+v", len(fork.Replies), fork.ToolUses)
	}
	if other := read("a reminder of the host"); other.Prompt != "" || len(other.ToolUses) != 2 {
		t.Errorf("text beside a result is the prompt %q", other.Prompt)
	}
}

// TestPromptOfSkill: an agent that a skill runs in begins with a text of the host's. Such a text later on is not the agent's work.
func TestPromptOfSkill(t *testing.T) {
	skill := func(s *script) *script {
		return s.user("Base directory for this skill: /repo/skills/x\n\nTASK: T1\n\nmore\n", `,"isMeta":true`)
	}
	path := filepath.Join(t.TempDir(), "agent-a1.jsonl")
	write(t, path, []byte(skill(newScript(t)).uses("m1", "t1", "Bash", map[string]any{"command": "make"}).result("t1", "ok", false).String()))
	if got := ReadPrompt(t.Context(), path); got != "TASK: T1\n\nmore\n" {
		t.Errorf("the prompt is %q", got)
	}
	write(t, path, []byte(skill(newScript(t).prompt("w").uses("m1", "t1", "Skill", nil).result("t1", "ok", false)).says("m2", "Done.").String()))
	agent, err := ReadAgent(t.Context(), path, Options{})
	if err != nil || agent.Prompt != "w" || agent.Run.Number != 0 {
		t.Errorf("the prompt is %q of run %d (%v)", agent.Prompt, agent.Run.Number, err)
	}
	write(t, path, []byte(skill(newScript(t).prompt("w")).says("m1", "Done.").String()))
	if agent, err = ReadAgent(t.Context(), path, Options{}); err != nil || agent.Run.Prompt != "w" {
		t.Errorf("the run begins with %q (%v)", agent.Run.Prompt, err)
	}
}

func TestNotesOnTeammate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "agent-aalice-1.jsonl")
	write(t, MetaPath(path), []byte(`{"agentType":"alice","name":"alice","requestShape":"background","customAgentType":"x:coder"}`))
	if meta, err := ReadMeta(path); err != nil || meta != (Meta{AgentType: "x:coder", Teammate: true, Name: "alice", Unannounced: true}) {
		t.Errorf("%+v (%v)", meta, err)
	}
	for prompt, want := range map[string]string{
		"<teammate-message teammate_id=\"team-lead\" summary=\"a > b\">\nTASK: T1\n\n</teammate-message>": "TASK: T1\n",
		"<teammate-message teammate_id=\"bob\">\nTASK: T1\n</teammate-message>":                           "<teammate-message teammate_id=\"bob\">\nTASK: T1\n</teammate-message>",
	} {
		write(t, path, []byte(newScript(t).prompt(prompt).String()))
		if got := ReadPrompt(t.Context(), path); got != want {
			t.Errorf("%q is read as %q, want %q", prompt, got, want)
		}
	}
}

func TestUnannounced(t *testing.T) {
	for notes, want := range map[string]bool{
		`{"agentType":"coder","toolUseId":"t1","spawnDepth":1,"requestShape":"background"}`: false,
		`{"agentType":"coder","spawnDepth":1,"requestShape":"foreground"}`:                  true, // a skill that the orchestrator calls
		`{"agentType":"coder","requestShape":"foreground"}`:                                 true, // one that the person calls
		`{"agentType":"coder","spawnDepth":1,"inWorkflowRun":true}`:                         true,
		`{"agentType":"coder"}`: false, // of a client that names no call
	} {
		path := filepath.Join(t.TempDir(), "agent-a1.jsonl")
		write(t, MetaPath(path), []byte(notes))
		if meta, err := ReadMeta(path); err != nil || meta.Unannounced != want {
			t.Errorf("%s: %+v (%v)", notes, meta, err)
		}
	}
}

// TestNotesOfNobody: without an agent there are no notes, whatever lies in the working directory.
func TestNotesOfNobody(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, ".meta.json", []byte(`{"agentType":"alice","customAgentType":"x:coder"}`))
	for _, id := range []string{"", "../a1"} {
		if meta, err := ReadMeta(AgentPath(filepath.Join("projects", "s1.jsonl"), id)); !errors.Is(err, fs.ErrNotExist) || meta != (Meta{}) {
			t.Errorf("agent %q has the notes %+v (%v)", id, meta, err)
		}
	}
}
