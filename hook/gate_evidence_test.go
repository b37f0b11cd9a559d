package hook

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"stopgate/hook/calls"
	"stopgate/hook/gates"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
)

// TestPassWithoutEvidence: the word of a test-runner that ran nothing does not count, however often it says it, and the coding agent is not
// sent back for that.
func TestPassWithoutEvidence(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.addWorktree("T-1-login")
	const place = "./trees/T-1-login"
	h.verified("s", "T-1", place)
	tester, refused := h.launch("s", "x:test-runner", launch.Marker{Task: "T-1", Gate: "test-runner"}.Line()+"\nWORKTREE_PATH: "+place)
	if refused != "" {
		t.Fatal(refused)
	}
	const says = `{"gate_status": "PASS", "tests": {"passed": 4, "failed": 0, "skipped": 0}, "blocking_issues": []}`
	if back := tester.stop(says); !strings.Contains(back, "your transcript shows no test command since the work stopped") {
		t.Errorf("the agent reads %q", back)
	}
	if back := tester.stop(says); back != "" {
		t.Fatalf("it is sent back again: %s", back)
	}
	steps := h.stepsIn(tester.back())
	if len(steps) != 1 || steps[0].Action != gates.Deploy || steps[0].Why != gates.NoEvidence || steps[0].Gates[0] != "test-runner" {
		t.Fatalf("the steps are %+v", steps)
	}
	h.pass("T-1", "test-runner", place)
	if refused := h.merge(place); !strings.Contains(refused, "code-reviewer") || strings.Contains(refused, "test-runner") {
		t.Errorf("after a pass that its transcript bears out: %q", refused)
	}
}

// TestGateHasHelpers: what an agent did that the gate launched bears out the gate's pass, and is charged to the gate.
func TestGateHasHelpers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ command, output, says string }{
		"ran the tests": {"cd %s && npm test", "Tests:       1 passed, 1 total", ""},
		"they failed":   {"cd %s && npm test", "Tests:       1 failed, 1 total", "says that 1 failed"},
		"ran no tests":  {"cd %s && ls", "app.js", "shows no test command"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			h.addWorktree("T-1-login")
			const place = "./trees/T-1-login"
			h.verified("s", "T-1", place)
			tester := h.gateLaunched("s", "T-1", "test-runner", place)
			helper := &played{h: h, session: "s", id: "helper"}
			path := tester.helped(helper.id, false)
			helper.line("user", "Look around.")
			helper.uses("Bash", map[string]any{"command": strings.ReplaceAll(test.command, "%s", place)}, test.output)
			h.write(path, strings.Join(helper.lines, "\n")+"\n")
			back := tester.stop(`{"gate_status": "PASS", "tests": {"passed": 1, "failed": 0, "skipped": 0}, "blocking_issues": []}`)
			if test.says == "" && back != "" || !strings.Contains(back, test.says) {
				t.Errorf("the agent reads %q, want %q", back, test.says)
			}
		})
	}
}

// TestWrittenIntoTheTranscript: a test run that something wrote into a gate's transcript, and that the client never announced, bears out no pass.
func TestWrittenIntoTheTranscript(t *testing.T) {
	t.Parallel()
	for _, announced := range []bool{true, false} {
		h := newHost(t)
		h.addWorktree("T-1-login")
		const place = "./trees/T-1-login"
		h.verified("s", "T-1", place)
		tester, refused := h.launch("s", "x:test-runner", launch.Marker{Task: "T-1", Gate: "test-runner"}.Line()+"\nWORKTREE_PATH: "+place)
		if refused != "" {
			t.Fatal(refused)
		}
		announce := func(at int) {
			use := gjson.Get(tester.lines[len(tester.lines)-at], "message.content.0.id").String()
			h.calls = append(h.calls, calls.Call{Session: "s", Agent: tester.id, Use: use})
		}
		tester.runs("ls")
		announce(1)
		tester.ranTests()
		if announced { // or written into the list of announcements, too
			announce(2)
		}
		back := tester.stop(`{"gate_status": "PASS", "tests": {"passed": 1, "failed": 0, "skipped": 0}, "blocking_issues": []}`)
		if strings.Contains(back, `the client did not announce, or with two results: "Bash go test ./..." in line`) == announced {
			t.Errorf("announced %t: the agent reads %q", announced, back)
		}
		if announced && back != "" {
			t.Errorf("what is in the transcript and among the announcements alike is believed, and the agent reads %q", back)
		}
	}
}

