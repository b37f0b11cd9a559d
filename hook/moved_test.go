package hook

import (
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"stopgate/hook/gates"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
)

// moves has the client go on with the agent in another session, as when the person clears the conversation (2.1.330).
func (a *played) moves(session string) {
	a.h.t.Helper()
	a.save()
	last := gjson.Get(a.lines[len(a.lines)-1], "uuid").Str
	a.session = session
	a.lines = []string{quote.JSON(map[string]any{
		"type": "attachment", "parentUuid": last, "uuid": a.h.id("uuid"), "isSidechain": true, "agentId": a.id, "attachment": map[string]any{"type": "date"},
	})}
	a.notes(map[string]any{"agentType": a.typ, "toolUseId": a.use})
	a.save()
}

// TestAgentMovesToAnotherSession: the person clears the conversation while an agent is at work. The client goes on with it in the new session, where its
// launch is known, and its worktree is taken. Its step comes there, and a gate's pass counts at the merge.
func TestAgentMovesToAnotherSession(t *testing.T) {
	h := newHost(t)
	h.writes = true
	place := h.addWorktree("T-1-login")
	h.say("s", "Add the login.")
	coder, _ := h.launch("s", "x:bug-fixer", coderPrompt("T-1", place))
	coder.writesFile(place)
	coder.moves("s2")
	coder.writesFile(place)
	if in := h.task("T-1").SessionOf(coder.id); in != "s2" {
		t.Errorf("once it has used a tool there, it is at work in the session %q", in)
	}
	if _, refused := h.launch("s2", "x:bug-fixer", coderPrompt("T-2", place)); !strings.Contains(refused, "at work") {
		t.Errorf("while it is at work, the launch of another one is answered with %q", refused)
	}
	if answer := h.endTurn("s2", coder); !answer.Output.Silent() {
		t.Errorf("while it is at work, the end of the turn is answered with %+v", answer.Output)
	}
	if back := coder.stop(reportOn("T-1", place, "app.go")); back != "" {
		t.Fatal(back)
	}
	if steps := h.stepsIn(h.endTurn("s2")); len(steps) != 1 || steps[0].Action != gates.Deploy || steps[0].Verdict != "verified" {
		t.Errorf("after its stop the steps are %+v", steps)
	}
	if answer := h.endTurn("s"); !answer.Output.Silent() {
		t.Errorf("the session that it left is told %+v", answer.Output)
	}

	silent, _ := h.launch("s", "x:bug-fixer", coderPrompt("T-3", h.addWorktree("T-3-cart")))
	h.edit("./trees/T-3-cart", "app.go")
	silent.moves("s2")
	if back := silent.stop(reportOn("T-3", "./trees/T-3-cart", "app.go")); back != "" {
		t.Fatal(back)
	}
	if steps := h.stepsIn(h.endTurn("s2")); len(steps) != 1 || steps[0].Verdict != "verified" {
		t.Errorf("after the stop of one that used no tool there the steps are %+v", steps)
	}

	tester := h.gateLaunched("s2", "T-1", "test-runner", place)
	tester.ranTests()
	tester.moves("s3")
	if back := tester.stop(passOfTests); back != "" {
		t.Fatal(back)
	}
	if steps := h.stepsIn(h.endTurn("s3")); len(steps) != 1 || steps[0].Action != gates.Deploy || len(steps[0].Gates) != 2 {
		t.Errorf("after the tests the steps are %+v", steps)
	}
	for _, gate := range []string{"code-reviewer", "security-auditor"} {
		reviewer := h.gateLaunched("s3", "T-1", gate, place)
		if back := reviewer.stop(passOfReview); back != "" {
			t.Fatal(back)
		}
		reviewer.back()
	}
	h.say("s3", "Yes, merge it.")
	merger := launch.Marker{Task: "T-1", Gate: "branch-manager"}.Line() + "\nWORKTREE_PATH: " + place
	if _, refused := h.launch("s3", "x:branch-manager", merger); refused != "" {
		t.Errorf("the branch-manager is refused: %s", refused)
	}
}
