package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/tidwall/gjson"

	"stopgate/cmd/stopgate/hosttest"
	"stopgate/schema"
)

func TestMain(m *testing.M) {
	testscript.Main(withTemplates{m}, map[string]func(){
		// Nobody writes to a transcript while a script waits for the program, so that to wait for more of it would be in vain.
		"stopgate": func() { program(time.Nanosecond) },
	})
}

// TestScript runs the conversations of testdata/script: one behaviour a script, the real binary, the real git. With -short it runs one script of
// four.
func TestScript(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		if os.Getenv("STOPGATE_NO_SKIP") == "1" {
			t.Fatal("git is not installed, and a skip is not allowed")
		}
		t.Skip("git is not installed")
	}
	template := newRepository(t)
	scripts, err := filepath.Abs("../../scripts")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	if testing.Short() {
		files = slices.DeleteFunc(files, func(name string) bool { return !oneOfFour(name) })
	}
	testscript.Run(t, testscript.Params{
		Files:               files,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Condition: func(name string) (bool, error) {
			if name != "root" {
				return false, fmt.Errorf("no condition %q", name)
			}
			return os.Geteuid() == 0, nil
		},
		Setup: func(env *testscript.Env) error {
			for _, kv := range cleanEnv(env.WorkDir) {
				name, value, _ := strings.Cut(kv, "=")
				env.Setenv(name, value)
			}
			env.Setenv("SCRIPTS", scripts)
			env.Setenv("TZ", "UTC") // people are shown local times
			env.Setenv("STOPGATE_STATE_DIR", filepath.Join(env.WorkDir, "data"))
			env.Setenv("CLAUDE_PROJECT_DIR", filepath.Join(env.WorkDir, "repo"))
			repo := filepath.Join(env.WorkDir, "repo")
			if err := os.CopyFS(repo, os.DirFS(template)); err != nil {
				return err
			}
			return git(repo, cleanEnv(env.WorkDir), "worktree", "add", "-q", "trees/T1-login", "-b", "T1")
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"run":     runHere,
			"whole":   printWhole,
			"event":   writeEvent,
			"begin":   beginAgent,
			"jsonget": jsonGet,
			"valid":   validJSON,
			"records": countRecords,
			"repeat":  writeRepeated,
			"claims":  writeClaims,
			"many":    writeMany,
			"expand":  expandRepo,
			"unread":  unreadHook,
			"nolocks": breakLocks,
			"damage":  damageJournal,
			"newer":   extendJournal,
			"untimed": removeTimes,
			"follow":  followLog,
			"asread":  compareStep,

			"transcript": writeTranscript,
			"tree":       writeTree,
		},
	})
}

// cleanEnv keeps the machine's own git configuration out of a test.
func cleanEnv(dir string) []string {
	return []string{
		"HOME=" + dir, "XDG_CONFIG_HOME=" + filepath.Join(dir, "config"), "XDG_STATE_HOME=" + filepath.Join(dir, "state"),
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + filepath.Join(dir, "gitconfig"),
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com",
	}
}

// testEnviron returns the environment of a program in a test: this process's, with cleanEnv.
func testEnviron(dir string) []string { return append(os.Environ(), cleanEnv(dir)...) }

// lookupIn is os.Getenv for an environment of its own.
func lookupIn(environ []string) func(string) string {
	return func(name string) string {
		for _, kv := range slices.Backward(environ) {
			if value, found := strings.CutPrefix(kv, name+"="); found {
				return value
			}
		}
		return ""
	}
}

// skipSome leaves out three of four cases of a table with -short. Each plays a session, which takes its time.
func skipSome(t *testing.T) {
	t.Helper()
	if testing.Short() && !oneOfFour(t.Name()) {
		t.Skip("with -short one case of four is played")
	}
}

// oneOfFour reports whether a case is one of those that are played with -short: the same ones each time.
func oneOfFour(name string) bool {
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(name)) // never fails
	return sum.Sum32()%4 == 0
}

// firstFiles are in the repository of the scripts.
var firstFiles = map[string]string{
	"a.txt": "alpha\n", "b.txt": "beta\n", "src/c.txt": "gamma\n", "run.sh": "#!/bin/sh\n",
	".gitignore": "*.log\n/trees/\n",
}

// newRepository returns a repository with one commit, which every script gets a copy of.
func newRepository(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := makeRepository(dir, cleanEnv(t.TempDir()), firstFiles); err != nil {
		t.Fatal(err)
	}
	return dir
}

