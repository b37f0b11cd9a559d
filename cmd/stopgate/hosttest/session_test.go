package hosttest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// Scenario is one session: a repository, a plugin and scripted models.
type Scenario struct {
	Script
	// Client is the executable of the real client; Plugin is the plugin's folder.
	Client, Plugin string
	// Files are what the repository's one commit holds, by name.
	Files map[string]string
	// Worktrees are the repository's linked worktrees, as paths under it.
	Worktrees []string
	// Untracked are files that are written after the commit: a project's own agents, for example.
	Untracked map[string]string
	// Then is what the person says later, each time when the client has ended and goes on with the same session.
	Then []string
	// Killed means that the script kills the client before what the person says first in Then.
	Killed bool
	// Terminal has the person sit at a terminal and do this, instead of a run with -p. Prompt is what they type first.
	Terminal []Act
	// Fork is what the person says at last, in a fork of the session; "" for no fork.
	Fork string
	// Path is the PATH of the session; "" is that of this process.
	Path string
	// Env is added to the session's environment, which otherwise holds only what the client needs.
	Env []string
}

// killed is the exit status of a process that a signal ended.
const killed = -1

// Session is a session that has ended.
type Session struct {
	// Repository is where it ran.
	Repository string
	// Exit is the client's exit status.
	Exit int
	// Stdout is the client's report of the session, one JSON object per line; Stderr is what else it wrote.
	Stdout, Stderr []byte
	// Screen is what the terminal showed at last.
	Screen string

	dir      string // everything of this session
	journal  []byte // JSON lines
	requests []*request
}

// eventsVariable tells a recorder in the place of the plugin's executable where to keep what it sees.
const eventsVariable = "STOPGATE_HOSTTEST_EVENTS"

// cheaply are settings of the client's JavaScript engine for a session of seconds on a machine that runs several at once: the second compiler, whose
// code would hardly run, and the collector's threads, which mostly wait for each other, take a tenth of the processor time. What the client does
// stays the same. A release that does not know a setting ends at once and names it.
var cheaply = []string{"BUN_JSC_useFTLJIT=0", "BUN_JSC_useConcurrentGC=0", "BUN_JSC_numberOfGCMarkers=1", "BUN_JSC_largeHeapSize=268435456"}

// maxSession bounds a session. One takes from three seconds to a minute, and several times as long on a machine that is busy.
const maxSession = 6 * time.Minute

// Run runs a scenario in dir, an empty folder. An error means that the session could not be run as scripted; what came of it is in
// the Session, which is nil only if it never began.
func Run(ctx context.Context, dir string, sc Scenario) (*Session, error) {
	dir, err := filepath.EvalSymlinks(dir) // the client compares its folder's real path
	if err != nil {
		return nil, fmt.Errorf("run a session: %w", err)
	}
	s := &Session{dir: dir, Repository: filepath.Join(dir, "repository")}
	for _, sub := range []string{s.Repository, s.home(), s.config(), s.temp(), s.events()} {
		if err := os.Mkdir(sub, 0o755); err != nil {
			return nil, fmt.Errorf("run a session: %w", err)
		}
	}
	if err := makeRepository(s.Repository, sc.Files, sc.Worktrees); err != nil {
		return nil, err
	}
	if err := writeFiles(s.Repository, sc.Untracked); err != nil {
		return nil, err
	}
	if err := s.trust(); err != nil {
		return nil, err
	}
	api, err := serve(sc.Script, s.Repository)
	if err != nil {
		return nil, err
	}
	var runErr error
	if sc.Terminal != nil {
		runErr = s.runAtTerminal(ctx, sc, api.url)
	} else {
		runErr = s.run(ctx, sc, api.url, "-p", sc.Prompt)
	}
	for _, said := range sc.Then {
		if runErr == nil && (s.Exit == 0 || s.Exit == killed && sc.Killed) {
			runErr = s.run(ctx, sc, api.url, "-p", said, "--resume", s.id())
		}
	}
	if sc.Fork != "" && runErr == nil && s.Exit == 0 {
		runErr = s.run(ctx, sc, api.url, "-p", sc.Fork, "--resume", s.id(), "--fork-session")
	}
	apiErr := api.close()
	s.requests = api.requests
	return s, errors.Join(runErr, apiErr, s.readJournal())
}

