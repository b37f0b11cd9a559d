package status

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"stopgate/hook/worktree/disk"
	"stopgate/hook/worktree/gitconfig"
	"stopgate/hook/worktree/gitdir"
	"stopgate/hook/worktree/ignore"
	"stopgate/hook/worktree/index"
)

// A walker goes through a work tree once, with as many goroutines as there are
// processors. What it proves to be clean it drops; what may differ it collects.
type walker struct {
	ctx      context.Context
	reading  context.Context // bounds the time for content
	place    gitdir.Place
	set      *gitconfig.Settings
	root     disk.Root
	rules    *ignore.Rules
	manifest *index.Manifest
	stats    statRules
	exclude  func(name string) bool
	offer    func(path string, isDir bool) bool // nil if candidates are not wanted
	limit    int                                // of names to collect
	// keeps reports whether git takes the content of a tracked file as it is;
	// readIgnore reads a .gitignore outside a sparse checkout. Each call has one
	// held.
	keeps      func(name string, c disk.Content) (bool, error)
	readIgnore ignore.ReadFunc
	one        sync.Mutex
	halted     atomic.Bool // set when the walk must stop

	mu       sync.Mutex
	more     sync.Cond
	jobs     []job          // the last is done first, so that few wait
	contents []job          // reading of content, after all other jobs, when all names are known
	toRead   int            // files in contents, and in those being done
	walking  int            // jobs being done, without those of contents
	crowds   map[string]int // files to read below each topmost directory in which nothing is tracked
	active   int            // jobs being done
	found    findings
}

// findings are the results of a walk.
type findings struct {
	suspects []string // tracked names that may have changed
	// changes are certain, as far as the work tree and the index go: "??", " M"
	// and " D".
	changes    []ScanChange
	unseen     []Unseen // directories
	candidates []*Candidate
	incomplete string
	refusal    error // why only git can tell
}

// A job is one directory to look at.
type job struct {
	path string
	dir  int32       // in the manifest, -1 if nothing is tracked below
	up   *ignore.Dir // of the directory above; nil at the top
	// silent means that nothing here is a change: it is ignored.
	silent bool
	// excluded means that only the direct entries of the directory may be candidates; unoffered, that nothing here may.
	excluded, unoffered bool
	// replaces means that a tracked file should be in its place. If another repository is there, git reports that for the file.
	replaces  bool
	top       string     // the topmost directory above, or this one, in which nothing is tracked; "" for none
	candidate *Candidate // that it is part of; nil for none
	mount     disk.Mount // of the directory that holds the candidate
	reads     []reading
}

// A reading is a file whose content has to be hashed.
type reading struct {
	name string
	kind disk.Kind
	mode uint32      // of git, on disk
	slot *index.Slot // nil if untracked
	stat disk.Stat   // of a file; zero if unknown
	// differs means that git shows it as modified in any case; touched, that it does if the content differs.
	differs, touched bool
}

const (
	// readingsAtOnce is how many files of one directory are hashed in one go; more
	// are shared among the goroutines.
	readingsAtOnce = 128
	// patience is how long the walk waits, when time is up, for a goroutine that
	// hangs in a system call.
	patience = 100 * time.Millisecond
	// maxWalkPath is the length in bytes from which the system refuses paths.
	maxWalkPath = 4095
)

