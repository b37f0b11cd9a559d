package journal

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// seedLines are lines as they should and should not be.
var seedLines = []string{
	`{"v":1,"kind":"stop","at":"2026-03-01T09:30:00.123456789Z","session":"s","agent":"a","agent_type":"p:dev","task":"T","data":{"x":[1,"\n"]}}` + "\n",
	`{"v":1,"kind":"start","at":"2026-03-01T09:30:00Z","session":"s"}` + "\n" + `{"v":1,"kind":"start","at":"2026-03-01T09:30:00Z","session":"t"}`,
	`{"v":2,"kind":"newer","at":"2026-03-01T09:30:00Z","session":"s","since":3,"data":{}}` + "\n",
	`{"data":{"session":"x"},"session":"s","at":"2026-03-01T09:30:00Z","kind":"stop","v":1}` + "\n",
	`{"v":1,"kind":"stop","at":"2026-03-01T09:30:00Z","session":"\u0073"}` + "\r\n\n\n",
	`{"v":1,"kind":"stop","at":"2026-03-01T09:30:00Z","session":"s","data":{"a":` + "\n" + `{"v":1,"kind":"stop"}` + "\n",
	"\xef\xbb\xbf{}\n[1,2]\nnull\n\x00\x00\n{\"v\":1,\"kind\":\"\xff\",\"at\":\"2026-03-01T09:30:00Z\"}",
	"{\"v\":1,\"kind\":\"k\",\"at\":\"2026-03-01T09:30:00Z\",\"session\":\"\xff\"}\n{\"v\":",
	`{"segment":1,"size":1,"marks":"AAAA"}` + "\n" + `{"segment":1,"size":-1,"marks":"="}`,
}

func TestFuzzTargetsHaveSeeds(t *testing.T) {
	if len(seedLines) < 5 {
		t.Fatal("too few seeds")
	}
}

// FuzzRead compares a search of arbitrary bytes with the plain way: decode every line, then compare.
func FuzzRead(f *testing.F) {
	for _, line := range seedLines {
		f.Add([]byte(line), "s", "k")
		f.Add([]byte(line), "s", "")
		f.Add([]byte(line), "\xff", "")
		f.Add([]byte(line), "", "stop")
	}
	f.Fuzz(func(t *testing.T, content []byte, session, kind string) {
		j := open(t, t.TempDir())
		if err := os.MkdirAll(j.Folder(), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(j.Folder(), segmentName(1)), content, 0o600); err != nil {
			t.Fatal(err)
		}
		filter := Filter{Session: session}
		if kind != "" {
			filter.Kinds = []string{kind}
		}
		var all, matching []Record
		var excused []bool // of those that match: whether a search may miss it
		damaged := 0
		for _, line := range bytes.Split(content, []byte("\n")) {
			if len(line) == 0 {
				continue
			}
			r, ok := decode(line)
			if !ok {
				damaged++
				continue
			}
			all = append(all, r)
			if (session == "" || r.Session == strings.ToValidUTF8(session, "\uFFFD")) && (kind == "" || r.Kind == strings.ToValidUTF8(kind, "\uFFFD")) {
				matching = append(matching, r)
				excused = append(excused, repeatsField(line))
			}
		}
		got, skipped, err := j.Read(context.Background(), Filter{})
		if err != nil || skipped.Lines != damaged || !reflect.DeepEqual(got, all) {
			t.Fatalf("read %+v, %+v, %v\nnot %+v and %d damaged lines", got, skipped, err, all, damaged)
		}
		got, _, err = j.Read(context.Background(), filter)
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range matching {
			switch {
			case len(got) > 0 && reflect.DeepEqual(got[0], r):
				got = got[1:]
			case !excused[i]:
				t.Fatalf("%+v does not find %+v", filter, r)
			}
		}
		if len(got) > 0 {
			t.Fatalf("%+v finds %+v, which does not match", filter, got)
		}
		// Whatever stands there, a record can be added, and is found.
		appendAll(t, j, Record{Kind: "added", Session: "added", At: at})
		got, _, err = j.Read(context.Background(), Filter{Session: "added", Kinds: []string{"added"}})
		if err != nil || len(got) == 0 || !got[len(got)-1].At.Equal(at) {
			t.Fatalf("the record added is not found: %+v, %v", got, err)
		}
	})
}

// repeatsField reports whether an object has a field twice, as encoding/json compares names. Which one counts is anybody's
// guess; no writer makes such a line.
func repeatsField(line []byte) bool {
	d := json.NewDecoder(bytes.NewReader(line))
	if _, err := d.Token(); err != nil {
		return false
	}
	var names []string
	for d.More() {
		token, err := d.Token()
		name, ok := token.(string)
		var value json.RawMessage
		if err != nil || !ok || d.Decode(&value) != nil {
			return false
		}
		if slices.ContainsFunc(names, func(other string) bool { return strings.EqualFold(name, other) }) {
			return true
		}
		names = append(names, name)
	}
	return false
}

// FuzzAppend: whatever is appended reads back unchanged, for any strings and any JSON.
func FuzzAppend(f *testing.F) {
	f.Add("stop", "s", "a", "p:dev", "T-1", []byte(` { "a" : [ "<\n>" ] } `), int64(0), int64(5))
	f.Add("\xff", "\u2028\x00\"\\", ",\"data\":", "}", "\n", []byte("null"), int64(-1), int64(-1))
	f.Add("", "s", "", "", "", []byte{}, int64(1)<<40, int64(1))
	f.Add("k", "", "", "", "", []byte("\"\xff\""), int64(0), int64(0))
	f.Add("k", "", "", "", "", []byte("{\"a\":1}{"), int64(0), int64(0))
	f.Fuzz(func(t *testing.T, kind, session, agent, agentType, task string, data []byte, sec, nsec int64) {
		j := open(t, t.TempDir())
		rec := Record{Kind: kind, At: time.Unix(sec, nsec), Session: session, Agent: agent, AgentType: agentType, Task: task, Data: data}
		err := j.Append(context.Background(), rec)
		depth := bytes.Count(data, []byte("[")) + bytes.Count(data, []byte("{"))
		year := rec.At.UTC().Year()
		if valid := kind != "" && (len(data) == 0 || json.Valid(data)) && year >= 0 && year <= 9999; valid != (err == nil) && depth < 9000 {
			t.Fatalf("append %+v: %v", rec, err)
		}
		if err != nil {
			if recs := read(t, j, Filter{}); recs != nil {
				t.Fatalf("after %v there is %+v", err, recs)
			}
			return
		}
		want := Record{
			V: 1, Kind: validUTF8(kind), At: rec.At.UTC(),
			Session: validUTF8(session), Agent: validUTF8(agent), AgentType: validUTF8(agentType), Task: validUTF8(task),
		}
		if len(data) > 0 {
			var b bytes.Buffer
			if err := json.Compact(&b, data); err != nil {
				t.Fatal(err)
			}
			want.Data = bytes.ToValidUTF8(b.Bytes(), []byte("\uFFFD"))
		}
		for _, filter := range []Filter{{}, {Session: session, Agent: agent, Task: task, Kinds: []string{kind}}} {
			if got := read(t, j, filter); len(got) != 1 || !reflect.DeepEqual(got[0], want) {
				t.Errorf("Read(%+v)\n got %+v\nwant %+v", filter, got, want)
			}
		}
		content, err := os.ReadFile(growing(t, j))
		if err != nil || !utf8.Valid(content) || bytes.Count(content, []byte("\n")) != 1 {
			t.Errorf("the file is %q, %v", content, err)
		}
	})
}
