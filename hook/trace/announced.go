package trace

import (
	"fmt"
	"path/filepath"
	"time"

	"stopgate/hook/quote"
	"stopgate/hook/transcript"
)

// Unannounced returns the tool uses in an agent's transcript that the host did not write: successful shell commands and writes that no event of the
// host announced, and tool uses with two contradictory results. announced has the ids of the tool uses that the host announced for the agent, and
// began is when it announced the agent itself; the zero time if it did not. Tool uses before the first of these may be older than the announcements,
// and are left out.
func Unannounced(agent *transcript.Agent, announced map[string]bool, began time.Time) []transcript.ToolUse {
	var list []transcript.ToolUse
	within := false
	for _, use := range agent.ToolUses {
		if use.Helper != "" {
			continue
		}
		within = within || announced[use.ID] || !began.IsZero() && use.Time.After(began)
		known := use.Name == "Bash" || use.Edits() && filepath.IsAbs(use.Path)
		if use.Disputed || within && known && use.Outcome == transcript.Succeeded && !announced[use.ID] {
			list = append(list, use)
		}
	}
	return list
}

// UnannouncedText returns a sentence about them; "" for none.
func UnannouncedText(uses []transcript.ToolUse) string {
	if len(uses) == 0 {
		return ""
	}
	text := "the transcript has a tool use that the client did not announce, or with two results"
	if len(uses) > 1 {
		text = fmt.Sprintf("the transcript has %d tool uses that the client did not announce, or with two results", len(uses))
	}
	first := uses[0]
	return fmt.Sprintf("%s: %s in line %d; another program may have written it, so it is no evidence", text, quote.String(first.Name+" "+first.Command+first.Path, quote.MaxPath), first.Line)
}
