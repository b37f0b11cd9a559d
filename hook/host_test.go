package hook

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"stopgate/hook/calls"
	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/inspect"
	"stopgate/hook/journal"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/scene"
	"stopgate/hook/site"
	"stopgate/hook/step"
	"stopgate/hook/view"
	"stopgate/hook/worktree"
)

// fakeHost plays the host to the program. It has a repository with worktrees and sessions with transcripts. It sends the events that the real host
// sends (2.1.330), each to a new Runner, as to a new process.
type fakeHost struct {
	observer inspect.Observer // in its place; nil for none
	instead  record.Journal   // of the journal and memory; nil for none
	surveys  bool             // surveys show the files that changed
	calls    []calls.Call     // that it announced, of any session
	writes   bool             // it keeps the transcripts of sessions, and says that its events are the client's
	t        testing.TB
	dir      string  // the main worktree
	journal  string  // the folder of the journals
	memory   *memory // in their place; nil for none
	mu       sync.Mutex
	now      time.Time
	trees    map[string]*tree // by root
	count    int              // of agents and replies, for their ids
	sent     int              // events
	log      []byte
}

// tree is what the observer sees of a worktree.
type tree struct {
	version int             // of its content
	changed map[string]bool // files that differ from the base
}

func newHost(t testing.TB) *fakeHost {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	h := &fakeHost{t: t, dir: filepath.Join(dir, "repository"), journal: filepath.Join(dir, "journal"), now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), trees: map[string]*tree{}}
	for _, sub := range []string{"objects", "refs", "worktrees"} {
		h.mkdir(h.dir, ".git", sub)
	}
	h.write(filepath.Join(h.dir, ".git", "HEAD"), "ref: refs/heads/main\n")
	return h
}

func (h *fakeHost) mkdir(names ...string) string {
	h.t.Helper()
	path := filepath.Join(names...)
	if err := os.MkdirAll(path, 0o755); err != nil {
		h.t.Fatal(err)
	}
	return path
}

func (h *fakeHost) write(path, content string) {
	h.t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		h.t.Fatal(err)
	}
}

// addWorktree makes the linked worktree ./trees/name, and returns the path by which an orchestrator names it.
func (h *fakeHost) addWorktree(name string) string {
	h.t.Helper()
	root := h.mkdir(h.dir, "trees", name)
	gitDir := h.mkdir(h.dir, ".git", "worktrees", name)
	h.write(filepath.Join(root, ".git"), "gitdir: "+gitDir+"\n")
	h.write(filepath.Join(gitDir, "gitdir"), filepath.Join(root, ".git")+"\n")
	h.write(filepath.Join(gitDir, "commondir"), "../..\n")
	h.write(filepath.Join(gitDir, "HEAD"), "ref: refs/heads/"+name+"\n")
	h.trees[root] = &tree{changed: map[string]bool{}}
	return "./trees/" + name
}

// edit changes a file of the worktree that an orchestrator names so.
func (h *fakeHost) edit(worktreePath, name string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	tree := h.trees[filepath.Join(h.dir, worktreePath)]
	tree.version++
	tree.changed[name] = true
}

func (h *fakeHost) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(20 * time.Millisecond)
	return h.now
}

func (h *fakeHost) open(key string) (record.Journal, error) {
	if h.instead != nil {
		return h.instead, nil
	}
	if h.memory != nil {
		return h.memory, nil
	}
	return journal.Open(h.journal, key)
}

// memory is a journal that is quick to read, and lasts as long as its host.
type memory struct {
	lock    sync.RWMutex
	held    sync.Map // of *sync.Mutex, by name
	records []journal.Record
}

func (m *memory) Read(_ context.Context, f journal.Filter) ([]journal.Record, journal.Skipped, error) {
	m.lock.RLock()
	defer m.lock.RUnlock()
	return m.matching(f), journal.Skipped{}, nil
}

func (m *memory) matching(f journal.Filter) []journal.Record {
	var found []journal.Record
	for _, r := range m.records {
		if (f.Session == "" || f.Session == r.Session) && (f.Agent == "" || f.Agent == r.Agent) && (f.Task == "" || f.Task == r.Task) &&
			(len(f.Kinds) == 0 || slices.Contains(f.Kinds, r.Kind)) {
			found = append(found, r)
		}
	}
	return found
}

func (m *memory) Append(_ context.Context, records ...journal.Record) error {
	m.lock.Lock()
	defer m.lock.Unlock()
	m.records = append(m.records, records...)
	return nil
}

func (m *memory) Update(_ context.Context, f journal.Filter, decide func([]journal.Record) ([]journal.Record, error)) error {
	m.lock.Lock()
	defer m.lock.Unlock()
	records, err := decide(m.matching(f))
	m.records = append(m.records, records...)
	return err
}

func (m *memory) Hold(_ context.Context, name string) (release func(), err error) {
	lock, _ := m.held.LoadOrStore(name, &sync.Mutex{})
	lock.(*sync.Mutex).Lock()
	return lock.(*sync.Mutex).Unlock, nil
}

// setBack sets the clock back.
func (h *fakeHost) setBack(by time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(-by)
}

func (h *fakeHost) id(kind string) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.count++
	return fmt.Sprintf("%s%d", kind, h.count)
}

// send returns the answer to one event.
func (h *fakeHost) send(ev host.Event) Answer {
	h.t.Helper()
	ev.Cwd = h.dir
	h.mu.Lock()
	h.sent++
	h.mu.Unlock()
	r := h.runner()
	r.FromClient = h.writes
	answer := r.Run(context.Background(), ev)
	if out := answer.Output.Specific; h.writes && out != nil && out.AdditionalContext != "" && ev.HookEventName != host.SubagentStart {
		h.record(ev.SessionID, map[string]any{"type": "attachment", "attachment": map[string]any{
			"type": "hook_additional_context", "hookEvent": ev.HookEventName, "content": []string{out.AdditionalContext},
		}})
	}
	return answer
}

func (h *fakeHost) runner() *Runner {
	r := &Runner{World: scene.World{
		ProjectDir: h.dir, Observe: h, Now: h.clock, Log: h,
		OpenJournal: h.open, Lag: time.Nanosecond, // no transcript is written while an event is answered
		CallsOf: func(string) []calls.Call { return h.calls },
	}}
	if h.observer != nil {
		r.Observe = h.observer
	}
	return r
}

// forge has something that is not the host give the program an event.
func (h *fakeHost) forge(ev host.Event) Answer {
	h.t.Helper()
	writes := h.writes
	h.writes = false
	defer func() { h.writes = writes }()
	return h.send(ev)
}

// record adds a record to a session's transcript.
func (h *fakeHost) record(session string, rec map[string]any) {
	h.t.Helper()
	path := filepath.Join(h.mkdir(h.dir, "..", "projects"), session+".jsonl")
	rec["sessionId"], rec["uuid"], rec["timestamp"] = session, h.id("uuid"), h.clock().Format(time.RFC3339Nano)
	before, _ := os.ReadFile(path)
	h.write(path, string(before)+quote.JSON(rec)+"\n")
}

// recordLaunch adds an agent's launch, and its result as an agent in the background has it, to the session's transcript.
func (a *played) recordLaunch() {
	a.h.record(a.session, map[string]any{"type": "assistant", "message": map[string]any{"role": "assistant", "id": a.h.id("msg"), "content": []any{
		map[string]any{"type": "tool_use", "id": a.use, "name": "Agent", "input": map[string]any{"subagent_type": a.typ, "prompt": a.prompt}},
	}}})
	a.h.record(a.session, map[string]any{"type": "user", "toolUseResult": map[string]any{"status": "async_launched", "agentId": a.id}, "message": map[string]any{"role": "user", "content": []any{
		map[string]any{"type": "tool_result", "tool_use_id": a.use, "content": "It is launched."},
	}}})
}

// Write adds to the log.
func (h *fakeHost) Write(line []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.log = append(h.log, line...)
	return len(line), nil
}

// The host is the observer too.

func (h *fakeHost) Claims(_ context.Context, place worktree.Place, paths []string, _ worktree.Base) []worktree.PathState {
	h.mu.Lock()
	defer h.mu.Unlock()
	states := make([]worktree.PathState, len(paths))
	for i, path := range paths {
		states[i] = worktree.PathState{Path: path, Name: path, Change: worktree.Unchanged}
		if h.trees[place.Root].changed[path] {
			states[i].Change = worktree.Modified
		}
	}
	return states
}

func (h *fakeHost) Survey(_ context.Context, place worktree.Place, _ worktree.Base, _ worktree.ScanOptions) worktree.Survey {
	h.mu.Lock()
	defer h.mu.Unlock()
	tree := h.trees[place.Root]
	if tree == nil {
		return worktree.Survey{}
	}
	survey := worktree.Survey{Fingerprint: fmt.Sprintf("%s at %d", place.Root, tree.version)}
	for name := range tree.changed {
		if !h.surveys {
			break
		}
		survey.States = append(survey.States, worktree.PathState{Path: name, Name: name, Change: worktree.Modified})
	}
	return survey
}

