package hook

import (
	"context"
	"slices"
	"time"

	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// rivals are the coding agents of this session that worked in the worktree while the one that stops did: those that were let go
// after it began, and those that still run, as their transcripts tell. since is when the agent that stops began.
func (h History) rivals(ctx context.Context, ev Event, name string, place worktree.Place, since time.Time) []Rival {
	own := h.agent(ev.AgentID)
	var list []Rival
	for _, id := range h.order {
		a := h.agent(id)
		if id == ev.AgentID || a.began == 0 || !IsCoding(a.agentType) {
			continue
		}
		rival := Rival{AgentID: id, AgentType: a.agentType}
		switch {
		case a.ended == 0:
			rival.Files = editsSince(ctx, transcript.AgentPath(ev.TranscriptPath, id), place, since)
		case a.ended > own.began && own.began > 0:
			if last := a.stops[len(a.stops)-1]; last.Worktree == name {
				rival.Files = last.Touched
			}
		}
		if len(rival.Files) > 0 {
			list = append(list, rival)
		}
	}
	return list
}

// editsSince are the files of the worktree that an agent which still runs has edited since then. A transcript that cannot be read
// tells of none.
func editsSince(ctx context.Context, path string, place worktree.Place, since time.Time) []string {
	if path == "" {
		return nil
	}
	agent, err := transcript.ReadAgent(ctx, path, transcript.Options{})
	if err != nil {
		return nil
	}
	var files []string
	for _, e := range Edits(agent, []string{place.Root}) {
		if e.Path != "" && e.Time.After(since) && !slices.Contains(files, e.Path) {
			files = append(files, e.Path)
		}
	}
	return files
}
