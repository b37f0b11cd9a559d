package hook

import (
	"strings"
	"testing"

	"stopgate/hook/host"
	"stopgate/hook/judge"
	"stopgate/hook/record"
	"stopgate/hook/rule"
	"stopgate/hook/step"
)

func TestReadNotification(t *testing.T) {
	const head = "<task-notification>\n<task-id>a1</task-id>\n<status>completed</status>\n"
	tests := []struct {
		name, prompt string
		want         host.Notification
		ok           bool
	}{
		{"the host's", head + "<result>report</result>\n</task-notification>", host.Notification{AgentID: "a1", HasResult: true}, true},
		{"after a blank line", "\n" + head + "</task-notification>", host.Notification{AgentID: "a1", HasResult: false}, true},
		{"no status", "<task-notification>\n<task-id>a1</task-id>\n</task-notification>", host.Notification{AgentID: "a1", HasResult: false}, true},
		{"only an agent's text names one", "<task-notification>\n<result><task-id>a2</task-id></result>\n</task-notification>", host.Notification{}, false},
		{"an agent's text names another", head + "<result><task-id>a2</task-id></result>\n</task-notification>", host.Notification{AgentID: "a1", HasResult: true}, true},
		{"a person's prompt", "what is a <task-notification><task-id>a1</task-id>?", host.Notification{}, false},
		{"no id", "<task-notification>\n</task-notification>", host.Notification{}, false},
		{"torn", "<task-notification>\n<task-id>a1", host.Notification{}, false},
		{"nothing", "", host.Notification{}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := host.ReadNotification(tt.prompt)
			if ok != tt.ok || ok && got != tt.want {
				t.Errorf("got %+v, %t", got, ok)
			}
		})
	}
}

// TestFitting: what does not fit in one answer waits, and one step always fits.
func TestFitting(t *testing.T) {
	small, big := record.OwedStep{Step: step.Next(judge.Case{Verdict: rule.Capped})}, record.OwedStep{Step: &step.Step{Instead: strings.Repeat("x", host.MaxStep/2)}}
	for _, tt := range []struct {
		list []record.OwedStep
		want int
	}{
		{nil, 0},
		{[]record.OwedStep{small, small}, 2},
		{[]record.OwedStep{big, small, small}, 1},
		{[]record.OwedStep{small, big, small}, 1},
	} {
		if got := record.FitInOne(tt.list); len(got) != tt.want {
			t.Errorf("%d of %d fit, want %d", len(got), len(tt.list), tt.want)
		}
	}
}
