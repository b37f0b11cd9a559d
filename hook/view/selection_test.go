package view

import (
	"fmt"
	"testing"
	"time"

	"stopgate/hook/rule"
)

func TestSelection(t *testing.T) {
	at := time.Date(2026, 2, 1, 10, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		asked Selection
		want  bool
	}{
		{Selection{}, true},
		{Selection{Since: at}, true},
		{Selection{Since: at.Add(1)}, false},
		{Selection{Agent: "bug-fixer"}, true},
		{Selection{Agent: "Bug-Fixer"}, true},
		{Selection{Agent: "team:bug-fixer"}, true},
		{Selection{Agent: "bug"}, false},
		{Selection{Agent: "a1b2c3"}, true},
		{Selection{Agent: "a1b"}, false}, // too short to stand for an id
		{Selection{Agent: "other:bug-fixer"}, false},
		{Selection{Verdicts: []rule.Verdict{rule.Capped, rule.Rejected}}, true},
		{Selection{Verdicts: []rule.Verdict{rule.Verified}}, false},
		{Selection{Since: at, Agent: "bug-fixer", Verdicts: []rule.Verdict{rule.Verified}}, false},
	} {
		if got := test.asked.Matches(at, "team:bug-fixer", "a1b2c3d4", rule.Rejected); got != test.want {
			t.Errorf("%+v: %t", test.asked, got)
		}
	}
	if !(Selection{Since: at}).Matches(time.Time{}, "", "", rule.Unknown) {
		t.Error("a stop of an unknown time is left out")
	}
}

func TestParseVerdicts(t *testing.T) {
	for text, want := range map[string]string{
		"": "[] <nil>", "rejected": "[rejected] <nil>", "Rejected, capped": "[rejected capped] <nil>",
		"rejcted": `[] "rejcted", which is no verdict. Did you mean rejected?`,
		"bad,":    `[] "bad", not one of verified, rejected, capped, incomplete, declined, violation, unknown, passed, failed, no-result, done`,
	} {
		list, err := ParseVerdicts(text)
		if got := fmt.Sprint(list, " ", err); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}
