package hosttest

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// record saves a scrubbed copy of the session, which a later test can replay without the client:
//
//	dir/transcripts/SESSION.jsonl                    the orchestrator's conversation
//	dir/transcripts/SESSION/subagents/agent-ID.jsonl those of its agents, each with its .meta.json
//	dir/events.jsonl                                 the plugin's events and answers
//	dir/journal.jsonl                                the plugin's journal; missing if it wrote none
//
// It fails rather than save the name of the machine or of its user.
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

// realSuffix is added to the name of the plugin's executable while a recorder replaces it.
const realSuffix = ".real"

// tap replaces the plugin's executable by a recorder.
func tap(executable, recorder string) error {
	info, err := os.Stat(recorder)
	if err != nil {
		return err
	}
	if err := os.Rename(executable, executable+realSuffix); err != nil {
		return err
	}
	return copyFile(recorder, executable, info.Mode())
}

// recordEvent runs the real executable, and saves the event and the answer in the folder events. It returns the exit
// status.
func recordEvent(events string) int {
	self, err := os.Executable()
	if err != nil {
		return 1
	}
	asked, err := io.ReadAll(os.Stdin)
	if err != nil {
		return 1
	}
	at := time.Now()
	cmd := exec.Command(self+realSuffix, os.Args[1:]...)
	cmd.Stdin, cmd.Stderr = bytes.NewReader(asked), os.Stderr
	answer, err := cmd.Output()
	if len(asked) > 0 {
		line := fmt.Appendf(nil, "{\"event\":%s,\"answer\":%s}\n", bytes.TrimSpace(asked), cmp.Or(string(bytes.TrimSpace(answer)), "null"))
		name := fmt.Sprintf("%d-%d.json", at.UnixNano(), os.Getpid())
		if err := os.WriteFile(filepath.Join(events, name), line, 0o644); err != nil {
			return 1
		}
	}
	os.Stdout.Write(answer) //nolint:errcheck // a host that has gone needs no answer
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return exit.ExitCode()
	}
	return 0
}

// recordedEvents returns the lines that recorders saved, in the order of the events: objects with "event" and "answer". The answer is null if the
// plugin wrote none.
func (s *Session) recordedEvents() ([]byte, error) {
	files, err := filepath.Glob(filepath.Join(s.events(), "*.json")) // sorted, and the time has as many digits in all
	var lines []byte
	for _, file := range files {
		line, readErr := os.ReadFile(file)
		err = errors.Join(err, readErr)
		lines = append(lines, line...)
	}
	return lines, err
}

// keep scrubs content and writes it to path. It writes no empty file.
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
