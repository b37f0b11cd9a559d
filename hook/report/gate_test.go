package report

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"stopgate/hook/quote"
)

// gates are results as gates write them, each with its expected reading.
var gates = []struct {
	name  string
	text  string
	tests bool // the gate runs tests
	want  Gate
	// problems and contradictions are the parts that they must contain, in order.
	problems       []string
	contradictions []string
}{
	{
		name: "tests pass", tests: true,
		text: `{"gate_status":"PASS","task_id":"PROJ-123","working_dir":"./trees/PROJ-123-test","summary":"147 passed","tests":{"passed":147,"failed":0,"skipped":2,"total":149},"coverage":{"percentage":82.5,"threshold_met":true},"lint":{"errors":0,"warnings":3},"blocking_issues":[],"artifacts_cleaned":["coverage/"]}`,
		want: Gate{Task: "PROJ-123", Worktree: "./trees/PROJ-123-test", Passed: true},
	},
	{
		name: "tests fail", tests: true,
		text: `{"gate_status":"FAIL","blocking_issues":["2 tests failed: auth.test.js > should validate token","Coverage 72.3% below 80% threshold"],"tests":{"failed":2}}`,
		want: Gate{Issues: []string{"2 tests failed: auth.test.js > should validate token", "Coverage 72.3% below 80% threshold"}},
	},
	{
		name: "the input was missing", tests: true,
		text: `{"gate_status":"FAIL","blocking_issues":["ERROR: TEST_COMMAND required"]}`,
		want: Gate{Issues: []string{"ERROR: TEST_COMMAND required"}},
	},
	{
		name: "a validator", tests: true,
		text: `{"gate_status":"pass","blocking_issues":[],"validation_exit_code":0,"lint_exit_code":null,"commands_executed":["terraform validate","tflint"],"all_checks_passed":true,"pre_work_validation":{"validation_passed":true}}`,
		want: Gate{Passed: true},
	},
	{
		name: "everything in sections", tests: true,
		text: `{"pre_work_validation":{"validation_passed":true},"test_metrics":{"tests_total":147,"tests_passed":145,"tests_failed":2,"tests_skipped":0,"test_exit_code":1,"test_command":"npm test"},
			"lint_metrics":{"lint_errors":0,"lint_exit_code":0},"validation_status":{"all_checks_passed":false,"blocking_issues":["2 tests failed"]},
			"evidence":{"commands_executed":[{"command":"npm install","exit_code":0},{"command":"npm test","exit_code":1}]},"next_steps":{"gate_status":"PASS|FAIL"}}`,
		want: Gate{Issues: []string{"2 tests failed"}},
	},
	{
		name: "one object for each kind of test", tests: true,
		text: `{"all_checks_passed":true,"results":{"unit":{"passed":40,"failed":0},"integration":{"passed":7,"failed":0}}}`,
		want: Gate{Passed: true},
	},
	{
		name: "counts at the top", tests: true,
		text: `{"all_checks_passed":true,"tests_passed":3,"tests_failed":0,"testExitCode":0}`,
		want: Gate{Passed: true},
	},
	{
		name: "wrapped",
		text: `{"result":{"gate_status":"FAIL","blocking_issues":["a"]}}`,
		want: Gate{Issues: []string{"a"}},
	},
	{
		name: "a reviewer",
		text: `{"gate_status":"PASS","summary":"as planned","blocking_issues":[],"suggestions":["rename x"]}`,
		want: Gate{Passed: true},
	},
	{
		name: "a reviewer without a verdict",
		text: `{"blocking_issues":[],"non_blocking_notes":["x"],"plan_coverage":"full","scope_violations":[],"files_reviewed":["a.js"],"summary":"fine"}`,
		want: Gate{Passed: true},
	},
	{
		name: "a reviewer without a verdict objects",
		text: `{"blocking_issues":["the limit is not checked"],"scope_violations":["README.md"],"files_reviewed":["a.js"]}`,
		want: Gate{Issues: []string{"the limit is not checked", "outside the scope of the task: README.md"}},
	},
	{
		name: "issues are objects",
		text: `{"gate_status":"FAIL","blocking_issues":[{"severity":"HIGH","file":"src/db.js","line":28,"issue":"SQL\ninjection","fix":null,"see":["CWE-89", "x"]}," ",{}, "b", "b"]}`,
		want: Gate{Issues: []string{`severity: HIGH; file: src/db.js; line: 28; issue: SQL injection; see: ["CWE-89", "x"]`, "b"}},
	},
	{
		name: "failures that are not of this run", tests: true,
		text: `{"gate_status":"PASS","tests":{"passed":5,"failed":0},"baseline":{"tests_failed":3},"previous_run":{"tests":{"failed":2}},"lint":{"failed":1,"warnings":2},"runs":[{"failed":4}],"known_failures":{"failed":1}}`,
		want: Gate{Passed: true},
	},
	{
		name: "a scanner's errors are no tests",
		text: `{"gate_status":"PASS","blocking_issues":[],"scan_results":{"errors":2,"failed":1},"security_metrics":{"failed":1}}`,
		want: Gate{Passed: true},
	},

	{
		name: "a pass with failed tests", tests: true,
		text:           `{"gate_status":"PASS","tests":{"passed":5,"failed":2,"unit":{"failed":2}},"blocking_issues":[]}`,
		want:           Gate{Passed: true},
		contradictions: []string{"the gate is passed, but /tests/failed is 2", "the gate is passed, but /tests/unit/failed is 2"},
	},
	{
		name: "a pass with errors", tests: true,
		text:           `{"gate_status":"PASS","test_results":{"passed":5,"errors":1}}`,
		want:           Gate{Passed: true},
		contradictions: []string{"the gate is passed, but /test_results/errors is 1"},
	},
	{
		name:           "a pass with issues",
		text:           `{"gate_status":"PASS","blocking_issues":["SRP\n\"violation\"","b"]}`,
		want:           Gate{Passed: true, Issues: []string{`SRP "violation"`, "b"}},
		contradictions: []string{`the gate is passed, but it names blocking issues, 2 in all, the first: "SRP \"violation\""`},
	},
	{
		name: "a pass whose issues say that there are none",
		text: `{"gate_status":"PASS","blocking_issues":["None","No blocking issues found."]}`,
		want: Gate{Passed: true, Issues: []string{}},
	},
	{
		name: "a failure whose issues say that there are none",
		text: `{"gate_status":"FAIL","blocking_issues":["No changes"]}`,
		want: Gate{Issues: []string{"No changes"}},
	},
	{
		name: "issues that say that there are none, without a verdict",
		text: `{"blocking_issues":["No changes"],"files_reviewed":["a.js"]}`,
		want: Gate{Issues: []string{"No changes"}},
	},
	{
		name:           "a pass beyond the scope",
		text:           `{"all_checks_passed":true,"scope_violations":["x.js"]}`,
		want:           Gate{Passed: true, Issues: []string{"outside the scope of the task: x.js"}},
		contradictions: []string{`the gate is passed, but it names blocking issues, 1 in all, the first: "outside the scope of the task: x.js"`},
	},
	{
		name:           "two verdicts",
		text:           `{"gate_status":"PASS","all_checks_passed":false,"blocking_issues":["a"]}`,
		want:           Gate{Issues: []string{"a"}},
		contradictions: []string{"/gate_status says that the gate is passed, but /all_checks_passed that it is failed"},
	},
	{
		name: "an exit code", tests: true,
		text:           `{"gate_status":"PASS","tests":{"passed":5},"test_exit_code":1}`,
		want:           Gate{Passed: true},
		contradictions: []string{"the gate is passed, but /test_exit_code is 1"},
	},
	{
		name:           "it did not have what it needed",
		text:           `{"gate_status":"PASS","pre_work_validation":{"validation_passed":false}}`,
		want:           Gate{Passed: true},
		contradictions: []string{"the gate is passed, but /pre_work_validation/validation_passed is false"},
	},
	{
		name: "no evidence", tests: true,
		text:           `{"gate_status":"PASS","summary":"all tests pass","tests":{"passed":0,"failed":0,"total":0},"commands":[""]}`,
		want:           Gate{Passed: true},
		contradictions: []string{"the gate is passed, but nothing shows that tests were run: add the commands, and the counts of tests passed, failed and skipped"},
	},
	{
		name:           "a review of nothing",
		text:           `{"blocking_issues":[],"files_reviewed":[]}`,
		want:           Gate{Passed: true},
		contradictions: []string{"the gate is passed, but files_reviewed names no file that was read"},
	},
	{
		name: "a fail that says nothing", tests: true,
		text:           `{"gate_status":"FAIL","blocking_issues":[]}`,
		contradictions: []string{"the gate is failed, but blocking_issues names nothing to fix"},
	},

	{name: "nothing", text: ``, problems: []string{"line 1, column 1: the report is empty"}},
	{name: "no object", text: `[]`, problems: []string{"got an array of 0 items, want an object"}},
	{name: "no verdict", text: `{"summary":"fine"}`, problems: []string{`/gate_status: got nothing, want one of "PASS", "FAIL" (required)`}},
	{name: "issues alone", text: `{"blocking_issues":[]}`, problems: []string{`/gate_status: got nothing, want one of "PASS", "FAIL" (required)`}},
	{name: "another word", text: `{"gate_status":"PASS_WITH_CAVEATS"}`, problems: []string{`/gate_status: got "PASS_WITH_CAVEATS", want "PASS" or "FAIL"`}},
	{name: "another word, wrapped", text: `{"r/1":{"gate_status":"MAYBE"}}`, problems: []string{`"/r~11/gate_status": got "MAYBE", want "PASS" or "FAIL"`}},
	{
		name: "wrong types", text: `{"gate_status":true,"blocking_issues":"login","tests":{"passed":-1,"failed":"0 of 4"}}`,
		problems: []string{
			`/blocking_issues: got "login", want an array`, "/gate_status: got true, want a string",
			`/tests/failed: got "0 of 4", want an integer or null`, "/tests/passed: got -1, want at least 0",
		},
	},
	{
		name: "twice", text: "{\"gate_status\":\"FAIL\",\n \"gate_status\":\"PASS\"}",
		want:     Gate{},
		problems: []string{`line 2, column 2: the name "gate_status" is twice in one object, its first value at line 1, column 16; keep one`},
	},
	{name: "cut off", text: `{"gate_status":"PASS","blocking_issues":[`, problems: []string{"line 1, column 42: the report ends here, where a value should follow; it was cut off: send it whole"}},
}

