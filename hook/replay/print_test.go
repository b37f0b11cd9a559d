package replay_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"stopgate/hook/replay"
	"stopgate/hook/rule"
	"stopgate/hook/style"
)

// The stops of sessions that ran at the same time mix. Every format has them in the order of time, whatever the order of the sessions.
func TestOrderOfTime(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	stop := func(agent string, minute int) (r replay.Result) {
		r.Verdict, r.Origin.AgentID, r.Origin.Time = rule.Verified, agent, begin.Add(time.Duration(minute)*time.Minute)
		return r
	}
	for _, format := range []replay.Format{replay.Text, replay.JSON, replay.JSONL} {
		var out strings.Builder
		printer := replay.NewPrinter(&out, format, style.Style{})
		printer.Add(replay.Outcome{Results: []replay.Result{stop("agent-b", 2), stop("agent-d", 4)}, Agents: 2})
		printer.Add(replay.Outcome{Results: []replay.Result{stop("agent-a", 1), stop("agent-c", 3)}, Agents: 2})
		if err := printer.End(); err != nil {
			t.Fatal(err)
		}
		if got := regexp.MustCompile(`agent-[a-d]`).FindAllString(out.String(), -1); !slices.Equal(got, []string{"agent-a", "agent-b", "agent-c", "agent-d"}) {
			t.Errorf("%s: the order is %q in\n%s", format, got, out.String())
		}
	}
}
