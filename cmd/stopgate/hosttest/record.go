package hosttest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// record saves, scrubbed, what a later test can replay without the client:
//
//	dir/transcripts/SESSION.jsonl                    the orchestrator's conversation
//	dir/transcripts/SESSION/subagents/agent-ID.jsonl those of its agents, each with its .meta.json
//	dir/events.jsonl                                 what the plugin was asked and what it answered
//	dir/journal.jsonl                                what the plugin has kept; missing where it kept nothing
//
// It refuses to leave anything behind that names the machine.
func (s *Session) record(dir, plugin string) error {
	scrub := newScrubber(map[string]string{
		s.Repository: "/repository", s.home(): "/home/person", s.config(): "/home/person/.claude", s.temp(): "/tmp",
		s.dir: "/session", plugin: "/plugin",
	})
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("record the session: %w", err)
	}
	projects := filepath.Join(s.config(), "projects", slug(s.Repository))
	for _, pattern := range []string{"*.jsonl", "*/subagents/*.jsonl", "*/subagents/*.meta.json"} {
		files, err := filepath.Glob(filepath.Join(projects, pattern))
		if err != nil {
			return fmt.Errorf("record the session: %w", err)
		}
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				return fmt.Errorf("record the session: %w", err)
			}
			name := strings.TrimPrefix(file, projects)
			if err := s.keep(scrub, filepath.Join(dir, "transcripts", name), content); err != nil {
				return err
			}
		}
	}
	if err := s.keep(scrub, filepath.Join(dir, "journal.jsonl"), s.journal); err != nil {
		return err
	}
	events, err := s.recordedEvents()
	if err != nil {
		return fmt.Errorf("record the session: %w", err)
	}
	return s.keep(scrub, filepath.Join(dir, "events.jsonl"), events)
}

// recorder stands in for the plugin's executable while sessions are recorded: it keeps what it is asked and what the
// executable answers.
const recorder = `#!/bin/sh
event=$(mktemp "$STOPGATE_EVENTS/XXXXXX") || exit 1
cat >"$event"
"$0.real" "$@" <"$event" >"$event.answer"
status=$?
cat "$event.answer"
exit $status
`

// tap puts the recorder in the place of the executable.
func tap(executable string) error {
	if err := os.Rename(executable, executable+".real"); err != nil {
		return err
	}
	return os.WriteFile(executable, []byte(recorder), 0o755)
}

// recordedEvents are what the recorder has kept, in the order of the events: JSON lines with "event" and "answer", which is null
// where the answer was silence.
func (s *Session) recordedEvents() ([]byte, error) {
	answers, err := filepath.Glob(filepath.Join(s.events(), "*.answer"))
	if err != nil {
		return nil, err
	}
	type kept struct {
		at   time.Time
		line []byte
	}
	var all []kept
	for _, file := range answers {
		name := strings.TrimSuffix(file, ".answer")
		info, err := os.Stat(name)
		if err != nil {
			return nil, err
		}
		event, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		answer, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		if answer = bytes.TrimSpace(answer); len(answer) == 0 {
			answer = []byte("null")
		}
		line := fmt.Appendf(nil, "{\"event\":%s,\"answer\":%s}\n", bytes.TrimSpace(event), answer)
		all = append(all, kept{info.ModTime(), line})
	}
	slices.SortStableFunc(all, func(a, b kept) int { return a.at.Compare(b.at) })
	var lines []byte
	for _, k := range all {
		lines = append(lines, k.line...)
	}
	return lines, nil
}

// keep scrubs content and writes it to path; nothing is written where there is nothing.
func (s *Session) keep(scrub *scrubber, path string, content []byte) error {
	if len(content) == 0 {
		return nil
	}
	clean, err := scrub.lines(content)
	if err != nil {
		return fmt.Errorf("scrub %s: %w", path, err)
	}
	if found := leaks(clean, machineNames(s.dir)); len(found) > 0 {
		return fmt.Errorf("scrub %s: it still holds %q", path, found)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("record the session: %w", err)
	}
	if err := os.WriteFile(path, clean, 0o644); err != nil {
		return fmt.Errorf("record the session: %w", err)
	}
	return nil
}
