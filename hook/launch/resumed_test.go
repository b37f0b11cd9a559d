package launch_test

import (
	"testing"

	"stopgate/hook/launch"
	"stopgate/hook/transcript"
)

func TestAssignmentOfAResumedAgent(t *testing.T) {
	agent := &transcript.Agent{Prompt: "TASK: T-1\nWORKTREE_PATH: ./trees/T-1-x"}
	agent.Run.Prompt = "TASK: T-2\nWORKTREE_PATH: ./trees/T-2-y"
	if got, want := launch.AssignmentOf(agent), (launch.Assignment{TaskID: "T-2", WorktreePath: "./trees/T-2-y"}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	agent.Run.Prompt = "Mend the failing test."
	if got, want := launch.AssignmentOf(agent), (launch.Assignment{TaskID: "T-1", WorktreePath: "./trees/T-1-x"}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// A message may mention other worktrees, and may quote what others wrote. Only its own label gives the agent another worktree.
func TestAssignmentByMessage(t *testing.T) {
	for message, want := range map[string]string{
		"Do it as in ./trees/T-9-other/app.js.":                                "./trees/T-1-x",
		"The fix is in trees/T-9-other already; take it over.":                 "./trees/T-1-x",
		"1. code-reviewer: \"WORKTREE_PATH: ./trees/T-9-other is better\"":     "./trees/T-1-x",
		"Go on in another place. WORKTREE_PATH: ./trees/T-9-other":             "./trees/T-9-other",
		"**Worktree:** `./trees/T-9-other`, and leave ./trees/T-1-x alone":     "./trees/T-9-other",
		"TASK: \"T-1\", WORKTREE_PATH: \"./trees/T-9-other\"":                  "./trees/T-9-other",
		"WORKTREE_PATH: ./trees/T-9-other or WORKTREE_PATH: ./trees/T-8-third": "./trees/T-1-x",

		"Stay where you are. The other agent has WORKTREE_PATH: ./trees/T-9-other, do not touch it.":                     "./trees/T-1-x",
		"> WORKTREE_PATH: ./trees/T-9-other\n\nThat was the prompt of the other agent; go on with yours.":                "./trees/T-1-x",
		"Do not work in the worktree: ./trees/T-9-other any more.":                                                       "./trees/T-1-x",
		"Compare with working directory: ./trees/T-9-other, then fix the null check.":                                    "./trees/T-1-x",
		"The other agent is done; use WORKTREE_PATH: ./trees/T-9-other":                                                  "./trees/T-9-other",
		"The other agent is done. From now on your worktree: ./trees/T-9-other":                                          "./trees/T-9-other",
		"> WORKTREE_PATH: ./trees/T-9-other":                                                                             "./trees/T-9-other",
		"> the tests are flaky\n\nNo, they are not. Go on there:\n- WORKTREE_PATH: ./trees/T-9-other\n":                  "./trees/T-9-other",
		"For example the reviewer used:\n```\nWORKTREE_PATH: ./trees/T-9-other\n```\nMend the finding.":                  "./trees/T-1-x",
		"The prompt of the other one was:\n~~~text\nTASK: T-2\nWORKTREE_PATH: ./trees/T-9-other\n~~~\nGo on with yours.": "./trees/T-1-x",
		"In the log it says `WORKTREE_PATH: ./trees/T-9-other`; ignore it.":                                              "./trees/T-1-x",
		"The reviewer wrote that WORKTREE_PATH: ./trees/T-9-other is somebody else's.":                                   "./trees/T-1-x",
		"Your next task:\n```\nTASK: T-2\nWORKTREE_PATH: ./trees/T-9-other\n```":                                         "./trees/T-9-other",
		"```\nWORKTREE_PATH: ./trees/T-9-other\n```":                                                                     "./trees/T-9-other",
		"From now on use `WORKTREE_PATH: ./trees/T-9-other`.":                                                            "./trees/T-9-other",
		"Go on there.\n- `WORKTREE_PATH: ./trees/T-9-other`":                                                             "./trees/T-9-other",
		"Go on there.\nWORKTREE_PATH: ./trees/T-9-other is ready for you":                                                "./trees/T-9-other",
		"This is for another task, not for T-1.\nTASK: T-2, WORKTREE_PATH: ./trees/T-9-other":                            "./trees/T-9-other",
	} {
		agent := &transcript.Agent{Prompt: "TASK: T-1\nWORKTREE_PATH: ./trees/T-1-x"}
		agent.Run = transcript.Run{Number: 1, Prompt: message}
		if got := launch.AssignmentOf(agent).WorktreePath; got != want {
			t.Errorf("%s: %s, want %s", message, got, want)
		}
	}
}
