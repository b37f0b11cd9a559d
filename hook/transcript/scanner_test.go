package transcript

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
)

// outline tells stops in a line each.
func outline(stops []Stop) []string {
	var all []string
	for _, s := range stops {
		all = append(all, fmt.Sprintf("%s line %d run %d active=%t uses=%d %q",
			s.Agent.ID, s.Line, s.Agent.Run.Number, s.Active, len(s.Agent.ToolUses), s.Agent.LastMessage()))
	}
	return all
}

func TestScannerStops(t *testing.T) {
	tests := []struct {
		name       string
		transcript string
		want       []string
	}{
		{"one", newScript(t).prompt("w").says("m1", "done").String(), []string{`a1 line 2 run 0 active=false uses=0 "done"`}},
		{"still at work", newScript(t).prompt("w").uses("m1", "t1", "Bash", nil).result("t1", "", false).String(), nil},
		{"a tool use is still to come", newScript(t).prompt("w").assistant("m1", "tool_use", "", textBlock("let me see")).String(), nil},
		{"blocked twice", newScript(t).prompt("w").says("m1", "one").feedback("no").
			uses("m2", "t1", "Bash", nil).result("t1", "", false).says("m3", "two").feedback("no").says("m4", "three").String(), []string{
			`a1 line 2 run 0 active=false uses=0 "one"`,
			`a1 line 6 run 0 active=true uses=1 "two"`,
			`a1 line 8 run 0 active=true uses=1 "three"`,
		}},
		{"context that left no trace sent it back", newScript(t).prompt("w").says("m1", "one").says("m1", "and more").
			user("<system-reminder>x</system-reminder>", `,"isMeta":true`).says("m2", "two").String(), []string{
			`a1 line 3 run 0 active=false uses=0 "and more"`,
			`a1 line 5 run 0 active=true uses=0 "two"`,
		}},
		{
			"one reply after the other, no reason to stop written", newScript(t).prompt("w").
				assistant("m1", "", "", textBlock("let me see")).assistant("m2", "", "", textBlock("done")).String(),
			[]string{`a1 line 3 run 0 active=false uses=0 "done"`},
		},
		{"interrupted after it had ended its turn", newScript(t).prompt("w").says("m1", "one").
			user([]any{textBlock("[Request interrupted by user]")}, "").resume("go on").says("m2", "two").String(), []string{
			`a1 line 2 run 0 active=false uses=0 "one"`,
			`a1 line 5 run 1 active=false uses=0 "two"`,
		}},
		{"two hooks answer one stop", newScript(t).prompt("w").says("m1", "one").feedback("no").attachment("hook_blocking_error", "SubagentStop").
			feedback("nor I").attachment("hook_blocking_error", "SubagentStop").says("m2", "two").String(), []string{
			`a1 line 2 run 0 active=false uses=0 "one"`,
			`a1 line 7 run 0 active=true uses=0 "two"`,
		}},
		{"resumed", newScript(t).prompt("w").says("m1", "one").feedback("no").says("m2", "two").resume("more").says("m3", "three").String(), []string{
			`a1 line 2 run 0 active=false uses=0 "one"`,
			`a1 line 4 run 0 active=true uses=0 "two"`,
			`a1 line 6 run 1 active=false uses=0 "three"`,
		}},
		{"another event's hook", newScript(t).prompt("w").says("m1", "one").attachment("hook_additional_context", "PostToolUse").String(), []string{
			`a1 line 2 run 0 active=false uses=0 "one"`,
		}},
		{"died of an API error", newScript(t).prompt("w").
			assistant("x", "stop_sequence", `,"isApiErrorMessage":true`, textBlock("API Error: 500")).String(), nil},
		{"died, then resumed", newScript(t).prompt("w").
			assistant("x", "stop_sequence", `,"isApiErrorMessage":true`, textBlock("API Error: 500")).
			resume("go on").says("m2", "done").String(), []string{`a1 line 4 run 1 active=false uses=0 "done"`}},
		{"killed in a tool", newScript(t).prompt("w").uses("m1", "t1", "Bash", nil).result("t1", "rejected", true).
			user([]any{textBlock("[Request interrupted by user for tool use]")}, "").String(), nil},
		{"interrupted while it spoke, no reason to stop written", newScript(t).prompt("w").assistant("m1", "", "", textBlock("I am ab")).
			user([]any{textBlock("[Request interrupted by user]")}, "").String(), nil},
		{
			"no reason to stop written", newScript(t).prompt("w").assistant("m1", "", "", textBlock("done")).String(),
			[]string{`a1 line 2 run 0 active=false uses=0 "done"`},
		},
		{"a tool use under way, no reason to stop written", newScript(t).prompt("w").
			assistant("m1", "", "", textBlock("let me see"), useBlock("t1", "Bash", nil)).String(), nil},
		{"thought and said nothing yet", newScript(t).prompt("w").
			assistant("m1", "end_turn", "", map[string]any{"type": "thinking", "thinking": "hm"}).String(), nil},
		{"thought, then spoke", newScript(t).prompt("w").
			assistant("m1", "end_turn", "", map[string]any{"type": "thinking", "thinking": "hm"}).
			says("m1", "done").String(), []string{`a1 line 3 run 0 active=false uses=0 "done"`}},
		{"compacted", newScript(t).prompt("w").uses("m1", "t1", "Write", map[string]any{"file_path": "/a"}).result("t1", "", false).
			raw(`{"type":"system","subtype":"compact_boundary","isSidechain":true,"agentId":"a1","content":"Conversation compacted"}`).
			user("This session is being continued …", `,"isCompactSummary":true,"isVisibleInTranscriptOnly":true`).
			says("m2", "done").String(), []string{`a1 line 6 run 0 active=false uses=1 "done"`}},
		{"results between the records of one reply", newScript(t).prompt("w").
			uses("m1", "t1", "Bash", nil).result("t1", "", false).uses("m1", "t2", "Bash", nil).result("t2", "", false).
			says("m2", "done").String(), []string{`a1 line 6 run 0 active=false uses=2 "done"`}},
		{"a record written twice", newScript(t).prompt("w").uses("m1", "t1", "Bash", nil).uses("m1", "t1", "Bash", nil).
			result("t1", "", false).result("t1", "", true).says("m2", "done").String(), []string{`a1 line 6 run 0 active=false uses=1 "done"`}},
		{"records of other types that quote records", newScript(t).prompt("w").says("m1", "done").
			raw(`{"type":"api-request-blob","agentId":"a1","message":{"type":"assistant","role":"assistant","id":"m9","content":[{"type":"text","text":"forged"}]}}`).
			raw(`{"message":{"type":"assistant","content":[{"type":"text","text":"{\"type\":\"assistant\"}"}]},"type":"api-request-blob"}`).
			raw(`{"type":"system","content":"\"type\":\"assistant\"","toolUseResult":{"type":"assistant"}}`).
			String(), []string{`a1 line 2 run 0 active=false uses=0 "done"`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			stops, s := scan(t, tt.transcript, Options{})
			if got := outline(stops); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("stops\n got %q\nwant %q", got, tt.want)
			}
			if s.Skipped() != (Skipped{}) {
				t.Errorf("skipped %+v", s.Skipped())
			}
		})
	}
}

// TestScannerSessionTurnsAreNoStops: the session itself stops too, but that is no agent's stop.
func TestScannerSessionTurnsAreNoStops(t *testing.T) {
	s := newScript(t)
	s.agent, s.side = "", false
	stops, sc := scan(t, s.prompt("hello").says("m1", "hi").String(), Options{})
	if len(stops) != 0 || len(sc.Launched()) != 0 {
		t.Errorf("%d stops, %d launches", len(stops), len(sc.Launched()))
	}
	stops, _ = scan(t, s.String(), Options{OneAgent: true})
	if len(stops) != 1 {
		t.Errorf("with OneAgent %d stops, want 1", len(stops))
	}
}

// TestScannerSidechainsWithoutID: clients before 2.1.200 wrote agents without ids into the session's file. Their records are
// counted, so that a replay shows that it did not judge them.
func TestScannerSidechainsWithoutID(t *testing.T) {
	s := newScript(t)
	s.agent = ""
	stops, sc := scan(t, s.prompt("w").says("m1", "done").String(), Options{})
	if len(stops) != 0 || sc.Skipped() != (Skipped{Orphan: 2}) {
		t.Errorf("%d stops, skipped %+v", len(stops), sc.Skipped())
	}
}

// TestScannerManyAgents: agents that share a stream lose no stop.
func TestScannerManyAgents(t *testing.T) {
	s := newScript(t)
	const n = 100
	for i := range n {
		s.agent = fmt.Sprintf("a%d", i)
		s.prompt("w").says(fmt.Sprintf("m%d", i), "done")
	}
	stops, _ := scan(t, s.String(), Options{})
	if len(stops) != n {
		t.Fatalf("%d stops of %d agents", len(stops), n)
	}
	for i, st := range stops {
		if st.Line != 2*i+2 {
			t.Fatalf("stop %d is at line %d", i, st.Line)
		}
	}
}

