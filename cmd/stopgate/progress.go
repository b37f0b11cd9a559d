package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// progress is a bar on a person's terminal for a replay that takes more than a second. In a pipe it is nothing.
type progress struct {
	w     io.Writer
	total int64
	done  atomic.Int64
	begun time.Time

	mu    sync.Mutex
	shown bool
	quit  chan struct{}
	ended sync.WaitGroup
}

// startProgress begins to show how many of total bytes were read, where w is a terminal.
func startProgress(w io.Writer, total int64) *progress {
	p := &progress{w: w, total: total, begun: time.Now(), quit: make(chan struct{})}
	if !isTerminal(w) || p.total == 0 {
		return p
	}
	p.ended.Add(1)
	go func() {
		defer p.ended.Done()
		wait := time.NewTimer(time.Second)
		defer wait.Stop()
		for {
			select {
			case <-p.quit:
				return
			case <-wait.C:
				p.draw()
				wait.Reset(200 * time.Millisecond)
			}
		}
	}()
	return p
}

func (p *progress) add(n int) { p.done.Add(int64(n)) }

func (p *progress) draw() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shown = true
	fmt.Fprintf(p.w, "\r\x1b[K%s", progressLine(p.done.Load(), p.total, time.Since(p.begun)))
}

// clear takes the bar off the terminal, so that a line can be printed.
func (p *progress) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.shown = false
	}
}

func (p *progress) stop() {
	close(p.quit)
	p.ended.Wait()
	p.clear()
}

// progressLine is the bar: what part is done, bytes done of bytes in all, and how long the rest will take.
func progressLine(done, total int64, elapsed time.Duration) string {
	const width = 30
	done = min(done, total)
	full := int(done * width / total)
	left := "?"
	if done > 0 {
		left = time.Duration(float64(elapsed) * float64(total-done) / float64(done)).Round(time.Second).String()
	}
	return fmt.Sprintf("[%s%s] %3d%%  %s of %s  %s left", strings.Repeat("#", full), strings.Repeat(".", width-full),
		done*100/total, byteCount(done), byteCount(total), left)
}

func byteCount(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	default:
		return fmt.Sprintf("%d KiB", (n+1023)>>10)
	}
}
