package rule

import (
	"fmt"
	"slices"
)

// Severity decides who acts on a finding.
type Severity string

const (
	// Block means that the agent can fix it and is sent back, or that its tool call is refused.
	Block Severity = "block"
	// Halt means that only the orchestrator or the person can act, so sending the agent back would not help.
	Halt Severity = "stop"
	// Note is for information. It decides nothing.
	Note Severity = "note"
)

// Finding is one breach of a rule, or one thing that could not be checked.
type Finding struct {
	Rule     Name     `json:"rule"`
	Severity Severity `json:"severity"`
	// Path is the file, or the folder with a slash at its end, that the finding is about; "" for none. A claimed path is spelled as in
	// the report.
	Path string `json:"path"`
	// Message is one bounded line: what was claimed, what was seen, what to do. Values in it are quoted.
	Message string `json:"message"`
}

// New returns a finding. Its message is formatted as by fmt.Sprintf.
func New(name Name, severity Severity, path, format string, args ...any) Finding {
	return Finding{Rule: name, Severity: severity, Path: path, Message: fmt.Sprintf(format, args...)}
}

// Of returns the findings of that severity, in order.
func Of(findings []Finding, severity Severity) []Finding {
	var picked []Finding
	for _, f := range findings {
		if f.Severity == severity {
			picked = append(picked, f)
		}
	}
	return picked
}

// Names returns the names of the rules that the findings break, each once, in order.
func Names(findings []Finding) []string {
	var names []string
	for _, f := range findings {
		if name := string(f.Rule); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// Line returns the finding with its rule, as people and models read it.
func (f Finding) Line() string {
	return string(f.Rule) + ": " + f.Message
}
