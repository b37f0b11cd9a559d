package replay

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
	"stopgate/hook/transcript"
	"stopgate/hook/worktree"
)

// Outcome is the result of replaying one session.
type Outcome struct {
	// Results are its judged stops in the order of time.
	Results []Result
	// Agents counts the agents of those stops.
	Agents int
	// Foreign counts the stops of other agents, which are not judged.
	Foreign int
	// Skipped counts the lines that could not be read.
	Skipped transcript.Skipped
	// Problems say which transcripts could not be read or judged.
	Problems []error
}

// run is one replay of many sessions.
type run struct {
	Replayer
	cores chan struct{} // holds one token for each file that is being read or judged
}

// sessions replays the sessions and yields the outcome of each, in their order. Files are read on all cores. Only a few sessions are in
// memory at a time.
func (p Replayer) sessions(ctx context.Context, sessions []Session) iter.Seq[Outcome] {
	return func(yield func(Outcome) bool) {
		if p.OpenHistory != nil {
			p.histories = &histories{open: p.OpenHistory, known: map[string]*worktree.History{}}
		}
		r := run{p, make(chan struct{}, runtime.GOMAXPROCS(0))}
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		underWay := make(chan chan Outcome, 2*cap(r.cores))
		go func() {
			defer close(underWay)
			for _, session := range sessions {
				done := make(chan Outcome, 1)
				select {
				case underWay <- done:
				case <-ctx.Done():
					return
				}
				go func() { done <- r.session(ctx, session) }()
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
func (p run) session(ctx context.Context, session Session) (out Outcome) {
	defer func() {
		if crash := recover(); crash != nil { // the caller cannot recover a goroutine's panic
			out.Problems = append(out.Problems, fmt.Errorf("replaying %q: internal error: %v\n%s", session.files[0].path, crash, debug.Stack()))
		}
	}()
	files := make([]scanned, len(session.files))
	var reading sync.WaitGroup
	for i, r := range session.files {
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
	var agents []recording
	var from []string // along agents
	for _, file := range files {
		out.Skipped.Add(file.skipped)
		out.Problems = append(out.Problems, file.problems...)
		for _, agent := range file.agents {
			agent.AgentType = cmp.Or(agent.AgentType, launched[agent.End.ID])
			switch {
			case launch.IsCoding(agent.AgentType), agent.AgentType == "" && file.named:
				agents, from = append(agents, agent), append(from, file.path)
			case agent.AgentType == "" && len(agent.Stops) > 0:
				out.Problems = append(out.Problems, fmt.Errorf("%q: not judged, because its type of agent is not recorded; give this file by name to have it judged", file.path))
			default:
				out.Foreign += len(agent.Stops)
			}
		}
	}
	p.judge(ctx, &out, agents, from)
	return out
}

// judge adds the results of a session's agents, whose transcripts are from.
func (p run) judge(ctx context.Context, out *Outcome, agents []recording, from []string) {
	shown := make([]bool, len(agents))
	stops := 0
	for _, agent := range agents {
		stops += len(agent.Stops)
	}
	if stops > maxStops {
		out.Problems = append(out.Problems, fmt.Errorf("the session of %q has %d stops, and only the last %d are judged", from[0], stops, maxStops))
	}
	for r := range p.stops(ctx, agents) {
		last := r.Number == len(agents[r.Agent].Stops)-1
		if p.LastOnly && !last {
			continue
		}
		result := newResult(from[r.Agent], r)
		result.last = last
		if !p.Only.Matches(result.Origin.Time, result.Origin.AgentType, result.Origin.AgentID, result.Verdict) {
			continue
		}
		if p.Evidence {
			result.Evidence = explain(r)
		}
		out.Results = append(out.Results, result)
		if !shown[r.Agent] {
			out.Agents++
		}
		shown[r.Agent] = true
	}
}

// scanned is the content of one file.
type scanned struct {
	file
	agents   []recording
	launched map[string]string // agent id -> agent type, of the agents that it launched
	skipped  transcript.Skipped
	problems []error
}

// scan reads one file, once.
func (p run) scan(ctx context.Context, r file) (out scanned) {
	out.file = r
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
	scanner := transcript.NewScanner(ctx, counted{file, p.Read}, transcript.Options{OneAgent: r.oneAgent})
	stops := map[string][]transcript.Stop{}
	for scanner.Scan() {
		stop := essence(scanner.Stop())
		stops[stop.Key] = append(stops[stop.Key], stop)
	}
	ended := scanner.Ended()
	for _, key := range slices.Sorted(maps.Keys(ended)) {
		end := ended[key]
		end.ID = cmp.Or(end.ID, key, transcript.AgentID(r.path))
		out.agents = append(out.agents, recording{AgentType: agentType, Stops: stops[key], End: end})
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

// counted reports how much of a file was read.
type counted struct {
	io.Reader
	read func(n int) // nil reports nothing
}

func (c counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	if c.read != nil {
		c.read(n)
	}
	return n, err
}
