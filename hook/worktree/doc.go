// Package worktree checks for each path that an agent claims to have changed whether git shows a change there, or reports that this is unknown. It
// also finds other changes in the worktree, and changes in git's own files.
//
// It is the API of the packages below it. status compares files, marks compares git's own files. Both read the repository without the git binary
// where they can: its location (gitdir), objects (object), refs (refs), configuration (gitconfig), index (index) and ignore rules (ignore). Otherwise
// (a hash other than SHA-1, a split index, content under a filter, ...) they ask git (gitcmd).
package worktree
