package actor_test

import (
	"io"
	"testing"
	"time"

	"stopgate/hook/actor"
	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/launch"
	"stopgate/hook/record"
	"stopgate/hook/scene"
	"stopgate/hook/site"
)

// newScene returns the scene of an event in a session that has verified work on each of the tasks, which needs test-runner.
func newScene(t *testing.T, tasks ...string) *scene.Scene {
	t.Helper()
	memory := &record.Memory{}
	w := &scene.World{GivenGrounds: &site.Grounds{}, Now: time.Now, Log: io.Discard, OpenJournal: func(string) (record.Journal, error) { return memory, nil }}
	s := w.Scene(host.Event{SessionID: "s1"})
	for _, task := range tasks {
		s.Append(t.Context(), record.Fact{Worktree: "./trees/" + task, Fact: gates.Fact{
			Kind: gates.CoderStopped, Task: task, Agent: "c" + task, AgentType: "bug-fixer", Stop: task, Verdict: gates.Verified, Tree: "t",
			Needs: []gates.Gate{{Name: "test-runner", Blocking: true}},
		}}.Entry())
	}
	return s
}

// TestAtLaunch: the marker of a prompt decides first, then the task's needs, then the agent's name. A gate for a task without seen work is not part
// of the protocol.
func TestAtLaunch(t *testing.T) {
	t.Parallel()
	s := newScene(t, "T-1")
	for name, test := range map[string]struct {
		agentType, prompt string
		role              launch.Role
		gate              string
	}{
		"a gate":           {"stopgate:test-runner", "TASK: T-1\nRun the tests.", launch.GateRole, "test-runner"},
		"by the marker":    {"general-purpose", launch.Marker{Task: "T-1", Gate: "test-runner"}.Line() + "\nRun the tests.", launch.GateRole, "test-runner"},
		"of no known work": {"stopgate:test-runner", "TASK: X-9\nRun the tests.", launch.OtherRole, ""},
		"a coder":          {"bug-fixer", "TASK: T-1, DESCRIPTION: do it", launch.CodingRole, ""},
		"a branch-manager": {"branch-manager", "Merge it.", launch.MergeRole, ""},
	} {
		if role, gate := actor.AtLaunch(t.Context(), s, test.agentType, test.prompt); role != test.role || gate != test.gate {
			t.Errorf("%s: %s %q", name, role, gate)
		}
	}
}

// TestFindTask: the marker names the task, or else the prompt. A branch-manager gets the only open task.
func TestFindTask(t *testing.T) {
	t.Parallel()
	one, two := newScene(t, "T-1"), newScene(t, "T-1", "T-2")
	manager := actor.Agent{Role: launch.MergeRole, Prompt: "Merge it."}
	if a := actor.FindTask(t.Context(), one, manager, launch.Assignment{}); a.Task != "T-1" && a.Task != "t-1" || a.Worktree != "./trees/T-1" {
		t.Errorf("of one task: %+v", a)
	}
	if a := actor.FindTask(t.Context(), two, manager, launch.Assignment{}); a.Task != "" {
		t.Errorf("of two tasks: %+v", a)
	}
	gate := actor.Agent{Role: launch.GateRole, Gate: "test-runner", Prompt: launch.Marker{Task: "T-2", Gate: "test-runner"}.Line()}
	if a := actor.FindTask(t.Context(), two, gate, launch.Assignment{TaskID: "T-1"}); launch.TaskKey(a.Task) != "t-2" || a.Found {
		t.Errorf("by the marker: %+v", a)
	}
}

// TestMergeable: a merge of a parent is one of its units.
func TestMergeable(t *testing.T) {
	t.Parallel()
	s := newScene(t, "P-1-a", "P-1-b", "P-2")
	if units := actor.Mergeable(t.Context(), s, actor.Agent{Task: "P-1"}); len(units) != 2 {
		t.Errorf("%d units", len(units))
	}
	if units := actor.Mergeable(t.Context(), s, actor.Agent{Task: "p-2"}); len(units) != 1 {
		t.Errorf("%d tasks", len(units))
	}
	asked := launch.Assignment{TaskID: "P-1-a"}
	if tasks := s.Tasks(t.Context()).All(); !actor.IsFor(s, asked, tasks[0]) || actor.IsFor(s, asked, tasks[1]) {
		t.Error("a launch is for another task than it names")
	}
}
