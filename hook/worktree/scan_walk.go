package worktree

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"stopgate/hook/worktree/ignore"
)

// A walker goes through a work tree once, with as many goroutines as there are
// processors. What it proves to be clean it drops; what may differ it collects.
type walker struct {
	ctx      context.Context
	place    Place
	set      *settings
	root     walkRoot
	rules    *ignore.Rules
	manifest *manifest
	written  uint32 // when the index was written
	excluded func(name string) bool
	offer    func(path string, isDir bool) bool // nil if nobody asks for candidates
	limit    int                                // of names to collect
	// keeps reports whether git takes the content of a tracked file as it is;
	// readIgnore reads a .gitignore outside a sparse checkout. Each call has one
	// held.
	keeps      func(name string, c content) (bool, error)
	readIgnore ignore.ReadFunc
	one        sync.Mutex
	halted     atomic.Bool // set when the walk must come to its end

	mu     sync.Mutex
	more   sync.Cond
	jobs   []job // the last is done first, so that few wait
	active int   // jobs being done
	found  findings
}

// findings are what a walk brings home.
type findings struct {
	suspects []string // tracked names that may have changed
	// changes are certain, as far as the work tree and the index go: "??", " M"
	// and " D".
	changes    []ScanChange
	excluded   []string
	candidates []Candidate
	incomplete string
	refusal    error // why only git can tell
}

// A job is one directory to look at.
type job struct {
	path string
	dir  int32       // in the manifest, -1 if nothing is tracked below
	up   *ignore.Dir // of the directory above; nil at the top
	// silent means that nothing here is a change: it is ignored or excluded.
	silent bool
	// shallow means that the directory is excluded, and listed only for
	// candidates.
	shallow bool
	// replaces means that a tracked file should stand in its place. Where another
	// repository does, git says so of the file.
	replaces  bool
	candidate int32 // in findings, the one it is part of; -1 for none
	mount     mount // of the directory that holds the candidate
	reads     []reading
}

// A reading is a file whose content has to be hashed.
type reading struct {
	name string
	kind kind
	mode uint32 // of git, on disk
	slot *slot  // nil if untracked
	// differs means that git shows it as modified whatever is read, touched that it
	// does if other content is read.
	differs, touched bool
}

const (
	// readingsAtOnce is how many files of one directory are hashed in one go; more
	// are shared among the goroutines.
	readingsAtOnce = 128
	// patience is how long a goroutine that waits for the system is waited for
	// when time is up.
	patience = 100 * time.Millisecond
	// maxWalkPath is where the system refuses paths, in bytes.
	maxWalkPath = 4095
)