// makeRepository makes a repository with these files in its one commit.
func makeRepository(dir string, env []string, files map[string]string) error {
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return err
		}
	}
	// Without maintenance.auto=false the commit starts another process, whose lock comes and goes while the repository is copied.
	for _, args := range [][]string{{"init", "-q", "-b", "main"}, {"add", "."}, {"-c", "maintenance.auto=false", "commit", "-qm", "first"}} {
		if err := git(dir, env, args...); err != nil {
			return err
		}
	}
	return nil
}

func git(dir string, env []string, args ...string) error {
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "GIT_") {
			cmd.Env = append(cmd.Env, kv)
		}
	}
	cmd.Env = append(cmd.Env, env...)
	return cmd.Run()
}

// writeEvent is `event FILE NAME [field=value …]`: it writes the host's event as JSON. A value @FILE is that file's text, and
// a value that is JSON but no string stands as it is. A field a.b is b of the object a.
func writeEvent(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: event file name [field=value ...]")
	}
	event := map[string]any{
		"hook_event_name": args[1], "session_id": "s1", "cwd": ts.Getenv("CLAUDE_PROJECT_DIR"),
		"transcript_path": ts.MkAbs("s1.jsonl"),
	}
	for _, arg := range args[2:] {
		name, value, ok := strings.Cut(arg, "=")
		if !ok {
			ts.Fatalf("event: %q is not field=value", arg)
		}
		target := event
		for {
			head, rest, nested := strings.Cut(name, ".")
			if !nested {
				break
			}
			child, _ := target[head].(map[string]any)
			if child == nil {
				child = map[string]any{}
				target[head] = child
			}
			target, name = child, rest
		}
		target[name] = eventValue(ts, value)
	}
	if id, _ := event["agent_id"].(string); event["agent_transcript_path"] == nil && args[1] == "SubagentStop" {
		if path := agentFile(ts, id); fileExists(path) {
			event["agent_transcript_path"] = path
		}
	}
	data, err := json.Marshal(event)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), data, 0o644))
}

func fileExists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// agentFile returns the transcript of an agent that `begin` has begun.
func agentFile(ts *testscript.TestScript, id string) string {
	return filepath.Join(ts.Getenv("WORK"), "s1", "subagents", "agent-"+id+".jsonl")
}

// beginAgent is `begin ID TYPE [TASK WORKTREE]`: the session launches an agent for the task, T1 in ./trees/T1-login where none is named, and
// it begins. Its transcript holds the prompt of the launch, as the host writes it, or begins with the prompt of the launch already.
func beginAgent(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 && len(args) != 4 {
		ts.Fatalf("usage: begin id type [task worktree]")
	}
	id, agentType, task, place := args[0], args[1], "T1", "./trees/T1-login"
	if len(args) == 4 {
		task, place = args[2], args[3]
	}
	prompt := "TASK: " + task + ", DESCRIPTION: let people log in with a name and a key\nWORKTREE_PATH: " + place
	file := agentFile(ts, id)
	if fileExists(file) {
		first, _, _ := strings.Cut(ts.ReadFile(file), "\n")
		prompt = gjson.Get(first, "message.content").String()
	}
	event := map[string]any{"session_id": "s1", "cwd": ts.MkAbs("."), "transcript_path": filepath.Join(ts.Getenv("WORK"), "s1.jsonl")}
	hook := func(fields map[string]any) {
		maps.Copy(event, fields)
		data, err := json.Marshal(event)
		ts.Check(err)
		var out bytes.Buffer
		if status := inProcess(ts, bytes.NewReader(data), &out, io.Discard, "hook"); status != exitOK {
			ts.Fatalf("the hook exited with status %d", status)
		}
		if strings.Contains(out.String(), `"deny"`) {
			ts.Fatalf("the launch is refused: %s", out.Bytes())
		}
	}
	hook(map[string]any{
		"hook_event_name": "PreToolUse", "tool_name": "Agent", "tool_use_id": "toolu_" + id,
		"tool_input": map[string]any{"subagent_type": agentType, "prompt": prompt},
	})
	ts.Check(os.MkdirAll(filepath.Dir(file), 0o755))
	notes, err := json.Marshal(map[string]any{"agentType": agentType, "toolUseId": "toolu_" + id})
	ts.Check(err)
	ts.Check(os.WriteFile(strings.TrimSuffix(file, ".jsonl")+".meta.json", notes, 0o644))
	if !fileExists(file) {
		line, err := json.Marshal(map[string]any{
			"type": "user", "uuid": "u0", "isSidechain": true, "agentId": id, "timestamp": "2026-01-01T00:00:00Z",
			"message": map[string]any{"role": "user", "content": prompt},
		})
		ts.Check(err)
		ts.Check(os.WriteFile(file, append(line, '\n'), 0o644))
	}
	delete(event, "tool_name")
	delete(event, "tool_use_id")
	delete(event, "tool_input")
	hook(map[string]any{"hook_event_name": "SubagentStart", "agent_id": id, "agent_type": agentType})
}