func TestParseGate(t *testing.T) {
	for _, tc := range gates {
		t.Run(tc.name, func(t *testing.T) {
			got, problems := ParseGate(tc.text, tc.tests)
			got.Commands, got.Reviewed, got.Counts, got.Missing = nil, nil, TestCounts{}, nil // TestGateClaims
			var messages []string
			for _, p := range problems {
				messages = append(messages, p.Message)
			}
			if !slices.Equal(messages, tc.problems) {
				t.Errorf("problems\n%q, want\n%q", messages, tc.problems)
			}
			if !slices.Equal(got.Contradictions, tc.contradictions) {
				t.Errorf("contradictions\n%q, want\n%q", got.Contradictions, tc.contradictions)
			}
			got.Contradictions = nil
			if len(problems) == 0 && !reflect.DeepEqual(got, tc.want) {
				t.Errorf("got\n%+v, want\n%+v", got, tc.want)
			}
		})
	}
}

// A verdict may be spelled in any case.
func TestGateStatus(t *testing.T) {
	for word, passed := range map[string]bool{"PASS": true, "Passed": true, "FAIL": false, "failed": false} {
		got, problems := ParseGate(fmt.Sprintf(`{"gate_status":%q,"blocking_issues":["x"]}`, word), false)
		if len(problems) > 0 || got.Passed != passed {
			t.Errorf("%s: passed %t, %v", word, got.Passed, problems)
		}
	}
}

