package hosttest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// ask sends a conversation as the client does and returns the whole answer, a stream put together again.
func ask(t *testing.T, s *standIn, stream bool, messages ...map[string]any) map[string]any {
	t.Helper()
	body := mustJSON(map[string]any{"stream": stream, "tools": []any{map[string]any{"name": "Bash"}}, "messages": messages})
	res, err := http.Post(s.url+"/v1/messages?beta=true", "application/json", bytes.NewReader(body))
	if err != nil {
		t.Error(err)
		return nil
	}
	defer res.Body.Close()
	answer := map[string]any{}
	if !stream {
		if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
			t.Error(err)
		}
		return answer
	}
	var content []any
	scanner := bufio.NewScanner(res.Body)
	for scanner.Scan() {
		data, ok := strings.CutPrefix(scanner.Text(), "data: ")
		if !ok {
			continue
		}
		var event struct {
			Type    string         `json:"type"`
			Message map[string]any `json:"message"`
			Block   map[string]any `json:"content_block"`
			Delta   struct {
				Type        string `json:"type"`
				Text        string `json:"text"`
				PartialJSON string `json:"partial_json"`
				StopReason  string `json:"stop_reason"`
			} `json:"delta"`
		}
		if err := json.Unmarshal([]byte(data), &event); err != nil {
			t.Error(err)
		}
		switch event.Type {
		case "message_start":
			answer = event.Message
		case "content_block_start":
			content = append(content, event.Block)
		case "content_block_delta":
			last := content[len(content)-1].(map[string]any)
			switch event.Delta.Type {
			case "text_delta":
				last["text"] = event.Delta.Text
			case "input_json_delta":
				var input map[string]any
				if err := json.Unmarshal([]byte(event.Delta.PartialJSON), &input); err != nil {
					t.Error(err)
				}
				last["input"] = input
			}
		case "message_delta":
			answer["stop_reason"] = event.Delta.StopReason
		}
	}
	answer["content"] = content
	return answer
}

func user(text string) map[string]any { return map[string]any{"role": "user", "content": text} }
func assistant(text string) map[string]any {
	return map[string]any{"role": "assistant", "content": text}
}

func start(t *testing.T, script Script) *standIn {
	t.Helper()
	s, err := serve(script, "/repository")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestStandInPlaysScript(t *testing.T) {
	s := start(t, Script{
		Prompt:       "Begin.",
		Orchestrator: []Turn{Launch("alice").Say("Off you go."), Say("one", "two")},
		Agents:       map[string]Agent{"alice": {Type: "x:coder", Prompt: "You are alice.", Background: true, Turns: []Turn{Write("a/b", "text")}}},
	})
	for _, stream := range []bool{true, false} {
		first := string(mustJSON(ask(t, s, stream, user("Begin."))))
		for _, part := range []string{
			`"stop_reason":"tool_use"`, `"id":"toolu_orchestrator_1_1"`, `"name":"Agent"`, `"subagent_type":"x:coder"`, `"run_in_background":true`,
			`"text":"Off you go."`,
		} {
			if !strings.Contains(first, part) {
				t.Errorf("stream %t: no %s in %s", stream, part, first)
			}
		}
		second := string(mustJSON(ask(t, s, stream, user("Begin."), assistant("x"), user("go on"))["content"]))
		if want := `[{"text":"one","type":"text"},{"text":"two","type":"text"}]`; second != want {
			t.Errorf("stream %t: second reply %s, want %s", stream, second, want)
		}
		third := string(mustJSON(ask(t, s, stream, user("Begin."), assistant("x"), user("y"), assistant("z"), user("go on"))["content"]))
		if !strings.Contains(third, "Nothing to add.") {
			t.Errorf("stream %t: reply after the script's end: %s", stream, third)
		}
		alice := string(mustJSON(ask(t, s, stream, user("Some context.\nYou are alice."))["content"]))
		if want := `"file_path":"/repository/a/b"`; !strings.Contains(alice, want) {
			t.Errorf("stream %t: no %s in %s", stream, want, alice)
		}
	}
	if err := s.close(); err != nil {
		t.Error(err)
	}
	if got := len(s.requests); got != 8 {
		t.Errorf("%d requests are kept, want 8", got)
	}
}

func TestStandInHoldsReplyBack(t *testing.T) {
	s := start(t, Script{
		Prompt:       "Begin.",
		Orchestrator: []Turn{Say("late").After("alice", 2)},
		Agents:       map[string]Agent{"alice": {Prompt: "You are alice.", Turns: []Turn{Say("one"), Say("two")}}},
	})
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		ask(t, s, true, user("Begin."))
	}()
	ask(t, s, true, user("You are alice."))
	select {
	case <-answered:
		t.Error("the reply came before its time")
	default:
	}
	ask(t, s, true, user("You are alice."), assistant("one"), user("go on"))
	<-answered
	if err := s.close(); err != nil {
		t.Error(err)
	}
}

func TestStandInReportsBrokenScript(t *testing.T) {
	for name, turn := range map[string]Turn{"launch": Launch("nobody"), "resume": Resume("nobody", "Go on.")} {
		s := start(t, Script{Prompt: "Begin.", Orchestrator: []Turn{turn}})
		ask(t, s, false, user("Begin."))
		if err := s.close(); err == nil || !strings.Contains(err.Error(), `"nobody"`) {
			t.Errorf("%s of an agent that is not there: error %v", name, err)
		}
	}
}

func TestResumeFindsAgent(t *testing.T) {
	s := start(t, Script{
		Prompt:       "Begin.",
		Orchestrator: []Turn{Launch("alice", "bob"), Resume("bob", "Go on.")},
		Agents:       map[string]Agent{"alice": {Prompt: "You are alice."}, "bob": {Prompt: "You are bob."}},
	})
	calls := ask(t, s, true, user("Begin."))["content"]
	result := func(id, text string) map[string]any {
		return map[string]any{"type": "tool_result", "tool_use_id": id, "content": []any{map[string]any{"type": "text", "text": text}}}
	}
	reply := ask(t, s, true, user("Begin."), map[string]any{"role": "assistant", "content": calls}, map[string]any{"role": "user", "content": []any{
		result("toolu_orchestrator_1_1", "Done.\nagentId: a1 (…)"), result("toolu_orchestrator_1_2", "Done.\nagentId: b2 (…)"),
	}})
	if got := string(mustJSON(reply["content"])); !strings.Contains(got, `"to":"b2"`) {
		t.Errorf("resumed %s, want b2", got)
	}
	if err := s.close(); err != nil {
		t.Error(err)
	}
}
