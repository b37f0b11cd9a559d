package report

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// TestReadEntry checks how each way to write a path is read. A disk that holds only src/app.js decides which reading counts.
func TestReadEntry(t *testing.T) {
	t.Parallel()
	const root = "/home/dev/shop/trees/T1-x"
	tests := []struct {
		entry string
		mend  bool // it must be written in another way
	}{
		{"src/app.js", false},
		{"./src/app.js", false},
		{"src//app.js", false},
		{"src/./lib/../app.js", false},
		{root + "/src/app.js", false},
		{"./trees/T1-x/src/app.js", false},
		{"trees/T1-x/src/app.js", false},

		{" src/app.js ", true},
		{"src/app.js:10", true},
		{"src/app.js:10-20", true},
		{"src/app.js:10:4", true},
		{"src/app.js:L10-L20", true},
		{"src/app.js#L10", true},
		{"src/app.js#L10-L20", true},
		{"src/app.js (lines 10-20)", true},
		{"src/app.js, lines 10-20", true},
		{"src/app.js (deleted)", true},
		{"src/app.js (new file)", true},
		{"src/app.js [modified]", true},
		{"src/app.js (renamed from src/old.js)", true},
		{"src/old.js -> src/app.js", true},
		{"src/old.js => src/app.js", true},
		{"src/old.js → src/app.js", true},
		{"src/{old.js => app.js}", true},
		{"{lib => src}/app.js", true},
		{"R100 src/old.js src/app.js", true},
		{"R src/old.js -> src/app.js", true},
		{"- src/app.js", true},
		{"* src/app.js", true},
		{"• src/app.js", true},
		{"1. src/app.js", true},
		{"- [x] src/app.js", true},
		{"`src/app.js`", true},
		{"**src/app.js**", true},
		{"- `src/app.js`", true},
		{"'src/app.js'", true},
		{"\"src/app.js\"", true},
		{"<src/app.js>", true},
		{"[app.js](src/app.js)", true},
		{"[src/app.js](src/app.js#L3)", true},
		{"M src/app.js", true},
		{"M\tsrc/app.js", true},
		{" M src/app.js", true},
		{"A  src/app.js", true},
		{"?? src/app.js", true},
		{"M: src/app.js", true},
		{"modified: src/app.js", true},
		{"modified:   src/app.js", true},
		{"new file:   src/app.js", true},
		{"Created src/app.js", true},
		{"[NEW] src/app.js", true},
		{"Edit(src/app.js)", true},
		{"file://src/app.js", true},
		{"file://" + root + "/src/app.js", true},
		{"file://localhost" + root + "/src/app.js", true},
		{"@src/app.js", true},
		{"src/app.js - added retries", true},
		{"src/app.js — added retries", true},
		{"src/app.js: added retries", true},
		{"src/app.js # retries", true},
		{"`src/app.js` (added retries)", true},
		{"src/app.js | 12 ++--", true},
		{"src/app.js +12 -3", true},
		{"12\t3\tsrc/app.js", true},
		{"src/app.js,", true},
		{"T1-x/src/app.js", false},
		{"shop/trees/T1-x/src/app.js", false},
		{"(src/app.js)", true},
		{"{src/app.js}", true},
		{"src/app.js*", true},
		{"src/old.js renamed to src/app.js", true},
		{"rename src/old.js to src/app.js", true},
		{"src/old.js was moved to src/app.js", true},
		{"> src/app.js", true},
		{"~ src/app.js", true},
		{"src/app.js | modified", true},
		{"src/app.js, src/other.js", true},
		{"src/app.js@L10", true},
		{"src/app.js?plain=1", true},
		{"--- a/src/app.js", true},
		{"+++ b/src/app.js", true},
		{"diff --git a/src/app.js b/src/app.js", true},
		{"test: src/app.js", true},
		{"<file>src/app.js</file>", true},
		{"src/app.js → updated", true},
		{"b/src/app.js", true},
		{"/src/app.js", true},
		{`src\app.js`, os.PathSeparator == '/'}, // on Windows it is the path as it is
		{"trees/T1-x/src/app.js:7", true},
		{root + "/src/app.js (new)", true},
	}
	for _, tt := range tests {
		readings := append(ReadEntry(tt.entry, root, "./trees/T1-x"), MendEntry(tt.entry, root, "./trees/T1-x")...)
		i := slices.IndexFunc(readings, func(r Reading) bool { return r.Path == "src/app.js" })
		switch {
		case i < 0:
			t.Errorf("%q is read as %+v", tt.entry, readings)
		case (readings[i].Mend != "") != tt.mend:
			t.Errorf("%q: mend %q, want one: %v", tt.entry, readings[i].Mend, tt.mend)
		}
	}
}