// TestManyEmptyIssues: entries that are cut off are not known to say nothing.
func TestManyEmptyIssues(t *testing.T) {
	var issues []string
	for i := range 2 * MaxIssues {
		issues = append(issues, fmt.Sprintf("%q", "none"+strings.Repeat(".", i)))
	}
	got, problems := ParseGate(`{"gate_status":"PASS","blocking_issues":[`+strings.Join(issues, ",")+`]}`, false)
	if len(problems) > 0 || len(got.Contradictions) != 1 {
		t.Errorf("%v, %v", got.Contradictions, problems)
	}
}

// Of many issues the first are kept and the others counted, and none is long.
func TestManyIssues(t *testing.T) {
	var issues []string
	for i := range 3 * MaxIssues {
		issues = append(issues, fmt.Sprintf("%q", fmt.Sprint(i, strings.Repeat("é", 2*quote.MaxIssue))))
	}
	got, problems := ParseGate(`{"gate_status":"FAIL","blocking_issues":[`+strings.Join(issues, ",")+`]}`, false)
	if len(problems) > 0 || len(got.Issues) != MaxIssues || got.IssuesOmitted != 2*MaxIssues {
		t.Fatalf("%d issues, %d omitted, %v", len(got.Issues), got.IssuesOmitted, problems)
	}
	for i, issue := range got.Issues {
		if n := utf8.RuneCountInString(issue); n != quote.MaxIssue+1 || !strings.HasPrefix(issue, fmt.Sprint(i, "é")) {
			t.Errorf("issue %d has %d characters: %.20s", i, n, issue)
		}
	}
}

