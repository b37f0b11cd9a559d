package replay

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"stopgate/hook/journal"
	"stopgate/hook/judge"
	"stopgate/hook/record"
	"stopgate/hook/transcript"
	"stopgate/schema"
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

// A hundred thousand stops leave no more behind than the next one may need.
func TestMemoryJournalForgets(t *testing.T) {
	m := &record.Memory{}
	ctx := context.Background()
	for i := range 100_000 {
		kind := record.KindStop
		if i%50 == 0 {
			kind = record.KindStart
		}
		if err := m.Append(ctx, journal.Record{Kind: kind, Agent: fmt.Sprint(i % 7), At: time.Unix(int64(i), 0)}); err != nil {
			t.Fatal(err)
		}
	}
	records, _, err := m.Read(ctx, journal.Filter{})
	if err != nil || len(records) > 7*(record.MaxRememberedOfAgent+1) {
		t.Errorf("%d records are remembered (%v)", len(records), err)
	}
	if last := records[len(records)-1]; last.At.Unix() != 99_999 {
		t.Errorf("the last record is of %v", last.At)
	}
	for i := range 10 * record.MaxRemembered {
		if err := m.Append(ctx, journal.Record{Kind: record.KindStop, Agent: fmt.Sprint("agent", i)}); err != nil {
			t.Fatal(err)
		}
	}
	if len(m.Records) > record.MaxRemembered {
		t.Errorf("%d records are remembered of many agents", len(m.Records))
	}
}

// An agent that may be sent back as often as can be configured is remembered until then.
func TestMemoryJournalRemembersEveryAttempt(t *testing.T) {
	source, err := schema.Source("config")
	if most := gjson.GetBytes(source, "properties.caps.properties.attempts.maximum"); err != nil || most.Int() != record.MaxAttempts {
		t.Fatalf("caps.attempts is at most %s by its schema (%v), and %d in a replay", most, err, record.MaxAttempts)
	}
	m := &record.Memory{}
	for range record.MaxAttempts {
		if err := m.Append(t.Context(), journal.Record{Kind: record.KindStop, Agent: "a"}); err != nil {
			t.Fatal(err)
		}
	}
	if len(m.Records) != record.MaxAttempts {
		t.Errorf("%d of %d stops are remembered", len(m.Records), record.MaxAttempts)
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
		want := judge.ReadSubmission(stop.Agent.LastMessage(), replies)
		got := judge.ReadSubmission(kept.Agent.LastMessage(), kept.Agent.Replies)
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("of %+v remains %+v: %+v, want %+v", replies, kept.Agent.Replies, got, want)
		}
		if len(kept.Agent.Replies) > 3 {
			t.Errorf("%d replies are kept", len(kept.Agent.Replies))
		}
	}
}
