package hook

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// launchData is the data of a launch record: what the worktree was like before the agent's first tool use.
type launchData struct {
	// ToolUseID is that of the launch; the host's notes beside an agent's transcript name it.
	ToolUseID string `json:"tool_use_id"`
	// Role is what the agent was launched as.
	Role Role `json:"role"`
	// Worktree is the path by which the orchestrator knows the worktree.
	Worktree string `json:"worktree"`
	// At is when the snapshot was begun; zero in records that do not tell.
	At       time.Time         `json:"at"`
	Snapshot worktree.Snapshot `json:"snapshot"`
	// Artifacts are those that were there then; nil where nobody has looked.
	Artifacts []worktree.Name `json:"artifacts"`
	// Marked is what git's own files said then; nil where that could not be taken down.
	Marked *Marked `json:"marked,omitempty"`
}

// launched is PreToolUse of the tool that launches an agent. A prompt that lacks what a coding agent needs is refused. What is already
// dirty in the worktree that it names is not the agent's work; where that cannot be told, HEAD is the base.
func (r *Runner) launched(ctx context.Context, ev Event, ledger *ledger, role Role) Answer {
	if role == CodingRole {
		if refused := r.checkLaunch(ctx, ev, ledger); !refused.Output.Silent() {
			return refused
		}
	}
	if ev.ToolUseID == "" {
		return Answer{}
	}
	asked := ReadAssignment(ev.ToolInput.Prompt)
	site := ledger.grounds.FindSite(asked.WorktreePath, "")
	if site.Problem != SiteFound {
		return Answer{}
	}
	looking, done := context.WithTimeout(ctx, lookWithin)
	defer done()
	rules := artifactRules(ledger.config(ctx))
	began := r.Now().UTC()
	snapshot, candidates, err := r.Observe.Snapshot(looking, site.Place, scanOptions(rules))
	if err != nil {
		fmt.Fprintf(r.Log, "stopgate: %v; the claims of this agent will be compared with HEAD\n", err)
		return Answer{}
	}
	name := ledger.grounds.name(site.Place)
	ledger.append(ctx, entry{
		kind: kindLaunch, agentType: ev.ToolInput.SubagentType, task: clip(asked.TaskID, maxTaskID),
		data: launchData{
			ToolUseID: ev.ToolUseID, Role: role, Worktree: name, At: began, Snapshot: snapshot, Artifacts: artifactsPresent(rules, candidates),
			Marked: r.mark(looking, name, site.Place),
		},
	})
	return Answer{}
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
	for _, rec := range h.launches {
		var l launchData
		if json.Unmarshal(rec.Data, &l) == nil && l.ToolUseID == meta.ToolUseID {
			return &l
		}
	}
	return nil
}