func TestFindGate(t *testing.T) {
	const result = `{"gate_status":"PASS","blocking_issues":[]}`
	for _, tc := range []struct {
		name, message string
		kind          Kind
		text          string
	}{
		{"nothing", "The tests pass.", KindNone, ""},
		{"a coding agent's report", good, KindNone, ""},
		{"the result alone", result, KindReport, result},
		{"a fence behind prose", "All good.\n\n```json\n" + result + "\n```\nBye.", KindReport, result},
		{"the report that was looked at, quoted before", "I checked `" + good + "`.\n\n" + result, KindReport, result},
		{"the last of two", `{"gate_status":"FAIL"}` + "\n\nOn second thought:\n\n" + result, KindReport, result},
		{"a slip in a name", `{"gate_staus":"PASS"}`, KindReport, `{"gate_staus":"PASS"}`},
		{"cut off", `{"all_checks_passed":true,"tests":{`, KindReport, `{"all_checks_passed":true,"tests":{`},
		{"in sections", `{"validation_status":{"all_checks_passed":true},"x":{}}`, KindReport, `{"validation_status":{"all_checks_passed":true},"x":{}}`},
		{"an exit by protocol", "ERROR: Need task identifier", KindError, "Need task identifier"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := FindGate(tc.message); got.Kind != tc.kind || got.Text != tc.text {
				t.Errorf("got %d, %q", got.Kind, got.Text)
			}
		})
	}
	if got := Find(result); got.Kind != KindNone {
		t.Errorf("a gate's result is taken for a report: %+v", got)
	}
}

func gateSeeds() []string {
	list := seeds()
	for _, g := range gates {
		list = append(list, g.text)
	}
	return list
}

func FuzzParseGate(f *testing.F) {
	for _, s := range gateSeeds() {
		f.Add(s, true)
		f.Add(s, false)
	}
	f.Fuzz(func(t *testing.T, message string, tests bool) {
		found := FindGate(message)
		for _, text := range []string{message, found.Text} {
			got, problems := ParseGate(text, tests)
			checkProblems(t, problems)
			if len(problems) > 0 && (got.Passed || len(got.Contradictions) > 0) {
				t.Errorf("no result, and yet %+v", got)
			}
			if len(problems) == 0 && !got.Passed && len(got.Contradictions) == 0 && len(got.Issues) == 0 {
				t.Errorf("a result of nothing: %+v", got)
			}
			if len(problems) == 0 && got.Passed && len(got.Contradictions) == 0 && len(got.Issues) > 0 {
				t.Errorf("a pass that is none: %+v", got)
			}
			for _, line := range slices.Concat(got.Issues, got.Contradictions) {
				if utf8.RuneCountInString(line) > quote.MaxIssue+1 || strings.ContainsAny(line, "\n\r\x00\u202e") {
					t.Errorf("not one bounded line: %q", line)
				}
			}
			if len(got.Issues) > MaxIssues || len(got.Contradictions) > MaxIssues {
				t.Errorf("%d issues, %d contradictions", len(got.Issues), len(got.Contradictions))
			}
		}
	})
}

