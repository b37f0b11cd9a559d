package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Version is the record format that this package writes.
const Version = 1

// MaxAppend is the most bytes that one call of Append or Update may add. A longer line is not read either.
const MaxAppend = 4 << 20

// Record is one fact that lasts.
//
// Strings hold UTF-8: what is not is stored as U+FFFD. Fields other than V, Kind and At may be empty.
type Record struct {
	// V is the format of the record. Append sets it to Version; Read may return a higher one, written by a newer program.
	V int `json:"v"`
	// Kind says what Data holds. The journal does not know any kind; a reader ignores those that it does not know.
	Kind string `json:"kind"`
	// At is the writer's clock, in UTC, to the nanosecond. Clocks are set back: the order of records is their order in the
	// journal, never that of At.
	At time.Time `json:"at"`
	// Session, Agent and AgentType are the host's session_id, agent_id and agent_type.
	Session   string `json:"session,omitempty"`
	Agent     string `json:"agent,omitempty"`
	AgentType string `json:"agent_type,omitempty"`
	// Task is the task_id that the agent works on.
	Task string `json:"task,omitempty"`
	// Data is one JSON value, stored without insignificant white space; nil is none.
	Data json.RawMessage `json:"data,omitempty"`
}

// Filter selects records. An empty field selects any value, so that the zero Filter selects every record.
//
// A session, agent or task that the journal does not hold is found missing without reading old segments.
type Filter struct {
	Session, Agent, Task string
	// Kinds selects records of any of these kinds.
	Kinds []string
}

// encode returns the lines of recs, each with its newline. Neither a newline nor invalid UTF-8 can stand inside a line.
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

// decode returns the record of a line, and false if the line is none.
func decode(line []byte) (Record, bool) {
	var r Record
	if json.Unmarshal(line, &r) != nil || r.V < 1 || r.Kind == "" {
		return Record{}, false
	}
	r.At = r.At.UTC()
	return r, true
}

// head returns the part of a line that holds every field but Data. It returns nil if the line does not have the shape that
// encode gives it. The first `,"data":` is the field: inside a string its quotes would be escaped.
func head(line []byte) []byte {
	if !bytes.HasPrefix(line, []byte(`{"v":`)) || !bytes.HasSuffix(line, []byte("}")) {
		return nil
	}
	if i := bytes.Index(line, []byte(`,"data":`)); i >= 0 {
		return line[:i]
	}
	return line[:len(line)-1]
}

// query is a Filter made ready to be asked of many lines.
type query struct {
	Filter
	all [][]byte // each stands in the head of every line that matches
	any [][]byte // one of these does too, unless there are none
}

func newQuery(f Filter) query {
	f.Kinds = slices.Clone(f.Kinds)
	q := query{Filter: f}
	for _, field := range []struct {
		name  string
		value *string
	}{{"session", &q.Session}, {"agent", &q.Agent}, {"task", &q.Task}} {
		*field.value = validUTF8(*field.value)
		if n := needle(field.name, *field.value); n != nil && *field.value != "" {
			q.all = append(q.all, n)
		}
	}
	for i, kind := range q.Kinds {
		q.Kinds[i] = validUTF8(kind)
		n := needle("kind", q.Kinds[i])
		if n == nil {
			q.any = nil
			break
		}
		q.any = append(q.any, n)
	}
	return q
}

// needle returns the bytes that stand in a line for a field with this value, or nil if they cannot be told: there is more
// than one way to escape a character, and which one encoding/json takes has changed between releases of Go.
func needle(name, value string) []byte {
	b, err := json.Marshal(value)
	if err != nil || bytes.IndexByte(b, '\\') >= 0 {
		return nil
	}
	return append([]byte(`"`+name+`":`), b...)
}

// mayMatch reports whether a line is worth decoding. It is what makes a search cheap, and never says no to a match.
func (q query) mayMatch(line []byte) bool {
	h := head(line)
	if h == nil {
		return true
	}
	for _, n := range q.all {
		if !bytes.Contains(h, n) {
			return false
		}
	}
	return len(q.any) == 0 || slices.ContainsFunc(q.any, func(n []byte) bool { return bytes.Contains(h, n) })
}

func (q query) matches(r Record) bool {
	return (q.Session == "" || q.Session == r.Session) &&
		(q.Agent == "" || q.Agent == r.Agent) &&
		(q.Task == "" || q.Task == r.Task) &&
		(len(q.Kinds) == 0 || slices.Contains(q.Kinds, r.Kind))
}

func validUTF8(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }
