package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Version is the record format that this package writes.
const Version = 1

// MaxAppend is the most bytes that one call of Append or Update may add. Reads skip a longer line.
const MaxAppend = 4 << 20

// Record is one stored fact.
//
// Strings are UTF-8. Invalid UTF-8 is stored as U+FFFD. Fields other than V, Kind and At may be empty.
type Record struct {
	// V is the format of the record. Append sets it to Version; Read may return a higher one, written by a newer program.
	V int `json:"v"`
	// Kind is the kind of Data. The journal does not know any kind. Readers ignore kinds that they do not know.
	Kind string `json:"kind"`
	// At is the writer's clock, in UTC, to the nanosecond. Clocks can be set back, so the order of records is their order in the journal.
	At time.Time `json:"at"`
	// Session, Agent and AgentType are the host's session_id, agent_id and agent_type.
	Session   string `json:"session,omitempty"`
	Agent     string `json:"agent,omitempty"`
	AgentType string `json:"agent_type,omitempty"`
	// Task is the task_id that the agent works on.
	Task string `json:"task,omitempty"`
	// Data is one JSON value, stored without insignificant white space; nil for none.
	Data json.RawMessage `json:"data,omitempty"`
}

// Filter selects records. An empty field selects any value, so that the zero Filter selects every record.
//
// A search for a session, agent or task that is not in the journal does not read full segments, and one for records since a time none that
// were full before.
type Filter struct {
	Session, Agent, Task string
	// Tasks selects records of any of these tasks.
	Tasks []string
	// Kinds selects records of any of these kinds.
	Kinds []string
	// Since selects records that are not older, by their times.
	Since time.Time
	// Keep bounds the result of Read and Update for a filter with nothing but kinds; nil means no bound.
	Keep *NamedKeep
}

// NamedKeep is a Keep with a unique name, by which its checkpoints are found.
type NamedKeep struct {
	Name string
	Keep Keep
}

// encode returns the lines of recs, each with its newline. A line contains neither a newline nor invalid UTF-8.
func encode(recs []Record) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	for _, r := range recs {
		if r.Kind == "" {
			return nil, errors.New("record without a kind")
		}
		r.V, r.At = Version, r.At.UTC()
		for _, s := range []*string{&r.Kind, &r.Session, &r.Agent, &r.AgentType, &r.Task} {
			*s = validUTF8(*s)
		}
		start := b.Len()
		if err := enc.Encode(r); err != nil {
			return nil, fmt.Errorf("encode %q record: %w", r.Kind, err)
		}
		// The encoder bounds how deep Data is nested by itself, the decoder how deep it is in its record.
		if !json.Valid(b.Bytes()[start:]) {
			return nil, fmt.Errorf("encode %q record: data is nested too deeply", r.Kind)
		}
	}
	lines := bytes.ToValidUTF8(b.Bytes(), []byte("\uFFFD"))
	if len(lines) > MaxAppend {
		return nil, fmt.Errorf("%d bytes of records at once, at most %d may be", len(lines), MaxAppend)
	}
	return lines, nil
}

// decode returns the record of a line, and false if the line has none.
func decode(line []byte) (Record, bool) {
	var r Record
	if json.Unmarshal(line, &r) != nil || r.V < 1 || r.Kind == "" {
		return Record{}, false
	}
	r.At = r.At.UTC()
	return r, true
}

// heading holds the fields that a filter selects by, as they are in a line.
type heading struct {
	kind, session, agent, task []byte
	at                         []byte // as written; nil for a Record
}

func (r Record) heading() heading {
	return heading{kind: []byte(r.Kind), session: []byte(r.Session), agent: []byte(r.Agent), task: []byte(r.Task)}
}

