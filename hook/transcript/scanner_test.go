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
	if len(stops) != 0 || len(sc.Launches()) != 0 {
		t.Errorf("%d stops, %d launches", len(stops), len(sc.Launches()))
	}
	stops, _ = scan(t, s.String(), Options{OneAgent: true})
	if len(stops) != 1 {
		t.Errorf("with OneAgent %d stops, want 1", len(stops))
	}
}

// TestScannerSidechains reads the format of hosts that wrote agents into the session's file, without agent ids:
// two agents at once, told apart by their chains of parents.
func TestScannerSidechains(t *testing.T) {
	line := func(side bool, typ, uuid, parent, rest string) string {
		return fmt.Sprintf(`{"parentUuid":%s,"isSidechain":%t,"type":%q,"uuid":%q,"timestamp":"2025-06-01T10:00:00Z","sessionId":"s1","cwd":"/repo","version":"1.0.30","message":%s}`,
			parent, side, typ, uuid, rest)
	}
	launch := func(id, typ, prompt string) string {
		return fmt.Sprintf(`{"role":"assistant","id":"m-%s","content":[{"type":"tool_use","id":%q,"name":"Task","input":{"description":"d","prompt":%q,"subagent_type":%q}}]}`, id, id, prompt, typ)
	}
	says := func(id, text string) string {
		return fmt.Sprintf(`{"role":"assistant","id":%q,"stop_reason":null,"content":[{"type":"text","text":%q}]}`, id, text)
	}
	uses := func(id, use, path string) string {
		return fmt.Sprintf(`{"role":"assistant","id":%q,"stop_reason":null,"content":[{"type":"tool_use","id":%q,"name":"MultiEdit","input":{"file_path":%q}}]}`, id, use, path)
	}
	result := func(use string) string {
		return fmt.Sprintf(`{"role":"user","content":[{"tool_use_id":%q,"type":"tool_result","content":"done"}]}`, use)
	}
	prompt := func(text string) string { return fmt.Sprintf(`{"role":"user","content":%q}`, text) }
	transcript := strings.Join([]string{
		line(false, "user", "1", "null", prompt("please")),
		line(false, "assistant", "2", `"1"`, launch("L1", "coder", "do x")),
		line(false, "assistant", "3", `"2"`, launch("L2", "bug-fixer", "do y")),
		line(true, "user", "x1", "null", prompt("do x")),
		line(true, "user", "y1", "null", prompt("do y")),
		line(true, "assistant", "y2", `"y1"`, uses("my2", "U2", "/repo/y")),
		line(true, "assistant", "x2", `"x1"`, uses("mx2", "U1", "/repo/x")),
		line(true, "user", "x3", `"x2"`, result("U1")),
		line(true, "user", "y3", `"y2"`, result("U2")),
		line(true, "assistant", "y4", `"y3"`, says("my4", "y done")),
		line(true, "assistant", "x4", `"x3"`, says("mx4", "x done")),
		line(true, "assistant", "z9", `"nowhere"`, says("mz", "whose?")),
		line(false, "user", "4", `"3"`, result("L1")),
		line(false, "user", "5", `"4"`, result("L2")),
	}, "\n") + "\n"

	stops, s := scan(t, transcript, Options{})
	var got []string
	for _, st := range stops {
		got = append(got, fmt.Sprintf("%s %s %s line %d", st.ToolUseID, st.Agent.LastMessage(), st.Agent.ToolUses[0].Path, st.Line))
	}
	if want := []string{"L2 y done /repo/y line 10", "L1 x done /repo/x line 11"}; !reflect.DeepEqual(got, want) {
		t.Errorf("stops\n got %q\nwant %q", got, want)
	}
	var launched []string
	for _, l := range s.Launches() {
		launched = append(launched, fmt.Sprintf("%s %s %s %s %d", l.ToolUseID, l.AgentType, l.Prompt, l.Outcome, l.ResultLine))
	}
	if want := []string{"L1 coder do x succeeded 13", "L2 bug-fixer do y succeeded 14"}; !reflect.DeepEqual(launched, want) {
		t.Errorf("launches\n got %q\nwant %q", launched, want)
	}
	if s.Skipped() != (Skipped{Orphan: 1}) {
		t.Errorf("skipped %+v", s.Skipped())
	}
}

// TestScannerManyAgents: agents beyond those that are followed at a time lose no stop.
func TestScannerManyAgents(t *testing.T) {
	s := newScript(t)
	const n = 3 * maxAgents
	for i := range n {
		s.agent = fmt.Sprintf("a%d", i)
		s.prompt("w").says(fmt.Sprintf("m%d", i), "done")
	}
	stops, _ := scan(t, s.String(), Options{})
	if len(stops) != n {
		t.Fatalf("%d stops of %d agents", len(stops), n)
	}
	if at := stops[0].Agent.Lines; at != 2*maxAgents+1 {
		t.Errorf("the first agent was followed up to line %d", at)
	}
	for i, st := range stops {
		if st.Line != 2*i+2 {
			t.Fatalf("stop %d is at line %d", i, st.Line)
		}
	}
}

// TestScannerOrder: what is found at the end is in the order of the lines, whoever spoke last.
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

// TestScannerSamePrompt: two agents that were given the same words belong to a launch each.
func TestScannerSamePrompt(t *testing.T) {
	s := newScript(t)
	s.agent, s.side = "", false
	s.uses("m1", "L1", "Task", map[string]any{"prompt": "w"}).uses("m2", "L2", "Task", map[string]any{"prompt": "w"})
	s.side = true
	for _, id := range []string{"a1", "a2"} {
		s.agent = id
		s.prompt("w").says("m"+id, "done")
	}
	stops, _ := scan(t, s.String(), Options{})
	if len(stops) != 2 || stops[0].ToolUseID != "L1" || stops[1].ToolUseID != "L2" {
		t.Errorf("stops %+v", stops)
	}
}

// TestScannerForgetsParents: a long sidechain does not fill the memory with its uuids.
func TestScannerForgetsParents(t *testing.T) {
	s := newScript(t)
	s.agent = ""
	s.prompt("w")
	for i := range 3 * len(parents{}.ring) {
		s.says(fmt.Sprintf("m%d", i), "on")
	}
	_, sc := scan(t, s.String(), Options{})
	if n := len(sc.parents.of); n > len(sc.parents.ring) || sc.Skipped() != (Skipped{}) {
		t.Errorf("%d parents are remembered, skipped %+v", n, sc.Skipped())
	}
}

// TestScannerLateResult: what comes after a stop does not change it.
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
	if len(second.ToolUses) != 2 || second.ToolUses[0].Outcome != Succeeded || second.ToolUses[0].ResultLine != 5 {
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
		{"a key twice", `{"type":"user","uuid":"1","uuid":"2","message":{"content":"x"}}` + "\n" + good, Options{}, Skipped{Malformed: 1}, shifted},
		{"a type twice", `{"type":"user","type":"assistant","message":{"content":"x"}}` + "\n" + good, Options{}, Skipped{Malformed: 1}, shifted},
		{"a message twice", `{"message":{"content":"x"},"message":{"content":"y"},"type":"user"}` + "\n" + good, Options{}, Skipped{Malformed: 1}, shifted},
		{"too deep", `{"type":"user","toolUseResult":` + deep + `}` + "\n" + good, Options{}, Skipped{TooDeep: 1}, shifted},
		{"too long", `{"type":"user","x":"` + strings.Repeat("x", 500) + `"}` + "\n" + good, Options{MaxLine: 400}, Skipped{TooLong: 1}, shifted},
		{"too long and torn", good + `{"type":"user","x":"` + strings.Repeat("x", 500), Options{MaxLine: 400}, Skipped{TooLong: 1}, done},
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

// TestLaunchResults: what the results of launches say, and the launches of an agent.
func TestLaunchResults(t *testing.T) {
	s := newScript(t)
	s.agent, s.side = "", false
	s.uses("m1", "L1", "Agent", map[string]any{"prompt": "p", "subagent_type": "x:coder", "description": "d", "run_in_background": true}).
		user([]any{map[string]any{"type": "tool_result", "tool_use_id": "L1", "content": "launched"}},
			`,"toolUseResult":{"isAsync":true,"status":"async_launched","agentId":"a7"}`).
		uses("m2", "L2", "Agent", map[string]any{"prompt": "q"}).
		result("L2", "API error", true).
		uses("m3", "L3", "Task", map[string]any{"prompt": "r"})
	s.agent, s.side = "a7", true
	s.uses("m4", "L4", "Agent", map[string]any{"prompt": "nested"})
	_, sc := scan(t, s.String(), Options{})
	var got []string
	for _, l := range sc.Launches() {
		got = append(got, fmt.Sprintf("%s by %q type %q background=%t %s %q %q", l.ToolUseID, l.Launcher, l.AgentType, l.Background, l.Outcome, l.Status, l.AgentID))
	}
	want := []string{
		`L1 by "" type "x:coder" background=true succeeded "async_launched" "a7"`,
		`L2 by "" type "" background=false failed "" ""`,
		`L3 by "" type "" background=false unanswered "" ""`,
		`L4 by "a7" type "" background=false unanswered "" ""`,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("launches\n got %q\nwant %q", got, want)
	}

	s = newScript(t)
	for i := range 5 {
		s.uses("m", fmt.Sprintf("L%d", i), "Agent", map[string]any{"prompt": strings.Repeat("p", 600)})
	}
	_, sc = scan(t, s.result("L0", "", false).result("L4", "", false).String(), Options{MaxToolUses: 2200})
	if all := sc.Launches(); len(all) != 2 || all[0].ToolUseID != "L3" || all[1].Outcome != Succeeded {
		t.Errorf("launches kept: %+v", all)
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
