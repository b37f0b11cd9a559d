package replay

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"stopgate/hook/submission"
	"stopgate/hook/transcript"
)

// recorded reads an agent's transcript as replay does.
func recorded(t *testing.T, text string) recording {
	t.Helper()
	s := transcript.NewScanner(t.Context(), strings.NewReader(text), transcript.Options{OneAgent: true})
	r := recording{AgentType: "bug-fixer"}
	for s.Scan() {
		r.Stops = append(r.Stops, essence(s.Stop()))
	}
	if s.Err() != nil {
		t.Fatal(s.Err())
	}
	r.End = s.Ended()[""]
	return r
}

// says is one record of an agent's conversation.
func says(agent, role, text string, second int) string {
	return fmt.Sprintf(`{"type":%q,"agentId":%q,"sessionId":"s1","timestamp":"2026-02-01T10:00:%02dZ","message":{"id":"m%d","stop_reason":"end_turn","content":[{"type":"text","text":%q}]}}`+"\n",
		role, agent, second, second, text)
}

// Stops of agents that run side by side come in the order of time, those of one agent in their own order, whatever its clock says.
func TestSessionInOrderOfTime(t *testing.T) {
	one := recorded(t, says("one", "user", "TASK: T1", 0)+says("one", "assistant", "ERROR: a", 10)+says("one", "user", "Go on.", 20)+says("one", "assistant", "ERROR: b", 5))
	two := recorded(t, says("two", "user", "TASK: T2", 1)+says("two", "assistant", "ERROR: c", 15))
	var got []string
	for r := range (Replayer{}).stops(t.Context(), []recording{one, two}) {
		got = append(got, r.Case.AgentID+" "+r.Case.Submission.Error+" "+string(r.Case.Verdict))
	}
	if want := []string{"one a declined", "two c declined", "one b declined"}; !slices.Equal(got, want) {
		t.Errorf("judged %q, want %q", got, want)
	}
}

// Of a session with very many stops the last are judged, with the beginnings of their runs.
func TestLastOf(t *testing.T) {
	all := []point{{agent: 0, stop: -1}, {agent: 0, stop: 0}, {agent: 1, stop: -1}, {agent: 2, stop: -1}, {agent: 0, stop: -1}, {agent: 1, stop: 0}, {agent: 0, stop: 1}, {agent: 1, stop: 1}, {agent: 3, stop: -1}}
	for n, want := range map[int]string{
		1: "[{1 -1} {1 1} {3 -1}]",
		2: "[{1 -1} {0 -1} {0 1} {1 1} {3 -1}]",
		3: "[{1 -1} {0 -1} {1 0} {0 1} {1 1} {3 -1}]",
		5: "[{0 -1} {0 0} {1 -1} {2 -1} {0 -1} {1 0} {0 1} {1 1} {3 -1}]",
	} {
		var got [][2]int
		for _, at := range lastOf(all, n) {
			got = append(got, [2]int{at.agent, at.stop})
		}
		if text := strings.NewReplacer("[[", "[{", "]]", "}]", "] [", "} {").Replace(fmt.Sprint(got)); text != want {
			t.Errorf("the last %d: %s, want %s", n, text, want)
		}
	}
}

// A session is replayed in bounded time, however often its agents stop.
func TestVeryManyStops(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: a session of thousands of stops takes its time, and with the race detector ten times as long")
	}
	var b strings.Builder
	b.WriteString(says("one", "user", "TASK: T1", 0))
	for range maxStops + 500 {
		b.WriteString(says("one", "assistant", "Done.", 1) + says("one", "user", "Stop hook feedback: no", 1))
	}
	n, last := 0, 0
	for r := range (Replayer{}).stops(t.Context(), []recording{recorded(t, b.String())}) {
		n, last = n+1, r.Number
	}
	if n != maxStops || last != maxStops+499 {
		t.Errorf("%d stops were judged, and the last was number %d", n, last)
	}
}

// The essence of a stop is judged as the whole of it.
func TestEssence(t *testing.T) {
	const report = `{"task_id":"T1","worktree_path":"./trees/T1-x","work_completed":"x","files_modified":["%d"],"unfinished":[]}`
	first, second := fmt.Sprintf(report, 1), fmt.Sprintf(report, 2)
	for _, replies := range [][]transcript.Reply{
		{{Texts: []string{first}}, {Texts: []string{second}}, {Texts: []string{"Nothing."}}, {Texts: []string{"Done."}}},
		{{Texts: []string{first}}, {Texts: []string{"Hm."}}, {Texts: []string{second}}},
		{{Handbacks: []string{first}}, {Texts: []string{second}}, {Handbacks: []string{second}}, {Texts: []string{"Done."}}},
		{{Handbacks: []string{first}}, {Texts: []string{"Done."}}},
		{{Texts: []string{"Done."}}},
		nil,
	} {
		for i := range replies {
			replies[i].FirstLine = i + 1
		}
		stop := transcript.Stop{Agent: transcript.Agent{Replies: replies}}
		kept := essence(stop)
		want := submission.Read(stop.Agent.LastMessage(), replies)
		got := submission.Read(kept.Agent.LastMessage(), kept.Agent.Replies)
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("of %+v remains %+v: %+v, want %+v", replies, kept.Agent.Replies, got, want)
		}
		if len(kept.Agent.Replies) > 3 {
			t.Errorf("%d replies are kept", len(kept.Agent.Replies))
		}
	}
}