// Results that would take for ever if anything in the reading of them grew with the square of their size.
func TestParseHostileGates(t *testing.T) {
	const many = 20_000
	long := strings.Repeat("a", 1<<20)
	fields := func(name func(i int) string, value string) string {
		var b strings.Builder
		for i := range many {
			if i > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, "%q:%s", name(i), value)
		}
		return b.String()
	}
	counts := func(i int) string {
		return "failed" + strings.Repeat("_", i%7) + strings.Repeat("-", i/7%1000) + strings.Repeat(" ", i/7000)
	}
	for name, text := range map[string]string{
		"a long name around many verdicts": fmt.Sprintf(`{%q:{%s}}`, long, fields(func(i int) string {
			return strings.Repeat("-", i%1000) + "gate_status" + strings.Repeat(" ", i/1000)
		}, `"PASS"`)[:6<<20-1]+`"`),
		"a long name around many violations": fmt.Sprintf(`{%q:{"gate_status":"PASS","blocking_issues":[0%s]}}`, long, strings.Repeat(",0", many)),
		"many failures in a test":            fmt.Sprintf(`{"gate_status":"PASS",%q:{%s}}`, "tests "+long, fields(counts, "1")[:5<<20]),
		"many issues":                        `{"gate_status":"PASS","blocking_issues":["x"` + strings.Repeat(`,"`+long[:20]+`"`, 2*many) + `]}`,
		"an issue of many fields":            `{"gate_status":"PASS","blocking_issues":[{` + fields(func(i int) string { return fmt.Sprint(i) }, `"x"`) + `}]}`,
		"deep issues":                        `{"gate_status":"PASS","blocking_issues":[` + strings.Repeat(`{"a":[`, 25) + `"` + long + `"` + strings.Repeat(`]}`, 25) + `]}`,
	} {
		t.Run(name, func(t *testing.T) {
			if len(text) > MaxSize {
				t.Fatalf("%d bytes are not read", len(text))
			}
			got, problems := ParseGate(text, true)
			if len(problems)+len(got.Contradictions) == 0 || len(problems) > MaxProblems+1 {
				t.Errorf("%d problems, %+v", len(problems), got.Contradictions)
			}
			for _, p := range problems {
				if utf8.RuneCountInString(p.Message) > 1000 {
					t.Errorf("a message of %d bytes", len(p.Message))
				}
			}
		})
	}
}

// TestGateClaims checks which claims are read from a result to compare with the agent's transcript.
func TestGateClaims(t *testing.T) {
	t.Parallel()
	const pass = `"gate_status":"PASS","blocking_issues":[]`
	none := TestCounts{-1, -1, -1, -1}
	tests := []struct {
		text     string
		counts   TestCounts
		commands string
		reviewed string
		missing  string
	}{
		{`{` + pass + `,"tests":{"passed":147,"failed":0,"skipped":2,"total":149}}`, TestCounts{147, 0, 2, 149}, "", "", ""},
		{`{` + pass + `,"test_metrics":{"tests_passed":5,"tests_failed":0,"tests_total":5}}`, TestCounts{5, 0, -1, 5}, "", "", ""},
		{`{` + pass + `,"passed":5,"failed":0,"commands":["npm test"]}`, TestCounts{5, 0, -1, -1}, "npm test", "", ""},
		{`{` + pass + `,"commands":[{"command":"npm test","exit_code":0},"npm run lint"]}`, none, "npm test|npm run lint", "", ""},
		{`{` + pass + `,"unit":{"passed":5},"integration":{"passed":2}}`, none, "", "", ""},
		{`{` + pass + `,"files_reviewed":["a.js",{"path":"b.js","notes":"x"}]}`, none, "", "a.js|b.js", ""},
		{`{"gate_status":"FAIL","blocking_issues":["ERROR: TEST_COMMAND required"]}`, none, "", "", "TEST_COMMAND required"},
		{`{"gate_status":"FAIL","blocking_issues":["**ERROR**: WORKING_DIR is missing","ERROR: LINT_COMMAND not provided"]}`, none, "", "", "WORKING_DIR is missing|LINT_COMMAND not provided"},
		{`{"gate_status":"FAIL","blocking_issues":["ERROR: TEST_COMMAND required","2 tests fail"]}`, none, "", "", ""},
		{`{"gate_status":"FAIL","blocking_issues":["TypeError: argument required in src/a.js"]}`, none, "", "", ""},
		{`{"gate_status":"FAIL","blocking_issues":["ERROR: 3 tests fail in cart.test.js"]}`, none, "", "", ""},
	}
	for _, tt := range tests {
		got, problems := ParseGate(tt.text, false)
		if len(problems) > 0 {
			t.Fatalf("%s: %v", tt.text, problems)
		}
		if got.Counts != tt.counts || strings.Join(got.Commands, "|") != tt.commands || strings.Join(got.Reviewed, "|") != tt.reviewed || strings.Join(got.Missing, "|") != tt.missing {
			t.Errorf("%s: got %+v", tt.text, got)
		}
	}
}

