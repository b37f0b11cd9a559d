package view

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/schema"
)

// Selection is which stops a person wants to see. The zero Selection selects all.
type Selection struct {
	// Since is the earliest moment.
	Since time.Time
	// Agent is a type of agent, with or without its namespace, or the id of an agent or the first four characters of one.
	Agent string
	// Verdicts are those that a stop may have.
	Verdicts []rule.Verdict
}

// ParseVerdicts reads verdicts separated by commas; "" means all. The error for an unknown one names the nearest.
func ParseVerdicts(text string) ([]rule.Verdict, error) {
	verdicts := rule.Verdicts()
	var list []rule.Verdict
	for word := range strings.SplitSeq(text, ",") {
		v := rule.Verdict(strings.ToLower(strings.TrimSpace(word)))
		switch {
		case slices.Contains(verdicts, v):
			list = append(list, v)
		case text != "":
			names := quote.Each(verdicts, func(v rule.Verdict) string { return string(v) })
			if near := schema.Nearest(string(v), names); near != "" {
				return nil, fmt.Errorf("%q, which is no verdict. Did you mean %s?", word, near)
			}
			return nil, fmt.Errorf("%q, not one of %s", word, strings.Join(names, ", "))
		}
	}
	return list, nil
}

// ParseSince reads the moment that a person names, as seen from now; the zero time for "". A date begins in UTC, a time without a zone is in that of
// now.
func ParseSince(s string, now time.Time) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if at, err := time.Parse(layout, s); err == nil {
			return at.UTC(), nil
		}
	}
	for _, layout := range []string{"2006-01-02 15:04", time.DateTime} {
		if at, err := time.ParseInLocation(layout, strings.Replace(s, "T", " ", 1), now.Location()); err == nil {
			return at.UTC(), nil
		}
	}
	units := map[byte]time.Duration{'m': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}
	unit := units[s[len(s)-1]]
	n, err := strconv.Atoi(s[:len(s)-1])
	if err != nil || unit == 0 || n < 0 || n > 1_000_000 || strings.HasPrefix(s, "+") || time.Duration(n) > (1<<62)/unit {
		return time.Time{}, fmt.Errorf("%q, not a span such as 30d, a date, or a time such as 2026-11-01T10:00", s)
	}
	return now.UTC().Add(-time.Duration(n) * unit), nil
}

// All reports whether it selects everything.
func (s Selection) All() bool { return s.Since.IsZero() && s.Agent == "" && len(s.Verdicts) == 0 }

// Matches reports whether a stop is selected. A stop of unknown time is selected whatever Since is, because it may belong there.
func (s Selection) Matches(at time.Time, agentType, agentID string, verdict rule.Verdict) bool {
	return (at.IsZero() || !at.Before(s.Since)) && s.matchesAgent(agentType, agentID) && (len(s.Verdicts) == 0 || slices.Contains(s.Verdicts, verdict))
}

func (s Selection) matchesAgent(agentType, id string) bool {
	return s.Agent == "" || strings.EqualFold(s.Agent, agentType) || strings.EqualFold(s.Agent, launch.BaseName(agentType)) || s.Agent == id ||
		len(s.Agent) >= minCut && strings.HasPrefix(id, s.Agent)
}
