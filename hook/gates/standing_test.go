package gates

import (
	"strings"
	"testing"
)

// TestStanding tells stories of one task and asks where its tests stand at the end.
func TestStanding(t *testing.T) {
	tests := func(o Outcome, tree string) Fact { return result("test-runner", o, tree) }
	work := stopped(Verified, "A")
	stories := map[string]struct {
		facts []Fact
		want  Standing
	}{
		"nobody has heard of the task":        {nil, StandingNotRun},
		"owed":                                {[]Fact{work}, StandingNotRun},
		"launched":                            {[]Fact{work, launched("test-runner")}, StandingRunning},
		"passed":                              {[]Fact{work, launched("test-runner"), tests(Pass, "A")}, StandingPass},
		"passed, and launched again":          {[]Fact{work, launched("test-runner"), tests(Pass, "A"), launched("test-runner")}, StandingPass},
		"passed, then the tree changed":       {[]Fact{work, tests(Pass, "A"), seen("B")}, StandingVoid},
		"passed, then changed, then back":     {[]Fact{work, tests(Pass, "A"), seen("B"), seen("A")}, StandingPass},
		"passed, then the tree was not known": {[]Fact{work, tests(Pass, "A"), seen("")}, StandingVoid},
		"void, and at work again":             {[]Fact{work, tests(Pass, "A"), seen("B"), launched("test-runner")}, StandingRunning},
		"failed":                              {[]Fact{work, tests(Fail, "A")}, StandingFail},
		"failed, and being mended":            {[]Fact{work, tests(Fail, "A"), coderStarted(), seen("B")}, StandingFail},
		"failed, and mended":                  {[]Fact{work, tests(Fail, "A"), stopped(Verified, "B")}, StandingNotRun},
		"no result":                           {[]Fact{work, final(tests(NoOutcome, "A"))}, StandingNoResult},
		"no result, and sent back for it":     {[]Fact{work, launched("test-runner"), tests(NoOutcome, "A")}, StandingRunning},
		"the tree changed while it ran":       {[]Fact{work, launched("test-runner"), tests(Pass, "B")}, StandingNoResult},
		"at work when the coder stopped":      {[]Fact{work, launched("test-runner"), stopped(Verified, "B")}, StandingNotRun},
	}
	told := map[Standing]bool{}
	for name, story := range stories {
		var s State
		for i, f := range story.facts {
			f.Task, f.Stop = "T", name+string(rune('a'+i))
			s, _ = Next(s, f)
		}
		if got := s.Standing("test-runner"); got != story.want {
			t.Errorf("%s: %s, want %s", name, got, story.want)
		}
		told[story.want] = true
	}
	for _, standing := range allStandings() {
		if !told[standing] {
			t.Errorf("no story ends with %s", standing)
		}
	}
}

// allStandings returns all standings.
func allStandings() []Standing {
	return []Standing{StandingPass, StandingRunning, StandingNoResult, StandingVoid, StandingFail, StandingNotRun}
}

// TestPassedGates: a gate that failed before on the tree that it passed is named with that.
func TestPassedGates(t *testing.T) {
	var s State
	for i, f := range []Fact{stopped(Verified, "A"), result("test-runner", Fail, "A"), result("test-runner", Pass, "A"), result("code-reviewer", Pass, "A")} {
		f.Task, f.Stop = "T", string(rune('a'+i))
		s, _ = Next(s, f)
	}
	if got, want := strings.Join(s.PassedGates(), ", "), "test-runner (failed on the same work before: 1), code-reviewer"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
