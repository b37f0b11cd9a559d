package report

import (
	"fmt"
	"slices"
	"strings"
)

// TestCounts are the counts of tests in a gate's result. A count that it does not give is -1.
type TestCounts struct{ Passed, Failed, Skipped, Total int }

// testCount are the counts in one object of a result.
type testCount struct {
	TestCounts
	path path
	// others: the object has more counts, such as todo, so that a sum proves nothing.
	others bool
}

// skippedNames are the counts of tests that did not run.
var skippedNames = countNames{
	{"testsskipped", "skippedtests", "testskipped", "numpendingtests", "testspending", "testsignored"},
	{"skipped", "skips", "pending", "ignored", "disabled"},
	{"skip", "todo"},
}

// count adds the counts of tests in one object.
func count(c *gateClaims, object map[string]any, to path, about subject) {
	t := testCount{TestCounts: TestCounts{-1, -1, -1, -1}, path: to}
	for name, value := range object {
		n, ok := value.(float64)
		bare := bareName(name)
		if !ok || !isCount(n) || isPast(name) {
			continue
		}
		isTotal := strings.Contains(bare, "total") || strings.Contains(bare, "run") || strings.Contains(bare, "count")
		var field *int
		switch {
		case skippedNames.has(bare, about):
			field = &t.Skipped
		case failedNames.has(bare, about):
			field = &t.Failed
		case ranNames.has(bare, about) && isTotal:
			field = &t.Total
		case ranNames.has(bare, about):
			field = &t.Passed
		default:
			t.others = t.others || about == itsTests && !slices.Contains([]string{"exitcode", "duration", "durationms", "time", "suites", "files"}, bare)
			continue
		}
		if *field >= 0 { // failed and errors, skipped and todo
			*field += int(n)
			continue
		}
		*field = int(n)
	}
	if t.Passed >= 0 || t.Total >= 0 {
		c.counts = append(c.counts, t)
	}
}

// testCounts returns the counts of the only object that counts tests; all unknown if there are several, since they may be about several suites.
func testCounts(c *gateClaims) TestCounts {
	if len(c.counts) != 1 {
		return TestCounts{-1, -1, -1, -1}
	}
	return c.counts[0].TestCounts
}

// miscounted returns, as clauses, the counts that contradict each other, and those that show that no test ran.
func miscounted(c *gateClaims) []string {
	var list []string
	for _, t := range c.counts {
		at := display(t.path.pointer())
		if at == "" || at == `""` {
			at = "the result"
		}
		passed, failed, skipped := max(t.Passed, 0), max(t.Failed, 0), max(t.Skipped, 0)
		sum := passed + failed + skipped
		switch {
		case skipped > 0 && t.Passed <= 0 && failed == 0 && (t.Passed == 0 || t.Total == skipped):
			list = append(list, fmt.Sprintf("%s says that all %d tests were skipped: no test ran", at, skipped))
		case t.Total >= 0 && t.Passed >= 0 && passed+failed > t.Total,
			t.Total >= 0 && t.Passed >= 0 && t.Failed >= 0 && t.Skipped >= 0 && !t.others && sum != t.Total && passed+failed != t.Total:
			list = append(list, fmt.Sprintf("the counts of %s contradict each other: %d passed, %d failed, %d skipped, %d in all", at, passed, failed, skipped, t.Total))
		}
	}
	return list
}

// lint takes the errors of a linter.
func lint(c *gateClaims, bare string, value any, to, here path) {
	inLint := len(to) > 0 && slices.ContainsFunc(wordsOf(to[len(to)-1]), func(w string) bool { return strings.HasPrefix(w, "lint") })
	isErrors := bare == "linterrors" || bare == "linterrorcount" || inLint && (bare == "errors" || bare == "errorcount" || bare == "errorscount")
	if !isErrors {
		return
	}
	switch v := value.(type) {
	case float64:
		if isCount(v) && v > 0 {
			c.failures = append(c.failures, claim{here, fmt.Sprintf("%.0f", v)})
		}
	case []any:
		if len(v) > 0 {
			c.failures = append(c.failures, claim{here, fmt.Sprintf("a list of %d", len(v))})
		}
	}
}

// maxListed bounds the commands and the files that are taken from a result.
const maxListed = 500

// appendCommands adds the commands in a value: a string, an object with a field command, or a list of those.
func appendCommands(list []string, value any) []string {
	switch v := value.(type) {
	case string:
		if text := strings.TrimSpace(v); text != "" && len(list) < maxListed {
			list = append(list, text)
		}
	case map[string]any:
		list = appendCommands(list, v["command"])
	case []any:
		for _, item := range v {
			if _, nested := item.([]any); !nested {
				list = appendCommands(list, item)
			}
		}
	}
	return list
}

// fileNames returns the names in a list of files: strings, or objects that have one.
func fileNames(files []any) []string {
	var list []string
	for _, item := range files[:min(len(files), maxListed)] {
		switch v := item.(type) {
		case string:
			list = append(list, v)
		case map[string]any:
			for _, name := range []string{"path", "file", "filename", "name"} {
				if text, ok := v[name].(string); ok {
					list = append(list, text)
					break
				}
			}
		}
	}
	return list
}
