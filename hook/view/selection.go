package view

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"stopgate/hook/launch"
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

// ParseVerdicts reads verdicts that are divided by commas; "" stands for all. The error for an unknown one names the nearest.
func ParseVerdicts(text string) ([]rule.Verdict, error) {
	verdicts := rule.Verdicts()
	var list []rule.Verdict
	for word := range strings.SplitSeq(text, ",") {
		v := rule.Verdict(strings.ToLower(strings.TrimSpace(word)))
		switch {
		case slices.Contains(verdicts, v):
			list = append(list, v)
		case text != "":
			names := make([]string, len(verdicts))
			for i, v := range verdicts {
				names[i] = string(v)
			}
			if near := schema.Nearest(string(v), names); near != "" {
				return nil, fmt.Errorf("%q, which is no verdict. Did you mean %s?", word, near)
			}
			return nil, fmt.Errorf("%q, not one of %s", word, strings.Join(names, ", "))
		}
	}
	return list, nil
}

// All reports whether it selects everything.
func (s Selection) All() bool { return s.Since.IsZero() && s.Agent == "" && len(s.Verdicts) == 0 }

// Matches reports whether a stop is selected. One whose time is not known is, whatever Since says: it may be.
func (s Selection) Matches(at time.Time, agentType, agentID string, verdict rule.Verdict) bool {
	return (at.IsZero() || !at.Before(s.Since)) && s.matchesAgent(agentType, agentID) && (len(s.Verdicts) == 0 || slices.Contains(s.Verdicts, verdict))
}

func (s Selection) matchesAgent(agentType, id string) bool {
	return s.Agent == "" || strings.EqualFold(s.Agent, agentType) || strings.EqualFold(s.Agent, launch.BaseName(agentType)) || s.Agent == id ||
		len(s.Agent) >= minCut && strings.HasPrefix(id, s.Agent)
}
