//go:build !unix

package worktree

func (r *repo) fifo(name string) { r.t.Fatalf("there are no named pipes for %q on this system", name) }
