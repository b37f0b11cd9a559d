// Package session reads the transcripts of the session that an event belongs to: the stopped agent's, its hands', the other agents', and the
// orchestrator's own.
package session

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"stopgate/hook/scene"
	"stopgate/hook/transcript"
)

// How long a transcript may lag behind its event, and how often it is read meanwhile. The host writes it by a timer, 20 to 200 ms after the
// event (2.1.330).
const (
	maxLag  = 400 * time.Millisecond
	lagStep = 20 * time.Millisecond
)

// Stopped is what the stopped agent has said and done; an empty agent and the reason if its transcript cannot be read. sentBack is the
// reply that the agent was last sent back for, "" for none.
func Stopped(ctx context.Context, s *scene.Scene, sentBack string, o transcript.Options) (*transcript.Agent, error) {
	if s.Transcript != nil {
		return s.Transcript(ctx, s.Event, sentBack), nil
	}
	if s.Event.AgentTranscriptPath == "" {
		return &transcript.Agent{}, errors.New("the client names none")
	}
	var agent *transcript.Agent
	var err error
	Await(ctx, s, func() bool {
		agent, err = transcript.ReadAgent(ctx, s.Event.AgentTranscriptPath, o)
		return err == nil && agent.Reached(s.Event.LastAssistantMessage, s.Event.StopHookActive, sentBack)
	})
	if err != nil {
		fmt.Fprintf(s.Log, "stopgate: %v; judging by the last message alone\n", err)
		return &transcript.Agent{}, err
	}
	return agent, nil
}

// Peer is what another agent of the session has said and done; an empty agent if that cannot be read.
func Peer(ctx context.Context, s *scene.Scene, agentID string) *transcript.Agent {
	if s.Peer != nil {
		return s.Peer(ctx, s.Event, agentID)
	}
	path := transcript.AgentPath(s.Event.TranscriptPath, agentID)
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

// Prompt is the prompt that the stopped agent was launched with; "" if its transcript does not have it.
func Prompt(ctx context.Context, s *scene.Scene) string {
	if s.Transcript != nil {
		return s.Transcript(ctx, s.Event, "").Prompt
	}
	if s.Event.AgentTranscriptPath == "" {
		return ""
	}
	prompt := ""
	Await(ctx, s, func() bool {
		prompt = transcript.ReadPrompt(ctx, s.Event.AgentTranscriptPath)
		return prompt != ""
	})
	return prompt
}

// Await looks until a transcript has reached its event, or the time for that is over.
func Await(ctx context.Context, s *scene.Scene, reached func() bool) {
	deadline := s.Now().Add(cmp.Or(s.Lag, maxLag))
	for !reached() && s.Now().Before(deadline) && ctx.Err() == nil {
		time.Sleep(lagStep)
	}
}

// TypeOf is the type of an agent of a session, from the host's own notes beside its transcript; "" if there are none.
func TypeOf(sessionTranscript, agentID string) string {
	meta, err := transcript.ReadMeta(transcript.AgentPath(sessionTranscript, agentID))
	if err != nil {
		return ""
	}
	return meta.AgentType
}

// PathOf is the transcript of an agent of the session; of the session itself for "".
func PathOf(s *scene.Scene, agentID string) string {
	if agentID == "" {
		return s.Event.TranscriptPath
	}
	return transcript.AgentPath(s.Event.TranscriptPath, agentID)
}

// AwaitFor looks until something is there, or that time is over. It looks once at least.
func AwaitFor(ctx context.Context, s *scene.Scene, wait time.Duration, there func() bool) bool {
	deadline := s.Now().Add(wait)
	for {
		if there() {
			return true
		}
		if !s.Now().Before(deadline) || ctx.Err() != nil {
			return false
		}
		time.Sleep(lagStep)
	}
}
