// Package worktree finds out which of the paths that an agent claims to have changed did change, exactly as git would say, or that this is unknown.
// It also finds other changes in the work tree, and changes of git's own files.
//
// It is the API of the packages below it. status compares files, marks compares git's own files. Both read the repository without the git binary
// where they can: its place (gitdir), objects (object), refs (refs), configuration (gitconfig), index (index) and ignore rules (ignore). Otherwise
// (another hash than SHA-1, a split index, content under a filter, ...) they ask git (gitcmd).
package worktree
