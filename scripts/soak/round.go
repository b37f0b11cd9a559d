//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"stopgate/scripts/client"
)

// round is one repository with its tasks. Three sessions work on them at once: first in a storm, in which everything may fail, then in the calm
// until all tasks are done.
type round struct {
	options
	dir      string
	repo     string // the main worktree
	env      []string
	trouble  *trouble
	sessions []*session
	progress io.Writer

	merging sync.Mutex    // one agent at a time works in the main worktree
	slots   chan struct{} // limits the agents that work at once
	agents  atomic.Int64
	events  atomic.Int64

	mu      sync.Mutex
	made    map[string]string // the files that agents wrote, by absolute path
	crashes []string
}

const (
	sessions = 3
	// atWork limits the agents that work at once, so that the machine is measured and not a queue of processes.
	atWork = 4
	// patience limits a round: a task that is not done by then is stuck.
	patience = 15 * time.Minute
)

func newRound(o options, dir string, rng *rand.Rand, progress io.Writer) (*round, error) {
	r := &round{options: o, dir: dir, repo: filepath.Join(dir, "repo"), progress: progress, slots: make(chan struct{}, atWork), made: map[string]string{}}
	state := filepath.Join(dir, "state")
	for _, folder := range []string{"home", "tmp", "state"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o700); err != nil {
			return nil, err
		}
	}
	r.env = append(client.Environment(dir),
		"STOPGATE_STATE_DIR="+filepath.Join(state, "stopgate"), "CLAUDE_PROJECT_DIR="+r.repo,
		"AI_AGENT=claude-code_2.2.0_harness", // a client that stopgate does not know, nor the streams with which it starts hooks
	)
	var err error
	if r.trouble, err = newTrouble(state, o.only, rand.New(rand.NewPCG(rng.Uint64(), 1))); err != nil {
		return nil, err
	}
	if err := r.repository(); err != nil {
		return nil, errors.Join(err, r.close())
	}
	for i := range sessions {
		r.sessions = append(r.sessions, newSession(r, fmt.Sprintf("s%d", i+1), rand.New(rand.NewPCG(rng.Uint64(), 2))))
	}
	for i := range o.tasks {
		s := r.sessions[i%sessions]
		name := fmt.Sprintf("T-%d", i+1)
		s.tasks = append(s.tasks, &task{name: name, tree: "trees/" + name + "-work"})
	}
	return r, nil
}

// repository makes a small repository with a worktree for each task.
func (r *round) repository() error {
	script := "git init -q -b main\nmkdir src docs\nprintf '/trees/\\n__pycache__/\\n*.log\\n' > .gitignore\n" +
		"i=1; while [ $i -le " + fmt.Sprint(r.tasks) + " ]; do echo \"export const v = $i\" > src/T-$i.js; i=$((i+1)); done\ngit add -A\ngit commit -qm first\n" +
		"i=1; while [ $i -le " + fmt.Sprint(r.tasks) + " ]; do git worktree add -q trees/T-$i-work -b T-$i; i=$((i+1)); done\n"
	if err := os.MkdirAll(r.repo, 0o700); err != nil {
		return err
	}
	_, err := r.sh(r.repo, script)
	return err
}

// sh runs commands of the host, of a person or of an agent.
func (r *round) sh(dir, script string) (string, error) {
	cmd := exec.Command("sh", "-ec", script)
	cmd.Dir, cmd.Env = dir, r.env
	out, err := cmd.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%s: %w\n%s", script, err, out)
	}
	return string(out), err
}

// close ends the round. The state's file system is unmounted, so the state is copied first if the round is kept.
func (r *round) close() (err error) {
	if r.options.keep != "" {
		err = os.CopyFS(filepath.Join(r.dir, "kept-state"), os.DirFS(filepath.Join(r.dir, "state")))
	}
	return errors.Join(err, r.trouble.close())
}

// what returns the size of the round, for people.
func (r *round) what() string {
	return fmt.Sprintf("%d tasks, %d agents, %d events; %s", r.tasks, r.agents.Load(), r.events.Load(), r.trouble.what())
}

// play plays the sessions to their ends, and counts.
func (r *round) play(ctx context.Context) tally {
	ctx, done := context.WithTimeout(ctx, patience)
	defer done()
	storm, calm := context.WithCancel(ctx)
	var troubled, played sync.WaitGroup
	troubled.Go(func() { r.trouble.storm(storm, filepath.Join(r.dir, "state", "stopgate")) })
	for _, s := range r.sessions {
		played.Go(func() { s.play(ctx) })
	}
	// The storm ends when four fifths of the tasks are done, or when no session can do more in it.
	for ctx.Err() == nil && r.done() < r.tasks-r.tasks/5 && !r.rested() {
		time.Sleep(50 * time.Millisecond)
	}
	calm()
	troubled.Wait()
	r.trouble.calm.Store(true)
	played.Wait()
	return r.count()
}

func (r *round) done() (n int) {
	for _, s := range r.sessions {
		n += int(s.done.Load())
	}
	return n
}

// rested reports whether no session can do more during the storm.
func (r *round) rested() bool {
	return !slices.ContainsFunc(r.sessions, func(s *session) bool { return !s.waits.Load() })
}

// keep writes a file that must not be lost.
func (r *round) keep(path, text string) {
	check(os.MkdirAll(filepath.Dir(path), 0o755))
	check(os.WriteFile(path, []byte(text), 0o644))
	r.mu.Lock()
	r.made[path] = text
	r.mu.Unlock()
}

// crashed notes a failure of the program that must never happen.
func (r *round) crashed(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.crashes) < 20 {
		fmt.Fprintln(r.progress, "crash:", strings.TrimSpace(what))
	}
	r.crashes = append(r.crashes, what)
}

// check panics on an error of the soak itself.
func check(err error) {
	if err != nil {
		panic(err)
	}
}
