package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"

	"stopgate/hook/launch"
	"stopgate/hook/replay"
	"stopgate/hook/transcript"
)

// replayed is what came of one session.
type replayed struct {
	results []replay.Result
	agents  int // that stopped and were judged
	// foreign counts the stops of agents that are not judged.
	foreign  int
	skipped  transcript.Skipped
	problems []error
}

// replayer replays sessions. Files are read on all cores.
type replayer struct {
	o        replayOptions
	progress *progress
	cores    chan struct{} // holds one token for each core that is at work
}

// all replays the sessions and yields what came of each, in their order. No more than a few are under way at a time.
func (p *replayer) all(ctx context.Context, sessions []recordedSession) iter.Seq[replayed] {
	return func(yield func(replayed) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		underWay := make(chan chan replayed, 2*cap(p.cores))
		go func() {
			defer close(underWay)
			for _, session := range sessions {
				done := make(chan replayed, 1)
				select {
				case underWay <- done:
				case <-ctx.Done():
					return
				}
				go func() { done <- p.session(ctx, session) }()
			}
		}()
		for done := range underWay {
			if !yield(<-done) {
				return
			}
		}
	}
}

// session reads the files of one session side by side and judges the stops in them.
func (p *replayer) session(ctx context.Context, session recordedSession) (out replayed) {
	defer func() {
		if crash := recover(); crash != nil { // of a goroutine: command.run cannot catch it
			out.problems = append(out.problems, fmt.Errorf("replaying %q: internal error: %v\n%s", session[0].path, crash, debug.Stack()))
		}
	}()
	files := make([]scanned, len(session))
	var reading sync.WaitGroup
	for i, r := range session {
		reading.Go(func() {
			p.cores <- struct{}{}
			defer func() { <-p.cores }()
			files[i] = p.scan(ctx, r)
		})
	}
	reading.Wait()

	p.cores <- struct{}{}
	defer func() { <-p.cores }()
	launched := map[string]string{} // agent id -> agent type
	for _, file := range files {
		maps.Copy(launched, file.launched)
	}
	var agents []replay.Recording
	var from []string // along agents
	for _, file := range files {
		out.skipped.Add(file.skipped)
		out.problems = append(out.problems, file.problems...)
		for _, agent := range file.agents {
			agent.AgentType = cmp.Or(agent.AgentType, launched[agent.End.ID])
			switch {
			case launch.IsCoding(agent.AgentType), agent.AgentType == "" && file.named:
				agents, from = append(agents, agent), append(from, file.path)
			case agent.AgentType == "" && len(agent.Stops) > 0:
				out.problems = append(out.problems, fmt.Errorf("%q: not judged, because its type of agent is not recorded; give this file by name to have it judged", file.path))
			default:
				out.foreign += len(agent.Stops)
			}
		}
	}
	p.judge(ctx, &out, agents, from)
	return out
}

// judge adds the results of a session's agents, whose transcripts are from.
func (p *replayer) judge(ctx context.Context, out *replayed, agents []replay.Recording, from []string) {
	judged := make([]int, len(agents))
	for r := range (replay.Replayer{Grounds: p.o.grounds, Observe: worktrees{}}).Session(ctx, agents) {
		judged[r.Agent]++
		if p.o.last && judged[r.Agent] < len(agents[r.Agent].Stops) {
			continue
		}
		result := replay.NewResult(from[r.Agent], r)
		if p.o.explain {
			result.Evidence = r.Explain()
		}
		out.results = append(out.results, result)
	}
	for _, n := range judged {
		out.agents += min(n, 1)
	}
}

// scanned is what one file holds.
type scanned struct {
	recording
	agents   []replay.Recording
	launched map[string]string // agent id -> agent type, of the agents that it launched
	skipped  transcript.Skipped
	problems []error
}

// scan reads one file, once.
func (p *replayer) scan(ctx context.Context, r recording) (out scanned) {
	out.recording = r
	defer func() {
		if crash := recover(); crash != nil {
			out.problems = append(out.problems, fmt.Errorf("reading %q: internal error: %v\n%s", r.path, crash, debug.Stack()))
		}
	}()
	file, err := r.open()
	if err != nil {
		out.problems = append(out.problems, err)
		return out
	}
	defer file.Close()
	agentType, err := r.agentType()
	if err != nil {
		out.problems = append(out.problems, err)
	}
	scanner := transcript.NewScanner(ctx, &counted{file, p.progress}, transcript.Options{OneAgent: r.oneAgent})
	stops := map[string][]transcript.Stop{}
	for scanner.Scan() {
		stop := replay.Essence(scanner.Stop())
		stops[stop.Key] = append(stops[stop.Key], stop)
	}
	ended := scanner.Ended()
	for _, key := range slices.Sorted(maps.Keys(ended)) {
		end := ended[key]
		end.ID = cmp.Or(end.ID, key, transcript.AgentID(r.path))
		out.agents = append(out.agents, replay.Recording{AgentType: agentType, Stops: stops[key], End: end})
	}
	out.launched, out.skipped = scanner.Launched(), scanner.Skipped()
	if err := scanner.Err(); err != nil {
		out.problems = append(out.problems, fmt.Errorf("reading %q: %w", r.path, err))
	}
	if errors.Is(scanner.Err(), transcript.ErrNotTranscript) {
		out.skipped = transcript.Skipped{} // the problem says it all
	}
	return out
}

// cores is how many files are read at a time.
func cores() chan struct{} { return make(chan struct{}, runtime.GOMAXPROCS(0)) }

// counted tells the progress how much of a file was read.
type counted struct {
	io.Reader
	progress *progress
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.progress.add(n)
	return n, err
}
