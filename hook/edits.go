package hook

import (
	"path/filepath"
	"time"

	"stopgate/hook/site"
	"stopgate/hook/transcript"
)

// Edit is one tool use by which an agent changed a file, as its transcript tells it.
type Edit struct {
	// Path is relative to the worktree, as git spells it; "" for a file outside it.
	Path string
	// Name is the absolute path, as the tool was given it or taken from the session's folder.
	Name string
	// Tool is Write, Edit, MultiEdit or NotebookEdit.
	Tool string
	// Line is that of the tool use in the transcript.
	Line int
	// Time is that of the tool use; zero where the transcript does not tell.
	Time time.Time
	// Run is the number of the agent's run that it belongs to (transcript.Run).
	Run int
}

// Edits are an agent's edits that succeeded, in order; failed and unanswered ones changed nothing that is known. roots are the
// names that the worktree goes by.
func Edits(agent *transcript.Agent, roots []string) []Edit {
	var edits []Edit
	for _, use := range agent.ToolUses {
		if !use.Edits() || use.Outcome != transcript.Succeeded || use.Path == "" {
			continue
		}
		name := filepath.FromSlash(use.Path)
		if !filepath.IsAbs(name) {
			name = filepath.Join(agent.CWD, name)
		}
		edits = append(edits, Edit{
			Path: site.RelativeTo(roots, name), Name: filepath.Clean(name), Tool: use.Name, Line: use.Line, Time: use.Time, Run: use.Run,
		})
	}
	return edits
}