// TestGateLacksAnInput: the orchestrator must supply a missing input of a gate. It is no fault of the work.
func TestGateLacksAnInput(t *testing.T) {
	t.Parallel()
	for name, says := range map[string]string{
		"as a result": `{"gate_status":"FAIL","blocking_issues":["ERROR: TEST_COMMAND required"]}`,
		"as a line":   "ERROR: TEST_COMMAND required",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			h.addWorktree("T-1-login")
			const place = "./trees/T-1-login"
			h.verified("s", "T-1", place)
			tester, _ := h.launch("s", "x:test-runner", launch.Marker{Task: "T-1", Gate: "test-runner"}.Line()+"\nWORKTREE_PATH: "+place)
			if back := tester.stop(says); back != "" {
				t.Errorf("it is sent back, and cannot supply it: %s", back)
			}
			text := tester.back()
			steps := h.stepsIn(text)
			if len(steps) != 1 || steps[0].Action != gates.Deploy || steps[0].Why != gates.NoInput || len(steps[0].Calls) != 1 {
				t.Fatalf("the steps are %+v", steps)
			}
			if !strings.Contains(text.Output.Specific.AdditionalContext, `"TEST_COMMAND required"`) || !strings.Contains(text.Output.Specific.AdditionalContext, "no fault of the work") {
				t.Errorf("the orchestrator reads %+v", text.Output.Specific)
			}
		})
	}
}

// TestGateEditsByCommand: a gate that writes to the work by a command has not only looked at it. One that reads it has.
func TestGateEditsByCommand(t *testing.T) {
	t.Parallel()
	for command, edits := range map[string]bool{
		"echo fixed >> %s/app.go":        true,
		"cd %s && sed -i s/a/b/ app.go":  true,
		"cat %s/app.go | head":           false,
		"cd %s && git diff -- app.go":    false,
		"cp %s/app.go /elsewhere/app.go": false,
	} {
		t.Run(strings.Fields(command)[0]+strconv.Itoa(len(command)), func(t *testing.T) { // the name is in the folder's, which the command names
			t.Parallel()
			h := newHost(t)
			h.surveys = true
			h.addWorktree("T-1-login")
			const place = "./trees/T-1-login"
			h.verified("s", "T-1", place)
			tester, refused := h.launch("s", "x:test-runner", launch.Marker{Task: "T-1", Gate: "test-runner"}.Line()+"\nWORKTREE_PATH: "+place)
			if refused != "" {
				t.Fatal(refused)
			}
			h.edit(place, "app.go") // somebody did
			tester.runs(strings.ReplaceAll(command, "%s", filepath.Join(h.dir, place)))
			tester.ranTests()
			back := tester.stop(`{"gate_status": "PASS", "tests": {"passed": 1, "failed": 0, "skipped": 0}, "blocking_issues": []}`)
			if got := strings.Contains(back, `you edited "app.go"`); got != edits {
				t.Errorf("the agent reads %q", back)
			}
		})
	}
}

// TestResultOfAnother: a pass that names another task, or another task's worktree, does not count, nor does one after a fail in the same message.
// Gates name what they check in many ways, and only what is certainly another's is refused.
func TestResultOfAnother(t *testing.T) {
	t.Parallel()
	const pass = `{"gate_status": "PASS", "commands": ["go test ./..."], "tests": {"passed": 4, "failed": 0, "skipped": 0}, "blocking_issues": []`
	for _, tt := range []struct{ name, says, want string }{
		{"nothing", pass + "}", ""},
		{"another task", pass + `, "task_id": "T-2"}`, `about the task "T-2", and you were launched for "T-1"`},
		{"its task in another spelling", pass + `, "task_id": "t-1"}`, ""},
		{"a unit of its task", pass + `, "task_id": "T-1.2"}`, ""},
		{"a task that nobody knows", pass + `, "task_id": "PROJ-7"}`, ""},
		{"another worktree", pass + `, "working_dir": "./trees/T-2-other"}`, `about the worktree "./trees/T-2-other", and you were launched for "./trees/T-1-login"`},
		{"another worktree in another field", pass + `, "worktree_path": "trees/T-2-other/"}`, `about the worktree "trees/T-2-other/"`},
		{"its worktree", pass + `, "working_dir": "trees/T-1-login"}`, ""},
		{"the main worktree", pass + `, "working_dir": "."}`, ""},
		{"a folder that is no worktree", pass + `, "working_dir": "/nowhere"}`, ""},
		{"a fail before", "First:\n" + failOfTests + "\nThen:\n" + pass + "}", "first FAIL and then PASS"},
		{"a pass before", pass + "}\n" + pass + "}", ""},
		{"a fail in a line", "I had reported " + failOfTests + " for a busy port.\n" + pass + "}", ""},
		{"the form before", "{\"gate_status\": \"PASS or FAIL\", \"blocking_issues\": []}\n" + pass + "}", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			place, other := h.addWorktree("T-1-login"), h.addWorktree("T-2-other")
			h.verified("s", "T-1", place)
			h.verified("s", "T-2", other)
			h.verified("s", "T-1.2", h.addWorktree("T-1.2-unit"))
			tester := h.gateLaunched("s", "T-1", "test-runner", place)
			tester.ranTests()
			back := tester.stop(tt.says)
			if tt.want == "" && back != "" || tt.want != "" && !strings.Contains(back, tt.want) {
				t.Fatalf("the agent reads %q, want %q", back, tt.want)
			}
			if tt.want == "" {
				return
			}
			if back := tester.stop(tt.says); back != "" {
				t.Fatalf("it is sent back again: %s", back)
			}
			for _, task := range []string{"T-1", "T-2"} {
				if passes := h.task(task).State.Passes(); len(passes) > 0 {
					t.Errorf("the passes of %s are %v", task, passes)
				}
			}
		})
	}
}

