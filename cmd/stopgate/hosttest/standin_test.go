package hosttest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// standIn is the Messages API on loopback. It plays a script and keeps every request. Only the requests prove what a model was told.
type standIn struct {
	url    string
	script Script
	dir    string // the session's repository, which Write's names are relative to

	server  *http.Server
	serving chan struct{} // closed when the server has ended

	mu       sync.Mutex
	progress *sync.Cond // a request has arrived
	requests []*request
	asked    map[string]int      // by model: how many different replies it was asked for
	launches map[string][]string // by agent of the script: the ids of those launched with its prompt, in the order of their first requests
	obeyed   map[string]bool     // by step: its calls have been made
	reminded int                 // the reminders whose whole step was printed
	replaced map[string]int      // by action: how many replies of Script.Instead have been given
	errs     []error
}

// serve starts a stand-in that plays script until close.
func serve(script Script, dir string) (*standIn, error) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen on loopback: %w", err)
	}
	s := &standIn{
		url: "http://" + listener.Addr().String(), script: script, dir: dir,
		serving: make(chan struct{}), asked: map[string]int{}, launches: map[string][]string{}, obeyed: map[string]bool{}, replaced: map[string]int{},
	}
	s.progress = sync.NewCond(&s.mu)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/messages", s.messages)
	mux.HandleFunc("POST /v1/messages/count_tokens", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]any{"input_tokens": 100})
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { writeError(w, http.StatusNotFound) })
	s.server = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		defer close(s.serving)
		if err := s.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.fail(fmt.Errorf("serve the Messages API: %w", err))
		}
	}()
	return s, nil
}

// close ends the stand-in. It returns the errors of the script.
func (s *standIn) close() error {
	err := s.server.Close()
	<-s.serving
	s.mu.Lock()
	defer s.mu.Unlock()
	return errors.Join(append(slices.Clone(s.errs), err)...)
}

func (s *standIn) messages(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		writeError(w, http.StatusBadRequest)
		return
	}
	var req request
	if err := json.Unmarshal(body, &req); err != nil {
		s.fail(fmt.Errorf("read a request: %w", err))
		writeError(w, http.StatusBadRequest)
		return
	}
	turn := s.next(&req, r.Header.Get("X-Claude-Code-Agent-Id"))
	if turn.status != 0 {
		writeError(w, turn.status)
		return
	}
	content, err := s.render(&req, turn)
	if err != nil {
		s.fail(err)
		writeError(w, http.StatusBadRequest)
		return
	}
	id := fmt.Sprintf("msg_%s_%d", req.Model, req.replies()+1)
	if req.Stream {
		writeStream(w, id, content)
	} else {
		writeJSON(w, http.StatusOK, reply(id, content, stopReason(content)))
	}
}

// next records the request, finds the turn that it asks for, and waits until that turn may be played. If the host repeats a request, the same turn
// is played again. agent is the host's id of the subagent that makes the request (2.1.330).
func (s *standIn) next(req *request, agent string) Turn {
	s.mu.Lock()
	defer s.mu.Unlock()
	req.Model = s.script.model(req)
	if _, ok := s.script.Agents[req.Model]; ok && agent != "" {
		n := slices.Index(s.launches[req.Model], agent)
		if n < 0 {
			n = len(s.launches[req.Model])
			s.launches[req.Model] = append(s.launches[req.Model], agent)
		}
		req.Model = numbered(req.Model, n+1)
	}
	s.requests = append(s.requests, req)
	n := req.replies()
	s.asked[req.Model] = max(s.asked[req.Model], n+1)
	s.progress.Broadcast()

	turn := s.script.turn(req.Model, n)
	if req.Model == Orchestrator && s.script.Obeys && n >= len(s.script.Orchestrator) {
		turn = s.obey(req)
	}
	if turn.after == nil {
		return turn
	}
	expired := false
	timer := time.AfterFunc(maxHold, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		expired = true
		s.progress.Broadcast()
	})
	defer timer.Stop()
	for !turn.after(s) && !expired {
		s.progress.Wait()
	}
	if expired {
		s.errs = append(s.errs, fmt.Errorf("reply %d of %s was held back for %v", n+1, req.Model, maxHold))
	}
	return turn
}

// render gives every block of the turn its final form.
func (s *standIn) render(req *request, turn Turn) ([]map[string]any, error) {
	content := []map[string]any{}
	for i, render := range turn.blocks {
		c, err := render(s, req.Model)
		if err != nil {
			return nil, fmt.Errorf("reply %d of %s: %w", req.replies()+1, req.Model, err)
		}
		if c["type"] == "tool_use" {
			c["id"] = fmt.Sprintf("toolu_%s_%d_%d", req.Model, req.replies()+1, i+1)
		}
		content = append(content, c)
	}
	return content, nil
}

// launched is how the host tells a model the id of an agent that it has launched, in the foreground and in the background.
var launched = regexp.MustCompile(`agentId: ?([A-Za-z0-9_-]+)`)

// agentID returns the id that the host gave to an agent, as it told the model who launched it.
func (s *standIn) agentID(model, agent string) (string, error) {
	prompt := s.script.Agents[agent].Prompt
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range slices.Backward(s.requests) {
		if r.Model != model {
			continue
		}
		calls := map[string]bool{}
		for _, m := range r.Messages {
			for _, b := range m.blocks() {
				if b.Type == "tool_use" && b.Name == "Agent" && b.Input.Prompt == prompt {
					calls[b.ID] = true
				}
				if b.Type == "tool_result" && calls[b.ToolUseID] {
					if id := launched.FindStringSubmatch(flatten(b.Content)); id != nil {
						return id[1], nil
					}
				}
			}
		}
		break
	}
	return "", fmt.Errorf("%s was not told its id", model)
}

func (s *standIn) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.errs = append(s.errs, err)
}

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
