package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"stopgate/hook/worktree"
	"stopgate/scripts/client"
)

// stopRounds is how many stops are measured, each of a new agent.
const stopRounds = 15

// transcriptLines are the files that the agent has read, with 3.6 KB each: its transcript has 1 MB.
const transcriptLines = 280

// stopping is a coding agent in the worktree, up to its stop.
type stopping struct {
	*repository
	count int
	state string
	files []string
	event string // of the stop
	back  string // of the return
}

// hook gives the program an event. dir is its working directory.
func (s *stopping) hook(event string) (string, error) {
	environ := append([]string{"STOPGATE_STATE_DIR=" + s.state, "CLAUDE_PROJECT_DIR=" + s.top()}, s.env...)
	return s.run(s.top(), environ, event, s.program("stopgate"), "hook")
}

// top returns the main worktree.
func (s *stopping) top() string { return filepath.Dir(filepath.Dir(s.root)) }

// next launches the next agent, which edits eight files.
func (s *stopping) next() error {
	if s.event != "" {
		if out, err := s.hook(s.back); err != nil || !strings.Contains(out, "Verdict: verified.") {
			return fmt.Errorf("the agent's return is answered with %q, %w", out, err)
		}
	}
	s.count++
	var transcript bytes.Buffer
	ids := 0
	session := &client.Session{
		ID: "s", Repository: s.top(), Transcript: filepath.Join(s.state, "..", "s.jsonl"),
		NewID: func(prefix string) string { ids++; return fmt.Sprint(prefix, s.count, "-", ids) },
		Keep:  func(_ string, line []byte) { transcript.Write(line) },
	}
	a := client.Agent{Session: session, ID: fmt.Sprint("a", s.count), Type: "stopgate:integration-engineer", Launch: fmt.Sprint("toolu_a", s.count), Cwd: s.top()}
	event := func(name string, fields client.Fields) string { return string(session.Event(name, s.top(), fields)) }
	prompt := "TASK: TASK-1, DESCRIPTION: let the shop try again when a payment fails\nWORKTREE_PATH: ./trees/TASK-1\n"
	input := client.Fields{"subagent_type": a.Type, "prompt": prompt, "description": "work"}
	if _, err := s.hook(event("PreToolUse", client.Call(a.Launch, "Agent", input))); err != nil {
		return err
	}
	notes, text := a.Meta(nil)
	if err := writeIn(notes, text, 0o600); err != nil {
		return err
	}
	if _, err := s.hook(event("SubagentStart", a.Starts())); err != nil {
		return err
	}
	uses := func(use, tool string, input client.Fields, result string) {
		a.Adds("assistant", client.Use(use, tool, input))
		a.Adds("user", client.Result(use, result, false))
	}
	a.Prompted(prompt)
	for i, name := range s.files {
		text := fmt.Sprintf("edited by %s\n", a.ID)
		uses(fmt.Sprint("w", i), "Write", client.Fields{"file_path": s.path(name), "content": text}, "done")
		if err := os.WriteFile(s.path(name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	for i := range transcriptLines {
		uses(fmt.Sprint("r", i), "Read", client.Fields{"file_path": s.path(s.files[0])}, strings.Repeat("x", 3600))
	}
	report, err := json.Marshal(map[string]any{"task_id": "TASK-1", "worktree_path": "./trees/TASK-1", "work_completed": "It is done.", "files_modified": s.files, "unfinished": []string{}})
	if err != nil {
		return err
	}
	a.Adds("assistant", client.Text(string(report)))
	s.event = event("SubagentStop", a.Stops(string(report), false, []any{}))
	s.back = event("PostToolUse", a.Returns(input, a.Completed(string(report))))
	return os.WriteFile(a.File(), transcript.Bytes(), 0o600)
}

// measureStop compares the whole stop of a coding agent, with a transcript of 1 MB, with git status on everything.
func (r *repository) measureStop(n int) error {
	s := &stopping{repository: r, state: filepath.Join(filepath.Dir(filepath.Dir(filepath.Dir(r.root))), "state")}
	for i := range 8 {
		s.files = append(s.files, fileName((2*i+1)*n/18))
	}
	stop := func() error {
		out, err := s.hook(s.event)
		if err == nil && out != "" {
			err = fmt.Errorf("an honest agent is answered with %q", out)
		}
		return err
	}
	times, err := r.inTurnAfter(stopRounds, s.next, stop, r.gitStatus("-uall"))
	if err != nil {
		return err
	}
	r.compare(at("the stop of a coding agent", n), times[0], "git status -uall", times[1], "at most 1.50 at 3000 files")
	return nil
}

// measureHalf compares the scan after every other file was edited, and the scan of a worktree that was just added, with git status.
func (r *repository) measureHalf(n int) error {
	fresh := *r
	fresh.root = filepath.Join(filepath.Dir(r.root), "fresh")
	if err := r.git("worktree", "add", "-q", "-b", "fresh", fresh.root, "main"); err != nil {
		return err
	}
	rounds := 5
	scan := func(changes int) func() error {
		return func() error {
			return fresh.open(func(tree *worktree.Tree) error {
				if s := tree.Scan(r.ctx, worktree.ScanOptions{}); s.Incomplete != "" || len(s.Changes) != changes {
					return fmt.Errorf("the scan found %d changes, not %d, incomplete %q", len(s.Changes), changes, s.Incomplete)
				}
				return nil
			})
		}
	}
	times, err := r.inTurn(rounds, scan(0), fresh.gitStatus("-uall"))
	if err != nil {
		return err
	}
	r.compare(at("scan of a worktree just added", n), times[0], "git status -uall", times[1], "at most 1.00")
	edited := 0
	for i := 0; i < n; i += 2 {
		if err := os.WriteFile(fresh.path(fileName(i)), fmt.Appendf(nil, "file %d\n%0*d\n", i, 200+i%1800, 7), 0o600); err != nil {
			return err
		}
		edited++
	}
	if times, err = r.inTurn(rounds, scan(edited), fresh.gitStatus("-uall")); err != nil {
		return err
	}
	r.compare(at("scan with half of the files edited", n), times[0], "git status -uall", times[1], "at most 1.00")
	return r.git("worktree", "remove", "--force", fresh.root)
}