// writeTree is `tree FILE DIR`: it writes what stands below a folder, each name with its kind, its mode and its content.
func writeTree(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: tree file dir")
	}
	held, err := hosttest.ReadContents(ts.MkAbs(args[1]))
	ts.Check(err)
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(held)) {
		fmt.Fprintf(&b, "%q %s\n", name, held[name])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(b.String()), 0o644))
}

func eventValue(ts *testscript.TestScript, value string) any {
	if name, ok := strings.CutPrefix(value, "@"); ok {
		return strings.TrimSuffix(ts.ReadFile(name), "\n")
	}
	var v any
	if json.Unmarshal([]byte(value), &v) == nil {
		return v
	}
	return value
}

// jsonGet is `[!] jsonget FILE PATH VALUE`: the value at a gjson path of a file (stdout, stderr or a name) is VALUE.
func jsonGet(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: jsonget file path value")
	}
	got := gjson.Get(ts.ReadFile(args[0]), args[1]).String()
	if (got == args[2]) == neg {
		ts.Fatalf("%s of %s is %q", args[1], args[0], got)
	}
}

// validJSON is `valid SCHEMA FILE [PATH]`: the file, or its last line from the first brace on, is valid under the schema.
func validJSON(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: valid schema file [path]")
	}
	text := ts.ReadFile(args[1])
	if len(args) == 3 {
		text = gjson.Get(text, args[2]).String()
		lines := strings.Split(strings.TrimSpace(text), "\n")
		text = lines[len(lines)-1]
	}
	for line := range strings.Lines(text) {
		var doc any
		ts.Check(json.Unmarshal([]byte(line), &doc))
		violations, err := schema.Validate(args[0], doc)
		ts.Check(err)
		if len(violations) > 0 {
			ts.Fatalf("%s: %v\n%s", args[0], violations, line)
		}
	}
}

// countRecords is `records KIND N`: the journal below STOPGATE_STATE_DIR holds N records of that kind, and every record is
// valid under the schema.
func countRecords(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: records kind count")
	}
	want, err := strconv.Atoi(args[1])
	ts.Check(err)
	got := 0
	files, err := filepath.Glob(filepath.Join(ts.Getenv("STOPGATE_STATE_DIR"), "*", "*.jsonl"))
	ts.Check(err)
	for _, file := range files {
		validJSON(ts, false, []string{"journal", file})
		for line := range strings.Lines(ts.ReadFile(file)) {
			if args[0] == "*" || gjson.Get(line, "kind").String() == args[0] {
				got++
			}
		}
	}
	if got != want {
		ts.Fatalf("the journal holds %d records of kind %s, not %d", got, args[0], want)
	}
}

// writeRepeated is `repeat FILE N TEXT`: it writes N times TEXT.
func writeRepeated(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: repeat file count text")
	}
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Repeat(args[2], n)), 0o644))
}

// writeClaims is `claims FILE N`: it writes a report that claims N files which do not exist.
func writeClaims(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: claims file count")
	}
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	claims := make([]string, n)
	for i := range claims {
		claims[i] = "src/" + strconv.Itoa(i) + ".js"
	}
	data, err := json.Marshal(map[string]any{
		"task_id": "T1", "worktree_path": "./trees/T1-login", "work_completed": "all", "files_modified": claims, "unfinished": []string{},
	})
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), data, 0o644))
}

// writeMany is `many DIR N FILE`: it writes N files below a folder of the worktree, and a report that claims them and one that is not there.
func writeMany(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: many dir count file")
	}
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	dir := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(dir, 0o755))
	claims := []string{"none.txt"}
	for i := range n {
		name := strconv.Itoa(i) + ".txt"
		ts.Check(os.WriteFile(filepath.Join(dir, name), []byte("made\n"), 0o644))
		claims = append(claims, filepath.Base(dir)+"/"+name)
	}
	data, err := json.Marshal(map[string]any{
		"task_id": "T1", "worktree_path": "./trees/T1-login", "work_completed": "all", "files_modified": claims, "unfinished": []string{},
	})
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), data, 0o644))
}

// expandRepo is `expand FILE`: it puts the repository's path for each $REPO in the file.
func expandRepo(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: expand file")
	}
	text := strings.ReplaceAll(ts.ReadFile(args[0]), "$REPO", ts.Getenv("CLAUDE_PROJECT_DIR"))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o644))
}

