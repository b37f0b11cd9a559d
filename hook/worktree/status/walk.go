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

// A walker walks a worktree once, with one goroutine for each processor. It drops what is proven to be clean, and collects what may differ.
type walker struct {
	ctx      context.Context
	reading  context.Context // bounds the time for reading content
	place    gitdir.Place
	set      *gitconfig.Settings
	root     disk.Root
	rules    *ignore.Rules
	manifest *index.Manifest
	stats    statRules
	exclude  func(name string) bool
	offer    func(path string, isDir bool) bool // nil if candidates are not wanted
	limit    int                                // the maximum number of names that are collected
	// keeps reports whether git stores the content of a tracked file as it is. readIgnore reads a .gitignore that a sparse checkout leaves out. Both
	// use the view, so every call holds viewMu.
	keeps      func(name string, c disk.Content) (bool, error)
	readIgnore ignore.ReadFunc
	viewMu     sync.Mutex
	halted     atomic.Bool // set when the walk must stop

	mu       sync.Mutex
	more     sync.Cond
	jobs     []job          // the last one is done first, which keeps the list short
	contents []job          // jobs that read content; they come after all other jobs, when all names are known
	toRead   int            // files in contents, and in such jobs that are being done
	walking  int            // jobs being done, except those that read content
	crowds   map[string]int // how many files are to be read below each topmost directory without tracked files
	active   int            // jobs being done
	found    findings
}

// findings are the results of a walk.
type findings struct {
	suspects []string // tracked files that may have changed
	// changes are certain differences between the index and the worktree: "??", " M" and " D".
	changes    []ScanChange
	unseen     []Unseen // directories that cannot be read
	candidates []*Candidate
	ruleFiles  []string // every .gitignore in the directories that were listed, of any kind but a directory
	incomplete string
	refusal    error // the reason why only git can find the changes
}

// A job is one directory to visit.
type job struct {
	path string
	dir  int32       // in the manifest; -1 if nothing is tracked below
	up   *ignore.Dir // the ignore rules in the directory above; nil at the root
	// silent means that nothing here can be a change: git ignores the directory, or the walk looks only for candidates.
	silent bool
	// excluded means that only the direct entries of the directory may be candidates. unoffered means that nothing in it may be one.
	excluded, unoffered bool
	// replaces means that there is a tracked file of the directory's name. If the directory is another repository, git shows that as a change of the
	// file.
	replaces  bool
	top       string     // the topmost directory without tracked files: this one or one above it; "" for none
	candidate *Candidate // the candidate that contains the directory; nil for none
	mount     disk.Mount // the mount of the directory that contains the candidate
	reads     []reading  // the files to read; nil if the directory is to be listed
}

const (
	// patience is how long the walk waits, when its time is up, for a goroutine that hangs in a system call.
	patience = 100 * time.Millisecond
	// maxWalkPath is the length in bytes of the longest path that the system accepts.
	maxWalkPath = 4095
)

// walk runs until every directory has been visited or ctx ends.
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
		case <-time.After(patience): // a goroutine hangs in a system call
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	f := w.found
	w.found = findings{} // a late goroutine must not write to f
	for i, c := range f.candidates {
		f.candidates[i] = new(*c) // nor to a candidate in f
	}
	return f
}

// stop ends the walk early, with the reason why it is incomplete.
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

// incompleteLocked sets the reason if there is none yet.
func (w *walker) incompleteLocked(reason string) {
	if w.found.incomplete == "" {
		w.found.incomplete = reason
	}
}

// refuse ends the walk because only git can find the changes.
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

// deliver adds the results of the job to those of the walk, and resets the visit. The caller holds mu.
func (v *visit) deliver() {
	f := &v.found
	f.candidates = append(f.candidates, v.own.candidates...)
	f.ruleFiles = append(f.ruleFiles, v.own.ruleFiles...)
	f.suspects = append(f.suspects, v.own.suspects...)
	if v.crowded && cap(f.changes)-len(f.changes) < len(v.own.changes) {
		f.changes = slices.Grow(f.changes, max(v.toRead, len(v.own.changes))) // nearly every file that is still to be read is a change
	}
	f.changes = append(f.changes, v.own.changes...)
	f.unseen = append(f.unseen, v.own.unseen...)
	if v.own.incomplete != "" {
		v.incompleteLocked(v.own.incomplete)
	}
	if c := v.job.candidate; c != nil {
		c.add(v.measured)
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
	v.next, v.readings, v.replaced, v.rules = v.next[:0], v.readings[:0], v.replaced[:0], nil
	own := &v.own
	v.own = findings{
		suspects: own.suspects[:0], changes: own.changes[:0], unseen: own.unseen[:0], candidates: own.candidates[:0], ruleFiles: own.ruleFiles[:0],
	}
	v.measured = Candidate{}
	v.job = job{}
}

func (w *walker) tooMany() string {
	return fmt.Sprintf("more than %d paths are to be told of", w.limit)
}