// TestReadEntryKeepsNames holds that a path that only looks as if something stood around it is read as it stands first.
func TestReadEntryKeepsNames(t *testing.T) {
	t.Parallel()
	for _, entry := range []string{"M src", "a -> b", "- x.md", "notes (draft).md", "src/[id].tsx", "a/b.txt", "x:1", "@types/index.d.ts", "Makefile", "_form.erb", "#1.md", "new file.txt"} {
		if readings := ReadEntry(entry, "/w"); len(readings) == 0 || readings[0].Path != entry || readings[0].Mend != "" {
			t.Errorf("%q is read as %+v", entry, readings)
		}
	}
	for _, entry := range []string{"", "  ", "a\x00b"} {
		if readings := ReadEntry(entry); readings != nil {
			t.Errorf("%q is read as %+v", entry, readings)
		}
	}
	if readings := ReadEntry("caf\u00e9.txt"); len(readings) != 2 || readings[1].Path != "cafe\u0301.txt" || readings[1].Mend != "" {
		t.Errorf("a composed name is read as %+q", readings)
	}
	for entry, want := range map[string]string{
		`"src/caf\303\251.js"`: "src/café.js", `M "src/caf\303\251.js"`: "src/café.js", `src/caf\303\251.js`: "src/café.js", `"a\"b\tc.js"`: "a\"b\tc.js",
		`"a\377.js"`: `a\377.js`, `src\app.js`: "src/app.js",
	} {
		if readings := MendEntry(entry); len(readings) == 0 || !slices.ContainsFunc(readings, func(r Reading) bool { return r.Path == want && r.Mend == want }) {
			t.Errorf("%s, as git quotes %q, is read as %+q", entry, want, readings)
		}
	}
	if readings := MendEntry(strings.Repeat("- ", 400) + "x"); len(readings) > maxUndecorated {
		t.Errorf("%d readings of a hostile entry", len(readings))
	}
}

func TestSaysNothing(t *testing.T) {
	t.Parallel()
	for _, entry := range []string{
		"None", "none.", "N/A", "n/a", "-", "—", "No blockers.", "no blockers", "Nothing", "NIL", "null", "[]", "(none)", "**None**", "All work completed.", "No unfinished work", "✓ done", "No remaining items!",
		"n/a - all done", "none - all work complete", "No blockers, all done", "None, all requirements implemented", "No open questions", "TBD: none", "none; everything is implemented", "No further changes needed",
		"Nothing blocked", "not applicable - finished", "No issues remain", "n/a (all complete)", "There are no blockers.", "There is nothing left to do", "No work left", "All acceptance criteria met", "N/A — task complete",
		"✅ None", "Blockers: none", "–", "No follow-ups", "no follow-up work needed", "N.A.", "Nothing left undone", "no caveats", "No errors.", "All work is complete, nothing is blocked",
		"None, as requested", "No blockers or open questions", "no deviations", "None. All tests pass.", "no outstanding issues or blockers", "No additional work is needed", "Fully done.", "All good",
	} {
		if !saysNothing(entry) {
			t.Errorf("%q counts as unfinished work", entry)
		}
	}
	for _, entry := range []string{
		"no key for the webhook", "None of the tests cover retries", "nothing handles the timeout yet", "docs", "N/A handling is missing",
		"no network: npm install failed", "done except the migration", "src/a.js was changed by someone else", "complete the migration", "x",
		"No tests for retries", "none of the migrations run", "no DB access - migration not run", "all done except docs", "No key", "N/A - the key is missing", "none, but the docs are open", "issues", "all",
		"none yet", "no errors are logged", "no follow-up on the docs", "nothing works", "no blockers but docs", "no exceptions are caught or logged", "no questions or docs",
		"work", "the migration", "no work on the docs", "not done", "tests are incomplete",
	} {
		if saysNothing(entry) {
			t.Errorf("%q counts as nothing", entry)
		}
	}
}

