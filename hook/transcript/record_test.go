package transcript

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var recordFrom = flag.String("record", "", "rebuild testdata/recorded from sessions of the real client in this folder")

// recorded are the sessions in testdata/recorded, by what happens in them.
var recorded = []string{
	"background", "bg-api-400-after-block", "bg-killed", "fg-api-400-after-report", "fg-block-tool-corrected",
	"fg-edit-write", "fg-empty-reply", "fg-failing-tools", "fg-frontmatter-both-block", "fg-max-turns",
	"fg-subagentstop-context-twice", "fg-two-parallel", "fg-two-text-blocks", "foreground", "message-while-running",
	"nested-agent", "resume-bg", "resume-blocked",
	"v2.1.200/sub-block", "v2.1.200/sub-context", "v2.1.240/resume", "v2.1.240/sub-context",
}

// event is what a recorded SubagentStop event told, as the client sent it to a hook.
type event struct {
	AgentID string `json:"agent_id"`
	Active  bool   `json:"stop_hook_active"`
	Message string `json:"last_assistant_message"`
}

// TestRecord rebuilds the corpus: it takes each session's transcripts, .meta.json files and SubagentStop events, and
// scrubs them of machine paths and of the host's own texts. It does nothing without -record.
//
// The folder holds one folder per session with events.jsonl (a line per hook call, the event under "stdin") and
// projects/ as the client wrote it.
func TestRecord(t *testing.T) {
	if *recordFrom == "" {
		return
	}
	for _, name := range recorded {
		from, to := filepath.Join(*recordFrom, name), filepath.Join("testdata", "recorded", strings.ReplaceAll(name, "/", "-"))
		if err := os.RemoveAll(to); err != nil {
			t.Fatal(err)
		}
		sessions, err := filepath.Glob(filepath.Join(from, "projects", "*", "*.jsonl"))
		if err != nil || len(sessions) != 1 {
			t.Fatalf("%s holds %d sessions, want one: %v", from, len(sessions), err)
		}
		write(t, filepath.Join(to, "session.jsonl"), scrubLines(t, sessions[0]))
		agents, err := Agents(sessions[0])
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range agents {
			path := filepath.Join(to, "session", "subagents", filepath.Base(a.Path))
			write(t, path, scrubLines(t, a.Path))
			write(t, MetaPath(path), scrubLines(t, MetaPath(a.Path)))
		}
		write(t, filepath.Join(to, "events.jsonl"), recordedEvents(t, filepath.Join(from, "events.jsonl")))
	}
}

func recordedEvents(t *testing.T, path string) []byte {
	var out bytes.Buffer
	seen := map[string]bool{} // an agent's own hook and a plugin's are told the same
	for _, line := range readLines(t, path) {
		if string(plain(nested(nested(line, "stdin"), "hook_event_name"))) != "SubagentStop" {
			continue
		}
		var e event
		if err := json.Unmarshal(nested(line, "stdin"), &e); err != nil {
			t.Fatal(err)
		}
		e.Message = scrubText(e.Message)
		b, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		if !seen[string(b)] {
			out.Write(append(b, '\n'))
		}
		seen[string(b)] = true
	}
	return out.Bytes()
}

func scrubLines(t *testing.T, path string) []byte {
	var out bytes.Buffer
	for _, line := range readLines(t, path) {
		c := cursor{b: line}
		scrub(&out, &c, "", string(plain(nested(line, "type"))))
		if c.end(); c.err != nil {
			t.Fatalf("%s: %v", path, c.err)
		}
		out.WriteByte('\n')
	}
	return out.Bytes()
}

// dropped are keys that carry what the host tells its model, or nothing of use here.
var dropped = []string{
	"rendered", "shape", "params", "cacheControl", "tail", "modelUsage", "usage", "stop_details", "hash", "shapeHash",
	"requestDigest", "requestRef", "permissionDecision",
}

// keptTexts are the beginnings of texts in user records that stay.
var keptTexts = []string{"TASK:", "Stop hook feedback:", "The coordinator sent", "[Request interrupted"}

// scrub copies the value of key at the cursor, in its order, without what belongs to a machine or to the host.
func scrub(out *bytes.Buffer, c *cursor, key, typ string) {
	switch c.peek() {
	case '{':
		comma := ""
		out.WriteByte('{')
		c.object(func(k []byte) bool {
			if slices.Contains(dropped, string(k)) {
				c.value()
				return true
			}
			out.WriteString(comma + `"` + string(k) + `":`)
			comma = ","
			if string(k) == "attachment" {
				scrubAttachment(out, c)
				return true
			}
			scrub(out, c, string(k), typ)
			return true
		})
		out.WriteByte('}')
	case '[':
		comma := ""
		out.WriteByte('[')
		c.array(func() {
			out.WriteString(comma)
			comma = ","
			scrub(out, c, key, typ)
		})
		out.WriteByte(']')
	case '"':
		s, _ := text(c.value())
		hostText := false
		switch typ {
		case "api-request-blob", "queue-operation":
			hostText = key == "text" || key == "content"
		case "user":
			hostText = (key == "text" || key == "content") && !slices.ContainsFunc(keptTexts, func(p string) bool { return strings.HasPrefix(s, p) })
		}
		if hostText {
			s = "…"
		}
		e := json.NewEncoder(out)
		e.SetEscapeHTML(false)
		_ = e.Encode(scrubText(s))
		out.Truncate(out.Len() - 1) // the encoder's line feed
	default:
		out.Write(c.value())
	}
}

// scrubAttachment keeps what hooks and messages left behind, and of everything else the type.
func scrubAttachment(out *bytes.Buffer, c *cursor) {
	raw := c.value()
	typ := string(plain(nested(raw, "type")))
	if !strings.HasPrefix(typ, "hook_") && typ != "queued_command" {
		out.WriteString(`{"type":"` + typ + `"}`)
		return
	}
	inner := cursor{b: raw}
	scrub(out, &inner, "", "attachment")
}

var scrubs = []struct {
	re   *regexp.Regexp
	with string
}{
	{regexp.MustCompile(`/tmp/Test[^/"\s]+/\d+/repo`), "/repo"},
	{regexp.MustCompile(`/tmp/Test[^/"\s]+/\d+/[^\s"<]*`), "/elsewhere"},
	{regexp.MustCompile(`/tmp/[^\s"<]*( plugin| frontmatter)?`), "gate"},
	{regexp.MustCompile(`127\.0\.0\.1:\d+`), "host"},
	{regexp.MustCompile(`alice`), "first"},
	{regexp.MustCompile(`bob`), "second"},
	{regexp.MustCompile(`\bprobe\b`), "team"},
}

func scrubText(s string) string {
	for _, x := range scrubs {
		s = x.re.ReplaceAllString(s, x.with)
	}
	if len(s) > 1000 {
		s = keepHead(s, 100) + "…"
	}
	return s
}

func readLines(t *testing.T, path string) [][]byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Split(bytes.TrimSuffix(b, []byte("\n")), []byte("\n"))
}

func write(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
}