func (s *Session) home() string   { return filepath.Join(s.dir, "home") }
func (s *Session) config() string { return filepath.Join(s.dir, "config") }
func (s *Session) temp() string   { return filepath.Join(s.dir, "tmp") }
func (s *Session) events() string { return filepath.Join(s.dir, "events") }

// trust answers what the client would ask a person at the first start in a folder: the hooks of a project's own agents run
// only in a folder that is trusted.
func (s *Session) trust() error {
	settings := map[string]any{
		"hasCompletedOnboarding": true, "bypassPermissionsModeAccepted": true, "theme": "dark",
		"customApiKeyResponses": map[string]any{"approved": []string{"none"}, "rejected": []string{}},
		"projects":              map[string]any{s.Repository: map[string]any{"hasTrustDialogAccepted": true}},
	}
	return writeFiles(s.config(), map[string]string{".claude.json": string(mustJSON(settings))})
}

// id returns the session's own, as the client reports it; "" before it did.
func (s *Session) id() string {
	for line := range bytes.Lines(s.Stdout) {
		var said struct {
			ID string `json:"session_id"`
		}
		if json.Unmarshal(line, &said) == nil && said.ID != "" {
			return said.ID
		}
	}
	return ""
}

// command returns a command that runs the client with the scenario's plugin and environment.
func (s *Session) command(ctx context.Context, sc Scenario, api string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, sc.Client, append(args, "--plugin-dir", sc.Plugin, "--permission-mode", "bypassPermissions")...)
	cmd.Dir = s.Repository
	cmd.WaitDelay = 5 * time.Second
	path := sc.Path
	if path == "" {
		path = os.Getenv("PATH")
	}
	cmd.Env = slices.Concat(cheaply, []string{
		"PATH=" + path, "HOME=" + s.home(), "CLAUDE_CONFIG_DIR=" + s.config(), "TMPDIR=" + s.temp(),
		"ANTHROPIC_BASE_URL=" + api, "ANTHROPIC_API_KEY=none",
		"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1", "DISABLE_AUTOUPDATER=1", "DISABLE_TELEMETRY=1",
		"HTTPS_PROXY=http://127.0.0.1:9", "NO_PROXY=127.0.0.1", "IS_SANDBOX=1",
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull,
		eventsVariable + "=" + s.events(),
	}, sc.Env)
	return cmd
}

// run runs the client to its end; args say what it is asked.
func (s *Session) run(ctx context.Context, sc Scenario, api string, args ...string) error {
	ctx, cancel := context.WithTimeout(ctx, maxSession)
	defer cancel()
	cmd := s.command(ctx, sc, api, append(args, "--output-format", "stream-json", "--verbose")...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	s.Stdout, s.Stderr = append(s.Stdout, stdout.Bytes()...), append(s.Stderr, stderr.Bytes()...)
	s.Exit = cmd.ProcessState.ExitCode()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && ctx.Err() == nil {
		return nil // the status is the session's to judge
	}
	if err != nil {
		return fmt.Errorf("run the client: %w", err)
	}
	return nil
}

// Read returns how often text stands in what a model was told: the session's prompt, results of tools, and what hooks and the host added, but not
// what the model said itself. Every request repeats the conversation; a text counts when it appears.
func (s *Session) Read(model, text string) int {
	total, before := 0, 0
	for _, r := range s.conversation(model) {
		n := strings.Count(r.told(), text)
		total += max(0, n-before)
		before = n
	}
	return total
}

// Anyone returns how often text stands in what any model was told, helpers of the host included.
func (s *Session) Anyone(text string) int {
	models := map[string]bool{}
	for _, r := range s.requests {
		models[r.Model] = true
	}
	total := 0
	for model := range models {
		total += s.Read(model, text)
	}
	return total
}

// shortStep is the command that stands in place of a step at the end of a turn.
var shortStep = regexp.MustCompile(`: stopgate step ([0-9a-f]{24})\b`)

// withSteps puts the steps of the journal behind the commands that print them, unless the model has run those.
func (s *Session) withSteps(told string) string {
	return shortStep.ReplaceAllStringFunc(told, func(command string) string {
		id := `"step_id":"` + shortStep.FindStringSubmatch(command)[1] + `"`
		if strings.Contains(told, id) {
			return command
		}
		for line := range bytes.Lines(s.journal) {
			var record struct {
				Data struct{ Step json.RawMessage }
			}
			if bytes.Contains(line, []byte(id)) && json.Unmarshal(line, &record) == nil && record.Data.Step != nil {
				return command + "\n" + string(record.Data.Step)
			}
		}
		return command
	})
}

// Objects returns the JSON objects in what a model was told that hold the given key, in the order in which the model read them.
func (s *Session) Objects(model, key string) []map[string]any {
	var found []map[string]any
	seen := map[string]int{}
	for _, r := range s.conversation(model) {
		now := map[string]int{}
		for _, object := range objects(s.withSteps(r.told()), key) {
			id := string(mustJSON(object))
			if now[id]++; now[id] > seen[id] {
				found = append(found, object)
				seen[id] = now[id]
			}
		}
	}
	return found
}

// objects returns the JSON objects inside text that hold key at their top level.
func objects(text, key string) []map[string]any {
	var found []map[string]any
	for text != "" {
		start := strings.IndexByte(text, '{')
		if start < 0 {
			break
		}
		text = text[start:]
		var object map[string]any
		decoder := json.NewDecoder(strings.NewReader(text))
		if decoder.Decode(&object) != nil {
			text = text[1:]
			continue
		}
		if _, ok := object[key]; ok {
			found = append(found, object)
		}
		text = text[decoder.InputOffset():]
	}
	return found
}

// Replies returns how many replies a model was asked for.
func (s *Session) Replies(model string) int {
	n := 0
	for _, r := range s.conversation(model) {
		n = max(n, r.replies()+1)
	}
	return n
}

func (s *Session) conversation(model string) []*request {
	var own []*request
	for _, r := range s.requests {
		if r.Model == model {
			own = append(own, r)
		}
	}
	return own
}

// Journal is every record that the plugin has kept in this session.
func (s *Session) Journal() ([]map[string]any, error) {
	var records []map[string]any
	for line := range bytes.Lines(s.journal) {
		var record map[string]any
		if err := json.Unmarshal(line, &record); err != nil {
			return nil, fmt.Errorf("read the journal: %w", err)
		}
		records = append(records, record)
	}
	return records, nil
}

// readJournal reads the JSON lines below the folders where the plugin may keep its journal: CLAUDE_PLUGIN_DATA, which is below
// the client's configuration, and the person's home.
func (s *Session) readJournal() error {
	for _, folder := range []string{filepath.Join(s.config(), "plugins", "data"), s.home()} {
		err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil || !entry.Type().IsRegular() || filepath.Ext(path) != ".jsonl" {
				return err
			}
			content, err := os.ReadFile(path)
			s.journal = append(s.journal, content...)
			return err
		})
		if err != nil {
			return fmt.Errorf("read the journal: %w", err)
		}
	}
	return nil
}

// Story returns what every model was told after its prompt, for people to read when a test fails.
func (s *Session) Story() string {
	var b strings.Builder
	told := map[string]int{}
	for _, r := range s.requests {
		fmt.Fprintf(&b, "== %s, reply %d\n", r.Model, r.replies()+1)
		for _, m := range r.Messages[min(max(told[r.Model], 2), len(r.Messages)):] {
			text := flatten(m.Content)
			if len(text) > 3000 {
				text = text[:3000] + " …\n"
			}
			fmt.Fprintf(&b, "%s: %s", m.Role, text)
		}
		told[r.Model] = len(r.Messages)
	}
	return b.String()
}

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
