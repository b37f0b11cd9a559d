// Package worktree tells which of the paths that an agent claims to have changed did change, exactly as git would say, or that it cannot
// tell. It also tells what else changed in the work tree, and what changed in git's own files.
//
// The package is the door to those below it. status looks at files, marks at git's files. Both read the repository without the git binary
// where they can: its place (gitdir), objects (object), refs (refs), configuration (gitconfig), index (index) and ignore rules (ignore).
// Where they cannot (another hash than SHA-1, a split index, content under a filter, ...) they ask git (gitcmd).
package worktree
