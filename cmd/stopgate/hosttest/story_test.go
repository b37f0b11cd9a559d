package hosttest

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
)

// banner begins every text of stopgate to a model.
const banner = "stopgate plugin, automated check, not user input"

// coder returns a coding agent of the plugin with a task and its own worktree.
func coder(task string, background bool, turns ...Turn) Agent {
	return Agent{
		Type:       "stopgate:integration-engineer",
		Prompt:     fmt.Sprintf("TASK: %s\nDESCRIPTION: Add a client for the payments service, with retries.\nWORKTREE_PATH: %s\n", task, worktree(task)),
		Background: background,
		Turns:      turns,
	}
}

func worktree(task string) string { return "./trees/" + task + "-client" }

// in returns a name in the worktree of a task.
func in(task, name string) string { return worktree(task) + "/" + name }

// report returns a report with every required field; edit changes it.
func report(task string, files ...string) string {
	return reportWith(task, files, nil)
}

func reportWith(task string, files, unfinished []string) string {
	if files == nil {
		files = []string{}
	}
	if unfinished == nil {
		unfinished = []string{}
	}
	raw, err := json.Marshal(map[string]any{
		"task_id": task, "worktree_path": worktree(task), "work_completed": "Added the client.",
		"files_modified": files, "unfinished": unfinished,
	})
	if err != nil {
		panic(err)
	}
	return "The work is done.\n\n```json\n" + string(raw) + "\n```"
}

// withCoders returns a scenario with one person, one orchestrator and agents that have a worktree for each task.
func withCoders(orchestrator []Turn, agents map[string]Agent, tasks ...string) Scenario {
	sc := Scenario{Script: Script{Prompt: "Have the payments client added.", Orchestrator: orchestrator, Agents: agents}}
	for _, task := range tasks {
		sc.Worktrees = append(sc.Worktrees, worktree(task))
	}
	return sc
}

// A way is how the agents of a story run: in the foreground, or in the background, where the orchestrator is idle until a notification.
type way string

const (
	inForeground way = "foreground"
	inBackground way = "background"
)

// inBothWays runs a story once in each way.
func inBothWays(t *testing.T, story func(t *testing.T, background bool)) {
	for _, w := range []way{inForeground, inBackground} {
		t.Run(string(w), func(t *testing.T) {
			t.Parallel()
			story(t, w == inBackground)
		})
	}
}

// inOneWay runs a story in the named way only, because its outcome hardly depends on the way. With STOPGATE_STORIES=all (make stories) it runs
// both.
func inOneWay(t *testing.T, w way, story func(t *testing.T, background bool)) {
	if os.Getenv("STOPGATE_STORIES") == "all" {
		inBothWays(t, story)
		return
	}
	t.Run(string(w), func(t *testing.T) {
		t.Parallel()
		story(t, w == inBackground)
	})
}

// launchAlice returns an orchestrator that launches one agent and acknowledges its result.
func launchAlice() []Turn {
	return []Turn{Launch("alice"), Say("Understood."), Say("Understood again.")}
}

// step holds the fields of a step that tests read.
type step struct {
	StepID       string   `json:"step_id"`
	Reminder     bool     `json:"reminder"`
	TaskID       string   `json:"task_id"`
	WorktreePath string   `json:"worktree_path"`
	AgentType    string   `json:"agent_type"`
	Verdict      string   `json:"verdict"`
	Action       string   `json:"action"`
	Files        []string `json:"files"`
	Error        string   `json:"error"`
	Unfinished   []string `json:"unfinished"`
	Calls        []struct {
		Tool         string `json:"tool"`
		SubagentType string `json:"subagent_type"`
		Prompt       string `json:"prompt"`
	} `json:"calls"`
	Findings []finding `json:"findings"`
	Report   *struct {
		TaskID        string   `json:"task_id"`
		FilesModified []string `json:"files_modified"`
	} `json:"report"`
}

// reminder is a part of the reminder at the end of a turn.
const reminder = "reminder: the next step is still open"

