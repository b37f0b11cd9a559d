package hook

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"stopgate/hook/host"
	"stopgate/hook/record"
	"stopgate/hook/transcript"
)

// sessionFiles is the Witness of a session as the host keeps it: its own transcript, and those of its agents beside it. Each file is
// read once.
type sessionFiles struct {
	runner *Runner
	ev     host.Event
	log    *record.Log

	session *transcript.Agent
	agents  map[string]*transcript.Agent
}

func (r *Runner) witness(ev host.Event, log *record.Log) *sessionFiles {
	return &sessionFiles{runner: r, ev: ev, log: log, agents: map[string]*transcript.Agent{}}
}

func (s *sessionFiles) Agent(ctx context.Context, id string) *transcript.Agent {
	if s.agents[id] == nil {
		s.agents[id] = s.runner.peer(ctx, s.ev, id)
	}
	return s.agents[id]
}

func (s *sessionFiles) Session(ctx context.Context) *transcript.Agent {
	if s.session == nil {
		agent, err := transcript.ReadAgent(ctx, s.ev.TranscriptPath, transcript.Options{})
		if err != nil {
			agent = &transcript.Agent{}
		}
		s.session = agent
	}
	return s.session
}

func (s *sessionFiles) Active(since time.Time) []transcript.AgentFile {
	if s.ev.TranscriptPath == "" {
		return nil
	}
	files, err := transcript.Agents(s.ev.TranscriptPath)
	if err != nil {
		fmt.Fprintf(s.runner.Log, "stopgate: %v\n", err)
	}
	return slices.DeleteFunc(files, func(file transcript.AgentFile) bool {
		info, err := os.Stat(file.Path)
		return err != nil || file.ID == s.ev.AgentID || info.ModTime().Before(since)
	})
}

func (s *sessionFiles) OtherSessions(ctx context.Context, since time.Time) bool {
	return s.log.OtherSessions(ctx, since)
}
