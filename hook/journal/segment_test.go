package journal

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// TestSegments appends at random to a journal with tiny segments, damages its index at random, and compares every search with a list of the same
// records.
func TestSegments(t *testing.T) {
	const seed = 1
	rnd := rand.New(rand.NewPCG(seed, seed))
	for _, limit := range []int64{1, 300, 2000} {
		t.Run(fmt.Sprint(limit), func(t *testing.T) {
			j := open(t, t.TempDir())
			var model []Record
			pick := func(prefix string) string { return fmt.Sprint(prefix, rnd.IntN(40)) }
			for range 60 {
				j.limit = limit * int64(1+rnd.IntN(3)) // as of several versions of the program
				var recs []Record
				for range 1 + rnd.IntN(3) {
					recs = append(recs, Record{
						V: 1, Kind: pick("k"), At: at, Session: pick("s"), Agent: pick("a"), Task: pick("t"),
						Data: json.RawMessage(fmt.Sprintf("%q", strings.Repeat("x", rnd.IntN(200)))),
					})
				}
				appendAll(t, j, recs...)
				model = append(model, recs...)
				damageIndex(t, rnd, j)
			}
			segs, err := segments(j)
			if err != nil || len(segs) < 10 {
				t.Fatalf("%d segments, %v: nothing is tested", len(segs), err)
			}
			found := 0
			for n := range 40 {
				for _, f := range []Filter{
					{Session: fmt.Sprint("s", n)},
					{Agent: fmt.Sprint("a", n)},
					{Task: fmt.Sprint("t", n)},
					{Session: fmt.Sprint("s", n), Task: pick("t")},
					{Kinds: []string{fmt.Sprint("k", n), pick("k")}},
				} {
					var want []Record
					for _, r := range model {
						if f.matches(r.heading()) {
							want = append(want, r)
						}
					}
					found += len(want)
					if got := read(t, j, f); !reflect.DeepEqual(got, want) {
						t.Fatalf("Read(%+v) has %d records, not %d", f, len(got), len(want))
					}
				}
			}
			if got := read(t, j, Filter{}); !reflect.DeepEqual(got, model) {
				t.Fatalf("%d records, not %d", len(got), len(model))
			}
			t.Logf("seed %d: %d segments, %d records, %d found by 200 searches", seed, len(segs), len(model), found)
		})
	}
}

