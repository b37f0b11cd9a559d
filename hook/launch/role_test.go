package launch_test

import (
	"testing"

	"stopgate/hook/config"
	"stopgate/hook/launch"
)

// A gate is one gate, in whatever namespace its agent is called.
func TestGateInNamespace(t *testing.T) {
	c := config.Default()
	c.Kinds = append(c.Kinds, config.Kind{Name: "handbook", Reviewers: []string{"docs:lector"}})
	for marker, want := range map[string]string{"x:test-runner": "test-runner", "test-runner": "test-runner", "lector": "docs:lector", "docs:lector": "docs:lector", "y:lector": "docs:lector", "other": "other"} {
		role, gate := launch.RoleOf(c, "general-purpose", launch.Marker{Task: "T-1", Gate: marker}.Line())
		if role != launch.GateRole || gate != want {
			t.Errorf("gate=%s is %s %s, want %s", marker, role, gate, want)
		}
	}
	if role, _ := launch.RoleOf(c, "general-purpose", launch.Marker{Task: "T-1", Gate: "x:branch-manager"}.Line()); role != launch.MergeRole {
		t.Errorf("a branch-manager in a namespace is a %s", role)
	}
	if role, gate := launch.RoleOf(c, "x:code-reviewer", ""); role != launch.GateRole || gate != "code-reviewer" {
		t.Errorf("without a marker it is %s %s", role, gate)
	}
}
