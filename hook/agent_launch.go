package hook

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"stopgate/hook/actor"
	"stopgate/hook/clientsettings"
	"stopgate/hook/conduct"
	"stopgate/hook/crosscheck"
	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/inspect"
	"stopgate/hook/isolation"
	"stopgate/hook/launch"
	"stopgate/hook/look"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/rule"
	"stopgate/hook/scene"
	"stopgate/hook/session"
	"stopgate/hook/site"
	"stopgate/hook/step"
	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// agentLaunch handles PreToolUse of the tool that launches an agent.
func agentLaunch(ctx context.Context, s *scene.Scene) Answer {
	if !s.MayConcern(ctx, "", s.Event.ToolInput.SubagentType, s.Event.ToolInput.Prompt) {
		return Answer{}
	}
	crosscheck.SettleWords(ctx, s, crosscheck.SpeechWithin)
	role, gate := actor.AtLaunch(ctx, s, s.Event.ToolInput.SubagentType, s.Event.ToolInput.Prompt)
	if refused := checkLauncher(ctx, s, role, quote.String(s.Event.ToolInput.SubagentType, quote.MaxName)); !refused.Output.Silent() {
		return refused
	}
	switch role {
	case launch.CodingRole:
		if refused := checkLaunch(ctx, s); !refused.Output.Silent() {
			return refused
		}
		recordLaunch(ctx, s, launchOf(s, role))
	case launch.OpsRole, launch.OtherRole:
		recordLaunch(ctx, s, launchOf(s, role))
	case launch.GateRole, launch.MergeRole:
		return gateLaunch(ctx, s, role, gate)
	case launch.NoRole:
		return Answer{}
	}
	warning := s.Journal().Warning()
	if role == launch.CodingRole && s.Grounds().Repository == nil {
		warning = cmp.Or(warning, "stopgate: "+site.Outside)
	}
	return Answer{Output: host.Output{SystemMessage: warning}}
}

// checkLauncher refuses to let an agent launch or resume an agent of the protocol, unless the configuration names it as an orchestrator. Otherwise
// an agent could choose who checks it. whom names the other agent.
func checkLauncher(ctx context.Context, s *scene.Scene, role launch.Role, whom string) Answer {
	if !actor.HasPart(role) || actor.Orchestrates(ctx, s, s.Event.AgentID, s.Event.AgentType) {
		return Answer{}
	}
	return refuse(ctx, s, refusal{
		agent: gates.Agent{ID: s.Event.AgentID, Type: s.Event.AgentType},
		what:  "this agent does not start", advice: "Go on with your own work.", findings: conduct.Launcher(whom, role),
	})
}

// agentResume handles PreToolUse of the tool that sends a message to another agent. A message resumes an agent that has ended.
func agentResume(ctx context.Context, s *scene.Scene) Answer {
	s.Event.ToolInput.To = addressee(ctx, s.Event)
	agentType := session.TypeOf(s.Event.TranscriptPath, s.Event.ToolInput.To)
	if agentType == "" {
		return Answer{}
	}
	prompt := session.Peer(ctx, s, s.Event.ToolInput.To).Prompt
	if !s.MayConcern(ctx, s.Event.ToolInput.To, agentType, prompt) {
		return Answer{}
	}
	role, gate := actor.LaunchedAs(ctx, s, s.Event.ToolInput.To, agentType, prompt)
	if refused := checkLauncher(ctx, s, role, quote.String(agentType, quote.MaxName)+" (agent "+quote.String(s.Event.ToolInput.To, quote.MaxName)+")"); !refused.Output.Silent() {
		return refused
	}
	switch role {
	case launch.MergeRole:
		return mergeResume(ctx, s, agentType, prompt)
	case launch.CodingRole:
		recordReassignment(ctx, s, agentType)
	case launch.GateRole:
		return gateResume(ctx, s, agentType, prompt, gate)
	case launch.NoRole, launch.OpsRole, launch.OtherRole:
	}
	return Answer{}
}

