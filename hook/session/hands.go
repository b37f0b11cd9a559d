package session

import (
	"context"
	"slices"

	"stopgate/hook/inspect"
	"stopgate/hook/scene"
	"stopgate/hook/transcript"
)

// An agent can launch other agents. They work for it and are called its hands. They may not do what it may not do, and their changes are charged to
// it.

// Hands returns the agents that work for the agent of the event.
func Hands(s *scene.Scene) []transcript.AgentFile {
	if s.Event.TranscriptPath == "" || s.Event.AgentID == "" {
		return nil
	}
	files, err := transcript.Agents(s.Event.TranscriptPath)
	if err != nil {
		return nil
	}
	return transcript.Descendants(s.Event.TranscriptPath, files, s.Event.AgentID)
}

// WithHands returns the agent's transcript together with those of its hands.
func WithHands(ctx context.Context, s *scene.Scene, agent *transcript.Agent) *transcript.Agent {
	var hands []*transcript.Agent
	for _, file := range Hands(s) {
		hand := Peer(ctx, s, file.ID)
		if hand.Lines == 0 {
			hand = nil
		} else {
			hand.ID = file.ID
		}
		hands = append(hands, hand)
	}
	return agent.WithHands(hands)
}

// Rivals returns the other coding agents, without those that work for the agent of the event or for which it works.
func Rivals(s *scene.Scene, others []inspect.OtherCoder) []inspect.OtherCoder {
	if len(others) == 0 {
		return others
	}
	kin := transcript.Lineage(s.Event.TranscriptPath, s.Event.AgentID)
	for _, file := range Hands(s) {
		kin = append(kin, transcript.Relative{ID: file.ID, Meta: file.Meta})
	}
	return slices.DeleteFunc(slices.Clone(others), func(o inspect.OtherCoder) bool {
		return slices.ContainsFunc(kin, func(k transcript.Relative) bool { return k.ID == o.AgentID })
	})
}