// TestScannerOrder: the results at the end have the order of the lines, whoever spoke last.
func TestScannerOrder(t *testing.T) {
	s := newScript(t).prompt("w").says("m1", "one")
	s.agent = "a2"
	s.prompt("w").says("m2", "two")
	s.agent = "a1"
	s.user("a note", `,"isMeta":true`)
	stops, _ := scan(t, s.String(), Options{})
	if got, want := outline(stops), []string{`a1 line 2 run 0 active=false uses=0 "one"`, `a2 line 4 run 0 active=false uses=0 "two"`}; !reflect.DeepEqual(got, want) {
		t.Errorf("stops\n got %q\nwant %q", got, want)
	}
}

// TestScannerLateResult: lines after a stop do not change it.
func TestScannerLateResult(t *testing.T) {
	stops, _ := scan(t, newScript(t).prompt("w").
		uses("m1", "t1", "Write", map[string]any{"file_path": "/a"}).
		says("m2", "one").feedback("no").
		result("t1", "", false).
		uses("m3", "t2", "Write", map[string]any{"file_path": "/b"}).
		says("m4", "two").String(), Options{})
	if len(stops) != 2 {
		t.Fatalf("%d stops", len(stops))
	}
	first, second := stops[0].Agent, stops[1].Agent
	if len(first.ToolUses) != 1 || first.ToolUses[0].Outcome != Unanswered || len(first.Replies) != 2 {
		t.Errorf("the first stop shows what came later: %+v", first)
	}
	if len(second.ToolUses) != 2 || second.ToolUses[0].Outcome != Succeeded || second.ToolUses[0].ResultTime.Second() != 5 {
		t.Errorf("the second stop lacks what came before: %+v", second)
	}
}

// TestScannerLateReply: nor does a reply that goes on after the agent was interrupted.
func TestScannerLateReply(t *testing.T) {
	stops, _ := scan(t, newScript(t).prompt("w").says("m1", "one").
		user([]any{textBlock("[Request interrupted by user]")}, "").says("m1", "two").String(), Options{})
	if len(stops) != 2 || !reflect.DeepEqual(texts(&stops[0].Agent), []string{"one"}) {
		t.Errorf("stops %+v", stops)
	}
}

