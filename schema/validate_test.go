package schema

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

const goodReport = `{"task_id":"PROJ-1","worktree_path":"./trees/PROJ-1-x","work_completed":"Did it","files_modified":["a.go"],"unfinished":[]}`

// with is goodReport with one field replaced; a value of "" takes the field away.
func with(t *testing.T, field, value string) string {
	t.Helper()
	doc, _ := decode(t, goodReport).(map[string]any)
	delete(doc, field)
	if value != "" {
		doc[field] = json.RawMessage(value)
	}
	text, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestValidateReport(t *testing.T) {
	const fields = "no such field; the fields are artifacts_cleaned, files_modified, narrative_report, task_id, unfinished, work_completed, worktree_path"
	long := func(n int) string { return `"` + strings.Repeat("é", n) + `"` }
	eighty := strings.Repeat("é", 80)
	tests := []struct {
		name string
		doc  string
		want []string
	}{
		{"as it should be", goodReport, nil},
		{"longest task_id", with(t, "task_id", long(200)), nil},
		{"longest path", with(t, "files_modified", "["+long(4096)+"]"), nil},
		{"artifacts as a list", with(t, "artifacts_cleaned", `["coverage/"]`), nil},
		{"artifacts as an object", with(t, "artifacts_cleaned", `{"coverage/":"removed"}`), nil},
		{"artifacts as a statement", with(t, "artifacts_cleaned", `"coverage/ removed"`), nil},
		{"artifacts as a flag", with(t, "artifacts_cleaned", `true`), nil},
		{"narrative as text", with(t, "narrative_report", `""`), nil},
		{"narrative as an object", with(t, "narrative_report", `{"summary":["x",1,null]}`), nil},

		{"no object", `["a"]`, []string{`got an array of 1 item, want an object`}},
		{"null", `null`, []string{`got null, want an object`}},
		{"empty", `{}`, []string{
			"/files_modified: got nothing, want an array of strings (required)",
			"/task_id: got nothing, want a string (required)",
			"/unfinished: got nothing, want an array of strings (required)",
			"/work_completed: got nothing, want a string (required)",
			"/worktree_path: got nothing, want a string (required)",
		}},
		{"no task_id", with(t, "task_id", ""), []string{`/task_id: got nothing, want a string (required)`}},
		{"task_id a number", with(t, "task_id", `123`), []string{`/task_id: got 123, want a string`}},
		{"task_id empty", with(t, "task_id", `""`), []string{`/task_id: got "", want the identifier of the task, not only white space`}},
		{"task_id blank", with(t, "task_id", `" \t\u00a0\u200b"`), []string{`/task_id: got " \t\u00a0\u200b", want the identifier of the task, not only white space`}},
		{"task_id too long", with(t, "task_id", long(201)), []string{`/task_id: got a string of 201 characters, want at most 200 characters`}},
		{"worktree_path null", with(t, "worktree_path", `null`), []string{`/worktree_path: got null, want a string`}},
		{"worktree_path blank", with(t, "worktree_path", `" "`), []string{`/worktree_path: got " ", want the path of the worktree, not only white space`}},
		{"worktree_path too long", with(t, "worktree_path", long(4097)), []string{`/worktree_path: got a string of 4097 characters, want at most 4096 characters`}},
		{"work_completed a list", with(t, "work_completed", `["x","y"]`), []string{`/work_completed: got an array of 2 items, want a string`}},
		{"work_completed blank", with(t, "work_completed", `"\n"`), []string{`/work_completed: got "\n", want a sentence that says what was done, not only white space`}},
		{"files_modified a string", with(t, "files_modified", `"a.go, b.go"`), []string{`/files_modified: got "a.go, b.go", want an array of strings`}},
		{"files_modified an object", with(t, "files_modified", `{"a.go":"added"}`), []string{`/files_modified: got an object of 1 field, want an array of strings`}},
		{"files_modified of other things", with(t, "files_modified", `["a.go",17,{"path":"b.go"},"",null,true,1.5]`), []string{
			`/files_modified/1: got 17, want a string`,
			`/files_modified/2: got an object of 1 field, want a string`,
			`/files_modified/3: got "", want a string of at least 1 character`,
			`/files_modified/4: got null, want a string`,
			`/files_modified/5: got true, want a string`,
			`/files_modified/6: got 1.5, want a string`,
		}},
		{"files_modified in order", with(t, "files_modified", `["a",2,3,4,5,6,7,8,9,10,11]`), []string{
			`/files_modified/1: got 2, want a string`,
			`/files_modified/2: got 3, want a string`,
			`/files_modified/3: got 4, want a string`,
			`/files_modified/4: got 5, want a string`,
			`/files_modified/5: got 6, want a string`,
			`/files_modified/6: got 7, want a string`,
			`/files_modified/7: got 8, want a string`,
			`/files_modified/8: got 9, want a string`,
			`/files_modified/9: got 10, want a string`,
			`/files_modified/10: got 11, want a string`,
		}},
		{"a path too long", with(t, "files_modified", "["+long(4097)+"]"), []string{`/files_modified/0: got a string of 4097 characters, want at most 4096 characters`}},
		{"a path twice", with(t, "files_modified", `["a","b","a"]`), nil},
		{"unfinished a string", with(t, "unfinished", `"none"`), []string{`/unfinished: got "none", want an array of strings`}},
		{"unfinished of nothing", with(t, "unfinished", `["", " "]`), []string{
			`/unfinished/0: got "", want what is left to do in words, or an empty array where nothing is`,
			`/unfinished/1: got " ", want what is left to do in words, or an empty array where nothing is`,
		}},
		{"unfinished of objects", with(t, "unfinished", `[{"blocker":"x"}]`), []string{`/unfinished/0: got an object of 1 field, want a string`}},
		{"artifacts a number", with(t, "artifacts_cleaned", `3`), []string{`/artifacts_cleaned: got 3, want an array of strings or an object or a string or true or false or null`}},
		{"artifacts of numbers", with(t, "artifacts_cleaned", `["x",3]`), []string{`/artifacts_cleaned/1: got 3, want a string`}},
		{"narrative a list", with(t, "narrative_report", `[]`), []string{`/narrative_report: got an array of 0 items, want a string or an object or null`}},
		{"unknown fields", with(t, "te/st~s", `"`+strings.Repeat("é", 81)+`"`), []string{`/te~1st~0s: got "` + eighty + `"…, want ` + fields}},
		{"a value that would break the line", with(t, "task_id", `["\u001b"]`), []string{`/task_id: got an array of 1 item, want a string`}},
		{"a name that would break the line", with(t, "unfinished", `"\u001b[2J\n\u202e"`), []string{`/unfinished: got "\x1b[2J\n\u202e", want an array of strings`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for range 3 { // the order must not depend on a map's
				violations, err := Validate("report", decode(t, tt.doc))
				if err != nil {
					t.Fatal(err)
				}
				var got []string
				for _, v := range violations {
					got = append(got, inWords(v))
				}
				if !slices.Equal(got, tt.want) {
					t.Fatalf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
				}
			}
		})
	}
}

// example returns the first example of a schema with some members set; a nil takes the member away.
func example(t *testing.T, name string, members map[string]any) map[string]any {
	t.Helper()
	source, err := Source(name)
	if err != nil {
		t.Fatal(err)
	}
	schema, _ := decode(t, string(source)).(map[string]any)
	examples, _ := schema["examples"].([]any)
	doc, _ := examples[0].(map[string]any)
	for key, value := range members {
		if value == nil {
			delete(doc, key)
			continue
		}
		doc[key] = value
	}
	return doc
}

func TestValidateOurOwn(t *testing.T) {
	none := map[string]any{}
	finding := func(severity string) []any {
		return []any{map[string]any{"rule": "report-missing", "severity": severity, "path": "", "message": "x"}}
	}
	tests := []struct {
		name    string
		schema  string
		members map[string]any
		want    []string
	}{
		{"step as it should be", "step", none, nil},
		{"step of another version", "step", map[string]any{"stopgate": "step/2"}, []string{`/stopgate: got "step/2", want "step/1"`}},
		{"step of no known verdict", "step", map[string]any{"verdict": "fine"}, []string{
			`/verdict: got "fine", want one of "verified", "rejected", "capped", "incomplete", "declined", "violation", "unknown", "passed", "failed", "no-result", "done"`,
		}},
		{"step with a bad count", "step", map[string]any{"files_omitted": -1.0, "findings_omitted": 0.5}, []string{
			`/files_omitted: got -1, want at least 0`,
			`/findings_omitted: got 0.5, want an integer`,
		}},
		{"step that launches without a prompt", "step", map[string]any{"calls": []any{map[string]any{"tool": "Agent", "subagent_type": "x", "description": "y"}}}, []string{
			`/calls/0/prompt: got nothing, want a value (required)`,
		}},
		{"step that resumes nobody", "step", map[string]any{"calls": []any{map[string]any{"tool": "SendMessage", "message": "x"}}}, []string{
			`/calls/0/to: got nothing, want a value (required)`,
		}},
		{"step that resumes", "step", map[string]any{"calls": []any{map[string]any{"tool": "SendMessage", "to": "a1", "message": "x"}}}, nil},
		{"step with half a report", "step", map[string]any{"report": map[string]any{"task_id": "x", "worktree_path": "y", "work_completed": "z", "files_modified": []any{}}}, []string{
			`/report/unfinished: got nothing, want an array of strings (required)`,
		}},
		{"step with a finding of no severity", "step", map[string]any{"findings": finding("bad")}, []string{
			`/findings/0/severity: got "bad", want one of "block", "stop", "note"`,
		}},
		{"result as it should be", "result", none, nil},
		{"result with a finding of no severity", "result", map[string]any{"findings": finding("")}, []string{
			`/findings/0/severity: got "", want one of "block", "stop", "note"`,
		}},
		{"journal as it should be", "journal", none, nil},
		{"journal of an unknown kind", "journal", map[string]any{"kind": "gate-result", "data": map[string]any{"any": 1.0}}, nil},
		{"journal without an envelope", "journal", map[string]any{"v": 2.0, "at": "yesterday", "kind": "", "extra": true}, []string{
			`/at: got "yesterday", want a date-time`,
			`/extra: got true, want no such field; the fields are agent, agent_type, at, data, kind, session, task, v`,
			`/kind: got "", want a kind of lower-case words joined by hyphens`,
			`/v: got 2, want 1`,
		}},
		{"journal of a stop without a verdict", "journal", map[string]any{"kind": "stop", "data": map[string]any{}}, []string{
			`/data/verdict: got nothing, want one of "verified", "rejected", "capped", "incomplete", "declined", "violation", "unknown", "passed", "failed", "no-result", "done" (required)`,
		}},
		{"journal of a delivery of nothing", "journal", map[string]any{"kind": "delivery", "data": map[string]any{"via": "Stop"}}, []string{
			`/data/step_id: got nothing, want a string (required)`,
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			violations, err := Validate(tt.schema, any(example(t, tt.schema, tt.members)))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, v := range violations {
				got = append(got, inWords(v))
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
		})
	}
}

func TestValidateFiles(t *testing.T) {
	doc := example(t, "result", nil)
	files, _ := doc["files"].([]any)
	file, _ := files[1].(map[string]any)
	file["change"], file["claimed"] = "edited", "yes"
	violations, err := Validate("result", any(doc))
	if err != nil {
		t.Fatal(err)
	}
	want := []Violation{
		{
			Pointer: "/files/1/change", Keyword: "enum", Got: `"edited"`,
			Want: `one of "modified", "added", "deleted", "renamed", "mode", "type", "unchanged", "missing", "ignored", "outside", "unknown"`,
		},
		{Pointer: "/files/1/claimed", Keyword: "type", Got: `"yes"`, Want: "true or false"},
	}
	if !reflect.DeepEqual(violations, want) {
		t.Errorf("got %v, want %v", violations, want)
	}
}

// A schema that refers to another is held by the other's rules.
func TestReferences(t *testing.T) {
	step := example(t, "step", map[string]any{"stopgate": "step/0"})
	violations, err := Validate("result", any(example(t, "result", map[string]any{"step": step})))
	if err != nil {
		t.Fatal(err)
	}
	want := []Violation{{Pointer: "/step/stopgate", Got: `"step/0"`, Want: `"step/1"`, Keyword: "const"}}
	if !reflect.DeepEqual(violations, want) {
		t.Errorf("got %v, want %v", violations, want)
	}
}

func TestManyViolations(t *testing.T) {
	n := 100_000
	if testing.Short() {
		n = 1_000
	}
	items := make([]any, n)
	for i := range items {
		items[i] = float64(i)
	}
	doc, _ := decode(t, goodReport).(map[string]any)
	doc["files_modified"] = items
	violations, err := Validate("report", doc)
	if err != nil {
		t.Fatal(err)
	}
	if len(violations) != len(items) {
		t.Fatalf("%d violations, want %d", len(violations), len(items))
	}
	for i, v := range violations {
		if want := fmt.Sprintf("/files_modified/%d", i); v.Pointer != want {
			t.Fatalf("violation %d is at %s, want %s", i, v.Pointer, want)
		}
	}
}

func TestSeveralAtOnce(t *testing.T) {
	done := make(chan error)
	for range 8 {
		go func() {
			var err error
			for _, name := range Names() {
				if _, e := Validate(name, map[string]any{}); e != nil {
					err = e
				}
			}
			done <- err
		}()
	}
	for range 8 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func BenchmarkCompile(b *testing.B) {
	for b.Loop() {
		if _, err := newRuleset("report"); err != nil {
			b.Fatal(err)
		}
	}
}

// inWords returns a violation on one line: `/files_modified/3: got 17, want a string`.
func inWords(v Violation) string {
	at := v.Pointer
	if at != "" {
		at += ": "
	}
	return at + "got " + v.Got + ", want " + v.Want
}

func TestNearest(t *testing.T) {
	names := []string{"agents", "artifacts", "caps", "mode", "worktree_root", "a"}
	for written, want := range map[string]string{
		"agent": "agents", "artefacts": "artifacts", "Mode": "mode", "worktree-root": "worktree_root", "mdoe": "mode", "root": "worktree_root",
		"made": "mode", "nodo": "", "drama": "", "cup": "", "cap": "caps",
		"colour": "", "": "", "x": "", "b": "", "my_caps": "caps", "worktree_root_worktree_root_worktree_root": "",
	} {
		if got := Nearest(written, names); got != want {
			t.Errorf("%q is taken for %q, want %q", written, got, want)
		}
	}
	if !Near("taskid", "taskdi", 1) || Near("taskid", "tskdi", 1) || Near("a", strings.Repeat("a", maxNear+1), 30) {
		t.Error("the distance counts swaps as one, and ends with the longest name")
	}
}
