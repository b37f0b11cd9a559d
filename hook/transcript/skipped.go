package transcript

import (
	"fmt"
	"strings"
)

// Add counts what another read skipped too.
func (s *Skipped) Add(other Skipped) {
	s.Torn += other.Torn
	s.Malformed += other.Malformed
	s.TooDeep += other.TooDeep
	s.TooLong += other.TooLong
	s.UnknownType += other.UnknownType
	s.Orphan += other.Orphan
}

// String names the reasons and how many lines each has; "" for none.
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
		{s.Orphan, "of an unknown agent"},
	} {
		if part.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", part.n, part.what))
		}
	}
	return strings.Join(parts, ", ")
}
