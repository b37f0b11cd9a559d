package hosttest

import (
	"encoding/json"
	"testing"
)

// conversation makes requests of one model out of what is added before each, roles in turn.
func requestsOf(t *testing.T, model string, bodies ...string) []*request {
	t.Helper()
	var all []*request
	for _, body := range bodies {
		r := &request{Model: model}
		if err := json.Unmarshal([]byte(body), r); err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

const (
	firstRequest  = `{"messages":[{"role":"user","content":"go: step"}]}`
	secondRequest = `{"messages":[{"role":"user","content":"go: step"},{"role":"assistant","content":"step step"},
		{"role":"user","content":[{"type":"tool_result","content":[{"type":"text","text":"a step"}]}]},{"role":"system","content":"{\"step_id\":\"1\",\"n\":{}} {\"other\":2}"}]}`
)

func TestReadCountsWhatIsNew(t *testing.T) {
	s := &Session{requests: append(requestsOf(t, "alice", `{"messages":[{"role":"user","content":"step"}]}`),
		requestsOf(t, Orchestrator, firstRequest, firstRequest, secondRequest, secondRequest)...)}
	if got := s.Read(Orchestrator, "step"); got != 3 { // the prompt, the tool's result, the key; not what it said itself
		t.Errorf("the orchestrator read it %d times, want 3", got)
	}
	if got := s.Anyone("step"); got != 4 {
		t.Errorf("all models read it %d times, want 4", got)
	}
	if got := s.Replies(Orchestrator); got != 2 {
		t.Errorf("asked for %d replies, want 2", got)
	}
}

func TestReadCountsWhatComesAgain(t *testing.T) {
	again := `{"messages":[{"role":"user","content":"{\"step_id\":\"1\"}"},{"role":"user","content":"{\"step_id\":\"1\"}"}]}`
	s := &Session{requests: requestsOf(t, Orchestrator, `{"messages":[{"role":"user","content":"{\"step_id\":\"1\"}"}]}`, again)}
	if got := s.Read(Orchestrator, "step_id"); got != 2 {
		t.Errorf("read %d times, want 2", got)
	}
	if got := s.Objects(Orchestrator, "step_id"); len(got) != 2 {
		t.Errorf("found %v, want the object twice", got)
	}
}

func TestObjects(t *testing.T) {
	s := &Session{requests: requestsOf(t, Orchestrator, firstRequest, secondRequest)}
	got := s.Objects(Orchestrator, "step_id")
	if len(got) != 1 || got[0]["step_id"] != "1" {
		t.Errorf("found %v, want the one with step_id 1", got)
	}
}
