package hook

import (
	"context"
	"fmt"

	"stopgate/hook/cleanup"
	"stopgate/hook/host"
	"stopgate/hook/judge"
	"stopgate/hook/launch"
	"stopgate/hook/record"
	"stopgate/hook/repochange"
	"stopgate/hook/site"
	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// launched is PreToolUse of the tool that launches an agent. A prompt that lacks what a coding agent needs is refused. What is already
// dirty in the worktree that it names is not the agent's work; where that cannot be told, HEAD is the base.
func (r *Runner) launched(ctx context.Context, ev host.Event, ledger *ledger, role launch.Role) Answer {
	if role == launch.CodingRole {
		if refused := r.checkLaunch(ctx, ev, ledger); !refused.Output.Silent() {
			return refused
		}
	}
	if ev.ToolUseID == "" {
		return Answer{}
	}
	asked := launch.ReadAssignment(ev.ToolInput.Prompt)
	where := ledger.grounds.FindSite(asked.WorktreePath, "")
	if where.Problem != site.Found {
		return Answer{}
	}
	data, err := r.takeDown(ctx, ledger, where.Place)
	if err != nil {
		fmt.Fprintf(r.Log, "stopgate: %v; the claims of this agent will be compared with HEAD\n", err)
		return Answer{}
	}
	data.ToolUseID, data.Role = ev.ToolUseID, role
	ledger.Append(ctx, record.Entry{Kind: record.KindLaunch, AgentType: ev.ToolInput.SubagentType, Task: asked.TaskID, Data: data.Bounded()})
	return Answer{}
}

// takeDown is what a worktree is like now, as a launch or the beginning of a later run records it.
func (r *Runner) takeDown(ctx context.Context, ledger *ledger, place worktree.Place) (record.Launch, error) {
	looking, done := context.WithTimeout(ctx, lookWithin)
	defer done()
	rules, name := cleanup.Rules(ledger.config(ctx)), ledger.grounds.Name(place)
	data := record.Launch{Baseline: judge.Baseline{Worktree: name, At: r.Now().UTC()}}
	snapshot, candidates, err := r.Observe.Snapshot(looking, place, cleanup.ScanOptions(rules))
	if err != nil {
		return data, err
	}
	data.Snapshot, data.Artifacts, data.Marked = snapshot, cleanup.Present(rules, candidates), r.mark(looking, name, place)
	data.Plugin = judge.PluginPrint(r.Folders.Plugin)
	data.Main = r.mainSnapshot(looking, ledger, place)
	return data, nil
}

// resumed is what the worktree of an agent is like when a message lets it go on: what happened since it stopped is not its own work. nil
// for a first run, and where nothing can be taken down.
func (r *Runner) resumed(ctx context.Context, ev host.Event, l *ledger, h record.History) *record.Launch {
	launch := h.Launch(transcript.AgentPath(ev.TranscriptPath, ev.AgentID))
	if h.Agent(ev.AgentID).Runs == 0 || launch == nil || l.grounds.Repository == nil {
		return nil
	}
	where, _ := l.grounds.Find(launch.Worktree)
	if where.Problem != site.Found {
		return nil
	}
	data, err := r.takeDown(ctx, l, where.Place)
	if err != nil {
		fmt.Fprintf(r.Log, "stopgate: %v; what happened since this agent was launched will count as of this run\n", err)
		return nil
	}
	data = data.Bounded()
	return &data
}

// mainSnapshot is what the main worktree is like; nil where it is the agent's own, or cannot be seen.
func (r *Runner) mainSnapshot(ctx context.Context, ledger *ledger, place worktree.Place) *worktree.Snapshot {
	home, ok := ledger.grounds.Main()
	if !ok || home.GitDir == place.GitDir {
		return nil
	}
	snapshot, _, err := r.Observe.Snapshot(ctx, home, worktree.ScanOptions{})
	if err != nil {
		fmt.Fprintf(r.Log, "stopgate: %v; what changes in the main worktree meanwhile will not be told\n", err)
		return nil
	}
	return &snapshot
}

// mark takes down what git's files say, or nothing where that fails.
func (r *Runner) mark(ctx context.Context, name string, place worktree.Place) *repochange.Marked {
	marks, err := r.Observe.Marks(ctx, place)
	if err != nil {
		fmt.Fprintf(r.Log, "stopgate: %v; what happens to the repository meanwhile will not be told\n", err)
		return nil
	}
	return &repochange.Marked{Worktree: name, Marks: marks}
}
