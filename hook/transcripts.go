package hook

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"stopgate/hook/host"
	"stopgate/hook/transcript"
)

// How long a transcript may lag behind its event, and how often it is read meanwhile. The host writes it by a timer, 20 to 200 ms after the
// event (2.1.330).
const (
	maxLag  = 400 * time.Millisecond
	lagStep = 20 * time.Millisecond
)

// transcript is what the stopped agent has said and done; an empty agent and the reason if its transcript cannot be read. sentBack is the
// reply that the agent was last sent back for, "" for none.
func (r *Runner) transcript(ctx context.Context, ev host.Event, sentBack string, o transcript.Options) (*transcript.Agent, error) {
	if r.Transcript != nil {
		return r.Transcript(ctx, ev, sentBack), nil
	}
	if ev.AgentTranscriptPath == "" {
		return &transcript.Agent{}, errors.New("the client names none")
	}
	var agent *transcript.Agent
	var err error
	r.await(ctx, func() bool {
		agent, err = transcript.ReadAgent(ctx, ev.AgentTranscriptPath, o)
		return err == nil && agent.Reached(ev.LastAssistantMessage, ev.StopHookActive, sentBack)
	})
	if err != nil {
		fmt.Fprintf(r.Log, "stopgate: %v; judging by the last message alone\n", err)
		return &transcript.Agent{}, err
	}
	return agent, nil
}

// peer is what another agent of the session has said and done; an empty agent if that cannot be read.
func (r *Runner) peer(ctx context.Context, ev host.Event, agentID string) *transcript.Agent {
	if r.Peer != nil {
		return r.Peer(ctx, ev, agentID)
	}
	path := transcript.AgentPath(ev.TranscriptPath, agentID)
	if path == "" {
		return &transcript.Agent{}
	}
	return readOrEmpty(ctx, path)
}

func readOrEmpty(ctx context.Context, path string) *transcript.Agent {
	agent, err := transcript.ReadAgent(ctx, path, transcript.Options{})
	if err != nil {
		return &transcript.Agent{}
	}
	return agent
}

// launchPrompt is the prompt that the stopped agent was launched with; "" if its transcript does not have it.
func (r *Runner) launchPrompt(ctx context.Context, ev host.Event) string {
	if r.Transcript != nil {
		return r.Transcript(ctx, ev, "").Prompt
	}
	if ev.AgentTranscriptPath == "" {
		return ""
	}
	prompt := ""
	r.await(ctx, func() bool {
		prompt = transcript.ReadPrompt(ctx, ev.AgentTranscriptPath)
		return prompt != ""
	})
	return prompt
}

// await looks until a transcript has reached its event, or the time for that is over.
func (r *Runner) await(ctx context.Context, reached func() bool) {
	deadline := r.Now().Add(cmp.Or(r.Lag, maxLag))
	for !reached() && r.Now().Before(deadline) && ctx.Err() == nil {
		time.Sleep(lagStep)
	}
}

// launchedType is the type of an agent of a session, from the host's own notes beside its transcript; "" if there are none.
func launchedType(sessionTranscript, agentID string) string {
	meta, err := transcript.ReadMeta(transcript.AgentPath(sessionTranscript, agentID))
	if err != nil {
		return ""
	}
	return meta.AgentType
}
