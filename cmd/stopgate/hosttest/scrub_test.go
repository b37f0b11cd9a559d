package hosttest

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// scrubber makes recordings of a session fit for a repository. It removes everything about the machine, and the host's own prompts. It
// keeps what readers of transcripts must cope with: every line with its type and the order of its members, and all text of the
// session's models, tools and hooks.
type scrubber struct {
	paths *strings.Replacer
}

// newScrubber returns a scrubber that replaces each path by its value. One path may lie inside another. The name that the
// client gives to a path's folder of transcripts is replaced as well.
func newScrubber(paths map[string]string) *scrubber {
	longestFirst := slices.SortedFunc(maps.Keys(paths), func(a, b string) int {
		return cmp.Or(len(b)-len(a), strings.Compare(a, b))
	})
	var pairs []string
	for _, path := range longestFirst {
		pairs = append(pairs, path, paths[path], slug(path), slug(paths[path]))
	}
	return &scrubber{paths: strings.NewReplacer(pairs...)}
}

// slug returns the client's name for the folder of a path's transcripts (2.1.330).
func slug(path string) string { return notAlphanumeric.ReplaceAllString(path, "-") }

var notAlphanumeric = regexp.MustCompile(`[^A-Za-z0-9]`)

// lines scrubs JSON lines. A line that is not a JSON object is an error, since it cannot be scrubbed.
func (s *scrubber) lines(content []byte) ([]byte, error) {
	var out bytes.Buffer
	for i, line := range bytes.Split(content, []byte("\n")) {
		if len(line) == 0 {
			continue
		}
		record, err := decodeObject(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		clean, err := encode(s.value(s.record(record)))
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		out.Write(append(clean, '\n'))
	}
	return out.Bytes(), nil
}

// ownRecords and ownAttachments are the kinds that hold the session's own text. All others may hold the host's prompts.
var (
	ownRecords     = []string{"", "user", "assistant", "system", "queue-operation", "last-prompt", "tools-used", "cost-state"}
	ownAttachments = []string{"hook_success", "hook_blocking_error", "hook_additional_context", "hook_system_message", "queued_command"}
)

// record empties a record that may hold the host's prompts. Its line stays, since readers must skip it.
func (s *scrubber) record(record object) object {
	kind, _ := record.get("type").(string)
	keep := func(member) bool { return false }
	switch kind {
	case "attachment":
		attachment, _ := record.get("attachment").(object)
		if kind, _ := attachment.get("type").(string); slices.Contains(ownAttachments, kind) {
			return record
		}
		keep = func(m member) bool { return m.key == "type" }
	case "api-request-blob":
		// It repeats a message. A user's message stays, to test that readers do not count it.
		if message, _ := record.get("message").(object); message.get("role") == "user" {
			return record
		}
	default:
		if slices.Contains(ownRecords, kind) {
			return record
		}
	}
	for i, m := range record {
		switch value := m.value.(type) {
		case object:
			record[i].value = slices.DeleteFunc(value, func(m member) bool { return !keep(m) })
		case []any:
			record[i].value = []any{}
		}
	}
	return record
}

// value scrubs every string inside v.
func (s *scrubber) value(v any) any {
	switch v := v.(type) {
	case string:
		return s.text(v)
	case []any:
		for i := range v {
			v[i] = s.value(v[i])
		}
	case object:
		for i := range v {
			v[i].key = s.text(v[i].key)
			v[i].value = s.value(v[i].value)
		}
	}
	return v
}

func (s *scrubber) text(text string) string {
	text = s.paths.Replace(text)
	for _, host := range hostTexts {
		text = host.pattern.ReplaceAllString(text, host.instead)
	}
	return text
}

// hostTexts are the host's own texts inside the session's (2.1.330), and traces of the machine that are not paths.
var hostTexts = []struct {
	pattern *regexp.Regexp
	instead string
}{
	// Around a task notification.
	{regexp.MustCompile(`(?s)\[SYSTEM NOTIFICATION - NOT USER INPUT\].*?<task-notification>`), "(host text)\n<task-notification>"},
	{regexp.MustCompile(`(?s)<note>.*?</note>`), "<note>(host text)</note>"},
	// Before a foreground agent's report.
	{regexp.MustCompile(`(?s)\[Subagent hand-back\].*?The report follows:`), "(host text)"},
	// After a background launch.
	{regexp.MustCompile(`Async agent launched successfully\.[^\n]*`), "(host text)"},
	{regexp.MustCompile(`\((internal ID - |use SendMessage with )[^\n]*`), "(host text)"},
	{regexp.MustCompile(`(?s)The agent is working in the background\..*?(output_file: [^\n]*)\n.*`), "(host text)\n$1"},
	// Text that the host adds to the person's prompt.
	{regexp.MustCompile(`(?s)<system-reminder>\s*(As you answer|Attribution for|Today's date|The following).*?</system-reminder>`), "<system-reminder>(host text)</system-reminder>"},
	{regexp.MustCompile(`127\.0\.0\.1:\d+`), "127.0.0.1:80"},
	{regexp.MustCompile(`/claude-\d+/`), "/claude-1000/"}, // the user's number
}

// leaks returns the names that are in content.
func leaks(content []byte, names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return name == "" || !bytes.Contains(content, []byte(name))
	})
}

