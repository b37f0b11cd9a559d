package host_test

import (
	"slices"
	"strings"
	"testing"

	"stopgate/hook/host"
)

func TestAgentMissing(t *testing.T) {
	t.Parallel()
	for message, want := range map[string][]string{
		"Agent type 'x' not found. Available agents: a:b, Explore, general-purpose, Plan":                                    {"a:b", "Explore", "general-purpose", "Plan"},
		"Error: Agent type 'x:test-runner' not found. Available agents: general-purpose.":                                    {"general-purpose"},
		"Agent type 'x. Available agents: evil' not found. Available agents: a, b c, -d, e\nf, \"g\", :h, i:, j;k, a, l$(m)": {"a"},
		"Agent type 'x' not found":                     {},
		"Agent type 'x' not found. Available agents: ": {},
		"Agent type 'x' has been denied by a rule":     nil,
		"API Error: not found":                         nil,
		"":                                             nil,
	} {
		got, missing := host.AgentMissing(message)
		if missing != (want != nil) || !slices.Equal(got, want) {
			t.Errorf("%q: %q, %t", message, got, missing)
		}
	}
	long := "Agent type 'x' not found. Available agents: " + strings.Repeat("a", 100) + ", " + strings.Repeat("b, ", 1000) + strings.Repeat("y", 1<<20)
	if got, _ := host.AgentMissing(long); !slices.Equal(got, []string{"b"}) {
		t.Errorf("got %d types", len(got))
	}
}
