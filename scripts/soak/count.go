//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/tidwall/gjson"
)

// tally counts what happened to the steps, tasks and files of one round or of several.
type tally struct {
	steps, lost, doubled, stuck, files int
	unreadable                         int // journals that the program could not read
	crashes                            int
}

func (t tally) line() string {
	line := fmt.Sprintf("steps %d: lost %d, doubled %d, stuck %d; files lost %d", t.steps, t.lost, t.doubled, t.stuck, t.files)
	if t.unreadable > 0 {
		line += fmt.Sprintf("; journals unreadable %d", t.unreadable)
	}
	if t.crashes > 0 {
		line += fmt.Sprintf("; crashes %d", t.crashes)
	}
	return line
}

func (t tally) failed() bool { return t.lost+t.doubled+t.stuck+t.files+t.unreadable+t.crashes > 0 }

func (t *tally) add(o tally) {
	t.steps, t.lost, t.doubled, t.stuck, t.files = t.steps+o.steps, t.lost+o.lost, t.doubled+o.doubled, t.stuck+o.stuck, t.files+o.files
	t.unreadable, t.crashes = t.unreadable+o.unreadable, t.crashes+o.crashes
}

// count compares what the orchestrators received with what the journal shows as owed.
func (r *round) count() (sum tally) {
	decided, damaged := r.decided()
	if damaged > 0 {
		fmt.Fprintf(r.progress, "incomplete lines of killed writers in the journal: %d\n", damaged)
	}
	for _, s := range r.sessions {
		sum.add(s.count(decided))
	}
	for _, command := range []string{"status", "log"} {
		if err := r.shows(command); err != nil {
			fmt.Fprintln(r.progress, err)
			sum.unreadable++
		}
	}
	sum.files, sum.crashes = r.filesLost(), len(r.crashes)
	return sum
}

// shows reports whether the program can show people the journal.
func (r *round) shows(command string) error {
	out, err := r.sh(r.repo, r.program+" "+command+" --format json >/dev/null")
	if err == nil && out != "" {
		err = errors.New(out)
	}
	return err
}

// stopOf is the last recorded stop of an agent, with its place in the journal.
type stopOf struct {
	step, task, session string
	order               int
}

// decided returns the last recorded stops of the agents, by session and agent. damaged counts lines that are not whole.
func (r *round) decided() (last map[string]stopOf, damaged int) {
	last = map[string]stopOf{}
	files, err := filepath.Glob(filepath.Join(r.dir, "state", "stopgate", "*", "0*.jsonl"))
	check(err)
	order := 0
	for _, name := range files {
		text, err := os.ReadFile(name)
		check(err)
		for l := range bytes.Lines(text) {
			order++
			if len(bytes.TrimSpace(l)) == 0 {
				continue
			}
			if !json.Valid(l) {
				damaged++
				continue
			}
			rec := gjson.ParseBytes(l)
			if rec.Get("kind").String() == "stop" {
				session, agent := rec.Get("session").String(), rec.Get("agent").String()
				last[session+" "+agent] = stopOf{rec.Get("data.step.step_id").String(), rec.Get("task").String(), session, order}
			}
		}
	}
	return last, damaged
}

// count returns what happened to the steps of a session. A step is lost if its agent's last stop led to it, and the orchestrator received neither
// it nor a step that a later stop for the same task led to. An agent without records counts as a step, too: the orchestrator must be told that
// nothing is known about it.
func (s *session) count(decided map[string]stopOf) (sum tally) {
	for id, n := range s.received {
		sum.steps++
		if n > 1 {
			sum.doubled++
			fmt.Fprintf(s.round.progress, "%s: step %s was received %d times\n", s.ID, id, n)
		}
	}
	counted := map[string]bool{}
	for _, a := range s.agents {
		if counted[a.ID] || !a.returned {
			continue
		}
		counted[a.ID] = true
		stop, known := decided[s.ID+" "+a.ID]
		if known && stop.step == "" || known && s.received[stop.step] > 0 || !known && s.about[a.ID] > 0 || known && s.replaced(stop, decided) || !known && a.task.closed {
			continue
		}
		sum.steps++
		sum.lost++
		fmt.Fprintf(s.round.progress, "%s: the step for %s %s of %s never arrived (recorded: %v)\n", s.ID, a.Type, a.ID, a.task.name, known)
	}
	for _, t := range s.tasks {
		if !t.closed {
			sum.stuck++
			fmt.Fprintf(s.round.progress, "%s: %s is not done\n", s.ID, t.name)
		}
	}
	return sum
}

// replaced reports whether the orchestrator received the step of a later stop for the same task.
func (s *session) replaced(stop stopOf, decided map[string]stopOf) bool {
	for _, other := range decided {
		if other.session == s.ID && strings.EqualFold(other.task, stop.task) && other.order > stop.order && s.received[other.step] > 0 {
			return true
		}
	}
	return false
}

// filesLost counts the files that agents wrote and that are gone.
func (r *round) filesLost() (lost int) {
	held := map[string]bool{}
	check(filepath.WalkDir(r.dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && strings.HasPrefix(path, r.dir) && !strings.Contains(path, "/.git/") {
			if text, err := os.ReadFile(path); err == nil {
				held[string(text)] = true
			}
		}
		return nil
	}))
	for path, text := range r.made {
		if now, err := os.ReadFile(path); err == nil && string(now) == text || held[text] {
			continue
		}
		lost++
		fmt.Fprintln(r.progress, "lost:", path)
	}
	return lost
}
