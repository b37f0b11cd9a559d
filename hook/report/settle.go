package report

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"stopgate/hook/lazyregexp"
)

// countWords are words in the names of fields that count tests, failures or findings.
var countWords = []string{"passed", "failed", "failures", "failure", "errors", "skipped", "pending", "total", "count", "tests", "run"}

// settle replaces, in a result, what only one thing can be meant by: a count in quotes by the number, the words of a reviewer's verdict by PASS or
// FAIL, and blocking_issues of null, or with a word that says that there are none, by an empty list. All of it is then judged like any other, so that
// a pass with failed tests "3" is a contradiction.
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
		word, status := v["gate_status"]
		if verdict := verdictOf(word); verdict != "" {
			v["gate_status"] = verdict
		}
		_, checks := v["all_checks_passed"]
		if issues, there := v["blocking_issues"]; there && (status || checks) {
			if text, ok := issues.(string); issues == nil || ok && (strings.TrimSpace(text) == "" || saysNothing(text)) {
				v["blocking_issues"] = []any{}
			}
		}
	}
}

var (
	// passWords and failWords match the verdicts of reviewers that can mean only one thing, with the symbols that models put beside them.
	passWords = lazyregexp.New(`^[\s✅✔☑🟢👍\x{FE0F}*]*(?i:pass(?:ed)?|approved?|lgtm)(?i:[ _-]+with[ _-]+(?:minor[ _-]+)?(?:comment|note|suggestion|nit|warning|remark|recommendation)s?)?[\s✅✔☑🟢👍\x{FE0F}*.!]*$`)
	failWords = lazyregexp.New(`^[\s❌✖✗🔴⛔👎\x{FE0F}*]*(?i:fail(?:ed)?|reject(?:ed)?|not[ _-]+approved|changes[ _-]+(?:requested|required)|request[ _-]+changes|needs[ _-]+(?:work|changes))[\s❌✖✗🔴⛔👎\x{FE0F}*.!]*$`)
)

// verdictOf returns PASS or FAIL for the words of a verdict that can mean only that; "" for any other value.
func verdictOf(value any) string {
	word, _ := value.(string)
	switch {
	case passWords().MatchString(word):
		return "PASS"
	case failWords().MatchString(word):
		return "FAIL"
	}
	return ""
}

// settleVerdict gives a result that has blocking_issues and no gate_status the verdict that another field has in such words.
func settleVerdict(result map[string]any) {
	_, issues := result["blocking_issues"]
	if _, checks := result["all_checks_passed"]; checks || !issues || result["gate_status"] != nil {
		return
	}
	verdict := ""
	for _, name := range []string{"status", "verdict", "decision"} {
		said := verdictOf(result[name])
		if said != "" && verdict != "" && said != verdict {
			return
		}
		verdict = cmp.Or(said, verdict)
	}
	if verdict != "" {
		result["gate_status"] = verdict
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