// steps returns the steps that the orchestrator has read, in order and with repetitions, without reminders. The count of the banner shows that
// stopgate told it nothing else.
func steps(t *testing.T, s *Session) []step {
	t.Helper()
	all := told(t, s)
	if n, reminders := s.Read(Orchestrator, banner), s.Read(Orchestrator, reminder); n != len(all)+reminders {
		t.Errorf("the orchestrator read the banner %d times, %d steps and %d reminders", n, len(all), reminders)
	}
	return all
}

// told returns the steps that the orchestrator has read, except those that it printed because of a reminder.
func told(t *testing.T, s *Session) (all []step) {
	t.Helper()
	for _, object := range s.Objects(Orchestrator, "step_id") {
		raw, err := json.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		var one step
		if err := json.Unmarshal(raw, &one); err != nil {
			t.Fatalf("a step that cannot be read: %v\n%s", err, raw)
		}
		if !one.Reminder {
			all = append(all, one)
		}
	}
	return all
}

// onlyStep returns the one step that the orchestrator has read.
func onlyStep(t *testing.T, s *Session) step {
	t.Helper()
	all := steps(t, s)
	if len(all) != 1 {
		t.Fatalf("the orchestrator read %d steps, want 1", len(all))
	}
	return all[0]
}

// wantStep fails unless the step is about the task and has the verdict.
func wantStep(t *testing.T, got step, task, verdict, action string) {
	t.Helper()
	if got.TaskID != task || got.WorktreePath != worktree(task) || got.Verdict != verdict || got.Action != action {
		t.Errorf("step for task %q in %q: %s, %s; want task %q in %q: %s, %s",
			got.TaskID, got.WorktreePath, got.Verdict, got.Action, task, worktree(task), verdict, action)
	}
}

// wantTestGate fails unless the step orders the test-runner, with what it needs in its prompt.
func wantTestGate(t *testing.T, got step, task string, files ...string) {
	t.Helper()
	wantStep(t, got, task, "verified", "deploy")
	if len(got.Calls) != 1 || got.Calls[0].Tool != "Agent" || got.Calls[0].SubagentType != "stopgate:test-runner" {
		t.Fatalf("calls %+v, want one of stopgate:test-runner", got.Calls)
	}
	for _, part := range append([]string{task, worktree(task)}, files...) {
		if !strings.Contains(got.Calls[0].Prompt, part) {
			t.Errorf("the gate's prompt does not hold %q: %s", part, got.Calls[0].Prompt)
		}
	}
}

// wantReplies fails unless alice was asked for that many replies: one more for each time she was sent back.
func wantReplies(t *testing.T, s *Session, want int) {
	t.Helper()
	if got := s.Replies("alice"); got != want {
		t.Errorf("alice was asked for %d replies, want %d", got, want)
	}
}

// wantRead fails unless alice has read the text, however often: the host shows what a hook blocks with twice (2.1.330).
func wantRead(t *testing.T, s *Session, text string) {
	t.Helper()
	if s.Read("alice", text) == 0 {
		t.Errorf("alice has not read %q", text)
	}
}

func wantNotRead(t *testing.T, s *Session, model, text string) {
	t.Helper()
	if n := s.Read(model, text); n != 0 {
		t.Errorf("%s has read %q %d times", model, text, n)
	}
}

// An honest agent is not held up: it reports, and the orchestrator is told to launch the first gate.
func TestHonestReport(t *testing.T) {
	inBothWays(t, func(t *testing.T, background bool) {
		s := play(t, withCoders(launchAlice(), map[string]Agent{
			"alice": coder("PAY-1", background,
				Write(in("PAY-1", "src/payments.js"), "export const pay = 1\n"),
				Bash("echo '// changed' >> "+in("PAY-1", "src/client.js")),
				Say(report("PAY-1", "src/payments.js", "src/client.js"))),
		}, "PAY-1"))
		wantTestGate(t, onlyStep(t, s), "PAY-1", "src/payments.js", "src/client.js")
		wantReplies(t, s, 3)
		// The step comes with the agent's result or its notification, not in a separate turn. The last turn is the reminder's.
		if n := s.Read(Orchestrator, "PAY-1: "+reminder+". Next: run the tests."); n != 1 {
			t.Errorf("the orchestrator was reminded %d times of the tests, want once", n)
		}
		if got, want := s.Replies(Orchestrator), map[bool]int{false: 3, true: 4}[background]; got != want {
			t.Errorf("the orchestrator was asked for %d replies, want %d", got, want)
		}
		if n := s.Read("alice", banner); n != 1 { // the form of the report, before its first turn
			t.Errorf("alice read the banner %d times, want once", n)
		}
	})
}

