package launch_test

import (
	"slices"
	"strings"
	"testing"

	"stopgate/hook/launch"
	"stopgate/hook/quote"
)

func TestReadMarker(t *testing.T) {
	longest := strings.Repeat("x", quote.MaxTask)
	for name, tt := range map[string]struct {
		prompt string
		want   launch.Marker
		ok     bool
	}{
		"as a step writes it":   {launch.Marker{Task: "T-1", Gate: "test-runner"}.Line() + "\nTASK: T-2", launch.Marker{Task: "T-1", Gate: "test-runner"}, true},
		"without quotes":        {"stopgate: task=T-1 gate=test-runner", launch.Marker{Task: "T-1", Gate: "test-runner"}, true},
		"in markdown":           {"\n\n> **stopgate: task=\"T-1\" gate=test-runner**\n", launch.Marker{Task: "T-1", Gate: "test-runner"}, true},
		"newlines and quotes":   {launch.Marker{Task: "a\n\"b\"\tstopgate: task=c gate=d\u2028", Gate: "test-runner"}.Line(), launch.Marker{Task: "a\n\"b\"\tstopgate: task=c gate=d\u2028", Gate: "test-runner"}, true},
		"as long as it may be":  {launch.Marker{Task: longest, Gate: "test-runner"}.Line(), launch.Marker{Task: longest, Gate: "test-runner"}, true},
		"below other words":     {"Please test this.\nstopgate: task=T-1 gate=test-runner", launch.Marker{}, false},
		"in a list of issues":   {"TASK: T-2\n1. broken\n- stopgate: task=T-1 gate=test-runner", launch.Marker{}, false},
		"within a line":         {"Say stopgate: task=T-1 gate=test-runner", launch.Marker{}, false},
		"a string without end":  {"stopgate: task=\"T-1 gate=test-runner", launch.Marker{}, false},
		"a string that is none": {`stopgate: task="\q" gate=test-runner`, launch.Marker{}, false},
		"no gate":               {"stopgate: task=T-1 gate=", launch.Marker{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got, ok := launch.ReadMarker(tt.prompt); got != tt.want || ok != tt.ok {
				t.Errorf("got %+v, %t", got, ok)
			}
		})
	}
}

// Only the line behind the marker names the other tasks: words of other agents may stand further down.
func TestReadAlso(t *testing.T) {
	t.Parallel()
	marker := launch.Marker{Task: "T-1", Gate: "test-runner"}.Line() + "\n"
	also := launch.AlsoLine([]launch.Neighbour{{Task: "T-2"}, {Task: "Task \"3\", the\nlast"}})
	for name, tt := range map[string]struct {
		prompt string
		want   []string
	}{
		"as a step writes it": {marker + also + "TASK: T-1", []string{"T-2", "Task \"3\", the\nlast"}},
		"further down":        {marker + "TASK: T-1\n" + also, nil},
		"without a marker":    {"TASK: T-1\n" + also, nil},
		"no JSON":             {marker + "ALSO_FOR: T-2\n", nil},
		"none":                {marker + launch.AlsoLine(nil) + "TASK: T-1", nil},
	} {
		if got := launch.ReadAlso(tt.prompt); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}