// unreadHook is `unread FILE`: the hook answers the event in FILE into a pipe that nobody reads, and must survive.
func unreadHook(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: unread file")
	}
	read, write, err := os.Pipe()
	ts.Check(err)
	ts.Check(read.Close())
	defer write.Close()
	event, err := os.Open(ts.MkAbs(args[0]))
	ts.Check(err)
	defer event.Close()
	cmd := exec.Command("stopgate", "hook")
	cmd.Dir, cmd.Stdin, cmd.Stdout = ts.MkAbs("."), event, write
	for _, name := range []string{"HOME", "PATH", "STOPGATE_STATE_DIR", "CLAUDE_PROJECT_DIR"} {
		cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
	}
	err = cmd.Run()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != exitNot {
		ts.Fatalf("the hook ended with %v, not with status %d", err, exitNot)
	}
}

// breakLocks is `nolocks`: from now on nothing can be appended to any journal.
func breakLocks(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: nolocks")
	}
	folders, err := filepath.Glob(filepath.Join(ts.Getenv("STOPGATE_STATE_DIR"), "*"))
	ts.Check(err)
	if len(folders) == 0 {
		ts.Fatalf("there is no journal")
	}
	for _, folder := range folders {
		locks := filepath.Join(folder, "locks")
		ts.Check(os.RemoveAll(locks))
		ts.Check(os.WriteFile(locks, nil, 0o600))
	}
}

// followLog is `follow FILE TEXT`: a log is followed, the hook answers the event in FILE meanwhile, the follower tells of it in a line
// with TEXT, and ends well when it is interrupted.
func followLog(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: follow file text")
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	command := func(args ...string) *exec.Cmd {
		cmd := exec.CommandContext(ctx, "stopgate", args...)
		cmd.Dir = ts.MkAbs(".")
		for _, name := range []string{"HOME", "PATH", "STOPGATE_STATE_DIR", "CLAUDE_PROJECT_DIR"} {
			cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
		}
		return cmd
	}
	past, err := command("log", "--records").Output()
	ts.Check(err)
	follower := command("log", "--follow", "--records")
	stdout, err := follower.StdoutPipe()
	ts.Check(err)
	ts.Check(follower.Start())
	lines := bufio.NewScanner(stdout)
	for range bytes.Count(past, []byte("\n")) {
		if !lines.Scan() {
			ts.Fatalf("the follower has not told of what was there: %v", lines.Err())
		}
	}
	event, err := os.Open(ts.MkAbs(args[0]))
	ts.Check(err)
	defer event.Close()
	hook := command("hook")
	hook.Stdin = event
	ts.Check(hook.Run())
	for {
		if !lines.Scan() {
			ts.Fatalf("the follower has not told of %q: %v", args[1], lines.Err())
		}
		if strings.Contains(lines.Text(), args[1]) {
			break
		}
	}
	ts.Check(follower.Process.Signal(os.Interrupt))
	ts.Check(follower.Wait())
}

// damageJournal is `damage`: every journal ends with a line that its writer never finished.
func damageJournal(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: damage")
	}
	writeOn(ts, `{"v":1,"kind":"fact","at":"2026-0`)
}

// extendJournal is `newer FILE`: every journal goes on with the lines of FILE, as if another version had written them.
func extendJournal(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: newer file")
	}
	writeOn(ts, ts.ReadFile(args[0]))
}

func writeOn(ts *testscript.TestScript, text string) {
	files, err := filepath.Glob(filepath.Join(ts.Getenv("STOPGATE_STATE_DIR"), "*", "*.jsonl"))
	ts.Check(err)
	if len(files) == 0 {
		ts.Fatalf("there is no journal")
	}
	for _, file := range files {
		ts.Check(os.WriteFile(file, []byte(ts.ReadFile(file)+text), 0o600))
	}
}

// compareStep is `asread SHOWN ANSWER`: the text in SHOWN must end with exactly the text in the answer to the host. It sets $STEP to the id of the
// runStep.
func compareStep(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: asread shown answer")
	}
	text := gjson.Get(ts.ReadFile(args[1]), "hookSpecificOutput.additionalContext").String()
	if text == "" || !strings.HasSuffix(ts.ReadFile(args[0]), "\n"+text+"\n") {
		ts.Fatalf("the text that was read is not what is shown:\n%s", text)
	}
	lines := strings.Split(text, "\n")
	ts.Setenv("STEP", gjson.Get(lines[len(lines)-1], "step_id").String())
}

// moment is a time as people are shown it, how long it is gone, and what identifies a step.
var moment = regexp.MustCompile(`\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ( \(\d+[smhd]\))?|step [0-9a-f]{8}`)

// removeTimes is `untimed FILE`: it replaces everything that differs between runs.
func removeTimes(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: untimed file")
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(timeless(ts.ReadFile(args[0]))), 0o644))
}

func timeless(text string) string {
	return moment.ReplaceAllStringFunc(text, func(s string) string {
		if strings.HasPrefix(s, "step") {
			return "step ID"
		}
		return "TIME"
	})
}
