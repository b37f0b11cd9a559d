package hook

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"stopgate/hook/calls"
	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/rule"
	"stopgate/hook/step"
)

// workflow starts a workflow in the session "s", as the session's transcript shows it, and returns its run.
func (h *fakeHost) workflow() (run string) {
	h.t.Helper()
	run = h.id("wf_")
	use := h.id("toolu")
	h.record("s", map[string]any{"type": "assistant", "message": map[string]any{"role": "assistant", "id": h.id("msg"), "content": []any{
		map[string]any{"type": "tool_use", "id": use, "name": "Workflow", "input": map[string]any{"script": "…"}},
	}}})
	h.record("s", map[string]any{"type": "user", "toolUseResult": map[string]any{"status": "async_launched", "runId": run}, "message": map[string]any{"role": "user", "content": []any{
		map[string]any{"type": "tool_result", "tool_use_id": use, "content": "Workflow launched in background."},
	}}})
	return run
}

// scripted has the script of a workflow launch an agent. The client writes its notes and its transcript after the agent's start.
func (h *fakeHost) scripted(run, agentType, prompt string) *played {
	h.t.Helper()
	a := &played{h: h, session: "s", id: h.id("agent"), typ: agentType, prompt: prompt, run: run}
	a.start()
	if answer := h.endTurnBeside(host.WorkflowTask); len(h.stepsIn(answer)) > 0 {
		h.t.Errorf("when the agent begins, the end of a turn is answered with %+v", answer.Output)
	}
	a.notes(map[string]any{"agentType": a.typ, "spawnDepth": 1, "inWorkflowRun": true})
	a.line("user", "[Workflow harness — computed task] The task text below was computed at runtime by a workflow script. The computed task text follows:\n  "+
		strings.ReplaceAll(prompt, "\n", "\n  "))
	return a
}

// writesFile is the agent's call of a tool that writes app.go in the worktree, which the client announces.
func (a *played) writesFile(worktreePath string) {
	a.h.t.Helper()
	path := filepath.Join(a.h.dir, worktreePath, "app.go")
	out := a.h.send(host.Event{
		HookEventName: host.PreToolUse, SessionID: a.session, TranscriptPath: a.parent(), AgentID: a.id, AgentType: a.typ,
		ToolName: "Write", ToolUseID: a.h.id("toolu"), ToolInput: host.ToolInput{FilePath: path},
	}).Output
	if !out.Silent() {
		a.h.t.Fatalf("the write is answered with %+v", out)
	}
	a.uses("Write", map[string]any{"file_path": path, "content": "package app\n"}, "It is written.")
	a.h.edit(worktreePath, "app.go")
}

// handsIn ends the agent with the tool for a result with a schema. The client sends it back for nothing.
func (a *played) handsIn(result map[string]any) host.Output {
	a.h.t.Helper()
	a.uses("StructuredOutput", result, "Structured output provided successfully")
	a.save()
	a.said = ""
	return a.h.send(a.stopEvent()).Output
}

// endTurnBeside ends the turn while the client lists a background task of that type, which is no agent.
func (h *fakeHost) endTurnBeside(task string) Answer {
	return h.endTurnWith("s", []host.BackgroundTask{{ID: "b1", Type: task}})
}

// workflowEnds sends the notification that a workflow has ended, and returns the steps that it brings.
func (h *fakeHost) workflowEnds() []step.Step {
	return h.stepsIn(h.say("s", "<task-notification>\n<task-id>b1</task-id>\n<status>completed</status>\n<result>{}</result>\n</task-notification>"))
}

// workflowCoder has a workflow launch a coding agent for T-1, which writes app.go.
func (h *fakeHost) workflowCoder() (place, run string, coder *played) {
	place, run = h.addWorktree("T-1-login"), h.workflow()
	coder = h.scripted(run, "x:bug-fixer", coderPrompt("T-1", place))
	coder.writesFile(place)
	return place, run, coder
}

func gatePrompt(gate, worktreePath string) string {
	return launch.Marker{Task: "T-1", Gate: gate}.Line() + "\nWORKTREE_PATH: " + worktreePath
}