// TestParseSlips: each slip costs one problem, which says what to write. What can mean only one thing costs none.
func TestParseSlips(t *testing.T) {
	t.Parallel()
	const fields = `"task_id":"T1","worktree_path":"./trees/T1-x","work_completed":"did it","files_modified":["a.js"]`
	tests := []struct {
		name, text string
		rule       string // "" for none
		says       string
		ignored    []string
	}{
		{"none", `{` + fields + `,"unfinished":["None"]}`, "", "", nil},
		{"null for none", `{` + fields + `,"unfinished":null}`, "", "", nil},
		{"blanks for none", `{` + fields + `,"unfinished":[""," "]}`, "", "", nil},
		{"two words for none", `{` + fields + `,"unfinished":["N/A","No blockers."]}`, "", "", nil},
		{"none as a string", `{` + fields + `,"unfinished":"none"}`, "", "", nil},
		{"work as a string", `{` + fields + `,"unfinished":"no docs yet"}`, Schema, `/unfinished: got "no docs yet"`, nil},
		{"none beside work", `{` + fields + `,"unfinished":["-","no docs yet"]}`, "", "", nil},
		{"work", `{` + fields + `,"unfinished":["no docs yet"]}`, "", "", nil},
		{"listed twice", `{"task_id":"T1","worktree_path":"./trees/T1-x","work_completed":"did it","files_modified":["a.js","a.js"],"unfinished":[]}`, "", "", nil},

		{"worktreePath", `{` + fields + `,"unfinished":[],"worktreePath":"/r/trees/T1-x"}`, "", "", []string{"worktreePath"}},
		{"branch", `{` + fields + `,"unfinished":[],"branch":"feature/T1"}`, "", "", []string{"branch"}},
		{"several", `{` + fields + `,"unfinished":[],"branch_name":"T1","working_dir":"/r","worktree_branch":null}`, "", "", []string{"branch_name", "working_dir", "worktree_branch"}},
		{"empty fields", `{` + fields + `,"unfinished":[],"files_created":[],"blockers":null,"risks":{},"reviewer":""}`, "", "", []string{"files_created", "blockers", "risks", "reviewer"}},
		{"an empty field of what others verify", `{` + fields + `,"unfinished":[],"test_failures":[]}`, ForbiddenField, "test-runner", nil},
		{"an empty field in the place of another", `{"task_id":"T1","worktree_path":"./trees/T1-x","work_completed":"did it","files_changed":[],"unfinished":[]}`, Schema, "files_modified", nil},
		{"branch status", `{` + fields + `,"unfinished":[],"branch_status":"clean"}`, ForbiddenField, "gates decide", nil},
		{"commit", `{` + fields + `,"unfinished":[],"commit":"abc"}`, ForbiddenField, "metadata", nil},
		{"an object as branch", `{` + fields + `,"unfinished":[],"branch":{"name":"x"}}`, ForbiddenField, "metadata", nil},
		{"only worktreePath", `{"task_id":"T1","worktreePath":"./trees/T1-x","work_completed":"did it","files_modified":["a.js"],"unfinished":[]}`, Schema, "worktree_path", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			read, problems := Parse(tt.text)
			if !slices.Equal(read.Ignored, tt.ignored) {
				t.Errorf("ignored %q, want %q", read.Ignored, tt.ignored)
			}
			if tt.rule == "" {
				if len(problems) > 0 {
					t.Errorf("got %+v", problems)
				}
				if want := strings.Contains(tt.text, "no docs yet"); len(read.Unfinished) > 1 || (len(read.Unfinished) == 1) != want {
					t.Errorf("unfinished is %q", read.Unfinished)
				}
				return
			}
			if len(problems) == 0 || !slices.ContainsFunc(problems, func(p Problem) bool { return p.Rule == tt.rule && strings.Contains(p.Message, tt.says) }) {
				t.Errorf("got %+v, want %s that says %q", problems, tt.rule, tt.says)
			}
			if tt.name != "only worktreePath" && len(problems) != 1 {
				t.Errorf("%d problems for one slip: %+v", len(problems), problems)
			}
		})
	}
}

// TestReportInString holds that an object inside a JSON string is found, and refused with one sentence that says so.
func TestReportInString(t *testing.T) {
	t.Parallel()
	const once = `"{\"task_id\":\"T1\",\"worktree_path\":\"./trees/T1-x\",\"work_completed\":\"did it\",\"files_modified\":[],\"unfinished\":[]}"`
	for name, message := range map[string]string{
		"alone":        once,
		"after prose":  "Here is the report:\n\n" + once,
		"in a fence":   "Done.\n```json\n" + once + "\n```\n",
		"in an object": `{"result": ` + once + `}`,
		"in an array":  "[" + once + "]",
		"pretty":       `"{\n  \"task_id\": \"T1\",\n  \"worktree_path\": \"./trees/T1-x\",\n  \"files_modified\": [\"a \\\"b\\\".js\"]\n}"`,
		"quoted twice": `"\"{\\\"task_id\\\":\\\"T1\\\",\\\"files_modified\\\":[],\\\"unfinished\\\":[]}\""`,
	} {
		found := Find(message)
		if found.Kind != KindReport {
			t.Errorf("%s: nothing was found", name)
			continue
		}
		_, problems := Parse(found.Text)
		if len(problems) != 1 || problems[0].Rule != Schema || !strings.Contains(problems[0].Message, "inside of a string") || !strings.Contains(problems[0].Message, "without the backslashes") {
			t.Errorf("%s: %+v", name, problems)
		}
	}
	if found := Find(`I wrote "{\"a\": 1}" into the fixture.`); found.Kind != KindNone {
		t.Errorf("any quoted object is a report: %+v", found)
	}
	gate := FindGate(`"{\"gate_status\":\"FAIL\",\"blocking_issues\":[\"2 tests fail\"]}"`)
	if result, problems := ParseGate(gate.Text, true); len(problems) > 0 || result.Passed || len(result.Issues) != 1 {
		t.Errorf("a gate's result in a string: %+v, %+v", result, problems)
	}
}