// walk runs until everything is seen or ctx ends.
func (w *walker) walk() findings {
	w.more.L = &w.mu
	var enough context.CancelFunc
	w.reading, enough = halfOf(w.ctx)
	defer enough()
	w.crowds = map[string]int{}
	w.jobs = []job{{dir: 0, silent: !w.manifest.Full}}
	done := make(chan struct{})
	var running sync.WaitGroup
	for range max(1, runtime.GOMAXPROCS(0)) {
		running.Go(w.work)
	}
	go func() {
		running.Wait()
		w.root.Close()
		close(done)
	}()
	select {
	case <-done:
	case <-w.ctx.Done():
		w.stop(fmt.Sprintf("there was no time left: %s", context.Cause(w.ctx)))
		select {
		case <-done:
		case <-time.After(patience): // a file system that does not answer
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	f := w.found
	w.found = findings{} // a goroutine that is late writes elsewhere
	for i, c := range f.candidates {
		own := *c
		f.candidates[i] = &own // or to the one that was copied
	}
	return f
}

// stop ends the walk early.
func (w *walker) stop(reason string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stopLocked(reason)
}

func (w *walker) stopLocked(reason string) {
	w.incompleteLocked(reason)
	w.halted.Store(true)
	w.jobs, w.contents = nil, nil
	w.more.Broadcast()
}

// incompleteLocked keeps the first reason.
func (w *walker) incompleteLocked(reason string) {
	if w.found.incomplete == "" {
		w.found.incomplete = reason
	}
}

// refuse ends a walk that only git can finish.
func (w *walker) refuse(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.found.refusal == nil {
		w.found.refusal = err
	}
	w.stopLocked(err.Error())
}

// work does jobs until there are none left.
func (w *walker) work() {
	v := &visit{walker: w}
	w.mu.Lock()
	defer w.mu.Unlock()
	for {
		for len(w.jobs) == 0 && (w.walking > 0 || len(w.contents) == 0 && w.active > 0) && !w.halted.Load() {
			w.more.Wait()
		}
		if len(w.jobs)+len(w.contents) == 0 || w.halted.Load() {
			w.more.Broadcast()
			return
		}
		from := &w.jobs
		if len(w.jobs) == 0 {
			from = &w.contents
		}
		v.job = (*from)[len(*from)-1]
		*from = (*from)[:len(*from)-1]
		walks := 0
		if v.reads == nil {
			walks = 1
		}
		w.active++
		w.walking += walks
		v.crowded = w.crowds[v.top] >= crowdFrom
		w.mu.Unlock()
		v.try()
		w.mu.Lock()
		w.active--
		w.walking -= walks
		v.deliver()
	}
}

// deliver hands over what was found; mu is held.
func (v *visit) deliver() {
	f := &v.found
	f.candidates = append(f.candidates, v.candidates...)
	f.suspects = append(f.suspects, v.suspects...)
	if v.crowded && cap(f.changes)-len(f.changes) < len(v.changes) {
		f.changes = slices.Grow(f.changes, max(v.toRead, len(v.changes))) // nearly all that is to be read is a change
	}
	f.changes = append(f.changes, v.changes...)
	f.unseen = append(f.unseen, v.unseens...)
	if v.incomplete != "" {
		v.incompleteLocked(v.incomplete)
	}
	if c := v.job.candidate; c != nil {
		c.Files += v.count
		c.Size += v.size
		c.Oldest, c.Newest = earlier(c.Oldest, v.oldest), later(c.Newest, v.newest)
		c.Mount = c.Mount || v.sawMount
		c.Repository = c.Repository || v.sawRepo
		c.Unseen = c.Unseen || v.unseen
	}
	v.toRead -= len(v.job.reads)
	for _, next := range v.next {
		switch {
		case v.halted.Load():
		case next.reads != nil:
			v.contents = append(v.contents, next)
			v.toRead += len(next.reads)
			if next.top != "" {
				v.crowds[next.top] += len(next.reads)
			}
		default:
			v.jobs = append(v.jobs, next)
		}
	}
	if v.toRead+len(f.unseen)+len(f.suspects)+len(f.changes)+len(f.candidates) > v.limit {
		v.stopLocked(v.tooMany())
	}
	v.more.Broadcast()
	v.next, v.suspects, v.changes = v.next[:0], v.suspects[:0], v.changes[:0]
	v.unseens, v.candidates = v.unseens[:0], v.candidates[:0]
	v.readings, v.replaced = v.readings[:0], v.replaced[:0]
	v.count, v.size, v.oldest, v.newest = 0, 0, time.Time{}, time.Time{}
	v.sawMount, v.sawRepo, v.unseen, v.rules, v.incomplete = false, false, false, nil, ""
	v.job = job{}
}

func (w *walker) tooMany() string {
	return fmt.Sprintf("more than %d paths are to be told of", w.limit)
}