// decodeQuickly is decode, some times faster for lines in encode's form, of which a read has very many.
func decodeQuickly(line []byte) (Record, bool) {
	version, rest, _ := bytes.Cut(bytes.TrimPrefix(line, []byte(`{"v":`)), []byte{','})
	h, ok := readHeading(line)
	at, after, found := bytes.Cut(rest, []byte(`,"at":"`))
	if !ok || !found || string(version) != "1" || !bytes.Equal(at, fmt.Appendf(nil, `"kind":"%s"`, h.kind)) || len(h.kind) == 0 {
		return decode(line)
	}
	stamp, after, _ := bytes.Cut(after, []byte{'"'})
	r := Record{V: 1, Kind: string(h.kind), Session: string(h.session), Agent: string(h.agent), Task: string(h.task)}
	var err error
	if r.At, err = time.Parse(time.RFC3339Nano, string(stamp)); err != nil {
		return decode(line)
	}
	r.At = r.At.UTC()
	head, data, _ := bytes.Cut(after, []byte(`,"data":`))
	if _, typ, found := bytes.Cut(head, []byte(`,"agent_type":"`)); found {
		typ, _, _ := bytes.Cut(typ, []byte{'"'})
		r.AgentType = string(typ)
	}
	if len(data) > 0 {
		if r.Data = bytes.Clone(data[:len(data)-1]); !json.Valid(r.Data) {
			return decode(line)
		}
	}
	return r, true
}

// readHeading reads the heading of a line without decoding it, which makes a search cheap. It returns false if the line is incomplete, or
// does not have encode's form: fields in the order of Record, strings without escapes.
func readHeading(line []byte) (h heading, ok bool) {
	rest, ok := bytes.CutPrefix(line, []byte(`{"v":`))
	if !ok || !bytes.HasSuffix(rest, []byte("}")) {
		return h, false
	}
	rest = bytes.TrimLeft(rest, "0123456789")
	var ignored []byte
	for _, field := range [...]struct {
		opening string
		value   *[]byte
	}{
		{`,"kind":"`, &h.kind},
		{`,"at":"`, &h.at},
		{`,"session":"`, &h.session},
		{`,"agent":"`, &h.agent},
		{`,"agent_type":"`, &ignored},
		{`,"task":"`, &h.task},
	} {
		after, ok := bytes.CutPrefix(rest, []byte(field.opening))
		if !ok {
			continue
		}
		end := bytes.IndexByte(after, '"')
		if end < 0 || bytes.IndexByte(after[:end], '\\') >= 0 || !utf8.Valid(after[:end]) {
			return h, false
		}
		*field.value, rest = after[:end], after[end+1:]
	}
	return h, len(rest) == 1 || bytes.HasPrefix(rest, []byte(`,"data":`))
}

// normal returns the filter with its strings in the form that encode stores.
func (f Filter) normal() Filter {
	f.Session, f.Agent, f.Task = validUTF8(f.Session), validUTF8(f.Agent), validUTF8(f.Task)
	f.Kinds, f.Tasks = slices.Clone(f.Kinds), slices.Clone(f.Tasks)
	for _, list := range [][]string{f.Kinds, f.Tasks} {
		for i, s := range list {
			list[i] = validUTF8(s)
		}
	}
	return f
}

func (f Filter) selects(r Record) bool { return f.matches(r.heading()) && !r.At.Before(f.Since) }

// mayMatch reports whether the line can match the filter and must be decoded.
func (f Filter) mayMatch(line []byte) bool {
	h, ok := readHeading(line)
	return !ok || f.matches(h)
}

func (f Filter) matches(h heading) bool {
	return (f.Session == "" || f.Session == string(h.session)) &&
		(f.Agent == "" || f.Agent == string(h.agent)) &&
		(f.Task == "" || f.Task == string(h.task)) &&
		(len(f.Kinds) == 0 || isIn(f.Kinds, h.kind)) && (len(f.Tasks) == 0 || isIn(f.Tasks, h.task))
}

func isIn(list []string, value []byte) bool {
	return slices.ContainsFunc(list, func(s string) bool { return s == string(value) })
}

func validUTF8(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }
