package record_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"stopgate/hook/journal"
	"stopgate/hook/record"
	"stopgate/schema"
)

// remembered returns the records that a journal in memory still holds.
func remembered(t *testing.T, m *record.Memory) []journal.Record {
	t.Helper()
	records, _, err := m.Read(t.Context(), journal.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	return records
}

// TestMemoryForgets: a hundred thousand stops leave no more behind than the next one can need.
func TestMemoryForgets(t *testing.T) {
	m := &record.Memory{}
	for i := range 100_000 {
		kind := []string{record.KindStop, record.KindFact}[i/7%2]
		if i%50 == 0 {
			kind = record.KindStart
		}
		if err := m.Append(t.Context(), journal.Record{Kind: kind, Agent: fmt.Sprint(i % 7), At: time.Unix(int64(i), 0)}); err != nil {
			t.Fatal(err)
		}
	}
	records := remembered(t, m)
	if len(records) > 7*2*23 {
		t.Errorf("%d records of 7 agents are remembered", len(records))
	}
	if last := records[len(records)-1]; last.At.Unix() != 99_999 {
		t.Errorf("the last record is of %v", last.At)
	}
	for i := range 3000 {
		if err := m.Append(t.Context(), journal.Record{Kind: record.KindStop, Agent: fmt.Sprint("agent", i)}); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(remembered(t, m)); n > 256 {
		t.Errorf("%d records of many agents are remembered", n)
	}
}

// TestMemoryRemembersEveryAttempt: an agent that is sent back as often as can be configured is remembered until then.
func TestMemoryRemembersEveryAttempt(t *testing.T) {
	source, err := schema.Source("config")
	if err != nil {
		t.Fatal(err)
	}
	most := int(gjson.GetBytes(source, "properties.caps.properties.attempts.maximum").Int())
	if most == 0 {
		t.Fatal("the schema does not bound caps.attempts")
	}
	m := &record.Memory{}
	for range most {
		if err := m.Append(t.Context(), journal.Record{Kind: record.KindStop, Agent: "a"}); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(remembered(t, m)); n != most {
		t.Errorf("%d of %d stops are remembered", n, most)
	}
}
