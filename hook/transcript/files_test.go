package transcript

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
)

func TestAgents(t *testing.T) {
	dir := t.TempDir()
	session := filepath.Join(dir, "s1.jsonl")
	if agents, err := Agents(session); len(agents) != 0 || err != nil {
		t.Errorf("a session without agents: %v, %v", agents, err)
	}
	sub := filepath.Join(dir, "s1", "subagents")
	write(t, filepath.Join(sub, "agent-a1.jsonl"), []byte(newScript(t).prompt("w").String()))
	write(t, filepath.Join(sub, "agent-a1.meta.json"), []byte(`{"agentType":"x:coder","toolUseId":"L1","spawnDepth":1,"model":{"a":[1]}}`))
	write(t, filepath.Join(sub, "agent-a2.jsonl"), nil)
	write(t, filepath.Join(sub, "agent-.jsonl"), nil)
	write(t, filepath.Join(sub, "notes.jsonl"), nil)
	if err := os.Mkdir(filepath.Join(sub, "agent-a3.jsonl"), 0o755); err != nil {
		t.Fatal(err)
	}
	ids := []string{"a1", "a2", "a3"}
	if runtime.GOOS != "windows" { // links need a privilege there
		for _, name := range []string{"agent-a4.jsonl", "agent-a4.meta.json"} {
			if err := os.Symlink(name, filepath.Join(sub, name)); err != nil {
				t.Fatal(err)
			}
		}
		ids = append(ids, "a4")
	}

	agents, err := Agents(session)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, a := range agents {
		got = append(got, a.ID)
		if readable := a.ID == "a1" || a.ID == "a2"; readable != (a.Err == nil) {
			t.Errorf("%s: error %v", a.ID, a.Err)
		}
	}
	if !reflect.DeepEqual(got, ids) {
		t.Fatalf("agents %q, want %q", got, ids)
	}
	if want := (Meta{AgentType: "x:coder", ToolUseID: "L1"}); agents[0].Meta != want {
		t.Errorf("meta %+v", agents[0].Meta)
	}
	for _, a := range agents[1:] {
		if a.Meta != (Meta{}) {
			t.Errorf("%s: meta %+v", a.ID, a.Meta)
		}
	}
	if _, err := ReadMeta(agents[1].Path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing .meta.json gives %v", err)
	}
	for _, a := range agents[3:] {
		if _, err := ReadMeta(a.Path); err == nil || errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: meta error %v", a.ID, err)
		}
	}
}

func TestAgentsNotListable(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "s1", "subagents"), []byte("a file"))
	if agents, err := Agents(filepath.Join(dir, "s1.jsonl")); err == nil {
		t.Errorf("a file in place of the folder gives %v", agents)
	}
}

func TestReadMetaRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"empty":     "",
		"torn":      `{"agentType":"x`,
		"no object": `[]`,
		"two":       `{} {}`,
		"key twice": `{"agentType":"a","agentType":"b"}`,
		"too deep":  `{"x":` + strings.Repeat("[", 600) + strings.Repeat("]", 600) + `}`,
		"too long":  `{"x":"` + strings.Repeat("x", maxMeta) + `"}`,
	} {
		path := filepath.Join(t.TempDir(), "agent-a1.jsonl")
		write(t, MetaPath(path), []byte(text))
		if m, err := ReadMeta(path); err == nil || strings.Contains(err.Error(), "longer") != (name == "too long") {
			t.Errorf("%s gives %+v, %v", name, m, err)
		}
	}
	path := filepath.Join(t.TempDir(), "agent-a1.jsonl")
	write(t, MetaPath(path), []byte(`{"agentType":null,"toolUseId":7}`))
	if m, err := ReadMeta(path); err != nil || m != (Meta{}) {
		t.Errorf("values of another kind give %+v, %v", m, err)
	}
}