// A false claim never reaches the orchestrator: the agent is sent back, does what it claimed, and is then verified.
func TestFalseClaimCorrected(t *testing.T) {
	inOneWay(t, inBackground, func(t *testing.T, background bool) {
		s := play(t, withCoders(launchAlice(), map[string]Agent{
			"alice": coder("PAY-2", background,
				Say(report("PAY-2", "src/client.js")),
				Bash("echo '// changed' >> "+in("PAY-2", "src/client.js")),
				Say(report("PAY-2", "src/client.js"))),
		}, "PAY-2"))
		wantRead(t, s, "claim-unchanged")
		wantRead(t, s, "src/client.js")
		wantRead(t, s, "complete corrected JSON report as your whole last message")
		wantNotRead(t, s, Orchestrator, "claim-unchanged")
		wantTestGate(t, onlyStep(t, s), "PAY-2", "src/client.js")
		wantReplies(t, s, 3)
	})
}

// An agent that repeats a refused report is not asked a second time.
func TestSameFalseClaimAgain(t *testing.T) {
	inOneWay(t, inBackground, func(t *testing.T, background bool) {
		false1 := Say(report("PAY-3", "src/client.js"))
		s := play(t, withCoders(launchAlice(), map[string]Agent{
			"alice": coder("PAY-3", background, false1, false1, false1, false1),
		}, "PAY-3"))
		got := onlyStep(t, s)
		wantStep(t, got, "PAY-3", "capped", "escalate")
		if len(got.Findings) == 0 || got.Findings[0].Rule != "claim-unchanged" || got.Findings[0].Path != "src/client.js" {
			t.Errorf("findings %+v, want claim-unchanged of src/client.js", got.Findings)
		}
		wantReplies(t, s, 2)
	})
}

// An agent that is wrong in a new way each time is sent back three times, and then the person is asked.
func TestNeverCorrected(t *testing.T) {
	inOneWay(t, inBackground, func(t *testing.T, background bool) {
		s := play(t, withCoders(launchAlice(), map[string]Agent{
			"alice": coder("PAY-4", background,
				Say(report("PAY-4", "src/one.js")), Say(report("PAY-4", "src/two.js")),
				Say(report("PAY-4", "src/three.js")), Say(report("PAY-4", "src/four.js")), Say(report("PAY-4", "src/five.js"))),
		}, "PAY-4"))
		wantStep(t, onlyStep(t, s), "PAY-4", "capped", "escalate")
		wantReplies(t, s, 4)
		wantNotRead(t, s, "alice", "src/four.js")
	})
}

// A message after the report must not hide it: the host would hand over only the last text.
func TestReportBeforeLastMessage(t *testing.T) {
	whole := func(background bool, turns ...Turn) map[string]Agent {
		return map[string]Agent{"alice": coder("PAY-5", background, append([]Turn{Write(in("PAY-5", "src/payments.js"), "export {}\n")}, turns...)...)}
	}
	stories := map[string][]Turn{
		"then a tool and Done": {Say(report("PAY-5", "src/payments.js")).Use("Bash", map[string]any{"command": "true", "description": "Look once more"}), Say("Done.")},
		"then a second text":   {Say(report("PAY-5", "src/payments.js"), "That is all.")},
	}
	for name, turns := range stories {
		t.Run(name, func(t *testing.T) {
			inOneWay(t, inForeground, func(t *testing.T, background bool) {
				s := play(t, withCoders(launchAlice(), whole(background, turns...), "PAY-5"))
				got := onlyStep(t, s)
				wantTestGate(t, got, "PAY-5", "src/payments.js")
				if got.Report == nil || got.Report.TaskID != "PAY-5" {
					t.Errorf("the step carries the report %+v, want that of PAY-5", got.Report)
				}
			})
		})
	}
}

