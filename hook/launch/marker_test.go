package launch_test

import (
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
