package hosttest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"slices"
	"sync"
	"time"
)

// standIn is the Messages API on loopback. It plays a script and keeps every request: what a model was told is what stands in
// them, and nothing else is proof of it.
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

// close ends the stand-in. It returns what went wrong with the script meanwhile.
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

// next records the request, finds the turn that it asks for, and waits until that turn may be played. A request that the host
// repeats asks for the same turn again. agent is the id that the host has for the subagent whose request it is (2.1.330).
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

// agentID is the id that the host gave to an agent, as it told the model who launched it.
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