// TestWorkflow: the script of a workflow launches the coding agent and the gates. No launch is announced and no step tells it what to do. The work is
// verified as any other, the passes count, and at the end of the workflow the orchestrator reads the one step that is left.
func TestWorkflow(t *testing.T) {
	h := newHost(t)
	h.writes = true
	h.say("s", "Run the workflow.")
	place, run, coder := h.workflowCoder()
	if worktree := h.task("T-1").Worktree; worktree != place {
		t.Errorf("the task is begun in %q", worktree)
	}
	if answer := h.endTurnBeside(host.WorkflowTask); !answer.Output.Silent() {
		t.Errorf("while the agent works, the end of a turn is answered with %+v", answer.Output)
	}
	if back := coder.stop(reportOn("T-1", place, "app.go")); back != "" {
		t.Fatal(back)
	}
	if owed := h.task("T-1").State.Owed(); owed.Action != gates.Deploy {
		t.Errorf("verified work owes %+v", owed)
	}
	if answer := h.endTurnBeside(host.WorkflowTask); !answer.Output.Silent() {
		t.Errorf("while the workflow runs, the end of a turn is answered with %+v", answer.Output)
	}
	for gate, result := range map[string]string{"test-runner": passOfTests, "code-reviewer": passOfReview, "security-auditor": passOfReview} {
		if back := h.scripted(run, "x:"+gate, gatePrompt(gate, place)).stop(result); back != "" {
			t.Fatal(back)
		}
	}
	steps := h.workflowEnds()
	if len(steps) != 1 || steps[0].Action != gates.Present {
		t.Errorf("the end of the workflow tells %+v", steps)
	}
	h.say("s", "Yes, merge it.")
	if refused := h.merge(place); refused != "" {
		t.Errorf("the branch-manager is refused: %s", refused)
	}
}

// TestWorkflowFalseClaim: an agent of a workflow that can be sent back is sent back, and one that handed in its result with a schema is not.
func TestWorkflowFalseClaim(t *testing.T) {
	h := newHost(t)
	place, _, coder := h.workflowCoder()
	if back := coder.stop(reportOn("T-1", place, "app.go", "never.go")); !strings.Contains(back, string(rule.ClaimUnchanged)) {
		t.Errorf("it is sent back for %q", back)
	}
	if back := coder.stop(reportOn("T-1", place, "app.go")); back != "" {
		t.Errorf("the corrected report is refused: %s", back)
	}

	h = newHost(t)
	place, _, coder = h.workflowCoder()
	report := map[string]any{"task_id": "T-1", "worktree_path": place, "work_completed": "It is done.", "files_modified": []string{"app.go", "never.go"}, "unfinished": []string{}}
	if out := coder.handsIn(report); !out.Silent() {
		t.Errorf("an agent that has ended is answered with %+v", out)
	}
	steps := h.stepsIn(h.endTurn("s"))
	if n := len(steps); n == 0 || steps[n-1].Verdict != rule.Capped || !strings.Contains(steps[n-1].Instead, "cannot be sent back") {
		t.Errorf("the steps are %+v", steps)
	}
}

// TestWorkflowHandsIn: a report and a gate's result count as well if they are handed in with a schema.
func TestWorkflowHandsIn(t *testing.T) {
	h := newHost(t)
	place, run, coder := h.workflowCoder()
	coder.handsIn(map[string]any{"task_id": "T-1", "worktree_path": place, "work_completed": "It is done.", "files_modified": []string{"app.go"}, "unfinished": []string{}})
	reviewer := h.scripted(run, "x:code-reviewer", gatePrompt("code-reviewer", place))
	reviewer.handsIn(map[string]any{"gate_status": "PASS", "files_reviewed": []string{"app.go"}, "blocking_issues": []string{}})
	tester := h.scripted(run, "x:test-runner", gatePrompt("test-runner", place))
	if out := tester.handsIn(map[string]any{"gate_status": "PASS", "commands": []string{"go test ./..."}, "tests": map[string]any{"passed": 4, "failed": 0, "skipped": 0}, "blocking_issues": []string{}}); !out.Silent() {
		t.Errorf("a gate that has ended is answered with %+v", out)
	}
	if passed := h.task("T-1").State.PassedGates(); len(passed) != 1 || passed[0] != "code-reviewer" { // no test command is in the test-runner's transcript
		t.Errorf("passed are %v", passed)
	}
}

// TestWorkflowWithoutUse: an agent that used no tool has changed nothing, so its stop is soon enough to take the snapshot.
func TestWorkflowWithoutUse(t *testing.T) {
	h := newHost(t)
	place := h.addWorktree("T-1-login")
	coder := h.scripted(h.workflow(), "x:bug-fixer", coderPrompt("T-1", place))
	if back := coder.stop(reportOn("T-1", place, "app.go")); !strings.Contains(back, string(rule.ClaimUnchanged)) {
		t.Errorf("it is sent back for %q", back)
	}
	report := strings.Replace(reportOn("T-1", place), `"unfinished":[]`, `"unfinished":["the login"]`, 1)
	if back := coder.stop(strings.Replace(report, `"files_modified":null`, `"files_modified":[]`, 1)); back != "" {
		t.Errorf("it is sent back again for %q", back)
	}
	if steps := h.stepsIn(h.endTurn("s")); len(steps) != 1 || steps[0].Verdict != rule.Incomplete {
		t.Errorf("the steps are %+v", steps)
	}
}