func (*fakeHost) FileAt(context.Context, worktree.Place, string, string, int) ([]byte, error) {
	return nil, nil
}

func (*fakeHost) Marks(context.Context, worktree.Place) (worktree.Marks, error) {
	return worktree.Marks{}, nil
}

func (*fakeHost) Moved(context.Context, worktree.Place, worktree.Marks) (worktree.Marks, []worktree.MarkChange, error) {
	return worktree.Marks{}, nil, nil
}

func (h *fakeHost) Since(context.Context, worktree.Place, worktree.Marks) inspect.Observer { return h }

func (*fakeHost) Snapshot(context.Context, worktree.Place, worktree.ScanOptions) (worktree.Snapshot, []worktree.Candidate, error) {
	return worktree.Snapshot{}, nil, nil
}

// played is one agent that the host runs.
type played struct {
	h                     *fakeHost
	session, id, typ, use string
	prompt                string
	run                   string // of the workflow whose script launched it; "" for none
	lines                 []string
	sentBack, resumed     bool
	said                  string
}

// launch calls the tool Agent. If the launch is refused, it returns nil and the reason.
func (h *fakeHost) launch(session, agentType, prompt string) (a *played, refused string) {
	h.t.Helper()
	a = &played{h: h, session: session, id: h.id("agent"), typ: agentType, use: h.id("toolu"), prompt: prompt}
	out := h.send(host.Event{
		HookEventName: host.PreToolUse, SessionID: session, TranscriptPath: a.parent(), ToolName: "Agent", ToolUseID: a.use,
		ToolInput: host.ToolInput{SubagentType: agentType, Prompt: prompt},
	}).Output
	if out.Specific != nil && out.Specific.PermissionDecision == "deny" {
		return nil, out.Specific.PermissionDecisionReason
	}
	a.notes(map[string]any{"agentType": a.typ, "toolUseId": a.use})
	if h.writes {
		a.recordLaunch()
	}
	a.line("user", prompt)
	a.start()
	return a, ""
}

func (a *played) parent() string {
	return filepath.Join(a.h.dir, "..", "projects", a.session+".jsonl")
}

func (a *played) path() string {
	folder := filepath.Join(a.h.dir, "..", "projects", a.session, "subagents")
	if a.run != "" {
		folder = filepath.Join(folder, "workflows", a.run)
	}
	return filepath.Join(folder, "agent-"+a.id+".jsonl")
}

// line adds a message to the agent's transcript.
func (a *played) line(role, text string) {
	a.h.t.Helper()
	message := map[string]any{"role": role, "content": []any{map[string]any{"type": "text", "text": text}}}
	if role == "assistant" {
		message["id"], message["stop_reason"] = a.h.id("msg"), "end_turn"
	}
	a.lines = append(a.lines, quote.JSON(map[string]any{
		"type": role, "uuid": a.h.id("uuid"), "isSidechain": true, "agentId": a.id, "timestamp": a.h.clock().Format(time.RFC3339Nano), "message": message,
	}))
	a.save()
}

// save writes the agent's transcript.
func (a *played) save() { a.h.write(a.path(), strings.Join(a.lines, "\n")+"\n") }

// notes writes the host's notes on the agent.
func (a *played) notes(notes map[string]any) {
	a.h.mkdir(filepath.Dir(a.path()))
	a.h.write(strings.TrimSuffix(a.path(), ".jsonl")+".meta.json", quote.JSON(notes))
}

func (a *played) start() Answer {
	return a.h.send(host.Event{HookEventName: host.SubagentStart, SessionID: a.session, TranscriptPath: a.parent(), AgentID: a.id, AgentType: a.typ})
}

// stopEvent returns the event of the agent's last stop.
func (a *played) stopEvent() host.Event {
	return host.Event{
		HookEventName: host.SubagentStop, SessionID: a.session, TranscriptPath: a.parent(), AgentID: a.id, AgentType: a.typ,
		AgentTranscriptPath: a.path(), LastAssistantMessage: a.said, StopHookActive: a.sentBack,
	}
}

// ranTests adds a run of the tests to the agent's transcript.
func (a *played) ranTests() {
	use := a.h.id("toolu")
	for _, message := range []map[string]any{
		{"role": "assistant", "id": a.h.id("msg"), "stop_reason": "tool_use", "content": []any{map[string]any{"type": "tool_use", "id": use, "name": "Bash", "input": map[string]any{"command": "go test ./..."}}}},
		{"role": "user", "content": []any{map[string]any{"type": "tool_result", "tool_use_id": use, "content": "ok  \tshop\t0.1s"}}},
	} {
		a.lines = append(a.lines, quote.JSON(map[string]any{
			"type": message["role"], "uuid": a.h.id("uuid"), "isSidechain": true, "agentId": a.id, "timestamp": a.h.clock().Format(time.RFC3339Nano), "message": message,
		}))
	}
}

