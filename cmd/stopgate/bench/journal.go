package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"stopgate/hook/journal"
)

// journalRounds is how often an event is measured with a long journal.
const journalRounds = 15

// Events that read records: of their session, of other sessions' agents that may be at work, and of the tasks that wait for the person.
const (
	endOfTurn = `{"hook_event_name":"Stop","session_id":"s","transcript_path":"/nowhere","cwd":%q,"background_tasks":[]}`
	aLaunch   = `{"hook_event_name":"PreToolUse","session_id":"s","transcript_path":"/nowhere","cwd":%q,"tool_name":"Agent","tool_use_id":"u",` +
		`"tool_input":{"subagent_type":"bug-fixer","prompt":"TASK: T-1, DESCRIPTION: mend the shop\nWORKTREE_PATH: .\n"}}`
	aPrompt = `{"hook_event_name":"UserPromptSubmit","session_id":"s","transcript_path":"/nowhere","cwd":%q,"prompt":"go on","prompt_id":"p"}`
)

// journal compares an event, stopgate status and the status line in a repository with that many records and in one without.
func (b *bench) journal(records int) error {
	fmt.Fprintf(b.progress, "a journal with %d records\n", records)
	var programs [11]func() error // the events, status and the status line, each with and without records, and a program that does nothing
	for i, n := range []int{records, 0} {
		dir := filepath.Join(b.dir, fmt.Sprint("journal-", n))
		repo, state := filepath.Join(dir, "repository"), filepath.Join(dir, "state")
		if err := os.MkdirAll(repo, 0o700); err != nil {
			return err
		}
		for _, words := range [][]string{{"init", "-q"}, {"-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "--allow-empty", "-m", "first"}} {
			if _, err := b.run(repo, nil, "", "git", words...); err != nil {
				return err
			}
		}
		if err := b.records(state, filepath.Join(repo, ".git"), n); err != nil {
			return err
		}
		environ := append(os.Environ(), "STOPGATE_STATE_DIR="+state, "CLAUDE_PROJECT_DIR="+repo)
		run := func(stdin string, args ...string) func() error {
			return func() error { _, err := b.run(repo, environ, stdin, b.program("stopgate"), args...); return err }
		}
		programs[i], programs[i+2] = run(fmt.Sprintf(endOfTurn, repo), "hook"), run("", "status")
		programs[i+4] = run(fmt.Sprintf(`{"cwd":%q}`, repo), "statusline")
		programs[i+6], programs[i+8] = run(fmt.Sprintf(aLaunch, repo), "hook"), run(fmt.Sprintf(aPrompt, repo), "hook")
	}
	programs[10] = func() error { return exec.CommandContext(b.ctx, b.program("empty")).Run() }
	times, err := b.inTurn(journalRounds, programs[:]...)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("with %d records", records)
	b.compare("the end of a turn, "+name, times[0], "without any", times[1], "at most +50 ms")
	b.compare("the launch of an agent, "+name, times[6], "without any", times[7], "at most +50 ms")
	b.compare("a prompt, "+name, times[8], "without any", times[9], "at most +50 ms")
	b.compare("stopgate status, "+name, times[2], "without any", times[3], "at most +200 ms")
	b.compare("stopgate statusline", times[5], "an empty program", times[10], "at most 10 ms")
	b.compare("stopgate statusline, "+name, times[4], "without any", times[5], "at most 10 ms")
	return os.RemoveAll(filepath.Join(b.dir, fmt.Sprint("journal-", records)))
}

// records fills a journal with the records of a thousand sessions: their agents' stops and facts of their tasks.
func (b *bench) records(state, key string, n int) error {
	j, err := journal.Open(state, key)
	if err != nil {
		return err
	}
	const batch = 2000
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for from := 0; from < n; from += batch {
		var list []journal.Record
		for i := from; i < min(n, from+batch); i++ {
			session, agent, task := fmt.Sprint("session-", i/1000), fmt.Sprint("agent-", i/10), fmt.Sprint("t-", i/100)
			r := journal.Record{Kind: "git", At: at.Add(time.Duration(i) * time.Second), Session: session, Agent: agent, AgentType: "bug-fixer", Task: task, Data: json.RawMessage(`{"command":"git status --short","outcome":"passed","worktree":"./trees/x"}`)}
			switch i % 10 {
			case 0:
				r.Kind, r.Data = "start", nil
			case 8:
				r.Kind, r.Data = "stop", json.RawMessage(`{"stop":{"reply":"m","said":"x"},"verdict":"verified","attempts":0,"fingerprint":"","worktree":"./trees/x","base":"HEAD","findings":[],"findings_total":0}`)
			case 9:
				kind := "coder-stopped"
				if i%100 > 10 {
					kind = "closed" // by hand: most tasks are done
				}
				r.Kind, r.Data = "fact", json.RawMessage(fmt.Sprintf(`{"worktree":"./trees/x","fact":{"kind":%q,"task":"T-%d","stop":"%d","verdict":"verified","why":"done","at":"2026-01-01T00:00:00Z"}}`, kind, i/100, i))
			}
			list = append(list, r)
		}
		if err := j.Append(b.ctx, list...); err != nil {
			return err
		}
	}
	return nil
}
