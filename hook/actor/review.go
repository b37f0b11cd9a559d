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

// Reviewed returns the stopped agent if it was launched as a coding agent but only reviewed, else nil. Its last message is a gate's result, and
// neither its tools nor git show a change by it.
func Reviewed(ctx context.Context, s *scene.Scene) *transcript.Agent {
	if !saysReview(s.Event.LastAssistantMessage) { // most agents report work; their transcripts are read later
		return nil
	}
	agent, _ := session.Stopped(ctx, s, "", transcript.Options{})
	if !onlyReviewed(ctx, s, agent) {
		return nil
	}
	return agent
}

// saysReview reports whether a message is a gate's result and not a report of work.
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

// onlyReviewed reports whether the records, the agent's tools and git all show no work of a coding agent.
func onlyReviewed(ctx context.Context, s *scene.Scene, agent *transcript.Agent) bool {
	if _, marked := launch.ReadMarker(agent.Prompt); marked || !trace.KnowsEdits(agent) || len(trace.Edits(agent, nil)) > 0 {
		return false
	}
	asked := launch.AssignmentOf(agent)
	if slices.ContainsFunc(s.Tasks(ctx).All(), func(t *record.Task) bool { return IsFor(s, asked, t) && t.State.Returned }) {
		return false // the gates have sent work back, and the agent was launched to fix it
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
	return survey.Incomplete == "" && len(cleanup.ChangedFiles(s.Config(ctx), survey, nil)) == 0
}