// An agent that is sent back and answers "Done." has fixed nothing.
func TestBlockedThenDone(t *testing.T) {
	inOneWay(t, inBackground, func(t *testing.T, background bool) {
		s := play(t, withCoders(launchAlice(), map[string]Agent{
			"alice": coder("PAY-6", background, Say(report("PAY-6", "src/client.js")), Say("Done."), Say("Done.")),
		}, "PAY-6"))
		wantStep(t, onlyStep(t, s), "PAY-6", "capped", "escalate")
	})
}

// An agent may stop by protocol. It is not sent back for a missing report.
func TestErrorStop(t *testing.T) {
	inOneWay(t, inForeground, func(t *testing.T, background bool) {
		const why = "ERROR: Integration requirements required (provide API specs, authentication flow, data flow)"
		s := play(t, withCoders(launchAlice(), map[string]Agent{"alice": coder("PAY-7", background, Say(why))}, "PAY-7"))
		got := onlyStep(t, s)
		wantStep(t, got, "PAY-7", "declined", "supply")
		if !strings.Contains(got.Error, "Integration requirements required") {
			t.Errorf("the step's error is %q", got.Error)
		}
		wantReplies(t, s, 1)
	})
}

// Unfinished work goes to the orchestrator; no gate runs.
func TestUnfinished(t *testing.T) {
	inOneWay(t, inForeground, func(t *testing.T, background bool) {
		s := play(t, withCoders(launchAlice(), map[string]Agent{
			"alice": coder("PAY-8", background, Write(in("PAY-8", "src/payments.js"), "export {}\n"),
				Say(reportWith("PAY-8", []string{"src/payments.js"}, []string{"The sandbox key is missing."}))),
		}, "PAY-8"))
		got := onlyStep(t, s)
		wantStep(t, got, "PAY-8", "incomplete", "resolve")
		if len(got.Unfinished) != 1 || got.Unfinished[0] != "The sandbox key is missing." {
			t.Errorf("unfinished %q", got.Unfinished)
		}
	})
}

// If agents finish at the same time, each gets its step, and no step comes twice.
func TestTwoAgents(t *testing.T) {
	work := func(task string, background bool, last func(Turn) Turn) Agent {
		return coder(task, background, Write(in(task, "src/payments.js"), "export {}\n"), last(Say(report(task, "src/payments.js"))))
	}
	at := func(model string, n int) func(Turn) Turn { return func(t Turn) Turn { return t.After(model, n) } }
	now := func(t Turn) Turn { return t }
	stories := map[string]struct {
		orchestrator []Turn
		agents       map[string]Agent
	}{
		"foreground": {
			[]Turn{Launch("alice", "bob"), Say("Understood.")},
			map[string]Agent{"alice": work("PAY-9", false, at("bob", 2)), "bob": work("PAY-10", false, at("alice", 2))},
		},
		"background, at the same time": {
			[]Turn{Launch("alice", "bob"), Say("I wait."), Say("Understood."), Say("Understood.")},
			map[string]Agent{"alice": work("PAY-9", true, at("bob", 2)), "bob": work("PAY-10", true, at("alice", 2))},
		},
		"background, one after the other": {
			[]Turn{Launch("alice", "bob"), Say("I wait."), Say("Understood."), Say("Understood.")},
			map[string]Agent{"alice": work("PAY-9", true, at(Orchestrator, 3)), "bob": work("PAY-10", true, now)},
		},
		"background, while the orchestrator runs a tool": {
			[]Turn{Launch("alice", "bob"), Bash("sleep 2"), Say("Understood."), Say("Understood.")},
			map[string]Agent{"alice": work("PAY-9", true, now), "bob": work("PAY-10", true, now)},
		},
		"background, while the orchestrator thinks": {
			[]Turn{Launch("alice", "bob"), Say("A long thought.").After("alice", 2).After("bob", 2), Say("Understood."), Say("Understood.")},
			map[string]Agent{"alice": work("PAY-9", true, now), "bob": work("PAY-10", true, now)},
		},
	}
	for name, story := range stories {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := play(t, withCoders(story.orchestrator, story.agents, "PAY-9", "PAY-10"))
			got := steps(t, s)
			if len(got) != 2 {
				t.Fatalf("the orchestrator read %d steps, want 2", len(got))
			}
			if got[0].TaskID == "PAY-10" {
				got[0], got[1] = got[1], got[0]
			}
			wantTestGate(t, got[0], "PAY-9", "src/payments.js")
			wantTestGate(t, got[1], "PAY-10", "src/payments.js")
		})
	}
}

