package gateresult_test

import (
	"strings"
	"testing"

	"stopgate/hook/actor"
	"stopgate/hook/gateresult"
	"stopgate/hook/gates"
	"stopgate/hook/launch"
	"stopgate/hook/rule"
	"stopgate/hook/transcript"
)

const pass = `{"gate_status": "PASS", "commands": ["npm test"], "tests": {"passed": 3, "failed": 0}, "blocking_issues": []}`

// TestRead: a result counts as it stands, unless it contradicts itself or only says that an input is missing. An earlier text of the same reply
// counts if the last message has no result.
func TestRead(t *testing.T) {
	t.Parallel()
	earlier := &transcript.Agent{Replies: []transcript.Reply{{Texts: []string{pass, "That is all."}}}}
	for name, test := range map[string]struct {
		last    string
		agent   *transcript.Agent
		outcome gates.Outcome
		verdict rule.Verdict
		missing bool
	}{
		"pass":          {pass, &transcript.Agent{}, gates.Pass, rule.Passed, false},
		"fail":          {`{"gate_status": "FAIL", "commands": ["npm test"], "tests": {"passed": 2, "failed": 1}, "blocking_issues": ["x"]}`, &transcript.Agent{}, gates.Fail, rule.Failed, false},
		"contradictory": {strings.Replace(pass, "[]", `["x"]`, 1), &transcript.Agent{}, gates.Pass, rule.Failed, false},
		"earlier":       {"That is all.", earlier, gates.Pass, rule.Passed, false},
		"nothing":       {"That is all.", &transcript.Agent{}, gates.NoOutcome, rule.NoResult, false},
		"no input":      {"ERROR: WORKING_DIR is required", &transcript.Agent{}, gates.NoOutcome, rule.NoResult, true},
	} {
		var f gates.Fact
		gateresult.Read(actor.Agent{Role: launch.GateRole, Gate: "test-runner"}, &f, test.last, test.agent)
		if f.Kind != gates.GateResult || f.Gate != "test-runner" || f.Outcome != test.outcome || gateresult.Verdict(f) != test.verdict || (len(f.Missing) > 0) != test.missing {
			t.Errorf("%s: %+v, verdict %s", name, f, gateresult.Verdict(f))
		}
	}
	var f gates.Fact
	gateresult.Read(actor.Agent{Role: launch.OpsRole}, &f, pass, &transcript.Agent{})
	if f.Kind != gates.OpsStopped || f.Outcome != "" || gateresult.Verdict(f) != rule.Ended {
		t.Errorf("of an ops agent: %+v", f)
	}
}

// TestPassOfNothing: a pass that counts for no tree is a finding, and no other result is.
func TestPassOfNothing(t *testing.T) {
	t.Parallel()
	f := gates.Fact{Kind: gates.GateResult, Outcome: gates.Pass}
	if found := gateresult.PassOfNothing(f, "it is gone"); len(found) != 1 || found[0].Severity != rule.Halt || !strings.Contains(found[0].Message, "it is gone") {
		t.Errorf("%v", found)
	}
	f.Tree = "t"
	if found := gateresult.PassOfNothing(f, ""); found == nil || len(found) > 0 {
		t.Errorf("of a tree that was seen: %v", found)
	}
}

// TestReadBranch: a branch-manager's ERROR line is a result, and so is an object in an earlier text of its reply.
func TestReadBranch(t *testing.T) {
	t.Parallel()
	if said := gateresult.ReadBranch("ERROR: the merge has conflicts", &transcript.Agent{}); said.Status != "error" || len(said.Issues) != 1 {
		t.Errorf("%+v", said)
	}
	if said := gateresult.ReadBranch("All is merged.", &transcript.Agent{}); said.Status == "error" || len(said.Issues) > 0 {
		t.Errorf("%+v", said)
	}
}
