package delivery

import (
	"context"
	"fmt"
	"os"
	"time"

	"stopgate/hook/gates"
	"stopgate/hook/scene"
	"stopgate/hook/session"
	"stopgate/hook/transcript"
)

// maxBefore limits how many recorded agents may follow an agent without records. The records of an older agent may have been removed.
const maxBefore = 20

// launchedTogether is how long before the first of those an agent may have been launched: agents that work side by side are launched within
// moments.
const launchedTogether = 2 * time.Minute

// unrecorded returns the coding agents that have ended without any record, not even of a start: all their hooks were killed, or the journal could
// not be written. The host's notes show them. Agents from before the recorded ones do not count, because stopgate may not have been installed then.
func unrecorded(ctx context.Context, s *scene.Scene, running func(id string) bool) []gates.Agent {
	h := s.History(ctx)
	known := h.Agents()
	if s.Event.BackgroundTasks == nil || len(known) == 0 {
		return nil
	}
	var since time.Time
	for _, id := range known[max(0, len(known)-maxBefore):] {
		if since = notedAt(s.Event.TranscriptPath, id); !since.IsZero() {
			break
		}
	}
	if since.IsZero() {
		return nil
	}
	ids, err := transcript.AgentIDs(s.Event.TranscriptPath)
	if err != nil {
		fmt.Fprintf(s.Log, "stopgate: %v\n", err)
	}
	var list []gates.Agent
	for _, id := range ids {
		if h.Knows(id) || running(id) || session.Waits(s, id) || notedAt(s.Event.TranscriptPath, id).Before(since.Add(-launchedTogether)) {
			continue
		}
		meta, err := transcript.ReadMeta(transcript.AgentPath(s.Event.TranscriptPath, id))
		if err == nil && meta.ParentAgentID == "" && s.Config(ctx).IsCoding(meta.AgentType) {
			list = append(list, gates.Agent{ID: id, Type: meta.AgentType})
		}
	}
	return list
}

// notedAt returns when the host last wrote its notes on an agent; the zero time if it wrote none.
func notedAt(sessionTranscript, agentID string) time.Time {
	path := transcript.AgentPath(sessionTranscript, agentID)
	if path == "" {
		return time.Time{}
	}
	info, err := os.Stat(transcript.MetaPath(path))
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}
