package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"syscall"
	"testing"
	"time"

	"stopgate/hook/gates"
	"stopgate/hook/journal"
	"stopgate/hook/record"
)

// scenes calls a function after each write, and fails the write for which there is none.
type scenes struct {
	written bytes.Buffer
	after   []func()
}

func (s *scenes) Write(p []byte) (int, error) {
	if len(s.after) == 0 {
		return 0, syscall.EPIPE
	}
	next := s.after[0]
	s.after = s.after[1:]
	n, err := s.written.Write(p)
	next()
	return n, err
}

// A watched status is shown, and shown again when something was recorded, until its reader is gone.
func TestStatusWatch(t *testing.T) {
	dir := t.TempDir()
	var stderr strings.Builder
	environ := []string{"STOPGATE_STATE_DIR=" + t.TempDir()}
	c := command{stderr: &stderr, getenv: lookupIn(environ), dir: dir, now: time.Now}
	book, err := c.bookOf(viewReader(c, false).Grounds.Key())
	if err != nil {
		t.Fatal(err)
	}
	out := &scenes{after: []func(){
		func() {
			data, err := json.Marshal(record.Fact{Fact: gates.Fact{Kind: gates.CoderStarted, Task: "PROJ-9", At: time.Now()}})
			if err != nil {
				t.Error(err)
			}
			if err := book.Append(t.Context(), journal.Record{Kind: record.KindFact, At: time.Now(), Data: data}); err != nil {
				t.Error(err)
			}
		},
		func() {
			if err := book.Append(t.Context(), journal.Record{Kind: record.KindAlarm, At: time.Now(), Data: []byte(`{"text":"x"}`)}); err != nil {
				t.Error(err)
			}
		},
	}}
	c.stdout = out
	if status := c.end("status", watchStatus(c, true, true)); status != exitOK || stderr.Len() > 0 {
		t.Errorf("watching ended with %d: %s", status, stderr.String())
	}
	text := out.written.String()
	if first, second, found := strings.Cut(text[1:], "stopgate status, "); !found || !strings.Contains(first, "no task is recorded") || !strings.Contains(second, "PROJ-9  coding") {
		t.Errorf("shown: %s", text)
	}
	if strings.Contains(text, "\x1b") {
		t.Errorf("a pipe is sent %q", text)
	}
}
