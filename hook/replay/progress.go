package replay

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"stopgate/hook/quote"
	"stopgate/hook/style"
)

// progress is a bar on a person's terminal for a replay that takes more than a second. In a pipe it is nothing.
type progress struct {
	w     io.Writer
	total int64
	done  atomic.Int64
	begun time.Time
	// sessions are how many there are, judged how many of them are done with. Judging one takes time, too.
	sessions int
	judged   atomic.Int64

	mu    sync.Mutex
	shown bool
	quit  chan struct{}
	ended sync.WaitGroup
}

// startProgress begins to show how many bytes of the sessions were read and how many of them were judged, where w is a terminal.
func startProgress(w io.Writer, sessions []Session) *progress {
	p := &progress{w: w, sessions: len(sessions), begun: time.Now(), quit: make(chan struct{})}
	for _, session := range sessions {
		p.total += session.size()
	}
	if !style.IsTerminal(w) || p.total == 0 {
		return p
	}
	p.ended.Go(func() {
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
	})
	return p
}

func (p *progress) add(n int) { p.done.Add(int64(n)) }

func (p *progress) session() { p.judged.Add(1) }

func (p *progress) draw() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shown = true
	read, judged := p.done.Load(), p.judged.Load()
	// What is longer than a line of the terminal cannot be taken off it again, and a terminal that has another width now is asked each time.
	terminal := style.Of(p.w, func(string) string { return "" }, nil)
	fmt.Fprintf(p.w, "\r\x1b[K%s", terminal.Fit(progressLine(read, p.total, int(judged), p.sessions, time.Since(p.begun), terminal.Width)))
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

// progressLine returns the bar: what part is done, bytes read of bytes in all, sessions judged of all, and how long the rest will take. Reading
// counts for one half and judging for the other: both take their time, and the bar is not full before all is done. On a terminal of that many
// columns the bar is as wide as the words leave room for; 0 columns are enough.
func progressLine(read, total int64, judged, sessions int, elapsed time.Duration, columns int) string {
	done := (float64(min(read, total))/float64(total) + float64(judged)/float64(max(1, sessions))) / 2
	left := "?"
	if done > 0 {
		left = time.Duration(float64(elapsed) * (1 - done) / done).Round(time.Second).String()
	}
	words := fmt.Sprintf("%3d%%  %s of %s read, %d of %s judged, %s left", int(done*100), byteCount(min(read, total)), byteCount(total), judged, quote.Plural(sessions, "session"), left)
	width := 30
	if columns > 0 {
		width = min(width, columns-1-len("[] ")-len(words))
	}
	if width < leastBar {
		return words
	}
	full := int(done * float64(width))
	return fmt.Sprintf("[%s%s] %s", strings.Repeat("#", full), strings.Repeat(".", width-full), words)
}

// leastBar is the width below which a bar shows nothing.
const leastBar = 5

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
