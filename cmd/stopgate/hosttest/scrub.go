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
)

// scrubber makes recordings of a session fit to be kept in a repository: nothing of the machine they were made on, and none of
// the host's own prompts. What a reader of transcripts must cope with stays: every line with its type and the order of its
// members, and all that the session's models, tools and hooks have said.
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

// slug is how the client names the folder of a path's transcripts (2.1.330).
func slug(path string) string { return notAlphanumeric.ReplaceAllString(path, "-") }

var notAlphanumeric = regexp.MustCompile(`[^A-Za-z0-9]`)

// lines scrubs JSON lines. A line that is no JSON object is an error: nobody can say that it is clean.
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

// ownRecords and ownAttachments are the kinds that hold what the session has said; all others may hold the host's prompts.
var (
	ownRecords     = []string{"", "user", "assistant", "system", "queue-operation", "last-prompt", "tools-used", "cost-state"}
	ownAttachments = []string{"hook_success", "hook_blocking_error", "hook_additional_context", "hook_system_message", "queued_command"}
)

// record empties a record that may hold the host's prompts. Its line stays, for readers have to pass over it.
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
		// It repeats a message. A user's stays: readers must not take it for a record of its own.
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

// hostTexts are the host's own words inside what the session has said (2.1.330), and what of the machine is no path.
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
	// What the host adds to the person's prompt.
	{regexp.MustCompile(`(?s)<system-reminder>\s*(As you answer|Attribution for|Today's date|The following).*?</system-reminder>`), "<system-reminder>(host text)</system-reminder>"},
	{regexp.MustCompile(`127\.0\.0\.1:\d+`), "127.0.0.1:80"},
	{regexp.MustCompile(`/claude-\d+/`), "/claude-1000/"}, // the user's number
}

// leaks are those of names that stand in content.
func leaks(content []byte, names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return name == "" || !bytes.Contains(content, []byte(name))
	})
}

// machineNames is what gives away the machine that a session in dir ran on.
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
