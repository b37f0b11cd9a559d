package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"stopgate/hook/host"
	"stopgate/hook/quote"
)

// The words of the story that the proof plays.
const (
	proofTask  = "PROOF-1"
	proofTree  = "./trees/PROOF-1-proof"
	proofAgent = "stopgate:integration-engineer"
)

// proof plays a coding agent's life to the hook as it is installed, in a scratch repository with a journal of its own: a false report must be
// refused, and an honest one must pass.
func proof(ctx context.Context, w *World) []Finding {
	const means = "whether the gate works is not proven"
	plugin := w.plugin()
	if plugin == "" {
		return nil
	}
	hooks, err := hooksOf(plugin)
	if err != nil || len(hooks[host.SubagentStop]) == 0 {
		return nil // the check of the hooks says so
	}
	if _, err := w.lookPath("git"); err != nil {
		return []Finding{{State: Unknown, Seen: "no git in PATH to make a scratch repository with", Means: means, Mend: "install git"}}
	}
	s := stage{w: w, plugin: plugin, hooks: hooks}
	if s.dir, err = os.MkdirTemp("", "stopgate-doctor-"); err != nil {
		return []Finding{{State: Unknown, Seen: fmt.Sprintf("no scratch folder can be made: %v", err), Means: means, Mend: scratchMend(err)}}
	}
	defer func() { _ = os.RemoveAll(s.dir) }() // what stays is in the folder for temporary files
	if s.dir, err = filepath.EvalSymlinks(s.dir); err != nil {
		return []Finding{{State: Unknown, Seen: err.Error(), Means: means, Mend: scratchMend(err)}}
	}
	if free, ok := freeSpace(s.dir); ok && free < leastScratch {
		return []Finding{{
			State: Unknown, Seen: fmt.Sprintf("the disk of %s has %d KiB left, too little for a scratch repository", os.TempDir(), free>>10), Means: means, Mend: scratchMend(syscall.ENOSPC),
		}}
	}
	if err := s.makeRepository(ctx); err != nil {
		return []Finding{{State: Unknown, Seen: fmt.Sprintf("no scratch repository can be made: %v", err), Means: means, Mend: "run git init in an empty folder, and fix what it reports"}}
	}
	if seen := s.play(ctx); seen != "" {
		return []Finding{{State: Off, Seen: seen, Means: gateSilent, Mend: "fix the findings above first; " + mendProgram(w, plugin)}}
	}
	return fine("a false report was refused, an honest one passed, and its next step came")
}

// leastScratch is the room that the proof needs for its repository and its journal, in bytes.
const leastScratch = 2 << 20

// scratchMend returns the advice if the folder for temporary files cannot be used.
func scratchMend(err error) string {
	if errors.Is(err, syscall.ENOSPC) {
		return roomOn(os.TempDir())
	}
	name := "TMPDIR"
	if runtime.GOOS == "windows" {
		name = "TMP"
	}
	return "set " + name + " to a folder that is there and yours"
}

// stage is the scratch repository of the proof.
type stage struct {
	w      *World
	plugin string
	hooks  map[string][]registered
	dir    string
	said   int // messages in the coding agent's transcript
}

func (s *stage) repository() string { return filepath.Join(s.dir, "repository") }
func (s *stage) tree() string       { return filepath.Join(s.repository(), filepath.FromSlash(proofTree)) }

// env keeps the machine's configuration of git and the person's journal out of the proof.
func (s *stage) env() []string {
	return []string{
		"HOME=" + s.dir, "XDG_CONFIG_HOME=" + s.dir, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull, "LC_ALL=C",
		"GIT_AUTHOR_NAME=doctor", "GIT_AUTHOR_EMAIL=doctor@example.org", "GIT_COMMITTER_NAME=doctor", "GIT_COMMITTER_EMAIL=doctor@example.org",
		"STOPGATE_STATE_DIR=" + filepath.Join(s.dir, "state"), "CLAUDE_PROJECT_DIR=" + s.repository(), "CLAUDE_PLUGIN_ROOT=" + s.plugin,
		"CLAUDE_CONFIG_DIR=" + filepath.Join(s.dir, "client"),
	}
}

// stripped returns the world without variables that lead git elsewhere.
func (s *stage) stripped() *World {
	w := *s.w
	w.Env = nil
	for _, kv := range s.w.Env {
		if !strings.HasPrefix(kv, "GIT_") {
			w.Env = append(w.Env, kv)
		}
	}
	return &w
}

