package hook

import (
	"context"
	"fmt"

	"stopgate/hook/cleanup"
	"stopgate/hook/host"
	"stopgate/hook/judge"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/record"
	"stopgate/hook/repochange"
	"stopgate/hook/site"
	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// launched is PreToolUse of the tool that launches an agent. A prompt that lacks what a coding agent needs is refused. What is already
// dirty in the worktree that it names is not the agent's work; where no such worktree is found, the launch is recorded without.
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
	data := record.Launch{Baseline: judge.Baseline{At: r.Now().UTC()}}
	if where.Problem == site.Found {
		data = r.takeDown(ctx, ledger, where.Place)
	}
	data.ToolUseID, data.Role, data.Prompt = ev.ToolUseID, role, launch.IdentifyPrompt(ev.ToolInput.Prompt)
	ledger.Append(ctx, record.Entry{Kind: record.KindLaunch, AgentType: ev.ToolInput.SubagentType, Task: asked.TaskID, Data: data.Bounded()})
	return Answer{}
}

// takeDown is what a worktree is like now, as a launch or the beginning of a later run records it.
// What cannot be seen is said in the record. Git's own files come first.
func (r *Runner) takeDown(ctx context.Context, ledger *ledger, place worktree.Place) record.Launch {
	rules, name := cleanup.Rules(ledger.config(ctx)), ledger.grounds.Name(place)
	data := record.Launch{Baseline: judge.Baseline{Worktree: name, At: r.Now().UTC()}}
	data.Marked = r.mark(ctx, name, place)
	looking, done := context.WithTimeout(ctx, lookWithin)
	defer done()
	snapshot, candidates, err := r.Observe.Snapshot(looking, place, cleanup.ScanOptions(rules))
	if err == nil {
		data.Snapshot, data.Artifacts = snapshot, cleanup.Present(rules, candidates)
	} else {
		fmt.Fprintf(r.Log, "stopgate: %v; what this agent does cannot be verified\n", err)
		data.Snapshot.Incomplete = reasonOf(err)
	}
	data.Plugin = judge.PluginPrint(r.Folders.Plugin)
	data.Main, data.MainUnseen = r.mainSnapshot(looking, ledger, place)
	return data
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
	data := r.takeDown(ctx, l, where.Place).Bounded()
	return &data
}

// reasonOf is an error as a record keeps it.
func reasonOf(err error) string { return quote.Line(quote.Clip(err.Error(), quote.MaxReason)) }

// mainSnapshot is what the main worktree is like, and why not all of it can be seen; neither where it is the agent's own.
func (r *Runner) mainSnapshot(ctx context.Context, ledger *ledger, place worktree.Place) (seen *worktree.Snapshot, unseen string) {
	home, ok := ledger.grounds.Main()
	if !ok || home.GitDir == place.GitDir {
		return nil, ""
	}
	snapshot, _, err := r.Observe.Snapshot(ctx, home, worktree.ScanOptions{})
	if err != nil {
		fmt.Fprintf(r.Log, "stopgate: %v; what this agent runs cannot be verified\n", err)
		return nil, reasonOf(err)
	}
	return &snapshot, snapshot.Incomplete
}

// mark takes down what git's files say, or nothing where that fails.
func (r *Runner) mark(ctx context.Context, name string, place worktree.Place) *repochange.Marked {
	ctx, done := context.WithTimeout(ctx, marksWithin)
	defer done()
	marks, err := r.Observe.Marks(ctx, place)
	if err != nil {
		fmt.Fprintf(r.Log, "stopgate: %v; what this agent does cannot be verified\n", err)
		return nil
	}
	return &repochange.Marked{Worktree: name, Marks: marks}
}
