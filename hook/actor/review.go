package actor

import (
	"context"
	"slices"

	"stopgate/hook/cleanup"
	"stopgate/hook/launch"
	"stopgate/hook/look"
	"stopgate/hook/record"
	"stopgate/hook/report"
	"stopgate/hook/scene"
	"stopgate/hook/session"
	"stopgate/hook/site"
	"stopgate/hook/trace"
	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// Reviewed is an agent that was taken for a coding agent and has reviewed; nil if it has not. Its last message is a gate's result, and neither
// its tools nor git show that it changed anything.
func Reviewed(ctx context.Context, s *scene.Scene) *transcript.Agent {
	if !saysReview(s.Event.LastAssistantMessage) { // most have reported work, and their transcripts are read later
		return nil
	}
	agent, _ := session.Stopped(ctx, s, "", transcript.Options{})
	if !onlyReviewed(ctx, s, agent) {
		return nil
	}
	return agent
}

// saysReview reports whether a message is a gate's result and reports no work.
func saysReview(message string) bool {
	found := report.FindGate(message)
	if found.Kind != report.KindReport || report.HasWork(found.Text) {
		return false
	}
	if _, problems := report.ParseGate(found.Text, false); len(problems) > 0 {
		return false
	}
	work := report.Find(message)
	return work.Kind != report.KindReport || !report.HasWork(work.Text)
}

// onlyReviewed reports whether neither the agent's past, nor its tools, nor git show that it worked as a coding agent.
func onlyReviewed(ctx context.Context, s *scene.Scene, agent *transcript.Agent) bool {
	if _, marked := launch.ReadMarker(agent.Prompt); marked || !trace.KnowsEdits(agent) || len(trace.Edits(agent, nil)) > 0 {
		return false
	}
	asked := launch.AssignmentOf(agent)
	if slices.ContainsFunc(s.Tasks(ctx).All(), func(t *record.Task) bool { return IsFor(s, asked, t) && t.State.Returned }) {
		return false // the gates have sent work back, and it was launched for that
	}
	recorded := s.History(ctx).Agent(s.Event.AgentID)
	if len(recorded.Reports()) > 0 || len(recorded.SentBack()) > 0 { // it has reported work, or failed to
		return false
	}
	launched := s.LaunchOf(ctx, s.Event.AgentID)
	before := launched.Seen()
	if before == nil {
		return launched != nil && len(trace.ShellCommands(agent)) == 0 // a command may have changed anything
	}
	where, _ := s.Grounds().Find(before.Worktree)
	if where.Problem != site.Found {
		return false
	}
	survey := look.Survey(ctx, s, where.Place, worktree.Base{Snapshot: &before.Snapshot})
	return survey.Incomplete == "" && len(cleanup.ChangedFiles(s.Config(ctx), survey)) == 0
}
