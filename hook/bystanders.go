package hook

import (
	"context"
	"os"
	"slices"
	"strings"
	"time"

	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// bystanders are the agents of the session that are no coding agents and that worked in the worktree after since: a test run may write
// files there, and needs what it wrote. Nothing is recorded of most of them, so that their transcripts have to tell. Of stops that
// happened long ago nobody asks.
func (r *Runner) bystanders(ctx context.Context, ev Event, history History, grounds Grounds, place worktree.Place, since time.Time) []Rival {
	if ev.TranscriptPath == "" || r.end != nil {
		return nil
	}
	files, err := othersSince(ev, since)
	if err != nil {
		return nil
	}
	var list []Rival
	for _, file := range files {
		if file.Err != nil || history.agent(file.ID).began > 0 {
			continue
		}
		agent := r.peer(ctx, ev, file.ID)
		if !worksIn(agent, grounds, place, since) {
			continue
		}
		last := agent.LastReply()
		list = append(list, Rival{
			AgentID: file.ID, AgentType: file.Meta.AgentType, Running: last == nil || last.ToolUses > 0, Files: editsSince(agent, place, since),
		})
	}
	return list
}

// othersSince are the session's other agents whose transcripts have grown since then.
func othersSince(ev Event, since time.Time) ([]transcript.AgentFile, error) {
	files, err := transcript.Agents(ev.TranscriptPath)
	return slices.DeleteFunc(files, func(file transcript.AgentFile) bool {
		info, err := os.Stat(file.Path)
		return err != nil || file.ID == ev.AgentID || info.ModTime().Before(since)
	}), err
}

// worksIn tells whether an agent used a tool that may change files after since, and was given the worktree or named it in a command.
func worksIn(agent *transcript.Agent, grounds Grounds, place worktree.Place, since time.Time) bool {
	given := grounds.assigns(assignment(agent), place)
	name := strings.TrimPrefix(grounds.name(place), "./")
	for _, use := range agent.ToolUses {
		if !onlyReads(use.Name) && !use.Time.Before(since) && (given || strings.Contains(use.Command, name) || strings.HasPrefix(use.Path, place.Root)) {
			return true
		}
	}
	return false
}
