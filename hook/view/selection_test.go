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

func TestParseSince(t *testing.T) {
	now := time.Date(2026, 2, 10, 12, 0, 0, 0, time.FixedZone("", 60*60))
	for text, want := range map[string]string{
		"": "0001-01-01T00:00:00Z", "90m": "2026-02-10T09:30:00Z", "12h": "2026-02-09T23:00:00Z", "1d": "2026-02-09T11:00:00Z", "2w": "2026-01-27T11:00:00Z",
		"2026-02-01": "2026-02-01T00:00:00Z", "2026-02-01T10:00": "2026-02-01T09:00:00Z", "2026-02-01T10:00:00Z": "2026-02-01T10:00:00Z",
		"5y": "", "-3d": "", "+3d": "", "d": "", "2026-13-01": "", "1000001m": "",
	} {
		at, err := ParseSince(text, now)
		if got := at.Format(time.RFC3339); err == nil && got != want || (err != nil) != (want == "") {
			t.Errorf("%q: %s, %v; want %q", text, got, err, want)
		}
	}
}
