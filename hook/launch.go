package hook

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"stopgate/hook/cleanup"
	"stopgate/hook/host"
	"stopgate/hook/judge"
	"stopgate/hook/launch"
	"stopgate/hook/quote"
	"stopgate/hook/repochange"
	"stopgate/hook/site"
	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// launchData is the data of a launch record, and of a start record where a later run begins.
type launchData struct {
	// ToolUseID is that of the launch; the host's notes beside an agent's transcript name it.
	ToolUseID string `json:"tool_use_id"`
	// Role is what the agent was launched as.
	Role launch.Role `json:"role"`
	judge.Baseline

	task string // of the record
}

// baseline is what was seen then; nil of a nil record.
func (l *launchData) baseline() *judge.Baseline {
	if l == nil {
		return nil
	}
	return &l.Baseline
}

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
	ledger.append(ctx, entry{kind: kindLaunch, agentType: ev.ToolInput.SubagentType, task: asked.TaskID, data: data.bounded()})
	return Answer{}
}

// takeDown is what a worktree is like now, as a launch or the beginning of a later run records it.
func (r *Runner) takeDown(ctx context.Context, ledger *ledger, place worktree.Place) (launchData, error) {
	looking, done := context.WithTimeout(ctx, lookWithin)
	defer done()
	rules, name := cleanup.Rules(ledger.config(ctx)), ledger.grounds.Name(place)
	data := launchData{Baseline: judge.Baseline{Worktree: name, At: r.Now().UTC()}}
	snapshot, candidates, err := r.Observe.Snapshot(looking, place, cleanup.ScanOptions(rules))
	if err != nil {
		return data, err
	}
	data.Snapshot, data.Artifacts, data.Marked = snapshot, cleanup.Present(rules, candidates), r.mark(looking, name, place)
	data.Plugin = judge.PluginPrint(r.Folders.Plugin)
	data.Main = r.mainSnapshot(looking, ledger, place)
	return data, nil
}

// maxLaunchKept bounds one launch record, in bytes: the journal takes no more than journal.MaxAppend at a time.
const maxLaunchKept = 3 << 20

// bounded is what fits in one record. What is left out of the snapshot makes it incomplete, so that it proves nothing of what it lacks,
// and without the artifacts nothing is removed.
func (l launchData) bounded() launchData {
	if l.Main != nil && len(quote.JSON(l)) > maxLaunchKept {
		l.Main = nil
	}
	for len(quote.JSON(l)) > maxLaunchKept && (l.Artifacts != nil || len(l.Snapshot.Dirty) > 0) {
		n := len(l.Snapshot.Dirty)
		l.Artifacts, l.Snapshot.Dirty = nil, l.Snapshot.Dirty[:n/2]
		l.Snapshot.Incomplete = "the names of all that was dirty are too long to be recorded"
	}
	return l
}

// resumed is what the worktree of an agent is like when a message lets it go on: what happened since it stopped is not its own work. nil
// for a first run, and where nothing can be taken down.
func (r *Runner) resumed(ctx context.Context, ev host.Event, l *ledger, h History) *launchData {
	launch := h.launch(transcript.AgentPath(ev.TranscriptPath, ev.AgentID))
	if h.agent(ev.AgentID).runs == 0 || launch == nil || l.grounds.Repository == nil {
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
	data = data.bounded()
	return &data
}

// launch is the record of the launch of the agent whose transcript stands at path; nil where there is none. An agent that is
// resumed keeps the launch that it began with.
func (h History) launch(path string) *launchData {
	if len(h.launches) == 0 || path == "" {
		return nil
	}
	meta, err := transcript.ReadMeta(path)
	if err != nil || meta.ToolUseID == "" {
		return nil
	}
	id := []byte(quote.JSON(meta.ToolUseID)) // as it stands in the record: most records need not be read for it
	for _, rec := range h.launches {
		var l launchData
		if bytes.Contains(rec.Data, id) && json.Unmarshal(rec.Data, &l) == nil && l.ToolUseID == meta.ToolUseID {
			l.task = rec.Task
			return &l
		}
	}
	return nil
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
