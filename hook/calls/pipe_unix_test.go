//go:build unix

package calls_test

import (
	"syscall"
	"testing"
	"time"

	"stopgate/hook/calls"
)

// A named pipe in place of the calls must not hold up the client: it would end the hook, and let the agent go.
func TestPipeIsNotOpened(t *testing.T) {
	t.Parallel()
	path := calls.Path(t.TempDir(), "s")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	done := make(chan []error, 1)
	go func() {
		_, found := calls.Find(path, "eval ls")
		_, listed := calls.OfSession(path)
		done <- []error{calls.Add(path, calls.Call{}, "ls"), calls.Begin(path, time.Now()), found, listed}
	}()
	select {
	case errs := <-done:
		for i, err := range errs {
			if err == nil {
				t.Errorf("%d: a pipe is taken for the calls", i)
			}
		}
	case <-time.After(10 * time.Second):
		t.Fatal("waits for the other end of the pipe")
	}
}
