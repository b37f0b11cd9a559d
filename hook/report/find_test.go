package report

import (
	"strings"
	"testing"
)

const good = `{"task_id":"PROJ-1","worktree_path":"./trees/PROJ-1-x","work_completed":"Did it","files_modified":["a.go"],"unfinished":[]}`

const pretty = `{
  "task_id": "PROJ-1",
  "worktree_path": "./trees/PROJ-1-x",
  "work_completed": "Did it",
  "files_modified": [
    "a.go"
  ],
  "unfinished": []
}`

// other is a report that must not be taken for good.
const other = `{"task_id":"OTHER","worktree_path":"./trees/OTHER-x","work_completed":"x","files_modified":["b.go"],"unfinished":[]}`

// messages are messages as agents write them, each with the report to be found in it.
var messages = []struct {
	name    string
	message string
	kind    Kind
	text    string // the report or the error; in the message, "«" and "»" mark it instead
}{
	{name: "nothing", message: ""},
	{name: "done", message: "Done."},
	{name: "white space", message: " \r\n\t\n"},
	{name: "prose with braces", message: "I changed {name} and `{}` and func main() { }."},
	{name: "other JSON", message: `{"name":"x","version":"1.0.0","files":["dist"]}`},
	{name: "tool result", message: "```json\n{\"tests_passed\": 12, \"coverage\": 98.5}\n```"},
	{name: "not of one mind", message: "The fields are task_id, worktree_path, work_completed, files_modified and unfinished."},

	{name: "bare", message: "«" + good + "»", kind: KindReport},
	{name: "bare and pretty", message: "«" + pretty + "»", kind: KindReport},
	{name: "bare among blanks", message: "\n\n  «" + pretty + "» \n\t\n", kind: KindReport},
	{name: "byte order mark", message: "\uFEFF«" + good + "»\n", kind: KindReport},
	{name: "CRLF", message: "«" + strings.ReplaceAll(pretty, "\n", "\r\n") + "»\r\n", kind: KindReport},
	{name: "prose before", message: "All done. Here is my report:\n\n«" + pretty + "»", kind: KindReport},
	{name: "prose before in the line", message: "Report: «" + good + "»", kind: KindReport},
	{name: "prose after", message: "«" + pretty + "»\n\nLet me know if {anything} else is needed!", kind: KindReport},
	{name: "prose with stray marks", message: "It's 5\" wide and {never closed.\n\n«" + pretty + "»\n\nBye :-}", kind: KindReport},
	{name: "fence", message: "Done.\n\n```json\n«" + pretty + "»\n```\n", kind: KindReport},
	{name: "fence without a tag", message: "```\n«" + pretty + "»\n```", kind: KindReport},
	{name: "fence of capitals", message: "```JSON\n«" + pretty + "»\n```", kind: KindReport},
	{name: "fence of tildes", message: "~~~json\n«" + pretty + "»\n~~~", kind: KindReport},
	{name: "long fence", message: "`````json\n«" + pretty + "»\n`````", kind: KindReport},
	{name: "fence tagged jsonc", message: "```jsonc\n«" + pretty + "»\n```", kind: KindReport},
	{name: "fence tagged javascript", message: "```javascript\n«" + pretty + "»\n```", kind: KindReport},
	{name: "fence tagged yaml", message: "```yaml\n«" + pretty + "»\n```", kind: KindReport},
	{name: "fence with CRLF", message: "Done:\r\n```json\r\n«" + strings.ReplaceAll(pretty, "\n", "\r\n") + "»\r\n```\r\n", kind: KindReport},
	{name: "fence that opens in the line", message: "```json «" + good + "»\n```", kind: KindReport},
	{name: "fence that closes in the line", message: "```json\n«" + good + "»```\n\nDone.", kind: KindReport},
	{name: "fence within a line", message: "Here: ```json " + "«" + good + "»" + "``` as asked.", kind: KindReport},
	{name: "code within a line", message: "Here: `«" + good + "»`", kind: KindReport},
	{name: "indented fence in a list", message: "1. Report\n\n   ```json\n   «" + strings.ReplaceAll(pretty, "\n", "\n   ") + "»\n   ```\n2. Bye", kind: KindReport},
	{name: "fence as an item", message: "- ```json\n  «" + strings.ReplaceAll(pretty, "\n", "\n  ") + "»\n  ```\n", kind: KindReport},
	{name: "report as an item", message: "- «" + good + "»\n- done", kind: KindReport},
	{name: "indented code", message: "Report:\n\n    «" + strings.ReplaceAll(pretty, "\n", "\n    ") + "»\n", kind: KindReport},
	{name: "HTML comment before", message: "<!-- {\"task_id\": 1} -->\n«" + good + "»", kind: KindReport},
	{name: "HTML around", message: "<report>\n«" + pretty + "»\n</report>", kind: KindReport},
	{name: "backticks in a string", message: "```json\n«" + strings.Replace(good, "Did it", "Ran ```sh\\nmake\\n``` and {x", 1) + "»\n```\n", kind: KindReport},
	{name: "braces and quotes in a string", message: "Report:\n«" + strings.Replace(good, "Did it", `Replaced \"}\" by \\`, 1) + "»\nDone }", kind: KindReport},
	{name: "a fence within a string", message: "«{\"task_id\":\"X\",\"narrative_report\":\"\n```\nmake {x}\n```\n\",\"files_modified\":[]}»", kind: KindReport},
	{name: "quotes within a string", message: "«{\"task_id\": \"X\", \"work_completed\": \"Added \"a {b}\" and 5\" c\", \"unfinished\": []}»\n\nDone.", kind: KindReport},
	{name: "no commas", message: "«{\"task_id\": \"X\" \"work_completed\": \"y\"\n\"unfinished\": []}»\n\nDone.", kind: KindReport},
	{name: "narrative object", message: "«" + strings.Replace(good, `"unfinished":[]`, `"unfinished":[],"narrative_report":{"files_modified":{"a":{}},"unfinished":{}}`, 1) + "»", kind: KindReport},

	{name: "bash fence before", message: "I ran:\n```bash\ncat <<EOF > x\n{ \"a\": \"\nEOF\n```\n\n```json\n«" + pretty + "»\n```\n", kind: KindReport},
	{name: "open bash fence before", message: "```bash\nmake {a,b\n\n```json\n«" + pretty + "»\n```\n", kind: KindReport},
	{name: "package.json before", message: "I wrote\n```json\n{\"name\":\"x\",\"files\":[\"a\"]}\n```\nand\n```json\n«" + good + "»\n```", kind: KindReport},
	{name: "package.json after", message: "```json\n«" + good + "»\n```\nwith\n```json\n{\"name\":\"x\",\"files\":[\"a\"]}\n```", kind: KindReport},
	{name: "example before", message: "The contract asks for\n```json\n" + other + "\n```\nMine:\n```json\n«" + good + "»\n```", kind: KindReport},
	{name: "fenced example before, then bare", message: "The contract asks for\n```json\n" + other + "\n```\nMine:\n\n«" + pretty + "»", kind: KindReport},
	{name: "two bare", message: other + "\n" + "«" + good + "»", kind: KindReport},
	{name: "mentioned in prose afterwards", message: "```json\n«" + good + "»\n```\nI did not send " + other + " again.", kind: KindReport},
	{name: "quoted in a command afterwards", message: "«" + good + "»\n\nCheck with\n```bash\ncat > r.json <<EOF\n" + other + "\nEOF\n```\n", kind: KindReport},
	{name: "input repeated afterwards", message: "«" + good + "»\n\nInput was\n```json\n{\"task_id\":\"X\",\"worktree_path\":\"./trees/x\",\"description\":\"y\"}\n```\n", kind: KindReport},
	{name: "only the input", message: "Got «{\"task_id\":\"X\",\"worktree_path\":\"./trees/x\",\"description\":\"y\"}»", kind: KindReport},
	{name: "broken, then whole", message: "{\"task_id\": \"X\", \"files_modified\": [\n\nSorry, again:\n\n«" + pretty + "»", kind: KindReport},
	{name: "markdown around a fence", message: "````markdown\n# Report\n```json\n«" + pretty + "»\n```\n````\n", kind: KindReport},

	{name: "smart quotes", message: "«{“task_id”: “X”, “work_completed”: “y”}»", kind: KindReport},
	{name: "single quotes", message: "```json\n«{'task_id': 'X', 'files_modified': []}»\n```", kind: KindReport},
	{name: "no quotes", message: "«{ task_id: 'X', files_modified: [] }»", kind: KindReport},
	{name: "trailing comma", message: "```json\n«{\"task_id\": \"X\",\n\"unfinished\": [],}»\n```", kind: KindReport},
	{name: "slips in the names", message: "«{\"taskId\": \"X\", \"worktreePath\": \"y\", \"Files-Modfied\": []}»", kind: KindReport},
	{name: "comments", message: "```jsonc\n«{\n  // mine\n  \"task_id\": \"X\",\n  \"unfinished\": [] /* none */\n}»\n```", kind: KindReport},
	{name: "cut off in a fence", message: "Here:\n```json\n«{\n  \"task_id\": \"X\",\n  \"worktree_path\": \"y\",\n  \"files_modified\": [\"a\",»\n", kind: KindReport},
	{name: "cut off in prose", message: "Here:\n\n«{\"task_id\": \"X\", \"work_completed\": \"and th»", kind: KindReport},
	{name: "closing brace forgotten", message: "```json\n«{\"task_id\": \"X\",\n\"unfinished\": []»\n```\nDone.", kind: KindReport},
	{name: "raw line break in a string", message: "«{\"task_id\": \"X\", \"work_completed\": \"a\nb { c\", \"unfinished\": []}»", kind: KindReport},
	{name: "wrapped", message: "«{\"report\":" + good + "}»", kind: KindReport},
	{name: "wrapped in a fence", message: "```json\n«{\"status\":\"done\",\"result\":{\"report\":" + pretty + "}}»\n```", kind: KindReport},
	{name: "in a program", message: "```js\nfunction report() { const r = «" + good + "»; return r }\n```", kind: KindReport},

	{name: "ERROR", message: "«ERROR: Worktree path required (e.g., ./trees/PROJ-123-integration)»", kind: KindError, text: "Worktree path required (e.g., ./trees/PROJ-123-integration)"},
	{name: "ERROR in bold", message: "I cannot start.\n\n**«ERROR:** Need task identifier»", kind: KindError, text: "Need task identifier"},
	{name: "ERROR all in bold", message: "**«ERROR: Need task identifier**»", kind: KindError, text: "Need task identifier"},
	{name: "ERROR as an item", message: "Problem:\n- «ERROR: no path»\n", kind: KindError, text: "no path"},
	{name: "ERROR as a numbered item", message: "Problem:\n1. «ERROR: no path»\n", kind: KindError, text: "no path"},
	{name: "ERROR as a heading", message: "## ❌ «ERROR: no path»\n", kind: KindError, text: "no path"},
	{name: "ERROR in code", message: "`«ERROR: no path`»", kind: KindError, text: "no path"},
	{name: "ERROR in quotes", message: "\"«ERROR: no path\"»", kind: KindError, text: "no path"},
	{name: "ERROR in a fence alone", message: "```\n«ERROR: no path»\n```\n", kind: KindError, text: "no path"},
	{name: "ERROR over two lines", message: "**«ERROR:**\n\nno path»", kind: KindError, text: "no path"},
	{name: "two ERRORs", message: "«ERROR: no task»\r\nERROR: no path\r\n", kind: KindError, text: "no task; no path"},
	{name: "seed's conflict", message: "«ERROR: File conflict detected - external edits to non-assigned files»\nEXITING: Orchestrator must resolve", kind: KindError, text: "File conflict detected - external edits to non-assigned files"},
	{name: "Error on the first line", message: "\n«Error: Need task identifier»", kind: KindError, text: "Need task identifier"},
	{name: "ERROR and the input", message: "«ERROR: no description»\n{\"task_id\":\"X\",\"worktree_path\":\"\"}", kind: KindError, text: "no description"},
	{name: "ERROR of control characters", message: "«ERROR: a\x1b[2Jb\u202ec»", kind: KindError, text: "a [2Jb c"},
	{name: "ERROR and a report", message: "ERROR: tests failed at first\n\n«" + good + "»", kind: KindReport},
	{name: "ERROR of a tool in a fence", message: "It said\n```\nERROR: relation \"x\" does not exist\n```\n"},
	{name: "Error further down", message: "It said\nError: no such module\n"},
	{name: "ERROR in a sentence", message: "It said ERROR: no such module\n"},
	{name: "ERROR quoted", message: "It said\n> ERROR: no such module\n"},
	{name: "ERROR of nothing", message: "ERROR:\n"},
	{name: "ERRORS", message: "ERRORS: none\nERROR handling: done"},
}

func TestFind(t *testing.T) {
	for _, tt := range messages {
		t.Run(tt.name, func(t *testing.T) {
			message := strings.NewReplacer("«", "", "»", "").Replace(tt.message)
			want := tt.text
			if tt.kind == KindReport {
				_, rest, _ := strings.Cut(tt.message, "«")
				want, _, _ = strings.Cut(rest, "»")
			}
			got := Find(message)
			if want := (Found{tt.kind, want}); got != want {
				t.Errorf("found %d:\n%s\nwant %d:\n%s", got.Kind, got.Text, want.Kind, want.Text)
			}
		})
	}
}

func TestExitIsBounded(t *testing.T) {
	got := Find("ERROR: " + strings.Repeat("é", 5000))
	if want := strings.Repeat("é", 1000) + "…"; got.Kind != KindError || got.Text != want {
		t.Errorf("found %d: %s", got.Kind, got.Text)
	}
}
