package transcript

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
)

// seeds returns the recorded transcripts, each whole and each without the records that are never read,
// and a few lines that no host wrote.
func seeds(t testing.TB) [][]byte {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "recorded", "*", "session*", "subagents", "*.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	sessions, err := filepath.Glob(filepath.Join("testdata", "recorded", "*", "session.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var all [][]byte
	for _, path := range append(files, sessions...) {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b)
		var short [][]byte
		for _, line := range bytes.SplitAfter(b, []byte("\n")) {
			var r record
			if r.parse(line) == nil && r.kind.matters() {
				short = append(short, line)
			}
		}
		all = append(all, bytes.Join(short, nil))
	}
	for _, s := range []string{
		"", "\n", "{", `{"type":"user"}`, `{"type":"user","message":{"content":"x"}}` + "\n", "\ufeff{}\r\n",
		`{"type":"assistant","isSidechain":true,"parentUuid":null,"uuid":"a","message":{"id":"m","content":[{"type":"text","text":"\ud800"}]}}`,
		`{"a":"\\\"","b":[{},[],1e9,true,null],"type":"attachment","attachment":{"hookEvent":"SubagentStop","type":"hook_blocking_error"}}`,
		strings.Repeat("[", 600), `{"type":"user","type":"user"}`,
	} {
		all = append(all, []byte(s))
	}
	return all
}

func TestSeedsAreThere(t *testing.T) {
	if n := len(seeds(t)); n < 4*len(recorded) {
		t.Errorf("only %d seeds", n)
	}
}

// FuzzScanner: for any bytes, reading ends within the bounds and with the same result however they arrive. The hook's reading of the whole equals
// the last result of a replay.
func FuzzScanner(f *testing.F) {
	for _, s := range seeds(f) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		o := Options{MaxLine: 1 << 16, MaxText: 1 << 10, MaxToolUses: 1 << 12}
		whole := collect(t, NewScanner(context.Background(), bytes.NewReader(b), o), o)
		pieces := collect(t, NewScanner(context.Background(), iotest.DataErrReader(iotest.HalfReader(bytes.NewReader(b))), o), o)
		if !reflect.DeepEqual(whole, pieces) {
			t.Fatalf("read in pieces\n got %+v\nwant %+v", pieces, whole)
		}

		o.OneAgent = true
		one := collect(t, NewScanner(context.Background(), bytes.NewReader(b), o), o)
		hook, err := readAgent(context.Background(), bytes.NewReader(b), o)
		if err != nil && !errors.Is(err, ErrNotTranscript) {
			t.Fatal(err)
		}
		checkBounds(t, hook, o)
		if hook.last == replyTurn && len(one.stops) > 0 {
			last := one.stops[len(one.stops)-1]
			if reply := hook.LastReply(); last.Line == reply.LastLine && !reflect.DeepEqual(last.Agent, *hook) {
				t.Fatalf("the last stop\n replay %+v\n   hook %+v", last.Agent, *hook)
			}
		}
	})
}

type collected struct {
	stops    []Stop
	launched map[string]string
	skipped  Skipped
	lines    int
}

func collect(t *testing.T, s *Scanner, o Options) collected {
	var c collected
	for s.Scan() {
		stop := s.Stop()
		checkBounds(t, &stop.Agent, o)
		c.stops = append(c.stops, stop)
	}
	if err := s.Err(); err != nil && !errors.Is(err, ErrNotTranscript) {
		t.Fatal(err)
	}
	c.launched, c.skipped, c.lines = s.Launched(), s.Skipped(), s.Lines()
	return c
}

func checkBounds(t *testing.T, a *Agent, o Options) {
	text, uses := 0, 0
	for i := range a.Replies {
		text += a.Replies[i].size()
	}
	for i := range a.ToolUses {
		uses += a.ToolUses[i].size()
	}
	if text > o.MaxText || uses > o.MaxToolUses && len(a.ToolUses) > 1 {
		t.Fatalf("kept %d bytes of text and %d of tool uses", text, uses)
	}
	if a.Skipped.Total() > a.Lines || a.Skipped.Torn > 1 {
		t.Fatalf("skipped %+v of %d lines", a.Skipped, a.Lines)
	}
}

// FuzzCursor compares the cursor with encoding/json: the cursor walks any value that encoding/json accepts to its end, and returns the same
// strings.
func FuzzCursor(f *testing.F) {
	for _, s := range seeds(f) {
		for _, line := range bytes.Split(s, []byte("\n")) {
			f.Add(line)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c := cursor{b: b}
		raw := c.value()
		c.end()
		valid := json.Valid(b)
		if valid && c.err != nil && !errors.Is(c.err, errTooDeep) {
			t.Fatalf("%q is valid, the cursor says %v", b, c.err)
		}
		if c.err == nil && len(raw) > 0 && raw[0] == '"' {
			got, ok := text(raw)
			var want string
			if err := json.Unmarshal(raw, &want); (err == nil) != ok || got != want {
				t.Fatalf("%q reads %q, %t; encoding/json reads %q, %v", raw, got, ok, want, err)
			}
		}

		var r record
		err := r.parse(b)
		var want struct {
			Type any `json:"type"`
			CWD  any `json:"cwd"`
		}
		if !valid || json.Unmarshal(b, &want) != nil || err != nil || !r.kind.matters() || foldsKeys(b) {
			return
		}
		typ, _ := text(r.typ)
		cwd, _ := text(r.cwd)
		wantCWD, _ := want.CWD.(string)
		if typ != want.Type || cwd != wantCWD {
			t.Fatalf("%q has type %q and cwd %q; encoding/json reads %v and %v", b, typ, cwd, want.Type, want.CWD)
		}
	})
}

// foldsKeys reports whether a key of the object differs from one that is read by its case alone:
// encoding/json takes the two for one.
func foldsKeys(b []byte) bool {
	var m map[string]json.RawMessage
	_ = json.Unmarshal(b, &m)
	for k := range m {
		for _, name := range []string{"type", "cwd"} {
			if k != name && strings.EqualFold(k, name) {
				return true
			}
		}
	}
	return false
}
