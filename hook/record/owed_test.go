package record_test

import (
	"strings"
	"testing"

	"stopgate/hook/host"
	"stopgate/hook/journal"
	"stopgate/hook/judge"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/rule"
	"stopgate/hook/step"
)

// TestFirstThatFit: a step without room waits for the next answer, and one step always fits.
func TestFirstThatFit(t *testing.T) {
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
		if got := record.FirstThatFit("", tt.list); len(got) != tt.want {
			t.Errorf("%d of %d fit, want %d", len(got), len(tt.list), tt.want)
		}
	}
}

// TestOwed: a step is open until it is delivered, and open again if the delivery did not reach the host. A later stop replaces it.
func TestOwed(t *testing.T) {
	stop := func(agent, step string, next string) journal.Record {
		return journal.Record{Kind: record.KindStop, Agent: agent, Data: []byte(`{"verdict":"` + next + `","step":{"step_id":"` + step + `","task_id":"T-1","action":"wait","verdict":"` + next + `"}}`)}
	}
	deploys := func(agent, step string) journal.Record {
		r := stop(agent, step, "verified")
		r.Data = []byte(strings.Replace(string(r.Data), `"wait"`, `"deploy"`, 1))
		return r
	}
	carried := func(kind, agent, step string) journal.Record {
		return journal.Record{Kind: kind, Agent: agent, Data: []byte(quote.JSON(record.Delivery{StepID: step, Via: host.PostToolUse}))}
	}
	for name, tt := range map[string]struct {
		records []journal.Record
		want    string // of a1
	}{
		"nothing is known":             {nil, ""},
		"a judged stop":                {[]journal.Record{stop("a1", "1", "passed")}, "1"},
		"it is delivered":              {[]journal.Record{stop("a1", "1", "passed"), carried(record.KindDelivery, "a1", "1")}, ""},
		"the delivery is taken back":   {[]journal.Record{stop("a1", "1", "passed"), carried(record.KindDelivery, "a1", "1"), carried(record.KindReturn, "a1", "1")}, "1"},
		"it has stopped again":         {[]journal.Record{stop("a1", "1", "passed"), stop("a1", "2", "passed")}, "2"},
		"another gate stopped later":   {[]journal.Record{stop("a1", "1", "passed"), stop("a2", "2", "passed")}, ""},
		"another gate stopped earlier": {[]journal.Record{stop("a2", "2", "passed"), stop("a1", "1", "passed")}, "1"},
		"a coder's own step stays":     {[]journal.Record{stop("a1", "1", "verified"), stop("a2", "2", "passed")}, "1"},
		"its gates have begun":         {[]journal.Record{deploys("a1", "1"), stop("a2", "2", "passed")}, ""},
		"another coder stopped later":  {[]journal.Record{deploys("a1", "1"), deploys("a2", "2")}, "1"},
	} {
		t.Run(name, func(t *testing.T) {
			got := ""
			for _, owed := range historyOf(t, tt.records).Owed("a1") {
				got += owed.Step.StepID
			}
			if got != tt.want {
				t.Errorf("owed is %q, want %q", got, tt.want)
			}
		})
	}
}
