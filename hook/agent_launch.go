package hook

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"stopgate/hook/conduct"
	"stopgate/hook/gates"
	"stopgate/hook/host"
	"stopgate/hook/judge"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/rule"
	"stopgate/hook/site"
	"stopgate/hook/step"
	"stopgate/hook/transcript"
)

// agentLaunch is PreToolUse of the tool that launches an agent.
func (r *Runner) agentLaunch(ctx context.Context, ev host.Event) Answer {
	if !r.mayConcern(ctx, ev, "", ev.ToolInput.SubagentType, ev.ToolInput.Prompt) {
		return Answer{}
	}
	s := r.scene(ev)
	r.settleHere(ctx, s, speechWithin)
	role, gate := s.roleAtLaunch(ctx, ev.ToolInput.SubagentType, ev.ToolInput.Prompt)
	if refused := r.checkLauncher(ctx, s, role, quote.String(ev.ToolInput.SubagentType, quote.MaxName)); !refused.Output.Silent() {
		return refused
	}
	switch role {
	case launch.CodingRole:
		if refused := r.checkLaunch(ctx, s); !refused.Output.Silent() {
			return refused
		}
		r.recordLaunch(ctx, s, role)
	case launch.OpsRole, launch.OtherRole:
		r.recordLaunch(ctx, s, role)
	case launch.GateRole, launch.MergeRole:
		return r.gateLaunch(ctx, s, role, gate)
	case launch.NoRole:
	}
	return Answer{}
}

// checkLauncher refuses an agent that launches or resumes one that has a place in the protocol, unless the configuration names it an
// orchestrator: an agent must not choose who checks it. whom names the other agent.
func (r *Runner) checkLauncher(ctx context.Context, s *scene, role launch.Role, whom string) Answer {
	if s.orchestrates(ctx, s.ev.AgentID, s.ev.AgentType) || role != launch.CodingRole && role != launch.GateRole && role != launch.MergeRole {
		return Answer{}
	}
	return s.refuse(ctx, refusal{
		agent: gates.Agent{ID: s.ev.AgentID, Type: s.ev.AgentType},
		what:  "this agent does not start", advice: "Go on with your own work.", findings: conduct.Launcher(whom, role),
	})
}

// agentResume is PreToolUse of the tool that sends a message to another agent. A message to an agent that has ended lets it go on.
func (r *Runner) agentResume(ctx context.Context, ev host.Event) Answer {
	ev.ToolInput.To = addressee(ctx, ev)
	agentType := launchedType(ev.TranscriptPath, ev.ToolInput.To)
	if agentType == "" {
		return Answer{}
	}
	prompt := r.peer(ctx, ev, ev.ToolInput.To).Prompt
	if !r.mayConcern(ctx, ev, ev.ToolInput.To, agentType, prompt) {
		return Answer{}
	}
	s := r.scene(ev)
	role, _ := s.launchedAs(ctx, ev.ToolInput.To, agentType, prompt)
	if refused := r.checkLauncher(ctx, s, role, quote.String(agentType, quote.MaxName)+" (agent "+quote.String(ev.ToolInput.To, quote.MaxName)+")"); !refused.Output.Silent() {
		return refused
	}
	if role == launch.MergeRole {
		return r.mergeResume(ctx, s, agentType, prompt)
	}
	return Answer{}
}

// addressee is the id of the agent that a message is for. A message can also name the agent as its launch did.
func addressee(ctx context.Context, ev host.Event) string {
	to := ev.ToolInput.To
	if to == "" || launchedType(ev.TranscriptPath, to) != "" {
		return to
	}
	launches, err := transcript.ReadLaunches(ctx, ev.TranscriptPath, false)
	if err != nil {
		return to
	}
	return cmp.Or(launches.Called(strings.TrimPrefix(to, "@")), to)
}