// An agent that gets a message stops again. That stop is judged anew and has its own step.
func TestResumed(t *testing.T) {
	turns := []Turn{
		Write(in("PAY-11", "src/payments.js"), "export {}\n"), Say(report("PAY-11", "src/payments.js")),
		Write(in("PAY-11", "src/retries.js"), "export {}\n"), Say(report("PAY-11", "src/payments.js", "src/retries.js", "src/client.js")),
		Say(report("PAY-11", "src/payments.js", "src/retries.js")),
	}
	inOneWay(t, inForeground, func(t *testing.T, background bool) {
		orchestrator := []Turn{Launch("alice")}
		if background {
			orchestrator = append(orchestrator, Say("I wait."))
		}
		orchestrator = append(orchestrator, FindSendMessage(), Resume("alice", "The tests fail for want of retries."), Say("I wait."), Say("Understood."))
		s := play(t, withCoders(orchestrator, map[string]Agent{"alice": coder("PAY-11", background, turns...)}, "PAY-11"))
		got := steps(t, s)
		if len(got) != 2 {
			t.Fatalf("the orchestrator read %d steps, want 2", len(got))
		}
		wantTestGate(t, got[0], "PAY-11", "src/payments.js")
		wantTestGate(t, got[1], "PAY-11", "src/payments.js", "src/retries.js")
		if got[0].StepID == got[1].StepID {
			t.Errorf("both stops have the step %q", got[0].StepID)
		}
		wantReplies(t, s, 5) // once sent back in her second run
	})
}

// An agent that dies before its report must not count as one that reported.
func TestNoStop(t *testing.T) {
	inOneWay(t, inBackground, func(t *testing.T, background bool) {
		s := play(t, withCoders(launchAlice(), map[string]Agent{
			"alice": coder("PAY-15", background, Say(report("PAY-15", "src/client.js")), Fail(400)),
		}, "PAY-15"))
		for _, step := range steps(t, s) {
			if step.Verdict == "verified" || step.Action == "deploy" {
				t.Errorf("a report that was refused led to the step %+v", step)
			}
		}
		wantRead(t, s, "claim-unchanged")
	})
}

// An agent that runs out of turns is returned as completed, and the host reports no stop of it. Its work must not count as checked.
func TestOutOfTurns(t *testing.T) {
	inOneWay(t, inBackground, func(t *testing.T, background bool) {
		agent := coder("PAY-16", background, Bash("true"), Bash("true"), Say(report("PAY-16", "src/client.js")))
		agent.Type = "bug-fixer"
		sc := withCoders(launchAlice(), map[string]Agent{"alice": agent}, "PAY-16")
		sc.Untracked = map[string]string{".claude/agents/bug-fixer.md": "---\nname: bug-fixer\ndescription: Fixes defects.\nmaxTurns: 2\n---\n\nYou fix defects.\n"}
		s := play(t, sc)
		wantReplies(t, s, 2)
		if got := onlyStep(t, s); got.Verdict != "unknown" || got.Action != "unverified" {
			t.Errorf("step %s, %s; want unknown, unverified", got.Verdict, got.Action)
		}
	})
}

