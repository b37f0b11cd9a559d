package hook

import (
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"stopgate/hook/calls"
	"stopgate/hook/gates"
	"stopgate/hook/launch"
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
