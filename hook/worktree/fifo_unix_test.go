//go:build unix

package worktree

import (
	"path/filepath"
	"syscall"
)

func (r *repo) fifo(name string) {
	r.t.Helper()
	if err := syscall.Mkfifo(filepath.Join(r.dir, name), 0o644); err != nil {
		r.t.Fatal(err)
	}
}