func TestScannerSkips(t *testing.T) {
	deep := strings.Repeat("[", maxDepth+1) + strings.Repeat("]", maxDepth+1)
	good := newScript(t).prompt("w").says("m1", "done").String()
	done := []string{`a1 line 2 run 0 active=false uses=0 "done"`}
	shifted := []string{`a1 line 3 run 0 active=false uses=0 "done"`}
	tests := []struct {
		name       string
		transcript string
		o          Options
		want       Skipped
		stops      []string
	}{
		{"torn last line", good + `{"parentUuid":"u2","type":"assist`, Options{}, Skipped{Torn: 1}, done},
		{"last line whole, without line feed", strings.TrimSuffix(good, "\n"), Options{}, Skipped{}, done},
		{"torn in the middle", `{"type":"user","mess` + "\n" + good, Options{}, Skipped{Malformed: 1}, shifted},
		{"two records run together", `{"type":"user","message":{"content":"x"}}{"type":"user"}` + "\n" + good, Options{}, Skipped{Malformed: 1}, shifted},
		{"NUL bytes, as a crash leaves them", strings.Repeat("\x00", 100) + "\n" + good, Options{}, Skipped{Malformed: 1}, shifted},
		{"a key twice", `{"type":"user","agentId":"1","agentId":"2","message":{"content":"x"}}` + "\n" + good, Options{}, Skipped{Malformed: 1}, shifted},
		{"a type twice", `{"type":"user","type":"assistant","message":{"content":"x"}}` + "\n" + good, Options{}, Skipped{Malformed: 1}, shifted},
		{"a message twice", `{"message":{"content":"x"},"message":{"content":"y"},"type":"user"}` + "\n" + good, Options{}, Skipped{Malformed: 1}, shifted},
		{"too deep", `{"type":"user","toolUseResult":` + deep + `}` + "\n" + good, Options{}, Skipped{TooDeep: 1}, shifted},
		{"too long", `{"type":"user","x":"` + strings.Repeat("x", 500) + `"}` + "\n" + good, Options{MaxLine: 400}, Skipped{TooLong: 1}, shifted},
		{"too long and torn", good + `{"type":"user","x":"` + strings.Repeat("x", 500), Options{MaxLine: 400}, Skipped{TooLong: 1}, done},
		{"a type of 2.1.220", `{"type":"bridge-session","sessionId":"s1"}` + "\n" + good, Options{}, Skipped{}, shifted},
		{"a type of 2.1.237", `{"type":"file-history-delta","messageId":"m1"}` + "\n" + good, Options{}, Skipped{}, shifted},
		{"an unknown type", `{"type":"from-the-future","message":{}}` + "\n" + good, Options{}, Skipped{UnknownType: 1}, shifted},
		{"no type", `{"a":1}` + "\n" + good, Options{}, Skipped{UnknownType: 1}, shifted},
		{"a type that is no string", `{"type":{"type":"user"}}` + "\n" + good, Options{}, Skipped{UnknownType: 1}, shifted},
		{"brackets that do not match", `{"type":"user","x":[{"a":[1}]}}` + "\n" + good, Options{}, Skipped{Malformed: 1}, shifted},
		{"brackets that match in number only", `{"type":"user","x":[1}}` + "\n" + good, Options{}, Skipped{Malformed: 1}, shifted},
		{"bytes that JSON has not", `{"type":"user","x":[NaN]}` + "\n" + good, Options{}, Skipped{Malformed: 1}, shifted},
		{"no object", `[1,2]` + "\n" + good, Options{}, Skipped{Malformed: 1}, shifted},
		{"blank lines", "\n \t\n" + good, Options{}, Skipped{}, []string{`a1 line 4 run 0 active=false uses=0 "done"`}},
		{"CRLF", strings.ReplaceAll(good, "\n", "\r\n"), Options{}, Skipped{}, done},
		{"byte order mark", "\ufeff" + good, Options{}, Skipped{}, done},
		{"escaped keys", strings.ReplaceAll(good, `"type":"assistant"`, `"\u0074ype":"assist\u0061nt"`), Options{}, Skipped{}, done},
		{"white space", strings.NewReplacer(`":`, `" : `, `,"`, ` , "`).Replace(good), Options{}, Skipped{}, done},
		{
			"message of another shape", `{"type":"assistant","agentId":"a1","message":"text"}` + "\n" +
				`{"type":"user","agentId":"a1","message":{"content":[1,"two",null,{"type":"text"}]}}` + "\n" + good,
			Options{},
			Skipped{},
			[]string{`a1 line 4 run 2 active=false uses=0 "done"`},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			stops, s := scan(t, tt.transcript, tt.o)
			if s.Skipped() != tt.want {
				t.Errorf("skipped %+v, want %+v", s.Skipped(), tt.want)
			}
			if got := outline(stops); !reflect.DeepEqual(got, tt.stops) {
				t.Errorf("stops\n got %q\nwant %q", got, tt.stops)
			}
		})
	}
}

func TestScannerInvalidUTF8(t *testing.T) {
	stops, s := scan(t, newScript(t).prompt("w").says("m1", "a\x01MARKé").String(), Options{})
	if len(stops) != 1 || s.Skipped() != (Skipped{}) {
		t.Fatalf("%d stops, skipped %+v", len(stops), s.Skipped())
	}
	broken := strings.Replace(newScript(t).prompt("w").says("m1", "MARK").String(), "MARK", "caf\xe9 \\ud800 \xff", 1)
	stops, s = scan(t, broken, Options{})
	if s.Skipped() != (Skipped{}) || len(stops) != 1 || stops[0].Agent.LastMessage() != "caf\ufffd \ufffd \ufffd" {
		t.Errorf("skipped %+v, stops %q", s.Skipped(), outline(stops))
	}
}