// gateResume handles a message to a gate. It is refused if it gives the gate another known task: the gate's results count for the task of its launch.
func gateResume(ctx context.Context, s *scene.Scene, agentType, prompt, gate string) Answer {
	own, asked := "", launch.ReadMessage(s.Event.ToolInput.Message).TaskID
	if launched := s.LaunchOf(ctx, s.Event.ToolInput.To); launched != nil {
		own = launched.Task()
	}
	if m, ok := launch.ReadMarker(prompt); ok {
		own = m.Task
	}
	if m, ok := launch.ReadMarker(s.Event.ToolInput.Message); ok {
		asked = m.Task
	}
	other := s.Tasks(ctx).Find(launch.ShortTask(asked))
	if asked == "" || own == "" || other == nil || other.State.Phase == "" || launch.TaskKey(asked) == launch.TaskKey(own) || launch.SameFamily(asked, own) {
		return Answer{}
	}
	task := quote.String(other.State.Task, quote.MaxTaskShort)
	return refuse(ctx, s, refusal{
		agent: gates.Agent{ID: s.Event.ToolInput.To, Type: agentType}, task: other.State.Task, what: "this message is not sent",
		findings: []rule.Finding{rule.New(rule.LaunchTask, rule.Block, "", "the message is about task %s, but this agent is the %s of task %s, and what it reports counts only there",
			task, gate, quote.String(own, quote.MaxTaskShort))},
		advice: fmt.Sprintf("Launch another agent for task %s. stopgate step %s has the prompts.", task, task),
	})
}

// recordReassignment records that a message gives a coding agent that has ended another task or worktree, with a snapshot of that worktree. The
// former task no longer waits for the agent.
func recordReassignment(ctx context.Context, s *scene.Scene, agentType string) {
	to := s.Event.ToolInput.To
	asked, launched := launch.ReadMessage(s.Event.ToolInput.Message), s.LaunchOf(ctx, to)
	if launched == nil || launched.Isolated || !s.History(ctx).Agent(to).HasEnded() {
		return
	}
	where := s.Grounds().FindSite(cmp.Or(asked.WorktreePath, launched.Worktree), "")
	if where.Problem != site.Found {
		return
	}
	task := cmp.Or(asked.TaskID, launched.Task())
	if s.Grounds().Name(where.Place) == launched.Worktree && launch.TaskKey(task) == launch.TaskKey(launched.Task()) {
		return
	}
	now := look.Baseline(ctx, s, where.Place)
	now.ToolUseID, now.Role = record.ResumedBy(to), launch.CodingRole
	s.Append(ctx, now.Bounded().Entry(agentType, task))
}

// addressee returns the id of the agent that a message is for. The message can also use the name from the agent's launch.
func addressee(ctx context.Context, ev host.Event) string {
	to := ev.ToolInput.To
	if to == "" || session.TypeOf(ev.TranscriptPath, to) != "" {
		return to
	}
	launches, err := transcript.ReadLaunches(ctx, ev.TranscriptPath, false)
	if err != nil {
		return to
	}
	return cmp.Or(launches.Called(strings.TrimPrefix(to, "@")), to)
}

// launched is the launch of an agent that is no gate and no branch-manager.
type launched struct {
	role              launch.Role
	agentType, prompt string
	call              string              // the id of the tool use that launches it, or what replaces it
	isolated          isolation.Isolation // whether the host makes a worktree for it
	own               worktree.Place      // that worktree; the zero Place if it is not made yet
}

// launchOf returns the launch that the event announces.
func launchOf(s *scene.Scene, role launch.Role) launched {
	in := s.Event.ToolInput
	return launched{role: role, agentType: in.SubagentType, prompt: in.Prompt, call: s.Event.ToolUseID, isolated: isolation.Asked(s)}
}

// recordLaunch records the launch, if a tool use identifies it.
func recordLaunch(ctx context.Context, s *scene.Scene, l launched) {
	if l.call != "" {
		s.Append(ctx, l.entry(l.snapshot(ctx, s)))
	}
}

// snapshot returns the record of the launch with a snapshot of the agent's own worktree, or of the one in the prompt: earlier changes there are not the
// agent's work. There is no snapshot if no worktree is found, or if the host has yet to make one for the agent.
func (l launched) snapshot(ctx context.Context, s *scene.Scene) record.Launch {
	where := site.Site{Place: l.own}
	if l.own.Root == "" {
		where = s.Grounds().FindSite(l.asked().WorktreePath, "")
	}
	now := record.Launch{Baseline: inspect.Baseline{At: s.Now().UTC()}}
	if where.Problem == site.Found && (l.isolated != isolation.Yes || l.own.Root != "") {
		now = look.Baseline(ctx, s, where.Place)
	}
	now.Isolated = l.isolated == isolation.Yes
	now.Unplaced = l.role == launch.CodingRole && l.isolated == isolation.Maybe && len(launch.ReadPrompt(l.prompt).Worktrees) == 0
	now.Settings, now.Config = clientsettings.Prints(s), s.Source(ctx)
	now.ToolUseID, now.Role, now.Prompt = l.call, l.role, launch.IdentifyPrompt(l.prompt)
	return now.Bounded()
}