// recordLaunch records the launch, with what the worktree in the prompt is like now: what is already changed there is not the agent's work.
// Where no such worktree is found, or the host makes one for the agent, the launch is recorded without one.
func (r *Runner) recordLaunch(ctx context.Context, s *scene, role launch.Role) {
	if s.ev.ToolUseID == "" {
		return
	}
	asked := launch.ReadAssignment(s.ev.ToolInput.Prompt)
	where := s.grounds.FindSite(asked.WorktreePath, "")
	isolated := r.isolates(s.ev)
	now := record.Launch{Baseline: judge.Baseline{At: r.Now().UTC()}}
	if where.Problem == site.Found && isolated != isIsolated {
		now = r.baseline(ctx, s, where.Place)
	}
	now.Isolated = isolated == isIsolated
	now.Settings, now.Config = r.settingsPrints(), s.source(ctx)
	now.ToolUseID, now.Role, now.Prompt = s.ev.ToolUseID, role, launch.IdentifyPrompt(s.ev.ToolInput.Prompt)
	s.append(ctx, now.Bounded().Entry(s.ev.ToolInput.SubagentType, asked.TaskID))
}

// checkLaunch refuses the launch of a coding agent whose prompt lacks what the agent needs.
func (r *Runner) checkLaunch(ctx context.Context, s *scene) Answer {
	prompt := launch.ReadPrompt(s.ev.ToolInput.Prompt)
	findings := conduct.Launch(prompt, r.launchFacts(ctx, s, prompt))
	// No prompt can name a worktree outside of a repository, and none has to name one that the host makes.
	isolated := r.isolates(s.ev)
	if s.grounds.Repository == nil || isolated == isIsolated || isolated == mayBeIsolated && len(prompt.Worktrees) == 0 {
		findings = slices.DeleteFunc(findings, func(f rule.Finding) bool { return f.Rule == rule.LaunchWorktree })
	}
	return s.refuse(ctx, refusal{
		agent: gates.Agent{ID: s.ev.AgentID, Type: s.ev.ToolInput.SubagentType}, task: prompt.TaskID,
		what: "this agent is not launched", advice: "Correct the prompt, then launch the agent again.", findings: findings,
	})
}

// launchFacts looks at what a prompt names.
func (r *Runner) launchFacts(ctx context.Context, s *scene, prompt launch.Prompt) conduct.LaunchFacts {
	facts := conduct.LaunchFacts{AgentType: s.ev.ToolInput.SubagentType}
	var found []site.Site
	bases := s.grounds.Bases()
	for _, name := range prompt.Worktrees {
		where := s.grounds.FindSite(name, "")
		if facts.Sites = append(facts.Sites, where); where.Problem == site.Found {
			found, bases = append(found, where), append(bases, where.Place.Root)
		}
	}
	for _, name := range prompt.References {
		if !site.IsFile(name, bases) {
			facts.Missing = append(facts.Missing, name)
		}
	}
	if len(found) == 1 && !prompt.AssignsFiles {
		name := s.grounds.Name(found[0].Place)
		facts.Occupants = append(s.history(ctx).Occupants(name, s.ev.TranscriptPath, r.Now()),
			s.journal.OccupantsElsewhere(ctx, name, s.ev.TranscriptPath, r.Now())...)
	}
	return facts
}

// refusal is why a tool call is refused.
type refusal struct {
	agent    gates.Agent
	task     string         // "" if it is unknown
	what     string         // is refused, as a sentence without its end
	advice   string         // is what to do then
	findings []rule.Finding // only blocking ones refuse
}

// refuse answers a tool call that breaks rules, and records that. The answer is silent without a blocking finding, and in a repository that
// only observes.
func (s *scene) refuse(ctx context.Context, why refusal) Answer {
	blocking := rule.Of(why.findings, rule.Block)
	if len(blocking) == 0 {
		return Answer{}
	}
	enforced := s.enforces(ctx)
	s.append(ctx, record.NewDenial(s.ev, blocking, !enforced).Entry(why.agent, why.task))
	if !enforced {
		return Answer{}
	}
	return Answer{Output: host.Deny(step.RefusalReason(why.what, blocking, why.advice))}
}
