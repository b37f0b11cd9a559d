package hook

import (
	"stopgate/hook/artifact"
	"stopgate/hook/worktree"
)

// scanOptions are how a worktree is walked: without the directories that the seed leaves alone, and with an eye for what tools leave
// behind.
func scanOptions() worktree.ScanOptions {
	return worktree.ScanOptions{Exclude: artifact.Excluded, Candidates: artifact.Candidate}
}
