package report

import (
	"slices"
	"strconv"
	"strings"
)

// countWords are words in the names of fields that count tests, failures or findings.
var countWords = []string{"passed", "failed", "failures", "failure", "errors", "skipped", "pending", "total", "count", "tests", "run"}

// settle replaces, in a result, what only one thing can be meant by: a count in quotes by the number, and blocking_issues of null, or with a word
// that says that there are none, by an empty list. The numbers and the list are then judged like any other, so that a pass with failed tests "3" is
// a contradiction.
func settle(value any) {
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			settle(item)
		}
	case map[string]any:
		for name, inner := range v {
			if text, ok := inner.(string); ok && counts(name) {
				if n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 31); err == nil {
					v[name] = float64(n)
				}
			}
			settle(inner)
		}
		_, status := v["gate_status"]
		_, checks := v["all_checks_passed"]
		if issues, there := v["blocking_issues"]; there && (status || checks) {
			if text, ok := issues.(string); issues == nil || ok && (strings.TrimSpace(text) == "" || saysNothing(text)) {
				v["blocking_issues"] = []any{}
			}
		}
	}
}

// settleUnfinished takes out of a report's unfinished what only says that nothing is left: null, "None", "N/A". Otherwise the work would count as
// incomplete.
func settleUnfinished(report map[string]any) {
	saysNothing := func(v any) bool {
		text, ok := v.(string)
		return ok && (strings.TrimSpace(text) == "" || saysNothing(text))
	}
	left, there := report["unfinished"]
	if items, list := left.([]any); list {
		report["unfinished"] = slices.DeleteFunc(items, saysNothing)
	} else if there && (left == nil || saysNothing(left)) {
		report["unfinished"] = []any{}
	}
}

// counts reports whether a field of that name counts something.
func counts(name string) bool {
	return slices.ContainsFunc(wordsOf(name), func(word string) bool { return slices.Contains(countWords, word) })
}