// damageIndex damages the index as a cache can be damaged, and most of the time does nothing.
func damageIndex(t *testing.T, rnd *rand.Rand, j *Journal) {
	path := filepath.Join(j.Folder(), indexName)
	content, err := os.ReadFile(path)
	if err != nil {
		return
	}
	switch rnd.IntN(12) {
	case 0:
		err = os.Remove(path)
	case 1:
		err = os.WriteFile(path, content[:rnd.IntN(len(content)+1)], 0o600)
	case 2:
		content[rnd.IntN(len(content))] = '\n'
		err = os.WriteFile(path, content, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestFullSegmentsAreNotRead: a search that the index answers opens no full segment. It reports no damage although one segment was replaced, byte
// for byte, by garbage.
func TestFullSegmentsAreNotRead(t *testing.T) {
	j := open(t, t.TempDir())
	j.limit = 1000
	for n := range 30 {
		appendAll(t, j, Record{Kind: "k", At: at, Session: fmt.Sprint("s", n), Agent: "a"})
	}
	segs, err := segments(j)
	if err != nil || len(segs) < 3 {
		t.Fatalf("%d segments, %v", len(segs), err)
	}
	first := segs[0]
	if err := os.WriteFile(first.path, []byte(strings.Repeat("#", int(first.size))), 0o600); err != nil {
		t.Fatal(err)
	}
	for session, want := range map[string]Skipped{"s29": {}, "nobody": {}, "s0": {Lines: 1}} {
		_, skipped, err := j.Read(context.Background(), Filter{Session: session})
		if err != nil || skipped != want {
			t.Errorf("session %s: skipped %+v, %v, not %+v", session, skipped, err, want)
		}
	}
	// Of another size it is another segment than the index knows.
	if err := os.WriteFile(first.path, []byte("#"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, skipped, err := j.Read(context.Background(), Filter{Session: "nobody"}); err != nil || skipped.Lines != 1 {
		t.Errorf("skipped %+v, %v", skipped, err)
	}
}

// TestTornTail cuts the last record at every byte, as a writer that dies does: the others stand, the next one is not spoilt,
// and nothing that was once read is ever lost or invented.
func TestTornTail(t *testing.T) {
	j := open(t, t.TempDir())
	appendAll(t, j, Record{Kind: "a"})
	path := growing(t, j)
	whole := Record{Kind: "b", Session: "s", Task: "é\n", Data: json.RawMessage(`{"x":[1,{"y":"}"}]}`)}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	appendAll(t, j, whole)
	after, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	kinds := func() (string, int) {
		recs, skipped, err := j.Read(context.Background(), Filter{})
		if err != nil {
			t.Fatal(err)
		}
		var s strings.Builder
		for _, r := range recs {
			s.WriteString(r.Kind)
		}
		return s.String(), skipped.Lines
	}
	for cut := len(before); cut <= len(after); cut++ {
		if err := os.WriteFile(path, after[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		want, damaged := "a", 1
		switch {
		case cut == len(before):
			damaged = 0
		case cut >= len(after)-1: // only the newline is missing
			want, damaged = "ab", 0
		}
		for _, next := range []string{"", "c", "cd"} {
			if next != "" {
				appendAll(t, j, Record{Kind: next[len(next)-1:]})
			}
			if got, n := kinds(); got != want+next || n != damaged {
				t.Fatalf("cut at %d of %d: read %q, skipped %d, not %q and %d", cut, len(after), got, n, want+next, damaged)
			}
		}
	}
}

func TestForeignFilesAreNoSegments(t *testing.T) {
	j := open(t, t.TempDir())
	appendAll(t, j, Record{Kind: "k"})
	for _, name := range []string{"1.jsonl", "+00001.jsonl", "000000.jsonl", "-00001.jsonl", "000002.json", "000003.jsonl~", "x.jsonl", ".jsonl", "0000009.jsonl"} {
		if err := os.WriteFile(filepath.Join(j.Folder(), name), []byte("#\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(j.Folder(), segmentName(7)), 0o700); err != nil {
		t.Fatal(err)
	}
	appendAll(t, j, Record{Kind: "k"})
	if recs := read(t, j, Filter{}); len(recs) != 2 {
		t.Errorf("%d records, not 2", len(recs))
	}
}

func TestSegmentsAreInTheOrderOfTheirNumbers(t *testing.T) {
	j := open(t, t.TempDir())
	j.limit = 1
	appendAll(t, j, Record{Kind: "a"})
	if err := os.Rename(growing(t, j), filepath.Join(j.Folder(), segmentName(999999))); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"b", "c"} {
		appendAll(t, j, Record{Kind: kind})
	}
	var got string
	for _, r := range read(t, j, Filter{}) {
		got += r.Kind
	}
	if name := filepath.Base(growing(t, j)); got != "abc" || name != "1000001.jsonl" {
		t.Errorf("read %q up to %s", got, name)
	}
}

func TestLargeRecords(t *testing.T) {
	j := open(t, t.TempDir())
	big := Record{V: 1, Kind: "k", At: at, Session: "s", Data: json.RawMessage(`"` + strings.Repeat("z", 1<<20) + `"`)}
	small := Record{V: 1, Kind: "k", At: at, Session: "t"}
	appendAll(t, j, small, big)
	appendAll(t, j, big)
	appendAll(t, j, small)
	if got := read(t, j, Filter{Session: "s"}); !reflect.DeepEqual(got, []Record{big, big}) {
		t.Errorf("%d large records", len(got))
	}
	one, err := encode([]Record{{Kind: "k", At: at, Data: json.RawMessage(`""`)}})
	if err != nil {
		t.Fatal(err)
	}
	largest := Record{V: 1, Kind: "k", At: at, Data: json.RawMessage(`"` + strings.Repeat("z", MaxAppend-len(one)) + `"`)}
	appendAll(t, j, largest)
	if got := read(t, j, Filter{}); len(got) != 5 || !reflect.DeepEqual(got[4], largest) {
		t.Errorf("the largest record is not read: %d records", len(got))
	}
	for name, recs := range map[string][]Record{
		"one byte more":     {{Kind: "k", At: at, Data: json.RawMessage(`"z` + string(largest.Data[1:]))}},
		"together too much": {big, big, big, big},
	} {
		err := j.Append(context.Background(), recs...)
		if err == nil || !strings.Contains(err.Error(), "at most 4194304") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := read(t, j, Filter{}); len(got) != 5 {
		t.Errorf("%d records after two were refused", len(got))
	}
}

// TestSegmentTooLong makes a segment longer than any that a journal writes. What was written to it is read, and nothing beyond the bound.
func TestSegmentTooLong(t *testing.T) {
	j := open(t, t.TempDir())
	appendAll(t, j, Record{Kind: "a", At: at, Session: "s"})
	path := growing(t, j)
	if err := os.Truncate(path, 1<<30); err != nil {
		t.Fatal(err)
	}
	write(t, path, "\n"+`{"v":1,"kind":"forged","at":"2026-11-27T12:00:00Z","session":"s"}`+"\n")
	appendAll(t, j, Record{Kind: "b", At: at, Session: "s"})
	for _, f := range []Filter{{}, {Session: "s"}} {
		records, skipped, err := j.Read(t.Context(), f)
		if err != nil || len(records) != 2 || records[0].Kind != "a" || records[1].Kind != "b" || skipped.Lines > 1 {
			t.Errorf("%+v: read %+v, %+v, %v", f, records, skipped, err)
		}
	}
	kinds, damaged, _ := follow(t, j, Cursor{})
	wantFollowed(t, kinds, damaged, []string{"a", "b"}, 1)
}
