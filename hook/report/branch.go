package report

import (
	"encoding/json"
	"slices"
	"strings"

	"stopgate/hook/quote"
	"stopgate/hook/report/document"
)

// Branch is the result of a branch-manager (present pipelines end each git operation with it). What a result leaves out is empty here.
type Branch struct {
	// Status is "success", "warning" or "error", in lower case; "" for a message without such a result.
	Status string
	// Message is its summary, Issues are the blocking issues; each on one line of at most 600 characters, in the agent's words.
	Message string
	Issues  []string
	// Conflicts: the merge met conflicts.
	Conflicts bool
}

// Failed reports whether the agent says that it did not do its work: an error, or anything else with blocking issues.
func (b Branch) Failed() bool {
	return b.Status == "error" || b.Status != "" && (len(b.Issues) > 0 || b.Conflicts)
}

// FindBranch finds the result of a branch-manager in a message, as Find finds a report. A message that cannot be read as one has a zero
// Branch, and so has one whose status is another word.
func FindBranch(message string) Branch {
	found := find(message, branchForm)
	if found.Kind != KindReport || len(found.Text) > MaxSize {
		return Branch{}
	}
	doc := document.Read(found.Text)
	object, _ := doc.Value.(map[string]any)
	status, _ := object["status"].(string)
	b := Branch{Status: strings.ToLower(strings.TrimSpace(status))}
	if !doc.Whole || !slices.Contains([]string{"success", "warning", "error"}, b.Status) {
		return Branch{}
	}
	text, _ := object["message"].(string)
	b.Message = quote.Issue(text)
	issues, _ := object["blocking_issues"].([]any)
	for _, issue := range issues {
		if len(b.Issues) == MaxIssues {
			break
		}
		line, ok := issue.(string)
		if !ok { // an object: its values say what it is about
			text, _ := json.Marshal(issue) // it came from JSON
			line = string(text)
		}
		if line = strings.TrimSpace(line); line != "" {
			b.Issues = append(b.Issues, quote.Issue(line))
		}
	}
	state, _ := object["git_state"].(map[string]any)
	b.Conflicts, _ = state["merge_conflicts_detected"].(bool)
	return b
}

// HasWork reports whether the object in a text has the fields of a coding agent's report that no reviewer has.
func HasWork(text string) bool {
	object, _ := document.Read(text).Value.(map[string]any)
	_, worked := object["work_completed"]
	_, modified := object["files_modified"]
	return worked || modified
}

var branchForm = form{
	fieldOf: func(name string) fieldSet {
		switch bareName(name) {
		case "status":
			return 1
		case "gitstate", "message", "blockingissues", "agentmetadata", "commandsexecuted":
			return 2
		}
		return 0
	},
	rank: func(s fieldSet) rank {
		if s&1 == 0 {
			return unlike
		}
		return alike
	},
}