// TestScannerLongLines: lines of many megabytes, of every kind, read in small pieces.
func TestScannerLongLines(t *testing.T) {
	big := strings.Repeat("0123456789abcdef", 8<<20/16)
	transcript := newScript(t).prompt("w").
		raw(`{"type":"api-request-blob","x":"`+big+`"}`).
		raw(`{"x":"`+big+`","type":"progress"}`).
		raw(`{"type":"from-the-future","x":"`+big+`"}`).
		uses("m1", "t1", "Write", map[string]any{"file_path": "/a", "content": big}).
		result("t1", big, false).
		says("m2", "done").String()
	s := NewScanner(context.Background(), iotest.HalfReader(strings.NewReader(transcript)), Options{})
	var stops []Stop
	for s.Scan() {
		stops = append(stops, s.Stop())
	}
	if want := []string{`a1 line 7 run 0 active=false uses=1 "done"`}; s.Err() != nil || !reflect.DeepEqual(outline(stops), want) {
		t.Errorf("%v, stops %q", s.Err(), outline(stops))
	}
	if s.Skipped() != (Skipped{UnknownType: 1}) || s.Lines() != 7 {
		t.Errorf("%d lines, skipped %+v", s.Lines(), s.Skipped())
	}
	if kept := cap(s.records.lines.buf); kept > 3*len(big) {
		t.Errorf("a buffer of %d bytes for lines of %d", kept, len(big))
	}
}

// TestScannerPassesOverWithoutHolding: an unneeded line costs no memory, however long.
func TestScannerPassesOverWithoutHolding(t *testing.T) {
	long := io.MultiReader(
		strings.NewReader(newScript(t).prompt("w").String()+`{"type":"api-request-blob","x":"`),
		io.LimitReader(repeat('x'), 64<<20),
		strings.NewReader("\"}\n"+newScript(t).says("m1", "done").String()),
	)
	s := NewScanner(context.Background(), long, Options{})
	n := 0
	for s.Scan() {
		n++
	}
	if n != 1 || s.Err() != nil || s.Skipped() != (Skipped{}) {
		t.Errorf("%d stops, %v, skipped %+v", n, s.Err(), s.Skipped())
	}
	if kept := cap(s.records.lines.buf); kept > 2*readSize {
		t.Errorf("a buffer of %d bytes", kept)
	}
}

// TestScannerHoldsNoMoreThanMaxLine: nor does a line that might be needed, beyond the bound.
func TestScannerHoldsNoMoreThanMaxLine(t *testing.T) {
	long := io.MultiReader(strings.NewReader(`{"type":"user","x":"`), io.LimitReader(repeat('x'), 64<<20),
		strings.NewReader("\"}\n"+newScript(t).prompt("w").says("m1", "done").String()))
	s := NewScanner(context.Background(), long, Options{MaxLine: 1 << 20})
	n := 0
	for s.Scan() {
		n++
	}
	if n != 1 || s.Err() != nil || s.Skipped() != (Skipped{TooLong: 1}) {
		t.Errorf("%d stops, %v, skipped %+v", n, s.Err(), s.Skipped())
	}
	if kept := cap(s.records.lines.buf); kept > 1<<20+2*readSize {
		t.Errorf("a buffer of %d bytes", kept)
	}
}

type repeat byte

func (r repeat) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(r)
	}
	return len(p), nil
}

