package judge

import (
	"time"

	"stopgate/hook/repochange"
	"stopgate/hook/worktree"
)

// Baseline is what an agent's worktree was like when a run of the agent began, before its first tool use.
type Baseline struct {
	// Worktree is the path by which the orchestrator knows the worktree.
	Worktree string `json:"worktree"`
	// At is when the snapshot was begun; zero in records that do not tell.
	At       time.Time         `json:"at"`
	Snapshot worktree.Snapshot `json:"snapshot"`
	// Main is what the main worktree was like then; nil where it is the agent's own, or could not be seen.
	Main *worktree.Snapshot `json:"main,omitempty"`
	// MainUnseen says why not all of the main worktree could be seen; "" where it could, or is the agent's own.
	MainUnseen string `json:"main_unseen,omitempty"`
	// Artifacts are those that were there then; nil where nobody has looked.
	Artifacts []worktree.Name `json:"artifacts"`
	// Marked is what git's own files said then; nil where that could not be taken down.
	Marked *repochange.Marked `json:"marked,omitempty"`
	// Plugin names the state of the plugin's own files then; "" where no plugin is known.
	Plugin string `json:"plugin,omitempty"`
}