// TestSkill: a skill runs in an agent of its own, in the foreground. Its step comes with the result of the skill, and its pass counts.
func TestSkill(t *testing.T) {
	h := newHost(t)
	h.writes = true
	place := h.addWorktree("T-1-login")
	h.say("s", "Add the login.")
	skill := func(agentType, prompt string, work func(a *played) (back string)) Answer {
		use := h.id("toolu")
		h.record("s", map[string]any{"type": "assistant", "message": map[string]any{"role": "assistant", "id": h.id("msg"), "content": []any{
			map[string]any{"type": "tool_use", "id": use, "name": "Skill", "input": map[string]any{"skill": "x"}},
		}}})
		a := &played{h: h, session: "s", id: h.id("agent"), typ: agentType, prompt: prompt}
		a.start()
		a.notes(map[string]any{"agentType": a.typ, "spawnDepth": 1})
		a.lines = append(a.lines, quote.JSON(map[string]any{
			"type": "user", "uuid": h.id("uuid"), "isMeta": true, "isSidechain": true, "agentId": a.id,
			"message": map[string]any{"role": "user", "content": "Base directory for this skill: " + h.dir + "\n\n" + prompt},
		}))
		a.save()
		if back := work(a); back != "" {
			t.Fatal(back)
		}
		h.record("s", map[string]any{"type": "user", "toolUseResult": map[string]any{"status": "forked", "agentId": a.id}, "message": map[string]any{"role": "user", "content": []any{
			map[string]any{"type": "tool_result", "tool_use_id": use, "content": "completed (forked execution)"},
		}}})
		return h.send(host.Event{
			HookEventName: host.PostToolUse, SessionID: "s", TranscriptPath: a.parent(), ToolName: host.SkillTool, ToolUseID: use,
			ToolResponse: host.ToolResponse{Status: host.SkillForked, AgentID: a.id},
		})
	}
	steps := h.stepsIn(skill("x:bug-fixer", coderPrompt("T-1", place), func(a *played) string {
		a.writesFile(place)
		return a.stop(reportOn("T-1", place, "app.go"))
	}))
	if len(steps) != 1 || steps[0].Action != gates.Deploy || steps[0].Verdict != rule.Verified {
		t.Errorf("after the coding agent the steps are %+v", steps)
	}
	for _, gate := range []string{"test-runner", "code-reviewer", "security-auditor"} {
		result := passOfReview
		if gate == "test-runner" {
			result = passOfTests
		}
		steps = h.stepsIn(skill("x:"+gate, gatePrompt(gate, place), func(a *played) string { return a.stop(result) }))
	}
	if len(steps) != 1 || steps[0].Action != gates.Present {
		t.Errorf("after the gates the steps are %+v", steps)
	}
	h.say("s", "Yes, merge it.")
	if refused := h.merge(place); refused != "" {
		t.Errorf("the branch-manager is refused: %s", refused)
	}
}

// TestNotesWithoutLaunch: an agent that takes its launch out of the host's notes, after it may have changed something, gets no other snapshot.
func TestNotesWithoutLaunch(t *testing.T) {
	for reads, want := range map[bool]rule.Verdict{true: rule.Verified, false: rule.Unknown} {
		h := newHost(t)
		place := h.addWorktree("T-1-login")
		a, refused := h.launch("s", "x:bug-fixer", coderPrompt("T-1", place))
		if refused != "" {
			t.Fatal(refused)
		}
		h.calls = []calls.Call{{Session: "s", Agent: a.id, Text: "catapp.go", Reads: reads}}
		a.notes(map[string]any{"agentType": a.typ, "spawnDepth": 1})
		a.writesFile(place)
		if back := a.stop(reportOn("T-1", place, "app.go")); back != "" {
			t.Fatal(back)
		}
		if steps := h.stepsIn(h.endTurn("s")); len(steps) != 1 || steps[0].Verdict != want {
			t.Errorf("after a command that only reads (%t) the steps are %+v", reads, steps)
		}
	}
}

// TestWorkflowEndAwaits: the client does not wait for the hook at the stop of an agent with a schema. The end of the workflow does.
func TestWorkflowEndAwaits(t *testing.T) {
	h := newHost(t)
	place, run, coder := h.workflowCoder()
	if back := coder.stop(reportOn("T-1", place, "app.go")); back != "" {
		t.Fatal(back)
	}
	tester := h.scripted(run, "x:test-runner", gatePrompt("test-runner", place))
	tester.ranTests()
	tester.uses("StructuredOutput", map[string]any{"gate_status": "PASS", "commands": []string{"go test ./..."}, "tests": map[string]any{"passed": 1, "failed": 0, "skipped": 0}, "blocking_issues": []string{}}, "provided")
	tester.save()
	stopped := make(chan Answer)
	go func() {
		time.Sleep(100 * time.Millisecond)
		stopped <- h.send(tester.stopEvent())
	}()
	steps := h.workflowEnds()
	<-stopped
	if len(steps) != 1 || steps[0].Verdict != rule.Passed {
		t.Errorf("the end of the workflow tells %+v", steps)
	}
}

