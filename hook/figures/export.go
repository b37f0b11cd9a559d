package figures

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"os"
	"strconv"
	"syscall"

	"stopgate/hook/gates"
	"stopgate/hook/journal"
	"stopgate/hook/quote"
)

// ParseEvent reads one line of an export, and bounds all that it says. It returns false for what is no event. Without reports, the words of
// agents and people are left out.
func ParseEvent(line []byte, reports bool) (Event, bool) {
	var e Event
	if json.Unmarshal(line, &e) != nil || e.Stopgate != EventVersion || e.ID == "" || e.Kind == "" || e.At.IsZero() {
		return Event{}, false
	}
	for _, s := range []*string{
		&e.ID, &e.Repository, &e.Kind, &e.Session, &e.Agent, &e.AgentType, &e.Role, &e.Verdict, &e.Tool, &e.Gate, &e.Outcome, &e.Phase,
	} {
		*s = name(*s)
	}
	e.At, e.Task, e.Waits, e.WaitsFor = e.At.UTC(), task(e.Task), quote.Reason(e.Waits), gates.Party(name(string(e.WaitsFor)))
	e.Fact = gates.Kind(name(string(e.Fact)))
	e.Rules, _ = quote.First(e.Rules, maxRules)
	for i, r := range e.Rules {
		e.Rules[i] = RuleCount{name(r.Rule), name(r.Severity), max(r.Count, 0), quote.Line(quote.Clip(r.Path, quote.MaxPath))}
	}
	e.Mended, _ = quote.First(e.Mended, maxRules)
	for i, m := range e.Mended {
		e.Mended[i] = Mend{name(m.Rule), Where(name(string(m.In)))}
	}
	e.Gates, _ = quote.First(e.Gates, maxGates)
	for i, g := range e.Gates {
		e.Gates[i] = Standing{name(g.Gate), name(g.Standing)}
	}
	e.Voided, _ = quote.First(e.Voided, maxGates)
	for i := range e.Voided {
		e.Voided[i] = name(e.Voided[i])
	}
	for _, n := range []*int{&e.Claims, &e.Unproven, &e.Artifacts, &e.Files} {
		*n = max(*n, 0)
	}
	e.Bytes = max(e.Bytes, 0)
	if !reports {
		e.Findings, e.Report, e.Message, e.Words = nil, nil, "", nil
	}
	e.Findings, e.Words, e.Message = messages(e.Findings), messages(e.Words), clipText(e.Message)
	if len(e.Report) > maxText {
		e.Report, e.Message = nil, clipText(string(e.Report))
	}
	return e, true
}

func messages(list []string) []string {
	list, _ = quote.First(list, maxMessages)
	for i, s := range list {
		list[i] = quote.Clip(quote.Line(s), quote.MaxIssue)
	}
	return list
}

// attribute is one of an OpenTelemetry log record.
type attribute struct {
	Key   string         `json:"key"`
	Value map[string]any `json:"value"`
}

// OTLP returns the event as an OpenTelemetry collector reads it: one request of the logs service in the JSON encoding of OTLP 1.0, on one line. Its
// body is the event, and its attributes are the fields that are texts, numbers or truths.
func (e Event) OTLP() string {
	text := quote.JSON(e)
	var fields map[string]any
	_ = json.Unmarshal([]byte(text), &fields) // it has just been encoded
	attributes := []attribute{}
	for _, key := range []string{
		"id", "repository", "kind", "session", "agent", "agent_type", "task", "unreadable", "role", "verdict", "first", "sent_back", "observed", "claims", "unproven",
		"artifacts", "files", "bytes", "tool", "fact", "gate", "outcome", "phase", "waits_for", "overridden", "merged", "closed",
	} {
		switch v := fields[key].(type) {
		case string:
			attributes = append(attributes, attribute{"stopgate." + key, map[string]any{"stringValue": v}})
		case bool:
			attributes = append(attributes, attribute{"stopgate." + key, map[string]any{"boolValue": v}})
		case float64: // 64-bit integers are texts in this encoding
			attributes = append(attributes, attribute{"stopgate." + key, map[string]any{"intValue": strconv.FormatInt(int64(v), 10)}})
		}
	}
	type object map[string]any
	return quote.JSON(object{"resourceLogs": []object{{
		"resource": object{"attributes": []attribute{{"service.name", map[string]any{"stringValue": "stopgate"}}}},
		"scopeLogs": []object{{
			"scope": object{"name": "stopgate", "version": EventVersion},
			"logRecords": []object{{
				"timeUnixNano": strconv.FormatInt(e.At.UnixNano(), 10), "severityNumber": 9, "severityText": "INFO",
				"body": object{"stringValue": text}, "attributes": attributes,
			}},
		}},
	}}})
}

// ReadExports reads the events of export files, of one machine or of many. With reports, it keeps the words of agents and people.
func ReadExports(files []string, reports bool) (Journals, error) {
	var read Journals
	for _, name := range files {
		if err := read.addExport(name, reports); err != nil {
			return read, fmt.Errorf("reading an export: %w", err)
		}
	}
	if len(files) > 1 {
		read.Sort()
	}
	return read, nil
}

const (
	maxExport = 256 << 20 // bytes of one export
	maxOther  = 10_000    // lines at the beginning of one, none of which is an event
)

// addExport adds the events of one export, which may come through a pipe. It does not wait for somebody to open a named pipe, and reads no device,
// which would never end.
func (r *Journals) addExport(name string, reports bool) error {
	file, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // only read
	if info, err := file.Stat(); err != nil {
		return err
	} else if mode := info.Mode(); !mode.IsRegular() && mode&fs.ModeNamedPipe == 0 {
		return fmt.Errorf("%q is neither a file nor a pipe", name)
	}
	size, others, lines := 0, 0, bufio.NewScanner(file)
	lines.Buffer(nil, journal.MaxAppend+2)
	for lines.Scan() {
		line := bytes.TrimSpace(lines.Bytes())
		if size += len(lines.Bytes()) + 1; size > maxExport {
			return fmt.Errorf("%q is longer than %d bytes", name, maxExport)
		}
		e, ok := ParseEvent(line, reports)
		switch {
		case ok:
			r.Events, others = append(r.Events, e), math.MinInt
		case len(line) > 0:
			r.Damaged++
		}
		if others++; others > maxOther {
			return fmt.Errorf("%q is no export", name)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("%q: %w", name, err)
	}
	return nil
}
