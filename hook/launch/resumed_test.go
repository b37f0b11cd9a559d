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