// TestWorkflowTranscriptLags: an agent with a schema is not sent back either while its transcript does not show yet what it handed in.
func TestWorkflowTranscriptLags(t *testing.T) {
	h := newHost(t)
	_, _, coder := h.workflowCoder()
	if out := h.send(coder.stopEvent()).Output; !out.Silent() {
		t.Errorf("an agent that has ended is answered with %+v", out)
	}
	if steps := h.stepsIn(h.endTurn("s")); len(steps) != 1 || steps[0].Verdict != rule.Capped {
		t.Errorf("the steps are %+v", steps)
	}
}

// TestTeammate: events have the name of a teammate in the place of its type. It is checked as any agent of its type. The client lists it as running also
// after its stop, and the step comes at the end of the turn all the same.
func TestTeammate(t *testing.T) {
	h := newHost(t)
	place := h.addWorktree("T-1-login")
	a := &played{h: h, session: "s", id: h.id("agent"), typ: "alice", prompt: coderPrompt("T-1", place)}
	a.start()
	a.notes(map[string]any{"agentType": "alice", "customAgentType": "x:bug-fixer", "requestShape": "background"})
	a.line("user", "<teammate-message teammate_id=\"team-lead\" summary=\"Log in\">\n"+a.prompt+"\n</teammate-message>")
	if answer := h.endTurnBeside(host.TeammateTask); len(h.stepsIn(answer)) > 0 {
		t.Errorf("before it has done anything, the end of a turn is answered with %+v", answer.Output)
	}
	a.writesFile(place)
	if answer := h.endTurnBeside(host.TeammateTask); len(h.stepsIn(answer)) > 0 {
		t.Errorf("while it works, the end of a turn is answered with %+v", answer.Output)
	}
	if back := a.stop(reportOn("T-1", place, "app.go", "never.go")); !strings.Contains(back, string(rule.ClaimUnchanged)) {
		t.Errorf("it is sent back for %q", back)
	}
	if back := a.stop(reportOn("T-1", place, "app.go")); back != "" {
		t.Errorf("the corrected report is refused: %s", back)
	}
	if steps := h.stepsIn(h.endTurnBeside(host.TeammateTask)); len(steps) != 1 || steps[0].Action != gates.Deploy || steps[0].Verdict != rule.Verified || steps[0].AgentType != "x:bug-fixer" {
		t.Errorf("the steps are %+v", steps)
	}
}

// TestTeammateAsGate: the launch of a gate that joins the team is announced, and its notes do not name that call.
func TestTeammateAsGate(t *testing.T) {
	h := newHost(t)
	h.writes = true
	place := h.addWorktree("T-1-login")
	h.say("s", "Add the login.")
	h.verified("s", "T-1", place)
	join := func(gate, result string) []step.Step {
		a := &played{h: h, session: "s", id: h.id("agent"), typ: "x:" + gate, use: h.id("toolu"), prompt: gatePrompt(gate, place)}
		out := h.send(host.Event{
			HookEventName: host.PreToolUse, SessionID: "s", TranscriptPath: a.parent(), ToolName: "Agent", ToolUseID: a.use,
			ToolInput: host.ToolInput{SubagentType: a.typ, Prompt: a.prompt},
		}).Output
		if out.Specific != nil && out.Specific.PermissionDecision == "deny" {
			t.Fatal(out.Specific.PermissionDecisionReason)
		}
		a.recordLaunch()
		a.typ = "bob"
		a.start()
		a.notes(map[string]any{"agentType": "bob", "customAgentType": "x:" + gate, "requestShape": "background"})
		a.line("user", "<teammate-message teammate_id=\"team-lead\" summary=\"Check\">\n"+a.prompt+"\n</teammate-message>")
		if back := a.stop(result); back != "" {
			t.Fatal(back)
		}
		return h.stepsIn(h.endTurnBeside(host.TeammateTask))
	}
	for _, test := range []struct {
		gate, result string
		next         gates.Action
	}{
		{"test-runner", passOfTests, gates.Deploy}, {"code-reviewer", passOfReview, gates.Deploy}, {"security-auditor", passOfReview, gates.Present},
	} {
		if steps := join(test.gate, test.result); len(steps) != 1 || steps[0].Action != test.next {
			t.Errorf("after %s the steps are %+v", test.gate, steps)
		}
	}
	h.say("s", "Yes, merge it.")
	if refused := h.merge(place); refused != "" {
		t.Errorf("the branch-manager is refused: %s", refused)
	}
}
