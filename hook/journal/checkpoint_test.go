package journal

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"
)

// newestOf keeps the newest records, and the first of each kind.
func newestOf(n int) Keep {
	return func(_ Filter, past []Record) []Record {
		seen := map[string]bool{}
		var kept []Record
		for i, r := range past {
			if !seen[r.Kind] || i >= len(past)-n {
				kept = append(kept, r)
			}
			seen[r.Kind] = true
		}
		return kept
	}
}

// TestCheckpoints appends to a journal of several sessions and tasks. What a session reads is at every moment what would be kept of all its
// records, and then the newer ones.
func TestCheckpoints(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	whole := open(t, t.TempDir())
	whole.limit, whole.after = 4<<10, 8<<10
	const kept = 20
	j := whole.Keeping(newestOf(kept))
	ctx := context.Background()
	longest := 0
	rounds := 35
	if testing.Short() {
		rounds = 20
	}
	for round := range rounds {
		var batch []Record
		for i := range 1 + r.IntN(80) {
			session := []string{"long", "long", "long", "short"}[r.IntN(4)]
			then := at.Add(time.Duration(10*round+r.IntN(30)) * time.Minute) // the clock is set back now and then
			batch = append(batch, Record{Kind: fmt.Sprint("k", r.IntN(3)), At: then, Session: session, Task: "t-" + session, Data: json.RawMessage(fmt.Sprint(100*round + i))})
		}
		appendAll(t, j, batch...)
		if r.IntN(10) == 0 { // a cache may be lost, or damaged
			path := j.keeping(Filter{Session: "long"}).path()
			if r.IntN(2) == 0 {
				_ = os.Remove(path)
			} else if content, err := os.ReadFile(path); err == nil {
				if err := os.WriteFile(path, content[:r.IntN(len(content)+1)], 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
		everything, _, err := whole.Read(ctx, Filter{})
		if err != nil {
			t.Fatal(err)
		}
		since := at.Add(time.Duration(10*r.IntN(rounds)) * time.Minute)
		for _, f := range []Filter{
			{Session: "long"},
			{Task: "t-long"},
			{Session: "short"},
			{Session: "long", Kinds: []string{"k1"}},
			{},
			{Since: since},
			{Since: since, Kinds: []string{"k2"}},
			{Tasks: []string{"t-short", "none"}},
			{Tasks: []string{"none"}},
			{Session: "long", Since: since},
			{Kinds: []string{"k0"}, Keep: &NamedKeep{Name: "named", Keep: newestOf(kept)}},
		} {
			all := slices.DeleteFunc(slices.Clone(everything), func(rec Record) bool { return !f.selects(rec) })
			some, skipped, err := j.Read(ctx, f)
			if err != nil || skipped.Lines > 0 {
				t.Fatal(skipped, err)
			}
			if j.keeping(f).keep == nil && len(all)+len(some) > 0 && !reflect.DeepEqual(all, some) {
				t.Fatal("without a session and a task, something is left out")
			}
			// Everything is there that the keep of everything has, in its order, and nothing that was not appended.
			if f.Since.IsZero() && (f.Kinds == nil || f.Keep != nil) {
				at := 0
				for _, want := range newestOf(kept)(f, all) {
					for at < len(some) && string(some[at].Data) != string(want.Data) {
						at++
					}
					if at == len(some) {
						t.Fatalf("in round %d, %+v lacks %s", round, f, want.Data)
					}
				}
			}
			appended := map[string]Record{} // the data of each differ
			for _, rec := range all {
				appended[string(rec.Data)] = rec
			}
			for _, rec := range some {
				if !reflect.DeepEqual(appended[string(rec.Data)], rec) {
					t.Fatalf("%+v was never appended", rec)
				}
			}
			if f.Session == "long" || f.Keep != nil {
				longest = max(longest, len(some))
			}
		}
	}
	if longest > 400 {
		t.Errorf("up to %d records of one session are read", longest)
	}
	if n := len(read(t, whole, Filter{Session: "long"})); n < 500 {
		t.Errorf("the session has %d records: the test proves nothing", n)
	}
}

// TestOneLongSegment reads a journal whose only segment is long, as no append makes it, and which grows while a line is being written.
func TestOneLongSegment(t *testing.T) {
	j := open(t, t.TempDir()).Keeping(newestOf(5))
	appendAll(t, j, Record{Kind: "first", At: at, Session: "s"})
	line := `{"v":1,"kind":"x","at":"2026-03-01T09:30:00Z","session":"s","data":%d}` + "\n"
	var text []byte
	for i := range 60_000 {
		text = fmt.Appendf(text, line, i)
	}
	text = append(text, `{"v":1,"kind":"x","at":"2026-03-01T09:30:00Z","session":"s","da`...)
	write(t, growing(t, j), string(text))
	got, skipped, err := j.Read(context.Background(), Filter{Session: "s"})
	if err != nil || skipped.Lines != 1 || len(got) != 6+1 || string(got[len(got)-1].Data) != "59999" {
		t.Errorf("read %d records, skipped %d; error %v", len(got), skipped.Lines, err)
	}
	write(t, growing(t, j), "ta\":60000}\n")
	got, skipped, err = j.Read(context.Background(), Filter{Session: "s"})
	if err != nil || skipped.Lines != 0 || string(got[len(got)-1].Data) != "60000" {
		t.Errorf("then read %d records, skipped %d; error %v", len(got), skipped.Lines, err)
	}
	if _, err := os.Stat(filepath.Join(j.Folder(), "checkpoints")); err != nil {
		t.Error(err)
	}
}

// TestDecodeQuickly compares the two ways to decode a line, the quick and the other one, on lines in the usual form and in others.
func TestDecodeQuickly(t *testing.T) {
	for _, line := range []string{
		`{"v":1,"kind":"a","at":"2026-03-01T09:30:00Z"}`,
		`{"v":1,"kind":"a","at":"2026-03-01T09:30:00.123456789Z","session":"s","agent":"a1","agent_type":"t:x","task":"T-1","data":{"data":",\\"data\\":1"}}`,
		`{"v":1,"kind":"a","at":"2026-03-01T10:30:00+01:00","agent_type":"t:x","data":null}`,
		`{"v":1,"kind":"a","at":"2026-03-01T09:30:00Z","data":"x"`,
		`{"v":1,"kind":"a","at":"2026-03-01T09:30:00Z","data":1}}`,
		`{"v":1,"kind":"a","at":"today","data":1}`,
		`{"v":2,"kind":"a","at":"2026-03-01T09:30:00Z","more":1,"data":1}`,
		`{"v":1,"kind":"a","at":"2026-03-01T09:30:00Z","more":1,"data":1}`,
		`{"v":1,"kind":"a\\u0041","at":"2026-03-01T09:30:00Z","session":"\\ud800","data":1}`,
		`{"v":0,"kind":"a","at":"2026-03-01T09:30:00Z"}`,
		`{"v":1,"kind":"","at":"2026-03-01T09:30:00Z"}`,
		`{"v":1,"at":"2026-03-01T09:30:00Z","kind":"a"}`,
		`{"v":1,"kind":"a","at":"2026-03-01T09:30:00Z","data":1,"data":2}`,
		`{"v":1,"kind":"a","at":"2026-03-01T09:30:00Z","task":"T","kind":"b","data":1}`,
		``, `{}`, `x`, `null`,
	} {
		want, wantOK := decode([]byte(line))
		got, ok := decodeQuickly([]byte(line))
		if ok != wantOK || ok && !reflect.DeepEqual(got, want) {
			t.Errorf("%s is %+v, %t, want %+v, %t", line, got, ok, want, wantOK)
		}
	}
}
