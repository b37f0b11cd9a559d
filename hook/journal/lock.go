package journal

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

const (
	// lockRetry is the time between two attempts to take a lock. An append takes a few milliseconds.
	lockRetry = 2 * time.Millisecond
	// holdFiles bounds the lock files of Hold. Two names that share a file wait for each other. For four agents that stop at once that
	// happens in one case of eleven.
	holdFiles = 64
)

// Hold takes the lock of a name and keeps it until release is called or the process ends. release may be called more than once. The lock
// excludes other processes and other calls in this one. Append, Update and Read do not wait for it. Names can share a lock, so a process
// that holds one name must not ask for another.
//
// The wait ends with an error that wraps ctx.Err() when ctx is done.
func (j *Journal) Hold(ctx context.Context, name string) (release func(), err error) {
	h := fnv.New32a()
	_, _ = h.Write([]byte(name))
	release, err = lock(ctx, j, fmt.Sprintf("hold-%02d", h.Sum32()%holdFiles))
	if err != nil {
		return nil, fmt.Errorf("hold %q: %w", name, err)
	}
	return release, nil
}

// lock takes one of the journal's lock files. They are separate from the segments, because a lock belongs to one file and the segment
// that grows changes.
func lock(ctx context.Context, j *Journal, name string) (unlock func(), err error) {
	if err := j.Private(); err != nil {
		return nil, err
	}
	folder := filepath.Join(j.folder, "locks")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	ignore := filepath.Join(j.folder, ".gitignore") // if STOPGATE_STATE_DIR is in a worktree, git must not show the journal as an agent's change
	if _, err := os.Lstat(ignore); errors.Is(err, fs.ErrNotExist) {
		_ = os.WriteFile(ignore, []byte("*\n"), 0o600)
	}
	path := filepath.Join(folder, name)
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("lock %s: not a regular file", path) // opening a pipe could block forever
	}
	// A new Flock, and so a new open file, for each call: goroutines exclude each other as processes do.
	l := flock.New(path)
	if _, err := l.TryLockContext(ctx, lockRetry); err != nil {
		if ctx.Err() != nil {
			err = fmt.Errorf("not free in time: %w", err)
		}
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return func() { _ = l.Unlock() }, nil
}
