package report

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"stopgate/hook/quote"
)

func TestParse(t *testing.T) {
	text := strings.Replace(pretty, `"unfinished": []`, `"unfinished": ["b \u00e9\ud83d\ude00"], "artifacts_cleaned": ["coverage/"], "narrative_report": {"a": [1.5e3, "x"]}`, 1)
	got, problems := Parse(text)
	if len(problems) > 0 {
		t.Fatalf("%+v", problems)
	}
	want := Report{
		TaskID: "PROJ-1", WorktreePath: "./trees/PROJ-1-x", WorkCompleted: "Did it", FilesModified: []string{"a.go"},
		Unfinished: []string{"b é😀"}, ArtifactsCleaned: []string{"coverage/"}, Cleaned: true,
		Raw: json.RawMessage(text),
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
}

func TestCleaned(t *testing.T) {
	tests := map[string]bool{
		`["coverage/"]`: true, `[]`: false, `true`: true, `false`: false, `"removed coverage"`: true, `" "`: false,
		`{"coverage/":"removed"}`: true, `{}`: false,
	}
	for value, want := range tests {
		r, problems := Parse(strings.TrimSuffix(good, "}") + `,"artifacts_cleaned":` + value + `}`)
		if len(problems) > 0 || r.Cleaned != want {
			t.Errorf("%s: cleaned %t, want %t, %v", value, r.Cleaned, want, problems)
		}
		if listed := value == `["coverage/"]` || value == `[]`; listed != (r.ArtifactsCleaned != nil) {
			t.Errorf("%s: listed %q", value, r.ArtifactsCleaned)
		}
	}
	if r, _ := Parse(good); r.Cleaned || r.ArtifactsCleaned != nil {
		t.Errorf("what was not said was read: %+v", r)
	}
}

// Every file that a report names is read, so that none of them is called missing from it. A field that may be left out may be null.
func TestFilesInOtherForms(t *testing.T) {
	tests := []struct {
		text string
		want []string
	}{
		{good, []string{"a.go"}},
		{part(`["a.go"]`, `[{"path":"a.go"},"b.go",{"x":1}]`), []string{"a.go", "b.go"}},
		{part(`["a.go"]`, `{"a.go":"changed"}`), []string{"a.go"}},
		{part(`["a.go"]`, `{"x.go":["a"],"modified":["a.go"]}`), []string{"a.go", "x.go"}},
		{part(`["a.go"]`, `{"files":["a.go"],"total":1}`), []string{"a.go"}},
		{part(`["a.go"]`, `"a.go; b.go\nc.go"`), []string{"a.go", "b.go", "c.go"}},
		{part(`["a.go"]`, `null`), nil},
		{with(`"files_created":["b.go"],"filesDeleted":"c.go"`), []string{"a.go", "c.go", "b.go"}},
		{part("files_modified", "filesModified"), []string{"a.go"}},
		{with(`"narrative_report":null,"artifacts_cleaned":null`), []string{"a.go"}},
	}
	for _, tt := range tests {
		r, problems := Parse(tt.text)
		if !slices.Equal(r.FilesModified, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.text, r.FilesModified, tt.want)
		}
		if follows := tt.text == good || strings.Contains(tt.text, "narrative_report"); follows != (len(problems) == 0) {
			t.Errorf("%s: %v", tt.text, problems)
		}
	}
}

// part is good with a piece of it replaced.
func part(old, replacement string) string { return strings.Replace(good, old, replacement, 1) }

// unmark takes the marks ¶ out of a text and says where they stood.
func unmark(marked string) (text string, places []string) {
	pieces := strings.Split(marked, "¶")
	for i, piece := range pieces {
		text += piece
		if i < len(pieces)-1 {
			lines := strings.Split(text, "\n")
			places = append(places, fmt.Sprintf("line %d, column %d", len(lines), len([]rune(lines[len(lines)-1]))+1))
		}
	}
	return text, places
}

// knownFields is the advice for a field that the contract does not have.
const knownFields = "no such field; the fields are artifacts_cleaned, files_modified, narrative_report, task_id, unfinished, work_completed, worktree_path"

