// Package worktree tells which of the paths that somebody claims to have changed
// did change, exactly as `git status --porcelain=v1 -z -uall --no-renames` in that
// work tree would say, or that it cannot tell. The work is in proportion to the
// claims, not to the repository: nothing walks the whole tree, and nothing is
// cached on disk.
//
// What this package does not read by itself (another hash than SHA-1, a split
// index, content under a filter, ...) git is asked about, for the claimed paths
// alone; without git the answer is Unknown. Names are git's: relative to the top
// of the work tree, separated by '/', byte strings that need not be UTF-8.
package worktree