// stop ends the agent with a last message. back is the reason why it is sent back, "" if it may stop.
func (a *played) stop(says string) (back string) {
	a.h.t.Helper()
	return a.stopAnd(says, func(host.Event) {}, func(host.Output) {})
}

// stopAnd plays a stop with calls beside it: at the moment of the event, and after its answer.
func (a *played) stopAnd(says string, at func(host.Event), answered func(host.Output)) (back string) {
	a.h.t.Helper()
	if says == passOfTests {
		a.ranTests()
	}
	a.line("assistant", says)
	a.said = says
	ev := a.stopEvent()
	at(ev)
	out := a.h.send(ev).Output
	answered(out)
	a.sentBack = out.Decision == "block"
	if a.sentBack {
		a.line("user", "Stop hook feedback:\n"+out.Reason)
	}
	return out.Reason
}

// resume sends the agent a message.
func (a *played) resume(message string) {
	a.line("user", message)
	a.sentBack, a.resumed = false, true
	a.start()
}

// back returns a foreground agent to the orchestrator.
func (a *played) back() Answer {
	return a.h.send(host.Event{
		HookEventName: host.PostToolUse, SessionID: a.session, TranscriptPath: a.parent(), ToolName: "Agent", ToolUseID: a.use,
		ToolInput: host.ToolInput{SubagentType: a.typ, Prompt: a.prompt}, ToolResponse: host.ToolResponse{Status: "completed", AgentID: a.id, AgentType: a.typ},
	})
}

// notify sends the notification of a background agent.
func (a *played) notify() Answer {
	return a.h.send(host.Event{
		HookEventName: host.UserPromptSubmit, SessionID: a.session, TranscriptPath: a.parent(),
		Prompt: "<task-notification>\n<task-id>" + a.id + "</task-id>\n<status>completed</status>\n<result>" + a.said + "</result>\n</task-notification>",
	})
}

// say sends a prompt of a session; endTurn ends its orchestrator's turn while the agents run in the background.
func (h *fakeHost) say(session, text string) Answer {
	return h.send(host.Event{HookEventName: host.UserPromptSubmit, SessionID: session, TranscriptPath: filepath.Join(h.dir, "..", "projects", session+".jsonl"), Prompt: text})
}

func (h *fakeHost) endTurn(session string, running ...*played) Answer {
	tasks := []host.BackgroundTask{}
	for _, a := range running {
		tasks = append(tasks, host.BackgroundTask{ID: a.id, Type: "subagent"})
	}
	return h.endTurnWith(session, tasks)
}

func (h *fakeHost) endTurnWith(session string, tasks []host.BackgroundTask) Answer {
	return h.send(host.Event{
		HookEventName: host.Stop, SessionID: session, TranscriptPath: filepath.Join(h.dir, "..", "projects", session+".jsonl"), BackgroundTasks: tasks,
	})
}

// stepsIn returns the steps that an answer tells the orchestrator.
func (h *fakeHost) stepsIn(a Answer) []step.Step {
	h.t.Helper()
	if a.Output.Specific == nil {
		return nil
	}
	var steps []step.Step
	if a.Output.Specific.HookEventName == host.Stop {
		for _, s := range h.shortSteps(a) {
			if !s.Reminder {
				steps = append(steps, s)
			}
		}
		return steps
	}
	for line := range strings.Lines(a.Output.Specific.AdditionalContext) {
		if !strings.HasPrefix(line, `{"stopgate":"step/1"`) {
			continue
		}
		var s step.Step
		if err := json.Unmarshal([]byte(line), &s); err != nil {
			h.t.Fatalf("a step that cannot be read: %v\n%s", err, line)
		}
		steps = append(steps, s)
	}
	return steps
}

// wholeStep is the command in the short form of a step.
var wholeStep = regexp.MustCompile(`: stopgate step (\S+)$`)