func (s *stage) makeRepository(ctx context.Context) error {
	if err := os.MkdirAll(s.repository(), 0o700); err != nil {
		return err
	}
	for name, text := range map[string]string{"one.txt": "one\n", "two.txt": "two\n", ".gitignore": "/trees/\n"} {
		if err := os.WriteFile(filepath.Join(s.repository(), name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	git, err := s.w.lookPath("git")
	if err != nil {
		return err
	}
	for _, args := range [][]string{
		{"init", "-q"}, {"add", "."}, {"-c", "commit.gpgsign=false", "commit", "-q", "-m", "Begin"}, {"worktree", "add", "-q", "-b", proofTask, proofTree},
	} {
		if _, problems, err := s.stripped().run(ctx, call{dir: s.repository(), path: git, args: args, env: s.env()}); err != nil {
			return fmt.Errorf("git %s: %w: %s", args[0], err, firstLine(problems))
		}
	}
	return nil
}

// answer has the parts of the hook's answer that the proof reads.
type answer struct {
	Decision string `json:"decision"`
	Specific struct {
		Context string `json:"additionalContext"`
		Denied  string `json:"permissionDecision"`
	} `json:"hookSpecificOutput"`
}

// send gives an event to the hook that is registered for it, as the host would.
func (s *stage) send(ctx context.Context, event string, fields map[string]any) (a answer, err error) {
	fields["hook_event_name"], fields["session_id"], fields["cwd"] = event, "doctor", s.repository()
	fields["transcript_path"] = filepath.Join(s.dir, "doctor.jsonl")
	var hook registered
	for _, h := range s.hooks[event] {
		if h.ours() {
			hook = h
			break
		}
	}
	if hook.Command == "" {
		return a, fmt.Errorf("no hook is registered for %s", event)
	}
	place := func(text string) string { return strings.ReplaceAll(text, "${CLAUDE_PLUGIN_ROOT}", s.plugin) }
	c := call{dir: s.repository(), path: filepath.FromSlash(place(hook.Command)), env: s.env(), stdin: quote.JSON(fields)}
	if hook.Args == nil { // without a list of arguments the host gives it to a shell
		if c.path, err = s.w.lookPath("sh"); err != nil {
			return a, fmt.Errorf("no sh in PATH")
		}
		c.args = []string{"-c", place(hook.Command)}
	}
	for _, arg := range hook.Args {
		c.args = append(c.args, place(arg))
	}
	out, problems, err := s.stripped().run(ctx, c)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return a, fmt.Errorf("the hook's program %s is not there", c.path)
	case err != nil:
		return a, fmt.Errorf("the hook for %s failed: %w: %s", event, err, firstLine(problems))
	}
	if out = strings.TrimSpace(out); out == "" {
		return a, nil
	}
	if err := json.Unmarshal([]byte(out), &a); err != nil {
		return a, fmt.Errorf("the hook's answer to %s is not JSON", event)
	}
	return a, nil
}

// play plays the story, and returns what went wrong; "" for nothing.
func (s *stage) play(ctx context.Context) string {
	const prompt = "TASK: " + proofTask + ", DESCRIPTION: Change the first of two files, to prove that the gate works\nWORKTREE_PATH: " + proofTree
	input := map[string]any{"subagent_type": proofAgent, "prompt": prompt, "description": "Prove it"}
	a, err := s.send(ctx, host.PreToolUse, map[string]any{"tool_name": "Agent", "tool_use_id": "toolu_1", "tool_input": input})
	switch {
	case err != nil:
		return err.Error()
	case a.Specific.Denied == "deny":
		return "the hook refused to launch an honest agent"
	}
	notes := quote.JSON(map[string]any{"agentType": proofAgent, "toolUseId": "toolu_1"})
	if err := errors.Join(appendTo(strings.TrimSuffix(s.transcript(), ".jsonl")+".meta.json", notes), s.says("user", prompt)); err != nil {
		return err.Error()
	}
	if _, err := s.send(ctx, host.SubagentStart, map[string]any{"agent_id": "a1", "agent_type": proofAgent}); err != nil {
		return err.Error()
	}
	if err := os.WriteFile(filepath.Join(s.tree(), "one.txt"), []byte("changed\n"), 0o600); err != nil {
		return err.Error()
	}
	a, err = s.stop(ctx, false, "one.txt", "two.txt")
	switch {
	case err != nil:
		return err.Error()
	case a.Decision != "block":
		return "the hook let a false report pass: it claimed a file that did not change"
	}
	if err := s.says("user", "Stop hook feedback: correct it"); err != nil {
		return err.Error()
	}
	a, err = s.stop(ctx, true, "one.txt")
	switch {
	case err != nil:
		return err.Error()
	case a.Decision != "":
		return "the hook refused an honest report"
	}
	a, err = s.send(ctx, host.PostToolUse, map[string]any{
		"tool_name": "Agent", "tool_use_id": "toolu_1", "tool_input": input,
		"tool_response": map[string]any{"status": "completed", "agentId": "a1", "agentType": proofAgent},
	})
	switch {
	case err != nil:
		return err.Error()
	case !strings.Contains(a.Specific.Context, "verified"):
		return "the hook did not verify an honest report, or its next step did not come"
	}
	return ""
}

// transcript returns the name of the coding agent's transcript.
func (s *stage) transcript() string {
	return filepath.Join(s.dir, "doctor", "subagents", "agent-a1.jsonl")
}

// says adds a message to the coding agent's transcript.
func (s *stage) says(role, text string) error {
	s.said++
	return appendTo(s.transcript(), quote.JSON(map[string]any{
		"type": role, "agentId": "a1", "uuid": fmt.Sprint("u", s.said), "isSidechain": true, "timestamp": s.w.Now().UTC(),
		"message": map[string]any{
			"role": role, "id": fmt.Sprint("msg_", s.said), "stop_reason": "end_turn", "content": []map[string]any{{"type": "text", "text": text}},
		},
	})+"\n")
}

// stop stops the coding agent with a report that claims files. again means that it was sent back before.
func (s *stage) stop(ctx context.Context, again bool, files ...string) (answer, error) {
	report := quote.JSON(map[string]any{"task_id": proofTask, "worktree_path": proofTree, "work_completed": "Changed it", "files_modified": files, "unfinished": []string{}})
	if err := s.says("assistant", report); err != nil {
		return answer{}, err
	}
	return s.send(ctx, host.SubagentStop, map[string]any{
		"agent_id": "a1", "agent_type": proofAgent, "agent_transcript_path": s.transcript(), "stop_hook_active": again, "last_assistant_message": report,
	})
}

func appendTo(path, text string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	return errors.Join(err, file.Close())
}