// Other agents are left alone: nobody is told anything, and nothing is recorded.
func TestForeignAgent(t *testing.T) {
	inOneWay(t, inForeground, func(t *testing.T, background bool) {
		s := play(t, withCoders(launchAlice(), map[string]Agent{
			"alice": {Type: "general-purpose", Background: background, Prompt: "Say what the project is for.", Turns: []Turn{Bash("cat README.md"), Say("Nothing.")}},
		}))
		if n := s.Anyone(banner); n != 0 {
			t.Errorf("models have read the banner %d times", n)
		}
		records, err := s.Journal()
		if err != nil {
			t.Fatal(err)
		}
		if len(records) != 0 {
			t.Errorf("the journal holds %v", records)
		}
	})
}

// A project's own agent may name the gate in its frontmatter although the plugin registers it too: the host then reports the stop twice, at the
// same time.
func TestReportedTwice(t *testing.T) {
	for _, name := range []string{"honest", "false claim"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			agent := coder("PAY-12", false, Write(in("PAY-12", "src/payments.js"), "export {}\n"), Say(report("PAY-12", "src/payments.js")))
			want := 2
			if name == "false claim" {
				agent.Turns = append([]Turn{Say(report("PAY-12", "src/payments.js"))}, agent.Turns...)
				want = 3
			}
			agent.Type = "bug-fixer"
			sc := withCoders(launchAlice(), map[string]Agent{"alice": agent}, "PAY-12")
			sc.Untracked = map[string]string{".claude/agents/bug-fixer.md": "---\nname: bug-fixer\ndescription: Fixes defects.\nhooks:\n  Stop:\n    - hooks:\n        - type: command\n" +
				"          command: \"" + shared.get(t).plugin + "/scripts/orchestrate-coding-agent.sh\"\n---\n\nYou fix defects.\n"}
			s := play(t, sc)
			got := onlyStep(t, s)
			wantStep(t, got, "PAY-12", "verified", "deploy")
			wantReplies(t, s, want)
			stops := 0
			records, err := s.Journal()
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range records {
				if r["kind"] == "stop" {
					stops++
				}
			}
			if stops != want-1 {
				t.Errorf("%d stops are recorded, want %d", stops, want-1)
			}
		})
	}
}

// The orchestrator stops a coding agent at its work and launches another one at once. The host sends no SubagentStop for the first one.
func TestStoppedAtWork(t *testing.T) {
	t.Parallel()
	const task = "PAY-18"
	sc := protocol(task, true, []Turn{Bash("until test -f never; do sleep 1; done")}, nil)
	alice := sc.Agents["alice"]
	alice.Again = [][]Turn{honest(task)}
	sc.Agents["alice"] = alice
	load := Use("ToolSearch", map[string]any{"query": "select:TaskStop", "max_results": 1})
	sc.Orchestrator = []Turn{Launch("alice"), load, Bash("sleep 1 && true"), StopTask("alice"), Launch("alice")}
	s := playOnly(t, sc)
	wantOrders(t, s, "verified: deploy test-runner", "passed: deploy code-reviewer security-auditor", "passed: present")
	wantFacts(t, s, "coder-started", "not-coder", "coder-started", "coder-stopped verified", "gate-launched test-runner", "gate-result test-runner pass",
		"gate-launched code-reviewer", "gate-launched security-auditor", "gate-result code-reviewer pass", "gate-result security-auditor pass")
}

// The client is killed while a coding agent works, and the person goes on with the session at once. The agent is gone.
func TestClientKilled(t *testing.T) {
	t.Parallel()
	const task = "PAY-19"
	sc := protocol(task, false, []Turn{Bash("kill -9 $CLAUDE_PID || kill -9 $PPID")}, nil)
	alice := sc.Agents["alice"]
	alice.Again = [][]Turn{honest(task)}
	sc.Agents["alice"] = alice
	sc.Orchestrator = []Turn{Launch("alice"), Say("The host asks for the conversation again."), Launch("alice")}
	sc.Then, sc.Killed = []string{"Go on."}, true
	s := playOnly(t, sc)
	t.Logf("%s", s.Story())
	wantOrders(t, s, "verified: deploy test-runner", "passed: deploy code-reviewer security-auditor", "passed: present")
}