// with is good with one more field.
func with(field string) string { return strings.TrimSuffix(good, "}") + "," + field + "}" }

// wrong are texts with their expected problems; nil for none. In a text,
//
// marks the positions of the problems that are expected with
//
// in place of line and column, in that order.
var wrong = []struct {
	name string
	text string
	want []string
}{
	{"nothing", "¶", []string{"report-malformed ¶: the report is empty"}},
	{"white space", "¶ \n ", []string{"report-malformed ¶: the report is empty"}},
	{"no object", `["a"]`, []string{"report-schema got an array of 1 item, want an object"}},
	{"text", `¶Done.`, []string{`report-malformed ¶: "Done" has no quotes; write a string in double quotes`}},
	{"trailing comma in an object", "{\n  \"task_id\": \"X\"¶,\n}", []string{
		"report-malformed ¶: a comma before the closing '}'; remove it",
		"report-schema /files_modified: got nothing, want an array of strings (required)",
		"report-schema /unfinished: got nothing, want an array of strings (required)",
		"report-schema /work_completed: got nothing, want a string (required)",
		"report-schema /worktree_path: got nothing, want a string (required)",
	}},
	{"trailing comma in an array", part(`["a.go"]`, `["a.go"¶,]`), []string{"report-malformed ¶: a comma before the closing ']'; remove it"}},
	{"two commas", part(`["a.go"]`, `["a.go",¶,"b"]`), []string{`report-malformed ¶: got ",", want a value`}},
	{"comma first", part(`["a.go"]`, `[¶,"b"]`), []string{`report-malformed ¶: got ",", want a value`}},
	{"missing comma", part(`["a.go"]`, `["a.go" ¶"b.go"]`), []string{`report-malformed ¶: a comma is missing here; if this belongs to the string before, write each quote in that string as \"`}},
	{"quotes in a string", part(`Did it`, `Did "¶it" all`), []string{`report-malformed ¶: got "i", want a comma or '}'`}},
	{"line comment", "{ ¶// mine\n" + good[1:], []string{"report-malformed ¶: a comment; JSON has none: remove it"}},
	{"comment to the end", good + " ¶// mine", []string{"report-malformed ¶: a comment; JSON has none: remove it"}},
	{"block comment", "{ ¶/* mine */" + good[1:], []string{"report-malformed ¶: a comment; JSON has none: remove it"}},
	{"hash comment", "¶# mine\n" + good, []string{"report-malformed ¶: a comment; JSON has none: remove it"}},
	{"open comment", good + "¶/* mine", []string{"report-malformed ¶: a comment; JSON has none: remove it"}},
	{"single quotes", `{¶'task_id': 'X'}`, []string{`report-malformed ¶: got "'"; JSON has only the straight double quote ("), want the name of a field in double quotes`}},
	{"smart quotes", `{"task_id": ¶“X”}`, []string{`report-malformed ¶: got "“"; JSON has only the straight double quote ("), want a value`}},
	{"backquotes", "{\"task_id\": ¶`X`}", []string{"report-malformed ¶: got \"`\"; JSON has only the straight double quote (\"), want a value"}},
	{"name without quotes", `{¶task_id: "X"}`, []string{`report-malformed ¶: the name "task_id" has no quotes; write it in double quotes`}},
	{"equals sign", `{"task_id"¶="X"}`, []string{`report-malformed ¶: got "=", want a colon behind the name "task_id"`}},
	{"Python", with(`"narrative_report":¶None`), []string{
		"report-malformed ¶: None is not a JSON word; write null",
	}},
	{"NaN", with(`"narrative_report":¶NaN`), []string{`report-malformed ¶: "NaN" has no quotes; write a string in double quotes`}},
	{"infinity", with(`"narrative_report":{"a":¶-Infinity}`), []string{`report-malformed ¶: "-Infinity" is not a JSON number`}},
	{"numbers", with(`"narrative_report":{"a":[¶01,¶1.,¶-,¶1e,¶0x10,¶1_000,¶1e999,¶+1]}`), []string{
		`report-malformed ¶: "01" is not a JSON number`,
		`report-malformed ¶: "1." is not a JSON number`,
		`report-malformed ¶: "-" is not a JSON number`,
		`report-malformed ¶: "1e" is not a JSON number`,
		`report-malformed ¶: "0x10" is not a JSON number`,
		`report-malformed ¶: "1_000" is not a JSON number`,
		`report-malformed ¶: "1e999" is out of range`,
		`report-malformed ¶: got "+", want a value`,
	}},
	{"good numbers", with(`"narrative_report":{"a":[0,-0,10,0.5,-1.25e+3,1E-999]}`), nil},
	{"ellipsis", part(`["a.go"]`, `["a.go", ¶...]`), []string{`report-malformed ¶: an ellipsis instead of text; write it out, want a value`}},
	{"placeholder", part(`"Did it"`, `¶<what was done>`), []string{`report-malformed ¶: got "<", want a value`}},
	{"quoted lines", "{\n¶> \"task_id\": \"X\"\n> }", []string{`report-malformed ¶: got ">", the mark of a quoted line; send the report without it at the start of each line, want the name of a field in double quotes`}},
	{"line break in a string", part("Did it", "Did¶\nit"), []string{`report-malformed ¶: a line break inside a string; close the string before it, or write each line break as \n`}},
	{"tab in a string", part("Did it", "Did¶\tit"), []string{`report-malformed ¶: the control character U+0009 inside a string; write it as \u0009 or remove it`}},
	{"NUL in a string", part("Did it", "Did¶\x00it"), []string{`report-malformed ¶: the control character U+0000 inside a string; write it as \u0000 or remove it`}},
	{"NUL between values", part(`"Did it"`, "¶\x00"), []string{`report-malformed ¶: got "\x00", want a value`}},
	{"bad escapes", part("Did it", `C:¶\src ¶\'x¶\' ¶\x41 ¶\u12g4`), []string{
		`report-malformed ¶: a backslash before "s" is not a JSON escape; write a backslash as \\`,
		`report-malformed ¶: a backslash before "'" is not a JSON escape; write a backslash as \\`,
		`report-malformed ¶: a backslash before "'" is not a JSON escape; write a backslash as \\`,
		`report-malformed ¶: a backslash before "x" is not a JSON escape; write a backslash as \\`,
		`report-malformed ¶: an escape \u needs four hexadecimal digits`,
	}},
	{"backslash at the end of a line", part("Did it", "Did ¶\\¶\nit"), []string{
		`report-malformed ¶: a backslash before "\n" is not a JSON escape; write a backslash as \\`,
		`report-malformed ¶: a line break inside a string; close the string before it, or write each line break as \n`,
	}},
	{"half a character", part("Did it", `¶\ud83d ¶\ude00 ¶\ud83dA`), []string{
		`report-malformed ¶: \ud83d is half a character; write the character itself`,
		`report-malformed ¶: \ude00 is half a character; write the character itself`,
		`report-malformed ¶: \ud83d is half a character; write the character itself`,
	}},
	{"every escape", part("Did it", `\"\\\/\b\f\n\r\t\u00e9\uD83D\uDE00`), nil},
	{"not UTF-8 in a string", part("Did it", "Did ¶\xff it"), []string{`report-malformed ¶: byte 0xff inside a string is not UTF-8`}},
	{"not UTF-8 between values", part(`"Did it"`, "¶\xff"), []string{`report-malformed ¶: byte 0xff is not UTF-8, want a value`}},
	{"invisible characters", "{¶\u00a0\u00a0" + good[1:] + "¶\u200b\u00a0", []string{
		`report-malformed ¶: the invisible character U+00A0; only plain spaces and line breaks are allowed outside of strings: replace it wherever it stands there`,
		`report-malformed ¶: the invisible character U+200B; only plain spaces and line breaks are allowed outside of strings: replace it wherever it stands there`,
	}},
	{"columns are characters", "{\"task_id\": \"éé😀\", ¶x}", []string{`report-malformed ¶: the name "x" has no quotes; write it in double quotes`}},
	{"cut off in a string", good[:75] + "¶", []string{`report-malformed ¶: the report ends here, inside a string; it was cut off: send it whole`}},
	{"cut off in an escape", good[:75] + `\¶`, []string{`report-malformed ¶: the report ends here, inside a string; it was cut off: send it whole`}},
	{"cut off in an array", `{"files_modified": ["a"¶`, []string{`report-malformed ¶: the report ends here, where a comma or ']' should follow; it was cut off: send it whole`}},
	{"cut off behind a comma", `{"files_modified": ["a",¶`, []string{`report-malformed ¶: the report ends here, where a value should follow; it was cut off: send it whole`}},
	{"cut off in an object", `{"files_modified": []¶`, []string{`report-malformed ¶: the report ends here, where a comma or '}' should follow; it was cut off: send it whole`}},
	{"cut off before a name", `{¶`, []string{`report-malformed ¶: the report ends here, where the name of a field in double quotes should follow; it was cut off: send it whole`}},
	{"cut off before a colon", `{"task_id"¶`, []string{`report-malformed ¶: the report ends here, where a colon behind the name "task_id" should follow; it was cut off: send it whole`}},
	{"cut off before a value", `{"task_id":¶`, []string{`report-malformed ¶: the report ends here, where a value should follow; it was cut off: send it whole`}},
	{"wrong bracket", "{\n\"files_modified\": [\"a\"¶}", []string{`report-malformed ¶: '}' closes the array that opened at line 2, column 19; want ']'`}},
	{"wrong brace", "{\n\"files_modified\": 1¶]", []string{`report-malformed ¶: ']' closes the object that opened at line 1, column 1; want '}'`}},
	{"two values", good + "\n¶" + good, []string{`report-malformed ¶: more text follows the end of the report; a report is one object and nothing else`}},
	{"equal names", "{\"task_id\":\"Y\",\n¶" + good[1:], []string{`report-malformed ¶: the name "task_id" is twice in one object, its first value at line 1, column 12; keep one`}},
	{"equal names in other spelling", "{\"task\\u005fid\":\"Y\",\n¶" + good[1:], []string{`report-malformed ¶: the name "task_id" is twice in one object, its first value at line 1, column 17; keep one`}},
	{"equal names further down", with(`"narrative_report":{"a":{"b":1,¶"b":2}}`), []string{`report-malformed ¶: the name "b" is twice in one object, its first value at line 1, column 153; keep one`}},

	{"a field that others verify", with(`"test_metrics":{"passed":12}`), []string{
		`report-forbidden-field /test_metrics: got an object of 1 field, want no such field: test results are verified by test-runner; remove it`,
	}},
	{"fields that others verify", with(`"testsPassed":12,"Coverage":"98%","lint-status":"clean","code_quality":"high","metadata":{},"gate_status":"PASS","all_checks_passed":true,"security_review":[]`), []string{
		`report-forbidden-field /testsPassed: got 12, want no such field: test results are verified by test-runner; remove it`,
		`report-forbidden-field /Coverage: got "98%", want no such field: coverage is measured by test-runner; remove it`,
		`report-forbidden-field /lint-status: got "clean", want no such field: the gates decide whether they pass; remove it`,
		`report-forbidden-field /code_quality: got "high", want no such field: quality is judged by the reviewer; remove it`,
		`report-forbidden-field /metadata: got an object of 0 fields, want no such field: metadata is recorded by the host; remove it`,
		`report-forbidden-field /gate_status: got "PASS", want no such field: the gates decide whether they pass; remove it`,
		`report-forbidden-field /all_checks_passed: got true, want no such field: the gates decide whether they pass; remove it`,
		`report-forbidden-field /security_review: got an array of 0 items, want no such field: security is verified by security-auditor; remove it`,
	}},
	{"slips", part("files_modified", "files_modfied"), []string{
		`report-schema /files_modfied: got an array of 1 item, want no such field; did you mean "files_modified"?`,
	}},
	{"other names", strings.NewReplacer("files_modified", "files_changed", "work_completed", "summary").Replace(good), []string{
		`report-schema /summary: got "Did it", want no such field; did you mean "work_completed"?`,
		`report-schema /files_changed: got an array of 1 item, want no such field; did you mean "files_modified"?`,
	}},
	{"a second name for a field", with(`"summary":"x","taskId":"y","owner":1`), []string{
		`report-schema /summary: got "x", want ` + knownFields,
		`report-schema /taskId: got "y", want ` + knownFields,
		`report-schema /owner: got 1, want ` + knownFields,
	}},
	{"files in a second field", with(`"files_created":["b.go"]`), []string{
		`report-schema /files_created: got an array of 1 item, want no such field; list its files in files_modified`,
	}},
	{"files as objects", part(`["a.go"]`, `[{"path":"a.go","action":"modified"},{"filePath":"b.go"},"c.go",{"file":"d.go"}]`), []string{
		`report-schema /files_modified: got an array with objects, want an array of the paths alone: ["a.go", "b.go", "c.go", "d.go"]`,
	}},
	{"files as a map", part(`["a.go"]`, `{"a.go":"added","b":"changed"}`), []string{
		`report-schema /files_modified: got an object of 2 fields, want an array of the paths alone: ["a.go", "b"]`,
	}},
	{"files by kinds", part(`["a.go"]`, `{"modified":["a.go"],"created":[{"path":"b.go"}],"deleted":[]}`), []string{
		`report-schema /files_modified: got an object of 3 fields, want an array of the paths alone: ["b.go", "a.go"]`,
	}},
	{"files as one object", part(`["a.go"]`, `{"path":"a.go","summary":"x"}`), []string{
		`report-schema /files_modified: got an object of 2 fields, want an array of the paths alone: ["a.go"]`,
	}},
	{"files as a text", part(`["a.go"]`, `"a.go, b.go"`), []string{
		`report-schema /files_modified: got "a.go, b.go", want an array of the paths alone: ["a.go", "b.go"]`,
	}},
	{"no files as a text", part(`["a.go"]`, `"none"`), []string{`report-schema /files_modified: got "none", want an array of strings`}},
	{"files as numbers", part(`["a.go"]`, `[{"lines":3},1]`), []string{
		`report-schema /files_modified/0: got an object of 1 field, want a string`,
		`report-schema /files_modified/1: got 1, want a string`,
	}},
	{"wrapped", `{"report":` + good + `}`, []string{`report-schema /report: got the report inside of another object, want its fields at the top: send the inner object alone`}},
	{"names that would break the line", with("\"a/b~\\u001b[2J\\n\\u202e\\\"" + strings.Repeat("x", 200) + "\":1"), []string{
		`report-schema "/a~1b~0\x1b[2J\n\u202e\"` + strings.Repeat("x", quote.MaxName-24) + `"…: got 1, want ` + knownFields,
	}},
}

func TestProblems(t *testing.T) {
	for _, tt := range wrong {
		t.Run(tt.name, func(t *testing.T) {
			text, places := unmark(tt.text)
			report, problems := Parse(text)
			want := slices.Clone(tt.want)
			for i := range want {
				if strings.Contains(want[i], "¶") {
					want[i], places = strings.Replace(want[i], "¶", places[0], 1), places[1:]
				}
			}
			if len(places) > 0 {
				t.Errorf("no problem is wanted at %q", places)
			}
			var got []string
			for _, p := range problems {
				got = append(got, p.Rule+" "+p.Message)
			}
			if !slices.Equal(got, want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
			checkProblems(t, problems)
			malformed := slices.ContainsFunc(problems, func(p Problem) bool { return p.Rule == Malformed })
			if (report.Raw == nil) != (malformed || !strings.HasPrefix(text, "{")) {
				t.Errorf("raw: %s", report.Raw)
			}
		})
	}
}