// TestPassesThatAreNone holds which claims no pass can have.
func TestPassesThatAreNone(t *testing.T) {
	t.Parallel()
	tests := []struct{ fields, says string }{
		{`"tests":{"passed":147,"failed":0,"skipped":2,"total":149}`, ""},
		{`"tests":{"passed":147,"failed":0,"skipped":2,"total":147}`, ""},
		{`"tests":{"passed":147,"failed":0,"skipped":2,"todo":1,"total":150}`, ""},
		{`"tests":{"passed":5,"total":5},"lint":{"errors":0,"warnings":3}`, ""},
		{`"tests":{"passed":5,"total":5},"coverage":{"percentage":82.5,"threshold_met":true},"plan_coverage":"full"`, ""},
		{`"tests":{"passed":5,"total":5},"plan_coverage":"not_checked"`, ""},
		{`"tests":{"passed":5,"total":5},"coverage":{"percentage":null,"threshold_met":false}`, ""},
		{`"tests":{"passed":5,"total":5},"coverage_percentage":null,"coverage_threshold_met":false`, ""},
		{`"tests":{"passed":5,"total":5},"coverage":{"percentage":null,"branch_percentage":30,"threshold_met":false}`, "threshold_met is false"},
		{`"tests":{"passed":5,"total":5},"coverage":{"threshold_met":false}`, "threshold_met is false"},

		{`"tests":{"passed":147,"failed":0,"skipped":2,"total":150}`, "contradict each other"},
		{`"tests":{"passed":147,"failed":0,"total":20}`, "contradict each other"},
		{`"tests":{"passed":3,"failed":1,"total":4}`, "/tests/failed is 1"},
		{`"tests":{"passed":0,"failed":0,"skipped":12,"total":12}`, "all 12 tests were skipped"},
		{`"test_results":{"skipped":3,"total":3},"commands":["npm test"]`, "all 3 tests were skipped"},
		{`"tests":{"passed":5,"total":5},"lint":{"errors":2,"warnings":0}`, "/lint/errors is 2"},
		{`"tests":{"passed":5,"total":5},"lint_errors":1`, "/lint_errors is 1"},
		{`"tests":{"passed":5,"total":5},"linting":{"errors":["no-unused-vars"]}`, "/linting/errors is a list of 1"},
		{`"tests":{"passed":5,"total":5},"coverage":{"percentage":41,"threshold_met":false}`, "threshold_met is false"},
		{`"tests":{"passed":5,"total":5},"plan_coverage":"partial"`, `plan_coverage is "partial"`},
	}
	for _, tt := range tests {
		got, problems := ParseGate(`{"gate_status":"PASS","blocking_issues":[],`+tt.fields+`}`, true)
		if len(problems) > 0 || !got.Passed {
			t.Fatalf("%s: %+v, %v", tt.fields, got, problems)
		}
		if tt.says == "" && len(got.Contradictions) > 0 || tt.says != "" && (len(got.Contradictions) != 1 || !strings.Contains(got.Contradictions[0], tt.says)) {
			t.Errorf("%s: got %q, want %q", tt.fields, got.Contradictions, tt.says)
		}
	}
}

// TestVerdictWords: the words of a reviewer's verdict are read if they can mean only one thing.
func TestVerdictWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		fields string
		want   string // PASS, FAIL, or what is said of it
	}{
		{`"gate_status": "APPROVED"`, "PASS"},
		{`"gate_status": "✅ PASS"`, "PASS"},
		{`"gate_status": "PASS ✅"`, "PASS"},
		{`"gate_status": "**Approve**"`, "PASS"},
		{`"gate_status": "LGTM!"`, "PASS"},
		{`"gate_status": "PASS with comments"`, "PASS"},
		{`"gate_status": "APPROVED_WITH_MINOR_SUGGESTIONS"`, "PASS"},
		{`"status": "PASS"`, "PASS"},
		{`"verdict": "APPROVED", "status": "completed"`, "PASS"},
		{`"gate_status": "REJECTED"`, "FAIL"},
		{`"gate_status": "❌ FAIL"`, "FAIL"},
		{`"gate_status": "CHANGES_REQUESTED"`, "FAIL"},
		{`"decision": "request changes"`, "FAIL"},
		{`"gate_status": "PASS with issues"`, "/gate_status"},
		{`"gate_status": "CONDITIONAL PASS"`, "/gate_status"},
		{`"gate_status": "PASS with warnings and one failed test"`, "/gate_status"},
		{`"gate_status": "FAIL (pre-existing)"`, "/gate_status"},
		{`"gate_status": "❌ PASS"`, "/gate_status"},
		{`"gate_status": "BLOCKED"`, "/gate_status"},
		{`"gate_status": "N/A"`, "/gate_status"},
		{`"gate_status": true`, "/gate_status"},
		{`"status": "completed"`, "/gate_status"},
		{`"status": "PASS", "verdict": "REJECTED"`, "/gate_status"},
		{`"gate_status": "PASS", "verdict": "REJECTED"`, "the gate is passed, but"},
		{`"gate_status": "APPROVED", "all_checks_passed": false`, "says that the gate is passed"},
	} {
		issues := `[]`
		if c.want == "FAIL" {
			issues = `["a.js:1 the loop never ends"]`
		}
		gate, problems := ParseGate(`{`+c.fields+`, "blocking_issues": `+issues+`, "commands": ["npm test"], "tests": {"passed": 3, "failed": 0}}`, true)
		got := "FAIL"
		switch {
		case len(problems) > 0:
			got = problems[0].Message
		case len(gate.Contradictions) > 0:
			got = gate.Contradictions[0]
		case gate.Passed:
			got = "PASS"
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("%s: %s, want %s", c.fields, got, c.want)
		}
	}
}