// walk runs until everything is seen or ctx ends.
func (w *walker) walk() findings {
	w.more.L = &w.mu
	w.jobs = []job{{dir: 0, candidate: -1, silent: !w.manifest.full}}
	done := make(chan struct{})
	var running sync.WaitGroup
	for range max(1, runtime.GOMAXPROCS(0)) {
		running.Go(w.work)
	}
	go func() {
		running.Wait()
		w.root.close()
		close(done)
	}()
	select {
	case <-done:
	case <-w.ctx.Done():
		w.stop(context.Cause(w.ctx).Error())
		select {
		case <-done:
		case <-time.After(patience): // a file system that does not answer
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	f := w.found
	w.found = findings{} // a goroutine that is late writes elsewhere
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
	w.jobs = nil
	w.more.Broadcast()
}

// incompleteLocked keeps the first reason.
func (w *walker) incompleteLocked(reason string) {
	if w.found.incomplete == "" {
		w.found.incomplete = reason
	}
}

func (w *walker) incomplete(reason string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.incompleteLocked(reason)
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

// work does jobs until there are none.
func (w *walker) work() {
	v := &visit{walker: w}
	w.mu.Lock()
	defer w.mu.Unlock()
	for {
		for len(w.jobs) == 0 && w.active > 0 && !w.halted.Load() {
			w.more.Wait()
		}
		if len(w.jobs) == 0 || w.halted.Load() {
			w.more.Broadcast()
			return
		}
		v.job = w.jobs[len(w.jobs)-1]
		w.jobs = w.jobs[:len(w.jobs)-1]
		w.active++
		w.mu.Unlock()
		v.do()
		w.mu.Lock()
		w.active--
		v.deliver()
	}
}

// A visit is the work of one goroutine on one job. Its slices are reused.
type visit struct {
	*walker
	job
	list  listing
	dirs  []item
	rules *ignore.Dir // of this directory, nil where nothing is a change

	next       []job
	suspects   []string
	changes    []ScanChange
	excludes   []string
	readings   []reading
	replaced   []*slot     // that are directories now
	candidates []Candidate // with job.candidate counted from their start
	count      int         // of files in the candidate that this is part of
	size       int64
	sawMount   bool
	sawRepo    bool
}

// deliver hands over what was found; mu is held.
func (v *visit) deliver() {
	f := &v.found
	base := int32(len(f.candidates))
	f.candidates = append(f.candidates, v.candidates...)
	f.suspects = append(f.suspects, v.suspects...)
	f.changes = append(f.changes, v.changes...)
	f.excluded = append(f.excluded, v.excludes...)
	if v.job.candidate >= 0 && int(v.job.candidate) < len(f.candidates) {
		c := &f.candidates[v.job.candidate]
		c.Files += v.count
		c.Size += v.size
		c.Mount = c.Mount || v.sawMount
		c.Repository = c.Repository || v.sawRepo
	}
	for i := range v.next {
		if v.next[i].candidate < -1 { // one of v.candidates
			v.next[i].candidate = base - 2 - v.next[i].candidate
		}
	}
	if !v.halted.Load() {
		v.jobs = append(v.jobs, v.next...)
	}
	if len(f.suspects)+len(f.changes)+len(f.candidates)+len(f.excluded) > v.limit {
		v.stopLocked(v.tooMany())
	}
	v.more.Broadcast()
	v.next, v.suspects, v.changes = v.next[:0], v.suspects[:0], v.changes[:0]
	v.excludes, v.candidates = v.excludes[:0], v.candidates[:0]
	v.readings, v.replaced = v.readings[:0], v.replaced[:0]
	v.count, v.size, v.sawMount, v.sawRepo, v.rules = 0, 0, false, false, nil
	v.job = job{}
}

func (w *walker) tooMany() string { return fmt.Sprintf("more than %d paths are to be told of", w.limit) }

// do looks at one directory.
func (v *visit) do() {
	if len(v.path) > maxWalkPath {
		v.incomplete(fmt.Sprintf("a path is longer than %d bytes", maxWalkPath))
		return
	}
	f, err := v.root.open(v.path)
	if err == nil {
		defer f.close()
	}
	if v.reads != nil {
		v.hash(f, err, v.reads)
		return
	}
	if err == nil {
		err = f.list(&v.list)
	}
	switch {
	case v.halted.Load():
		return
	case err != nil && isGone(err):
		v.gone(v.dir, false) // it was there when the directory above was listed
		return
	case err != nil:
		v.incomplete(fmt.Sprintf("the directory %q cannot be read: %s", v.path, err))
		return
	}
	if v.candidate >= 0 && !v.sameMount(f) {
		return
	}
	ownGit, ownRules := v.sort(f)
	if v.dir < 0 && ownGit && v.path != "" && v.isRepository() {
		return
	}
	if err := v.enter(f, ownRules); err != nil {
		v.refuse(err)
		return
	}
	if v.shallow {
		v.offerAll()
		return
	}
	if v.set.ignoreCase && v.dir >= 0 {
		v.compareCase()
	}
	v.files(f)
	v.directories(f)
	v.hash(f, nil, v.readings)
}

// isGone reports that a directory is none any more.
func isGone(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || isNotDir(err) || isLink(err)
}

// gone is for tracked names below a directory that is none. sure means that nothing
// leads anywhere else in its place: behind a symbolic link git sees nothing, and
// may fail to look.
func (v *visit) gone(dir int32, sure bool) {
	if dir < 0 || !v.manifest.full {
		return
	}
	v.manifest.below(dir, func(dir int32, s *slot) {
		name := v.manifest.path(dir, s)
		switch {
		case sure:
			v.absent(name, s)
		case s.watch <= watchAlways:
			v.suspects = append(v.suspects, name)
		}
	})
}

// absent is for a tracked name of which nothing is there.
func (v *visit) absent(name string, s *slot) {
	switch {
	case s.watch >= watchPresent:
	case s.watch == watchStat && !v.set.ignoreCase && !v.set.precompose:
		v.changes = append(v.changes, ScanChange{Name: name, Status: " D"})
	default:
		v.suspects = append(v.suspects, name)
	}
}

// sameMount reports whether the directory is on the mount of its candidate.
func (v *visit) sameMount(f folder) bool {
	m, err := f.mount()
	v.sawMount = err != nil || m != v.mount
	return !v.sawMount
}

// sort parts the listing into files, which stay in it, and directories, both in the
// order of the manifest. It tells whether there is a .git, and a .gitignore that is
// a file.
func (v *visit) sort(f folder) (git, rules bool) {
	v.dirs = v.dirs[:0]
	files := v.list.items[:0]
	for _, it := range v.list.items {
		if it.kind == kindUnknown {
			if st, err := f.stat(it); err == nil {
				it.kind = st.kind
			}
		}
		switch {
		case it.name == ".git", v.set.ignoreCase && strings.EqualFold(it.name, ".git"):
			git = true
		case it.kind == kindDir:
			v.dirs = append(v.dirs, it)
		default:
			files = append(files, it)
			rules = rules || it.name == ".gitignore" && it.kind == kindFile
		}
	}
	v.list.items = files
	slices.SortFunc(files, func(a, b item) int { return strings.Compare(a.name, b.name) })
	slices.SortFunc(v.dirs, func(a, b item) int { return compareDirs(a.name, b.name) })
	return git, rules
}

// isRepository looks at an untracked directory with a .git. One that is no
// repository is like any other directory to git.
func (v *visit) isRepository() bool {
	gitDir, err := gitDirIn(filepath.Join(v.place.Root, filepath.FromSlash(v.path)))
	switch {
	case err != nil && !v.manifest.full:
		return true // in doubt
	case err != nil:
		v.refuse(refuse("only git knows whether %q is another repository", v.path))
		return true
	case gitDir == "":
		return false
	case v.manifest.full && (gitDir == v.place.GitDir || gitDir == v.place.CommonDir):
		v.refuse(refuse("%q is a second work tree of this repository's git directory", v.path))
		return true
	}
	v.sawRepo = true
	if !v.silent && !v.replaces && !v.up.Match(lastName(v.path), true).Ignored() {
		v.changes = append(v.changes, ScanChange{Name: v.path, Status: "??", Repository: true})
	}
	return true
}

// enter finds the ignore rules of the directory. Where nothing is a change there
// are none.
func (v *visit) enter(f folder, own bool) error {
	if v.silent {
		return nil
	}
	read := func() ([]byte, error) {
		if own {
			content, err := f.readSmall(".gitignore", ignore.MaxFile+1)
			if err == nil && len(content) > ignore.MaxFile {
				err = fmt.Errorf("reading %q: %w", joinName(v.path, ".gitignore"), ignore.ErrTooLarge)
			}
			if errors.Is(err, fs.ErrPermission) || err != nil && isGone(err) {
				err = nil // git goes on without it
			}
			return content, err
		}
		if v.dir >= 0 && v.manifest.skips {
			if s := v.manifest.find(v.dir, ".gitignore"); s != nil {
				v.one.Lock()
				defer v.one.Unlock()
				return v.readIgnore(joinName(v.path, ".gitignore"))
			}
		}
		return nil, nil
	}
	if v.up != nil {
		var err error
		v.rules, err = v.up.Enter(lastName(v.path), read)
		return err
	}
	content, err := read()
	if err != nil {
		return err
	}
	v.rules, err = v.walker.rules.Top(content)
	return err
}

// files compares the files of the directory with those of the manifest.
func (v *visit) files(f folder) {
	n := v.firstFile()
	for i := 0; (n >= 0 || i < len(v.list.items)) && !v.halted.Load(); {
		order := inOrder(n >= 0, i < len(v.list.items), func() int {
			return strings.Compare(v.manifest.slots[n].name, v.list.items[i].name)
		})
		switch {
		case order < 0:
			v.missing(&v.manifest.slots[n])
		case order > 0:
			v.untrackedFile(f, v.list.items[i])
		default:
			v.tracked(f, v.list.items[i], &v.manifest.slots[n])
		}
		if order <= 0 {
			n = v.manifest.slots[n].next
		}
		if order >= 0 {
			i++
		}
	}
}

// inOrder says whose turn it is when two sorted lists are gone through together:
// that of the manifest (negative), of the listing (positive), or of both.
func inOrder(manifest, listing bool, compare func() int) int {
	switch {
	case !manifest:
		return 1
	case !listing:
		return -1
	}
	return compare()
}

func (v *visit) firstFile() int32 {
	if v.dir < 0 {
		return -1
	}
	return v.manifest.dirs[v.dir].firstFile
}

// missing is for a tracked name that is no file. It may be a directory; that of a
// submodule is.
func (v *visit) missing(s *slot) {
	name := joinName(v.path, s.name)
	switch isDir := v.hasDir(s.name); {
	case isDir:
		v.replaced = append(v.replaced, s)
		if v.manifest.full && s.watch != watchNever {
			v.suspects = append(v.suspects, name)
		}
	case v.manifest.full:
		v.absent(name, s)
	}
}

func (v *visit) hasDir(name string) bool {
	_, found := slices.BinarySearchFunc(v.dirs, name, func(it item, name string) int { return compareDirs(it.name, name) })
	return found
}

func (v *visit) hasLink(name string) bool {
	i, found := slices.BinarySearchFunc(v.list.items, name, func(it item, name string) int { return strings.Compare(it.name, name) })
	return found && v.list.items[i].kind == kindLink
}

// tracked compares a file with its slot.
func (v *visit) tracked(f folder, it item, s *slot) {
	if !v.manifest.full || s.watch == watchNever {
		return
	}
	if s.watch == watchStat {
		st, err := f.stat(it)
		if err == nil && s.clean(&st, v.set, v.written) {
			return
		}
		// Another size is another content for git, whatever a filter would say.
		// Otherwise the content decides, and where it does not the claims' proof.
		if err == nil && s.sameMode(&st, v.set) && st.size <= math.MaxUint32 {
			v.readings = append(v.readings, reading{
				name: s.name, kind: st.kind, mode: st.mode(), slot: s,
				differs: s.size != 0 && s.size != uint32(st.size), touched: s.touched(&st, v.set, v.written),
			})
			return
		}
	}
	v.suspects = append(v.suspects, joinName(v.path, s.name))
}

// untrackedFile is for what the index does not have.
func (v *visit) untrackedFile(f folder, it item) {
	if v.candidate >= 0 {
		v.count++
		if st, err := f.stat(it); err == nil {
			v.size += st.size
		}
	} else if v.offer != nil {
		v.offerFile(f, it)
	}
	if v.silent || it.kind != kindFile && it.kind != kindLink || v.rules.Match(it.name, false).Ignored() {
		return
	}
	if v.ambiguous(it.name) {
		return
	}
	r := reading{name: strings.Clone(it.name), kind: it.kind, mode: modeSymlink}
	if it.kind == kindFile {
		st, err := f.stat(it)
		if err != nil {
			return // it is gone, and was never anybody's
		}
		r.mode, r.kind = st.mode(), st.kind
	}
	if v.candidate >= 0 {
		v.changes = append(v.changes, ScanChange{
			Name: joinName(v.path, r.name), Status: "??", Now: File{Mode: r.mode}, Candidate: true, Reason: "it is part of a candidate",
		})
		return
	}
	if len(v.readings)+len(v.changes) > v.limit {
		v.stop(v.tooMany()) // before any is read
		return
	}
	v.readings = append(v.readings, r)
}

// ambiguous refuses an untracked name that the file system may take for a tracked
// one: it ignores case, or composes characters.
func (v *visit) ambiguous(name string) bool {
	if v.set.precompose && !isASCII(name) {
		v.refuse(refuse("core.precomposeUnicode is true and %q is not ASCII", joinName(v.path, name)))
		return true
	}
	if !v.set.ignoreCase || v.dir < 0 {
		return false
	}
	same := func(tracked string) bool { return strings.EqualFold(tracked, name) }
	d := &v.manifest.dirs[v.dir]
	found := false
	for n := d.firstFile; n >= 0 && !found; n = v.manifest.slots[n].next {
		found = same(v.manifest.slots[n].name)
	}
	for n := d.firstDir; n >= 0 && !found; n = v.manifest.dirs[n].nextDir {
		found = same(v.manifest.dirs[n].name())
	}
	if found {
		v.refuse(refuse("core.ignoreCase is true and %q is tracked in another case", joinName(v.path, name)))
	}
	return found
}

// compareCase refuses directories that the file system takes for one.
func (v *visit) compareCase() {
	seen := map[string]bool{}
	for n := v.manifest.dirs[v.dir].firstDir; n >= 0; n = v.manifest.dirs[n].nextDir {
		d := &v.manifest.dirs[n]
		name := strings.ToLower(d.name())
		if seen[name] {
			v.refuse(refuse("core.ignoreCase is true and %q is tracked in two cases", d.path))
			return
		}
		seen[name] = true
	}
}

// directories goes on to the directories below.
func (v *visit) directories(f folder) {
	n := int32(-1)
	if v.dir >= 0 {
		n = v.manifest.dirs[v.dir].firstDir
	}
	for i := 0; (n >= 0 || i < len(v.dirs)) && !v.halted.Load(); {
		order := inOrder(n >= 0, i < len(v.dirs), func() int {
			return compareDirs(v.manifest.dirs[n].name(), v.dirs[i].name)
		})
		switch {
		case order < 0:
			v.gone(n, !v.hasLink(v.manifest.dirs[n].name()))
		case order > 0:
			v.untrackedDir(f, v.dirs[i].name)
		default:
			sub := job{path: v.manifest.dirs[n].path, dir: n, up: v.rules, silent: v.silent, candidate: -1}
			if v.offer != nil && v.offer(sub.path, true) {
				v.candidates = append(v.candidates, Candidate{Path: sub.path, Dir: true, Tracked: true})
			}
			v.next = append(v.next, sub)
		}
		if order <= 0 {
			n = v.manifest.dirs[n].nextDir
		}
		if order >= 0 {
			i++
		}
	}
}

// untrackedDir is for a directory with nothing tracked below.
func (v *visit) untrackedDir(f folder, name string) {
	replaces := false
	if v.dir >= 0 {
		for _, s := range v.replaced {
			if s.name == name && s.mode == modeSubmodule {
				return // it has a work tree of its own
			}
			replaces = replaces || s.name == name
		}
		if v.ambiguous(name) {
			return
		}
	}
	sub := job{path: v.child(name), dir: -1, up: v.rules, silent: v.silent, candidate: v.candidate, mount: v.mount}
	ignored := v.silent || v.rules.Match(name, true).Ignored()
	excluded := v.excluded(name)
	if excluded && !ignored {
		v.excludes = append(v.excludes, sub.path)
	}
	sub.silent, sub.replaces = ignored || excluded, replaces
	if v.candidate < 0 && v.offer != nil && v.offer(sub.path, true) {
		v.accept(f, &sub)
	}
	switch {
	case sub.candidate != -1:
	case v.offer == nil && sub.silent:
		return
	case excluded:
		sub.shallow = true
	}
	v.next = append(v.next, sub)
}

// child is the path of an item. It does not share memory with the listing.
func (v *visit) child(name string) string {
	if v.path == "" {
		return strings.Clone(name)
	}
	return v.path + "/" + name
}

// accept makes the directory of sub a candidate, to be measured on the way.
func (v *visit) accept(f folder, sub *job) {
	m, err := f.mount()
	v.candidates = append(v.candidates, Candidate{Path: sub.path, Dir: true, Mount: err != nil})
	sub.candidate, sub.mount = -1-int32(len(v.candidates)), m
}

// offerFile asks whether an untracked entry that is no directory is a candidate. A
// symbolic link is offered as what it may pretend to be, too.
func (v *visit) offerFile(f folder, it item) {
	path := v.child(it.name)
	if !v.offer(path, false) && (it.kind != kindLink || !v.offer(path, true)) {
		return
	}
	c := Candidate{Path: path, Files: 1, Symlink: it.kind == kindLink, Special: it.kind == kindOther}
	if st, err := f.stat(it); err == nil {
		c.Size = st.size
	}
	v.candidates = append(v.candidates, c)
}

// offerAll is for a directory that is excluded: what stands right in it is offered.
func (v *visit) offerAll() {
	f, err := v.root.open(v.path)
	if err != nil {
		return
	}
	defer f.close()
	for _, it := range v.list.items {
		v.offerFile(f, it)
	}
	for _, it := range v.dirs {
		sub := job{path: v.child(it.name), dir: -1, silent: true, candidate: -1}
		if v.offer(sub.path, true) {
			v.accept(f, &sub)
			v.next = append(v.next, sub)
		}
	}
}

// hash reads the files that have to be read, or leaves them to others if there are
// many. unopened is why f is not open.
func (v *visit) hash(f folder, unopened error, files []reading) {
	if v.reads == nil && len(files) > readingsAtOnce {
		for chunk := range slices.Chunk(files, readingsAtOnce) {
			v.next = append(v.next, job{path: v.path, dir: v.dir, reads: slices.Clone(chunk), candidate: -1})
		}
		return
	}
	for _, r := range files {
		if v.halted.Load() {
			return
		}
		name := joinName(v.path, r.name)
		c, err := content{}, unopened
		if err == nil {
			c, err = f.hash(v.ctx, r.name, r.kind)
		}
		if r.slot == nil && err != nil && isGone(err) {
			continue // it was never anybody's
		}
		change := ScanChange{Name: name, Status: "??", Now: File{Mode: r.mode}}
		if err == nil {
			change.Now.Blob = c.blob.String()
		} else {
			change.Reason = err.Error()
		}
		if r.slot != nil {
			change.Status = " M"
			if !r.differs {
				same := err == nil && c.blob == r.slot.id
				switch keeps := err == nil && (same || r.touched) && v.unconverted(name, r, c); {
				case keeps && same:
					continue
				case !keeps:
					v.suspects = append(v.suspects, name)
					continue
				}
			}
		}
		v.changes = append(v.changes, change)
	}
}

// unconverted reports whether equal bytes are an equal blob.
func (v *visit) unconverted(name string, r reading, c content) bool {
	if r.kind == kindLink {
		return true
	}
	v.one.Lock()
	defer v.one.Unlock()
	keeps, err := v.keeps(name, c)
	return err == nil && keeps
}

// matchExclusions returns a test for the names of directories; patterns are those
// of path.Match.
func matchExclusions(patterns []string) (func(name string) bool, error) {
	exact := map[string]bool{}
	var globs []string
	for _, p := range patterns {
		if _, err := path.Match(p, ""); err != nil {
			return nil, fmt.Errorf("the exclusion %q: %w", p, err)
		}
		if strings.ContainsAny(p, `*?[\`) {
			globs = append(globs, p)
		} else {
			exact[p] = true
		}
	}
	return func(name string) bool {
		return exact[name] || slices.ContainsFunc(globs, func(p string) bool {
			matched, _ := path.Match(p, name)
			return matched
		})
	}, nil
}
