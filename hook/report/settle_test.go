package report

import "testing"

// What can only mean one thing is read as that, and judged: it neither costs a round nor passes what it contradicts.
func TestGateOtherForms(t *testing.T) {
	tests := []struct {
		text                       string
		problem, passed, contradic bool
	}{
		{`{"gate_status":"PASS","commands":["npm test"],"tests":{"passed":"4","failed":"0"},"blocking_issues":[]}`, false, true, false},
		{`{"gate_status":"PASS","commands":["npm test"],"tests":{"passed":"4","failed":"3"},"blocking_issues":[]}`, false, true, true},
		{`{"gate_status":"PASS","commands":["npm test"],"tests_passed":"4","tests_failed":"3"}`, false, true, true},
		{`{"gate_status":"PASS","commands":["npm test"],"tests":{"passed":"4/5"},"blocking_issues":[]}`, true, false, false},
		{`{"gate_status":"PASS","commands":["npm test"],"tests":{"passed":"-4"},"blocking_issues":[]}`, true, false, false},
		{`{"gate_status":"PASS","commands":["npm test"],"tests":{"passed":4},"blocking_issues":null}`, false, true, false},
		{`{"gate_status":"PASS","commands":["npm test"],"tests":{"passed":4},"blocking_issues":"none"}`, false, true, false},
		{`{"gate_status":"PASS","commands":["npm test"],"tests":{"passed":4},"blocking_issues":"login breaks"}`, true, false, false},
		{`{"gate_status":"FAIL","commands":["npm test"],"tests":{"passed":4},"blocking_issues":null}`, false, false, true},
		{`{"files_reviewed":["a.js"],"blocking_issues":null}`, true, false, false},
		{`{"result":{"gate_status":"PASS","commands":["npm test"],"tests":{"passed":"4"},"blocking_issues":null}}`, false, true, false},
	}
	for _, tt := range tests {
		gate, problems := ParseGate(tt.text, true)
		if (len(problems) > 0) != tt.problem || gate.Passed != tt.passed || (len(gate.Contradictions) > 0) != tt.contradic {
			t.Errorf("%s: problems %v, passed %v, contradictions %q", tt.text, problems, gate.Passed, gate.Contradictions)
		}
	}
	if gate, _ := ParseGate(`{"gate_status":"PASS","task_id":"456","commands":["x"],"tests":{"passed":"4"},"blocking_issues":[]}`, true); gate.Task != "456" || gate.Counts.Passed != 4 {
		t.Errorf("got %+v", gate)
	}
}