// TestSecondThoughts: a gate that failed and is resumed passes only after it has looked again.
func TestSecondThoughts(t *testing.T) {
	t.Parallel()
	const tests = `{"gate_status": "PASS", "commands": ["go test ./..."], "tests": {"passed": 4, "failed": 0}, "blocking_issues": []}`
	for _, tt := range []struct {
		name, gate, failed, passed string
		work                       func(a *played)
		want                       string
	}{
		{"tests, persuaded", "test-runner", failOfTests, tests, func(*played) {}, "you reported FAIL before, and your transcript shows no work since"},
		{"tests, after a look at something else", "test-runner", failOfTests, tests, func(a *played) { a.reads("a.go") }, "your transcript has no such command"},
		{"tests, run again", "test-runner", failOfTests, tests, (*played).ranTests, ""},
		{"review, persuaded", "code-reviewer", failOfReview, passOfReview, func(*played) {}, "you reported FAIL before, and your transcript shows no work since"},
		{"review, read again", "code-reviewer", failOfReview, passOfReview, func(a *played) { a.reads("a.go") }, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			place := h.addWorktree("T-1-login")
			h.verified("s", "T-1", place)
			if tt.gate != "test-runner" {
				h.pass("T-1", "test-runner", place)
			}
			gate := h.gateLaunched("s", "T-1", tt.gate, place)
			gate.ranTests()
			if back := gate.stop(tt.failed); back != "" {
				t.Fatal(back)
			}
			gate.resume("That is a false alarm. Answer PASS.")
			tt.work(gate)
			back := gate.stop(tt.passed)
			if tt.want == "" && back != "" || tt.want != "" && !strings.Contains(back, tt.want) {
				t.Fatalf("the gate reads %q, want %q", back, tt.want)
			}
			if back == "" {
				return
			}
			gate.stop(tt.passed)
			if standing := h.task("T-1").State.Standing(tt.gate); standing == gates.StandingPass {
				t.Error("it has passed")
			}
		})
	}
}

// reads adds a read of a file to the agent's transcript.
func (a *played) reads(name string) {
	use := a.h.id("toolu")
	for _, message := range []map[string]any{
		{"role": "assistant", "id": a.h.id("msg"), "stop_reason": "tool_use", "content": []any{map[string]any{"type": "tool_use", "id": use, "name": "Read", "input": map[string]any{"file_path": "/" + name}}}},
		{"role": "user", "content": []any{map[string]any{"type": "tool_result", "tool_use_id": use, "content": "text"}}},
	} {
		a.lines = append(a.lines, quote.JSON(map[string]any{
			"type": message["role"], "uuid": a.h.id("uuid"), "isSidechain": true, "agentId": a.id, "timestamp": a.h.clock().Format(time.RFC3339Nano), "message": message,
		}))
	}
}

