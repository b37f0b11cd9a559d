package main

import (
	"context"
	"fmt"
	"io"
	"iter"
	"os"
	"runtime"

	"stopgate/hook"
	"stopgate/hook/transcript"
)

// replayed is what came of one transcript.
type replayed struct {
	recording recording
	results   []hook.Result
	// foreign counts the stops of agents that are not judged.
	foreign int
	skipped transcript.Skipped
	err     error
}

// replayAll replays the recordings on all cores and yields what came of each, in their order.
func replayAll(ctx context.Context, recordings []recording, o replayOptions, p *progress) iter.Seq[replayed] {
	return func(yield func(replayed) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		done := make([]chan replayed, len(recordings))
		for i := range done {
			done[i] = make(chan replayed, 1)
		}
		slots := make(chan struct{}, runtime.GOMAXPROCS(0))
		go func() {
			for i, rec := range recordings {
				slots <- struct{}{}
				go func() {
					defer func() { <-slots }()
					done[i] <- replayOne(ctx, rec, o, p)
				}()
			}
		}()
		for i := range recordings {
			if !yield(<-done[i]) {
				return
			}
		}
	}
}

// replayOne judges the stops of one transcript, in order.
func replayOne(ctx context.Context, rec recording, o replayOptions, p *progress) (out replayed) {
	out.recording = rec
	defer func() {
		if crash := recover(); crash != nil { // of a goroutine: command.run cannot catch it
			out.err = fmt.Errorf("replaying %q: internal error: %v", rec.path, crash)
		}
	}()
	file, err := os.Open(rec.path)
	if err != nil {
		out.err = fmt.Errorf("reading a transcript: %w", err)
		return out
	}
	defer file.Close()
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		out.err = fmt.Errorf("reading a transcript: %q is no regular file", rec.path)
		return out
	}
	replayer := hook.Replayer{Grounds: o.grounds, Observe: observe}
	scanner := transcript.NewScanner(ctx, &counted{file, p}, transcript.Options{OneAgent: rec.oneAgent})
	last := map[string]int{} // by agent, where its result stands
	for scanner.Scan() {
		stop := scanner.Stop()
		agentType := rec.agentType
		if agentType == "" {
			agentType = launchedAs(scanner.Launches(), stop)
		}
		if !hook.IsCoding(agentType) && (agentType != "" || !rec.named) {
			out.foreign++
			continue
		}
		c, ok := replayer.Judge(ctx, agentType, stop)
		if !ok {
			continue
		}
		result := hook.NewResult(c)
		result.Origin = hook.NewOrigin(rec.path, stop, c)
		if o.explain {
			result.Evidence = c.Explain(stop.Line)
		}
		if at, again := last[stop.Agent.ID]; again && o.last {
			out.results[at] = result
			continue
		}
		last[stop.Agent.ID] = len(out.results)
		out.results = append(out.results, result)
	}
	out.skipped = scanner.Skipped()
	if err := scanner.Err(); err != nil {
		out.err = fmt.Errorf("reading %q: %w", rec.path, err)
	}
	return out
}

// launchedAs is the type that an agent was launched as, told by the same file; "" where it does not tell.
func launchedAs(launches []transcript.Launch, stop transcript.Stop) string {
	for _, l := range launches {
		if l.ToolUseID != "" && l.ToolUseID == stop.ToolUseID || l.AgentID != "" && l.AgentID == stop.Agent.ID {
			return l.AgentType
		}
	}
	return ""
}

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
