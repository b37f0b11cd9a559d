// Package session reads the transcripts of an event's session: those of the stopped agent and its helpers, of the other agents, and of the
// orchestrator.
package session

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"stopgate/hook/host"
	"stopgate/hook/scene"
	"stopgate/hook/transcript"
)

// How long a transcript may lag behind its event, and how often it is read meanwhile. The host writes it by a timer, 20 to 200 ms after the
// event (2.1.330).
const (
	maxLag  = 400 * time.Millisecond
	lagStep = 20 * time.Millisecond
)

// Stopped reads the transcript of the stopped agent. If it cannot be read, the agent is empty, and the error is the reason. sentBack is the reply
// for which the agent was last sent back; "" for none.
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

// HasEnded reports whether the host has ended the stopped agent for good: it handed in its result with a schema. Then the host does not send it back,
// whatever a hook answers (2.1.330). The event has no message then, and the transcript may lag behind.
func HasEnded(s *scene.Scene, agent *transcript.Agent) bool {
	return agent.HandedIn() || s.Event.LastAssistantMessage == "" && transcript.WorkflowOf(s.Event.AgentTranscriptPath) != ""
}

// Peer reads the transcript of another agent of the session; the agent is empty if it cannot be read.
func Peer(ctx context.Context, s *scene.Scene, agentID string) *transcript.Agent {
	return peerAt(ctx, s, agentID, transcript.AgentPath(s.Event.TranscriptPath, agentID), transcript.Options{})
}

// peerAt reads the transcript of an agent at path; the agent is empty if it cannot be read, or if path is "".
func peerAt(ctx context.Context, s *scene.Scene, agentID, path string, o transcript.Options) *transcript.Agent {
	if s.Peer != nil {
		return s.Peer(ctx, s.Event, agentID)
	}
	return readOrEmpty(ctx, path, o)
}

func readOrEmpty(ctx context.Context, path string, o transcript.Options) *transcript.Agent {
	agent, err := transcript.ReadAgent(ctx, path, o)
	if err != nil {
		return &transcript.Agent{}
	}
	return agent
}

// Prompt returns the launch prompt of the stopped agent; "" if its transcript does not have it.
func Prompt(ctx context.Context, s *scene.Scene) string {
	if s.Transcript != nil {
		return s.Transcript(ctx, s.Event, "").Prompt
	}
	if s.Event.AgentTranscriptPath == "" {
		return ""
	}
	return PromptIn(ctx, s, s.Event.AgentTranscriptPath)
}

// PromptIn returns the launch prompt in an agent's transcript, for which it waits; "" if the prompt does not come.
func PromptIn(ctx context.Context, s *scene.Scene, path string) string {
	prompt := ""
	Await(ctx, s, func() bool {
		prompt = transcript.ReadPrompt(ctx, path)
		return prompt != ""
	})
	return prompt
}

// Waits reports whether the agent is a teammate that may be at work, or wait for a message: while the host lists one, each of them.
func Waits(s *scene.Scene, id string) bool {
	meta, err := transcript.ReadMeta(PathOf(s, id))
	return err == nil && meta.Teammate && slices.ContainsFunc(s.Event.BackgroundTasks, func(b host.BackgroundTask) bool { return b.Type == host.TeammateTask })
}

// Running tells which agents the host lists as running, by their ids. While it lists a workflow, each agent of a workflow may be one of its agents, and
// so may one on which the host has written no notes yet.
func Running(s *scene.Scene) func(id string) bool {
	ids, workflow := map[string]bool{}, false
	for _, task := range s.Event.BackgroundTasks {
		ids[task.ID] = true
		workflow = workflow || task.Type == host.WorkflowTask
	}
	return func(id string) bool {
		return ids[id] || workflow && (transcript.WorkflowOf(PathOf(s, id)) != "" || TypeOf(s.Event.TranscriptPath, id) == "")
	}
}

// Await waits until reached is true because the transcript contains the event, or until the time for that is over.
func Await(ctx context.Context, s *scene.Scene, reached func() bool) {
	deadline := s.Now().Add(cmp.Or(s.Lag, maxLag))
	for !reached() && s.Now().Before(deadline) && ctx.Err() == nil {
		time.Sleep(lagStep)
	}
}

// TypeOf returns the type of an agent of a session, from the host's notes beside its transcript; "" if there are none.
func TypeOf(sessionTranscript, agentID string) string {
	meta, err := transcript.ReadMeta(transcript.AgentPath(sessionTranscript, agentID))
	if err != nil {
		return ""
	}
	return meta.AgentType
}

// PathOf returns the path of an agent's transcript; with "", that of the session's own.
func PathOf(s *scene.Scene, agentID string) string {
	if agentID == "" {
		return s.Event.TranscriptPath
	}
	return transcript.AgentPath(s.Event.TranscriptPath, agentID)
}

// AwaitFor waits until there is true or the time is over. It calls there at least once.
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