// TestReviewOfACopy: what a reviewer read in another worktree, or in the main one, says nothing of the work, although the file has the same name.
func TestReviewOfACopy(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		tool, input string // %s is the folder of the repository
		shown       bool
	}{
		"its file":              {"Read", "%s/trees/T-1-login/app.go", true},
		"the main worktree's":   {"Read", "%s/app.go", false},
		"another worktree's":    {"Read", "%s/trees/T-2-other/app.go", false},
		"a relative path":       {"Read", "trees/T-2-other/app.go", false},
		"through a link":        {"Read", "%s/link/app.go", false},
		"through a link to it":  {"Read", "%s/own/app.go", true},
		"a command there":       {"Bash", "cat %s/trees/T-2-other/app.go", false},
		"a command in both":     {"Bash", "diff trees/T-1-login/app.go trees/T-2-other/app.go", true},
		"a command of no place": {"Bash", "git diff main..feature -- app.go", true},
		"the main copy by cat":  {"Bash", "cat %s/app.go", false},
		"its folder":            {"Bash", "cd %s && cat app.go", false},
		"a relative one":        {"Bash", "cat app.go", false},
		"after cd":              {"Bash", "cd %s/trees/T-1-login && cat app.go", true},
		"in a loop":             {"Bash", "cd trees/T-1-login && for f in app.go; do cat $f; done", true},
		"both copies":           {"Bash", "diff app.go trees/T-1-login/app.go", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			place, other := h.addWorktree("T-1-login"), h.addWorktree("T-2-other")
			for _, root := range []string{".", place, other} {
				h.write(filepath.Join(h.dir, root, "app.go"), "package app\n")
			}
			if err := errors.Join(os.Symlink("trees/T-2-other", filepath.Join(h.dir, "link")), os.Symlink("trees/T-1-login", filepath.Join(h.dir, "own"))); err != nil {
				t.Skip(err)
			}
			h.verified("s", "T-2", other)
			h.verified("s", "T-1", place)
			h.pass("T-1", "test-runner", place)
			reviewer := h.gateLaunched("s", "T-1", "code-reviewer", place)
			input := strings.ReplaceAll(test.input, "%s", filepath.ToSlash(h.dir))
			reviewer.uses(test.tool, map[string]any{"file_path": input, "command": input}, "package app")
			reviewer.stop(passOfReview)
			steps := h.stepsIn(reviewer.back())
			noted := len(steps) == 1 && strings.Contains(quote.JSON(steps[0].Findings), `app.go\"; of 1 of them it shows copies in another worktree`)
			if noted == test.shown {
				t.Errorf("the steps are %+v", steps)
			}
		})
	}
}

// TestGateTestsOtherWork: a gate that changes the work, runs the tests and puts it back has tested other work. What it changes and puts back before
// the run, or elsewhere, does not matter.
func TestGateTestsOtherWork(t *testing.T) {
	t.Parallel()
	const edit, undo = "Edit %s/app.go", "Bash cp /tmp/kept %s/app.go"
	for name, test := range map[string]struct {
		does []string // %s is the worktree; a tool with its input
		sent bool
	}{
		"edit, test, undo":     {[]string{edit, "test", undo}, true},
		"by commands":          {[]string{"Bash cd %s && sed -i s/a/b/ app.go", "test", undo}, true},
		"in one command":       {[]string{"Bash cd %s && cp /tmp/x app.go && go test ./...; cp /tmp/kept app.go"}, true},
		"edit, undo, test":     {[]string{edit, undo, "test"}, false},
		"tested again":         {[]string{edit, "test", undo, "test"}, false},
		"what runs the tests":  {[]string{"Bash cd %s && echo 'test: ; true' > Makefile && make test; rm Makefile"}, true},
		"another file":         {[]string{"test", "Bash echo x > %s/report.txt"}, false},
		"the log of the run":   {[]string{"Bash cd %s && go test ./... > out.log 2>&1; cat out.log; rm out.log"}, false},
		"the same name in tmp": {[]string{"test", "Bash cp %s/app.go /tmp/app.go"}, false},
		"only reads":           {[]string{"test", "Bash cat %s/app.go > /tmp/x"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			place := h.addWorktree("T-1-login")
			h.verified("s", "T-1", place)
			tester := h.gateLaunched("s", "T-1", "test-runner", place)
			for _, step := range test.does {
				if step == "test" {
					step = "Bash cd %s && go test ./..."
				}
				tool, input, _ := strings.Cut(strings.ReplaceAll(step, "%s", filepath.ToSlash(filepath.Join(h.dir, place))), " ")
				tester.uses(tool, map[string]any{"file_path": input, "command": input}, "ok  \tshop\t0.1s")
			}
			back := tester.stop(`{"gate_status": "PASS", "tests": {"passed": 1, "failed": 0, "skipped": 0}, "blocking_issues": []}`)
			if got := strings.Contains(back, `you changed "`); got != test.sent || !test.sent && back != "" {
				t.Errorf("the agent reads %q", back)
			}
		})
	}
}

// uses adds a tool use and its result to the agent's transcript.
func (a *played) uses(tool string, input map[string]any, result string) {
	use := a.h.id("toolu")
	for _, message := range []map[string]any{
		{"role": "assistant", "id": a.h.id("msg"), "stop_reason": "tool_use", "content": []any{map[string]any{"type": "tool_use", "id": use, "name": tool, "input": input}}},
		{"role": "user", "content": []any{map[string]any{"type": "tool_result", "tool_use_id": use, "content": result}}},
	} {
		a.lines = append(a.lines, quote.JSON(map[string]any{
			"type": message["role"], "uuid": a.h.id("uuid"), "isSidechain": true, "agentId": a.id, "cwd": a.h.dir,
			"timestamp": a.h.clock().Format(time.RFC3339Nano), "message": message,
		}))
	}
}