func (l launched) asked() launch.Assignment { return launch.ReadAssignment(l.prompt) }

// entry returns the record of the launch with that snapshot.
func (l launched) entry(now record.Launch) record.Entry {
	return now.Entry(l.agentType, l.asked().TaskID)
}

// checkLaunch refuses the launch of a coding agent whose prompt lacks what the agent needs.
func checkLaunch(ctx context.Context, s *scene.Scene) Answer {
	prompt := launch.ReadPrompt(s.Event.ToolInput.Prompt)
	findings := conduct.Launch(prompt, launchFacts(ctx, s, prompt))
	// Outside a repository no prompt can name a worktree. If the host makes the worktree, the prompt need not name one.
	isolated := isolation.Asked(s)
	if s.Grounds().Repository == nil || isolated == isolation.Yes || isolated == isolation.Maybe && len(prompt.Worktrees) == 0 {
		findings = slices.DeleteFunc(findings, func(f rule.Finding) bool { return f.Rule == rule.LaunchWorktree })
	}
	return refuse(ctx, s, refusal{
		agent: gates.Agent{ID: s.Event.AgentID, Type: s.Event.ToolInput.SubagentType}, task: prompt.TaskID,
		what: "this agent is not launched", advice: "Correct the prompt, then launch the agent again.", findings: findings,
	})
}

// launchFacts collects the facts about everything that a prompt names.
func launchFacts(ctx context.Context, s *scene.Scene, prompt launch.Prompt) conduct.LaunchFacts {
	facts := conduct.LaunchFacts{AgentType: s.Event.ToolInput.SubagentType}
	if place, ok := s.Grounds().Main(); ok {
		facts.NoCommit = worktree.HasNoCommit(place)
	}
	var found []site.Site
	bases := s.Grounds().Bases()
	for _, name := range prompt.Worktrees {
		where := s.Grounds().FindSite(name, "")
		if facts.Sites = append(facts.Sites, where); where.Problem == site.Found {
			found, bases = append(found, where), append(bases, where.Place.Root)
		}
	}
	if len(prompt.Worktrees) == 0 {
		if facts.Meant = s.Grounds().Mentioned(launch.OwnWords(s.Event.ToolInput.Prompt)); facts.Meant != "" {
			facts.Sites = append(facts.Sites, s.Grounds().FindSite(facts.Meant, ""))
		}
	}
	for _, name := range prompt.References {
		if !site.IsFile(name, bases) {
			facts.Missing = append(facts.Missing, name)
		}
	}
	if len(found) == 1 && !prompt.AssignsFiles {
		name := s.Grounds().Name(found[0].Place)
		facts.Occupants = append(s.History(ctx).Occupants(ctx, name, "", s.Event.TranscriptPath, s.Now()),
			s.Journal().OccupantsElsewhere(ctx, name, s.Event.TranscriptPath, s.Now())...)
	}
	return facts
}

// refusal is the reason why a tool call is refused.
type refusal struct {
	agent    gates.Agent
	task     string         // "" if it is unknown
	what     string         // what does not happen, as a clause without a full stop
	advice   string         // what the agent is to do instead
	findings []rule.Finding // only blocking findings refuse the call
}

// refuse refuses a tool call that breaks rules, and records the refusal. The answer is silent if no finding blocks, and in the mode observe.
func refuse(ctx context.Context, s *scene.Scene, why refusal) Answer {
	blocking := rule.Of(why.findings, rule.Block)
	if len(blocking) == 0 {
		return Answer{}
	}
	enforced := s.Enforces(ctx)
	s.Append(ctx, record.NewDenial(s.Event, blocking, !enforced).Entry(why.agent, why.task))
	if !enforced {
		return Answer{}
	}
	return Answer{Output: host.Deny(step.RefusalReason(why.what, blocking, why.advice))}
}