func TestScannerErrors(t *testing.T) {
	run := func(ctx context.Context, r io.Reader) (int, error) {
		s := NewScanner(ctx, r, Options{})
		n := 0
		for s.Scan() {
			n++
		}
		return n, s.Err()
	}
	good := newScript(t).prompt("w").says("m1", "done").String()
	for name, text := range map[string]string{
		"gzip":                      "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\n\xaa\xe5\x02",
		"another program's records": `{"level":"info","msg":"started"}` + "\n" + `{"level":"info","msg":"done"}` + "\n",
		"prose":                     "Dear reader,\nthis is no transcript.\n",
	} {
		if n, err := run(context.Background(), strings.NewReader(text)); n != 0 || !errors.Is(err, ErrNotTranscript) {
			t.Errorf("%s: %d stops, error %v", name, n, err)
		}
	}
	if n, err := run(context.Background(), strings.NewReader("")); n != 0 || err != nil {
		t.Errorf("empty: %d stops, error %v", n, err)
	}
	broken := errors.New("the disk is gone")
	if n, err := run(context.Background(), io.MultiReader(strings.NewReader(good), iotest.ErrReader(broken))); n != 1 || !errors.Is(err, broken) {
		t.Errorf("read error: %d stops, error %v", n, err)
	}
	if _, err := run(context.Background(), stuck{}); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("a reader that gives nothing: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := run(ctx, strings.NewReader(good)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

type stuck struct{}

func (stuck) Read([]byte) (int, error) { return 0, nil }

// TestLaunched pairs launches with the agents that their results name, in a session's file and in an agent's own.
func TestLaunched(t *testing.T) {
	s := newScript(t)
	s.agent, s.side = "", false
	launch := func(message, use, agentType string) {
		s.uses(message, use, "Agent", map[string]any{"subagent_type": agentType, "prompt": "w"})
	}
	returned := func(use, rest string) {
		s.user([]any{map[string]any{"type": "tool_result", "tool_use_id": use}}, rest)
	}
	launch("m1", "L1", "coder")
	launch("m2", "L2", "coder")
	launch("m3", "L3", "")
	launch("m4", "L4", "coder")
	returned("L2", `,"toolUseResult":{"status":"async_launched","agentId":"b2"}`)
	returned("L1", `,"toolUseResult":{"status":"completed","agentId":"b1","content":[{"agentId":"forged"}]}`)
	returned("L1", `,"toolUseResult":{"status":"completed","agentId":"again"}`)
	returned("L3", `,"toolUseResult":{"status":"completed","agentId":"b3"}`)
	returned("L4", `,"toolUseResult":"refused"`)
	returned("L9", `,"toolUseResult":{"agentId":"nobody's"}`)
	_, sc := scan(t, s.String(), Options{})
	if want := map[string]string{"b1": "coder", "b2": "coder", "b3": ""}; !reflect.DeepEqual(sc.Launched(), want) {
		t.Errorf("launched %q, want %q", sc.Launched(), want)
	}
	nested := newScript(t).prompt("w").uses("m1", "L1", "Agent", map[string]any{"subagent_type": "helper"}).
		user([]any{map[string]any{"type": "tool_result", "tool_use_id": "L1"}}, `,"toolUseResult":{"agentId":"n1"}`)
	_, sc = scan(t, nested.String(), Options{OneAgent: true})
	if want := map[string]string{"n1": "helper"}; !reflect.DeepEqual(sc.Launched(), want) {
		t.Errorf("launched %q, want %q", sc.Launched(), want)
	}
}

func TestHandback(t *testing.T) {
	a := read(t, newScript(t).prompt("w").
		uses("m1", "t1", "SubagentHandback", map[string]any{"message": "the report"}).
		result("t1", "ok", false).says("m2", "bye").String())
	if len(a.Replies) != 2 || !reflect.DeepEqual(a.Replies[0].Handbacks, []string{"the report"}) || a.LastMessage() != "bye" {
		t.Errorf("replies %+v", a.Replies)
	}
	a = readWith(t, newScript(t).prompt("w").
		uses("m1", "t1", "SubagentHandback", map[string]any{"message": strings.Repeat("r", 100)}).String(), Options{MaxText: 10})
	if r := a.LastReply(); r.Cut != 90 || r.Handbacks[0] != strings.Repeat("r", 10) {
		t.Errorf("bounded handback %+v", r)
	}
}

// TestManyBlocks: a reply of three million blocks is passed over as too long, and what comes after it is read.
func TestManyBlocks(t *testing.T) {
	line := `{"type":"assistant","message":{"id":"m0","role":"assistant","content":[` + strings.Repeat("{},", 3_000_000) + `{}]}}` + "\n"
	s := NewScanner(t.Context(), strings.NewReader(line+newScript(t).prompt("w").says("m1", "done").String()), Options{})
	n := 0
	for s.Scan() {
		n++
	}
	if n != 1 || s.Err() != nil || s.Skipped() != (Skipped{TooLong: 1}) {
		t.Errorf("%d stops, %v, skipped %+v", n, s.Err(), s.Skipped())
	}
	if kept := cap(s.records.record.blocks); kept > 2*maxBlocks {
		t.Errorf("room for %d blocks is kept", kept)
	}
}
