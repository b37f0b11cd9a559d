package transcript

import (
	"fmt"
	"strings"
)

// Skipped counts the lines that could not be read or used, by reason. Blank lines are not counted, nor are records of known types
// that have nothing to do with the agent's work.
type Skipped struct {
	Torn        int // the last line, not well-formed: it is still being written, or its writer died
	Malformed   int // not well-formed, or with a duplicate key
	TooDeep     int // nested more than 512 deep
	TooLong     int // longer than Options.MaxLine, or of more than 10,000 content blocks
	UnknownType int // without a type, or with one that this program does not know
	Orphan      int // a sidechain record without an agent id, as clients before 2.1.200 wrote them
}

// Total returns the number of skipped lines.
func (s Skipped) Total() int {
	return s.Torn + s.Malformed + s.TooDeep + s.TooLong + s.UnknownType + s.Orphan
}

// Add adds the counts of another read.
func (s *Skipped) Add(other Skipped) {
	s.Torn += other.Torn
	s.Malformed += other.Malformed
	s.TooDeep += other.TooDeep
	s.TooLong += other.TooLong
	s.UnknownType += other.UnknownType
	s.Orphan += other.Orphan
}

// String lists the reasons and their counts; "" if nothing was skipped.
func (s Skipped) String() string {
	var parts []string
	for _, part := range []struct {
		n    int
		what string
	}{
		{s.Torn, "torn"},
		{s.Malformed, "malformed"},
		{s.TooDeep, "nested too deep"},
		{s.TooLong, "too long"},
		{s.UnknownType, "of an unknown type"},
		{s.Orphan, "of an agent without an id"},
	} {
		if part.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", part.n, part.what))
		}
	}
	return strings.Join(parts, ", ")
}