// machineNames returns the names that identify the machine of a session in dir.
func machineNames(dir string) []string {
	names := []string{dir, slug(dir), os.TempDir() + "/stopgate"}
	if home, err := os.UserHomeDir(); err == nil {
		names = append(names, home+"/", slug(home)+"-")
	}
	if host, err := os.Hostname(); err == nil && host != "localhost" {
		names = append(names, host)
	}
	return names
}

func TestScrub(t *testing.T) {
	scrub := newScrubber(map[string]string{"/tmp/x.1": "/session", "/tmp/x.1/repository": "/repository", "/tmp/x.1/config": "/home/person/.claude"})
	tests := map[string]struct{ line, want string }{
		"paths, the longest first, and what is named after them": {
			`{"type":"user","cwd":"/tmp/x.1/repository","z":1,"a":{"p":["/tmp/x.1/config/projects/-tmp-x-1-repository/s.jsonl","/tmp/x.1/tmp"]}}`,
			`{"type":"user","cwd":"/repository","z":1,"a":{"p":["/home/person/.claude/projects/-repository/s.jsonl","/session/tmp"]}}`,
		},
		"what the session said stays as it is": {
			`{"type":"assistant","message":{"content":[{"type":"text","text":"<b> & \u2028 é"}]},"n":1.50,"big":12345678901234567890}`,
			`{"type":"assistant","message":{"content":[{"type":"text","text":"<b> & \u2028 é"}]},"n":1.50,"big":12345678901234567890}`,
		},
		"the host's prompts go, their lines stay": {
			`{"type":"attachment","attachment":{"type":"skill_listing","content":"You are"},"uuid":"u","rendered":[{"content":"You are"}]}`,
			`{"type":"attachment","attachment":{"type":"skill_listing"},"uuid":"u","rendered":[]}`,
		},
		"a hook's answer stays": {
			`{"type":"attachment","attachment":{"type":"hook_blocking_error","blockingError":{"blockingError":"R"}}}`,
			`{"type":"attachment","attachment":{"type":"hook_blocking_error","blockingError":{"blockingError":"R"}}}`,
		},
		"requests": {
			`{"type":"api-request-shape","shape":{"system":"You are"},"version":"2"}`,
			`{"type":"api-request-shape","shape":{},"version":"2"}`,
		},
		"a repeated message of the system's goes": {
			`{"type":"api-request-blob","message":{"role":"system","content":"You are"}}`,
			`{"type":"api-request-blob","message":{}}`,
		},
		"a repeated message of the person's stays": {
			`{"type":"api-request-blob","message":{"role":"user","content":[{"text":"<system-reminder>\nAs you answer, know that\n</system-reminder>"},{"text":"TASK: 1"}]}}`,
			`{"type":"api-request-blob","message":{"role":"user","content":[{"text":"<system-reminder>(host text)</system-reminder>"},{"text":"TASK: 1"}]}}`,
		},
		"a kind that is not known": {`{"type":"new","prompt":{"system":"You are"},"n":2}`, `{"type":"new","prompt":{},"n":2}`},
		"a record of the plugin's": {`{"kind":"stop","data":{"step":"/tmp/x.1/repository"}}`, `{"kind":"stop","data":{"step":"/repository"}}`},
		"a notification": {
			`{"type":"user","message":{"content":"[SYSTEM NOTIFICATION - NOT USER INPUT]\nDo NOT.\n\n<task-notification>\n<task-id>a</task-id>\n<note>A task</note>\n<result>R</result>"}}`,
			`{"type":"user","message":{"content":"(host text)\n<task-notification>\n<task-id>a</task-id>\n<note>(host text)</note>\n<result>R</result>"}}`,
		},
		"a report handed back": {
			`{"type":"user","x":"[Subagent hand-back] The text below. The report follows:\n  R\nagentId: a1 (use SendMessage with to: 'a1', to continue)\n<usage>"}`,
			`{"type":"user","x":"(host text)\n  R\nagentId: a1 (host text)\n<usage>"}`,
		},
		"a launch": {
			`{"type":"user","x":"Async agent launched successfully. (This is internal)\nagentId: a1 (internal ID - do not)\nThe agent is working in the background. You\nDo not.\noutput_file: /tmp/x.1/tmp/claude-0/a\nDo NOT Read"}`,
			`{"type":"user","x":"(host text)\nagentId: a1 (host text)\n(host text)\noutput_file: /session/tmp/claude-1000/a"}`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := scrub.lines([]byte(test.line + "\n"))
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != test.want+"\n" {
				t.Errorf("got  %swant %s", got, test.want)
			}
		})
	}
}

func TestScrubRefusesWhatItCannotRead(t *testing.T) {
	for _, line := range []string{`{"type":`, `[]`, `{} {}`, `x`} {
		if out, err := newScrubber(nil).lines([]byte("{}\n" + line)); err == nil || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("%s: %q, error %v", line, out, err)
		}
	}
}

func TestLeaks(t *testing.T) {
	got := leaks([]byte(`{"cwd":"/home/jo/x"}`), []string{"/home/jo/", "elsewhere", ""})
	if len(got) != 1 || got[0] != "/home/jo/" {
		t.Errorf("leaks %q, want /home/jo/", got)
	}
}