// TestOtherVerdicts: a result that passes, and says in another of its fields that it does not, contradicts itself. Words about the work, lesser
// findings and what is settled do not.
func TestOtherVerdicts(t *testing.T) {
	t.Parallel()
	for field, contradicts := range map[string]bool{
		`"verdict": "FAIL"`:                                                 true,
		`"recommendation": "Request changes"`:                               true,
		`"status": "failed"`:                                                true,
		`"decision": "REJECTED: loses payments"`:                            true,
		`"summary": "FAIL: secrets are logged"`:                             true,
		`"approved": false`:                                                 true,
		`"critical_issues": ["the loop never ends"]`:                        true,
		`"blockers": [{"file": "a.js", "issue": "x"}]`:                      true,
		`"findings": [{"severity": "critical", "message": "x"}]`:            true,
		`"vulnerabilities": [{"level": "Blocker", "status": "open"}]`:       true,
		`"issues": [{"blocking": true, "message": "x"}]`:                    true,
		`"verdict": "PASS"`:                                                 false,
		`"result": "FAIL: 0, PASS: 12"`:                                     false,
		`"status": "completed"`:                                             false,
		`"summary": "Failed payments are tried again"`:                      false,
		`"summary": "Blocked accounts: none"`:                               false,
		`"recommendation": "Reject empty names, too"`:                       false,
		`"lint": {"status": "failed"}`:                                      false,
		`"approved": true`:                                                  false,
		`"critical_issues": []`:                                             false,
		`"blockers": ["None"]`:                                              false,
		`"blockers": ["B1 (fixed in this change)"]`:                         false,
		`"findings": [{"severity": "minor", "message": "x"}]`:               false,
		`"findings": [{"severity": "critical", "status": "resolved"}]`:      false,
		`"findings": [{"severity": "critical", "pre_existing": true}]`:      false,
		`"issues": [{"severity": "critical", "scope": "out of scope"}]`:     false,
		`"previous": {"gate_status": "FAIL", "verdict": "FAIL"}`:            false,
		`"severity_counts": {"critical": 0, "high": 0}`:                     false,
		`"criteria": [{"name": "blocker", "verdict": "met"}], "result": ""`: false,
	} {
		text := `{"gate_status": "PASS", "blocking_issues": [], "files_reviewed": ["a.js"], ` + field + `}`
		gate, problems := ParseGate(text, false)
		if len(problems) > 0 || contradicts != (len(gate.Contradictions) > 0) {
			t.Errorf("%s: %v %v", field, gate.Contradictions, problems)
		}
	}
}

// TestRejectingLine: the last line that gives a verdict in words counts, and no other words do.
func TestRejectingLine(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]string{
		"Verdict: FAIL\n{}":                             "Verdict: FAIL",
		"**Overall Status:** FAILED — it loses money":   "Overall Status:** FAILED",
		"## Decision: Request changes\n":                "Decision: Request changes",
		"- Result: fail\n- Result: pass\n":              "",
		"Verdict: PASS":                                 "",
		"Status: failed payments are tried again":       "",
		"The result: FAIL was expected of the old code": "",
		"First run FAILED, since a port was busy.":      "",
		"Result of the first run: FAIL":                 "",
	} {
		if got := RejectingLine(message); got != want {
			t.Errorf("%q: %q, want %q", message, got, want)
		}
	}
}