// shortSteps returns the steps that the orchestrator reads at the end of a turn, once it has run the commands that it is given for them.
func (h *fakeHost) shortSteps(a Answer) []step.Step {
	h.t.Helper()
	var steps []step.Step
	text := a.Output.Specific.AdditionalContext
	if n := quote.Length(text); n > host.MaxReminder {
		h.t.Errorf("at the end of a turn stand %d characters:\n%s", n, text)
	}
	for _, short := range strings.Split(text, "\n\n") {
		command := wholeStep.FindStringSubmatch(short)
		if command == nil {
			continue
		}
		whole, err := view.Reader{Grounds: site.GroundsOf(h.dir, h.dir), OpenJournal: h.open, Now: h.clock, Log: h}.OwedStep(context.Background(), command[1])
		if err != nil {
			h.t.Errorf("%s: %v", short, err)
			continue
		}
		s := *whole
		s.Reminder = strings.Contains(short, ": reminder: ")
		steps = append(steps, s)
	}
	return steps
}

// task returns the journal's state of a task.
func (h *fakeHost) task(name string) *record.Task {
	h.t.Helper()
	tasks := h.tasks()
	return tasks.Task(name)
}

// tasks returns all tasks in the journal.
func (h *fakeHost) tasks() record.Tasks {
	h.t.Helper()
	grounds := site.GroundsOf(h.dir, "")
	j, err := h.open(grounds.Key())
	if err != nil {
		h.t.Fatal(err)
	}
	records, _, err := j.Read(context.Background(), journal.Filter{Kinds: []string{record.KindFact}})
	if err != nil {
		h.t.Fatal(err)
	}
	return record.FoldTasks(records, record.CapsOf(launch.Defaults()))
}

// coderPrompt and reportOn are the launch and the report of a coding agent.
func coderPrompt(task, worktreePath string) string {
	return fmt.Sprintf("TASK: %s\nDESCRIPTION: let people log in with a name and a key\nWORKTREE_PATH: %s\n", task, worktreePath)
}

func reportOn(task, worktreePath string, files ...string) string {
	return quote.JSON(map[string]any{"task_id": task, "worktree_path": worktreePath, "work_completed": "It is done.", "files_modified": files, "unfinished": []string{}})
}

// Results of gates.
const (
	passOfTests  = `{"gate_status": "PASS", "commands": ["go test ./..."], "tests": {"passed": 4, "failed": 0, "skipped": 0}, "blocking_issues": []}`
	failOfTests  = `{"gate_status": "FAIL", "commands": ["go test ./..."], "tests": {"passed": 3, "failed": 1, "skipped": 0}, "blocking_issues": ["It breaks."]}`
	passOfReview = `{"gate_status": "PASS", "files_reviewed": ["app.go"], "blocking_issues": []}`
	failOfReview = `{"gate_status": "FAIL", "files_reviewed": ["app.go"], "blocking_issues": ["It is not clear."]}`
)

// verified returns a coding agent whose work on the task is proven.
func (h *fakeHost) verified(session, task, worktreePath string) *played {
	h.t.Helper()
	a, refused := h.launch(session, "x:bug-fixer", coderPrompt(task, worktreePath))
	if refused != "" {
		h.t.Fatal(refused)
	}
	h.edit(worktreePath, "app.go")
	if back := a.stop(reportOn(task, worktreePath, "app.go")); back != "" {
		h.t.Fatal(back)
	}
	if steps := h.stepsIn(a.back()); len(steps) != 1 || steps[0].Action != gates.Deploy {
		h.t.Fatalf("the steps are %+v", steps)
	}
	return a
}

// pass, in the session "s" as those below, launches a gate of the task by a step's own marker, and has it pass.
func (h *fakeHost) pass(task, gate, worktreePath string) {
	h.t.Helper()
	a, refused := h.launch("s", "x:"+gate, launch.Marker{Task: task, Gate: gate}.Line()+"\nWORKTREE_PATH: "+worktreePath)
	if refused != "" {
		h.t.Fatal(refused)
	}
	result := passOfReview
	if gate == "test-runner" {
		result = passOfTests
	}
	if back := a.stop(result); back != "" {
		h.t.Fatal(back)
	}
	a.back()
}

// passed takes a task up to the person's word.
func (h *fakeHost) passed(task, worktreePath string) {
	h.t.Helper()
	h.verified("s", task, worktreePath)
	for _, gate := range []string{"test-runner", "code-reviewer", "security-auditor"} {
		h.pass(task, gate, worktreePath)
	}
}

// merge launches the branch-manager of T-1.
func (h *fakeHost) merge(worktreePath string) (refused string) {
	h.t.Helper()
	_, refused = h.launch("s", "x:branch-manager", launch.Marker{Task: "T-1", Gate: "branch-manager"}.Line()+"\nWORKTREE_PATH: "+worktreePath)
	return refused
}
