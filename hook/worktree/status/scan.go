package status

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"stopgate/hook/worktree/disk"
	"stopgate/hook/worktree/gitcmd"
	"stopgate/hook/worktree/gitconfig"
	"stopgate/hook/worktree/ignore"
	"stopgate/hook/worktree/index"
	"stopgate/hook/worktree/object"
)

// ScanOptions control a Scan. With the zero value a Scan finds what git status shows, and no candidates.
type ScanOptions struct {
	// Exclude is called for directories without tracked files. If it returns true, only the direct entries of the directory are offered to
	// Candidates. It does not affect the changes that a Scan finds there. It is called from several goroutines at a time. Nil excludes nothing.
	Exclude func(name string) bool
	// Candidates is called for untracked entries, ignored ones included, and for all directories, with and without tracked files. path is relative to
	// the root of the worktree. If it returns true, the entry is added to Scan.Candidates. An accepted directory without tracked files is measured,
	// and nothing below it is offered. A symbolic link is offered as a file and, if that is refused, as a directory. Candidates is called from
	// several goroutines at a time. Nil accepts nothing, and then ignored directories are not read.
	Candidates func(path string, isDir bool) bool
	// Limit is the maximum number of paths; 0 means defaultLimit. A Scan that finds more is Incomplete.
	Limit int

	// given replaces the ignore files outside of the worktree; nil uses those on disk.
	given []ignore.File
}

// A Scan is the result of a walk over the whole worktree.
type Scan struct {
	// Changes are all paths that git status --porcelain=v1 -uall --no-renames shows, sorted by name; the options do not affect them.
	Changes []ScanChange
	// NewDirs are the topmost directories in which git tracks nothing and shows something, sorted. Without -uall, git status shows these directories
	// and not the files in them.
	NewDirs []string
	// Candidates are the paths that ScanOptions.Candidates accepted, sorted.
	Candidates []Candidate
	// Unseen are the paths that git could not read either, so it is unknown what git would show of them. They are sorted by name.
	Unseen []Unseen
	// Incomplete is the reason why the lists may lack something; "" if they are complete.
	Incomplete string
	// ViaGit means that the git binary was asked about all changes.
	ViaGit bool

	ruleFiles []string // every .gitignore in the directories that were walked
}

// A ScanChange is one path that differs from HEAD.
type ScanChange struct {
	Name   string
	Status string // as in PathState
	// Now is the file on disk; zero if there is none. Its blob is of the raw bytes, as in a Snapshot. If the file was not read, the blob is empty,
	// and Stat is the stand-in.
	Now object.File
	// Repository means that Name is a directory and the top of another repository. Git shows it with a slash. Now has the commit that is checked out
	// there, if that is known.
	Repository bool
	// Linked means that the other repository is a worktree of the same repository.
	Linked bool
	// Crowd is the directory of the crowd (see Crowd) that the file belongs to; "" for none.
	Crowd string
}

// crowdFrom is the number of new files from which a directory of Scan.NewDirs is a crowd. The files of a crowd are not read: the stat data of each
// are its stand-in. A crowd is usually a tree of dependencies. Reading it takes longer than the rest of the scan, and people do not edit it.
const crowdFrom = 2000

// defaultLimit is the default of ScanOptions.Limit. A stop with so many new files to report needs about 300 MiB of memory.
const defaultLimit = 300_000

// Scan finds everything that changed, in one walk over the worktree. It reads the files whose stat data do not prove that they are unchanged. It
// never fails: Scan.Incomplete is the reason if ctx ends early or something else keeps it from finding all changes, and Scan.Unseen lists what the
// system does not let it read.
func (t *Tree) Scan(ctx context.Context, o ScanOptions) Scan {
	if o.Limit == 0 {
		o.Limit = defaultLimit
	}
	if o.Exclude == nil {
		o.Exclude = func(string) bool { return false }
	}
	s := &scanner{Tree: t, ctx: ctx, options: o}
	refusal := t.Refusal
	if refusal == nil {
		refusal = s.natively()
	}
	switch {
	case errors.Is(refusal, object.ErrUnsafe), errors.Is(refusal, ignore.ErrHuge), errors.Is(refusal, gitconfig.ErrElsewhere), refusal != nil && o.given != nil:
		// Git is not asked here, because it must not be, or because it applies its own rules instead of the given ones.
		s.scan = Scan{}
		s.incomplete("%s", refusal)
	case refusal != nil:
		s.viaGit(refusal)
	}
	return s.result()
}

// A scanner has the state of one Scan.
type scanner struct {
	*Tree
	ctx     context.Context
	options ScanOptions
	scan    Scan

	repositories map[string]bool // other repositories that the walk found
}

func (s *scanner) incomplete(format string, args ...any) {
	if s.scan.Incomplete == "" {
		s.scan.Incomplete = fmt.Sprintf(format, args...)
	}
}

// result sorts the lists and completes the candidates.
func (s *scanner) result() Scan {
	slices.SortFunc(s.scan.Changes, func(a, b ScanChange) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(s.scan.Unseen, func(a, b Unseen) int { return object.CompareNames(a.Name, b.Name) })
	slices.SortFunc(s.scan.Candidates, func(a, b Candidate) int { return strings.Compare(a.Path, b.Path) })
	s.scan.markCandidates()
	return s.scan
}

// findNewDirs sets Scan.NewDirs.
func (s *scanner) findNewDirs(m *index.Manifest) {
	var tracked, found map[string]bool
	for i := range s.scan.Changes {
		c := &s.scan.Changes[i]
		if c.Status != "??" {
			continue
		}
		if tracked == nil {
			tracked, found = make(map[string]bool, len(m.Dirs)), map[string]bool{}
			for i := range m.Dirs {
				tracked[m.Dirs[i].Path] = true
			}
		}
		for dir := range object.Parents(c.Name) {
			if !tracked[dir] {
				found[dir] = true
				break
			}
		}
	}
	s.scan.NewDirs = slices.Sorted(maps.Keys(found))
}

// markCandidates sets the fields of candidates that depend on the changes.
func (s *Scan) markCandidates() {
	for i := range s.Candidates {
		c := &s.Candidates[i]
		shown := false
		for change := range s.within(c.Path) {
			c.Staged = c.Staged || change.Status != "" && strings.IndexByte(" ?!", change.Status[0]) < 0
			shown = shown || strings.HasSuffix(change.Status, "??")
		}
		seen := s.Incomplete == "" && !c.Special && !c.Unseen && !c.Mount && !c.Repository
		c.Ignored = c.Ignored || seen && !shown
	}
}

// within yields the changes at the path and below it.
func (s *Scan) within(path string) iter.Seq[*ScanChange] {
	return func(yield func(*ScanChange) bool) {
		at, _ := slices.BinarySearchFunc(s.Changes, path, func(change ScanChange, path string) int { return strings.Compare(change.Name, path) })
		for ; at < len(s.Changes) && strings.HasPrefix(s.Changes[at].Name, path); at++ {
			change := &s.Changes[at]
			if object.IsWithin(change.Name, path) && !yield(change) {
				return
			}
		}
	}
}

// natively scans without git, except for single paths that only git can decide, such as those with a filter. An error is the reason why git has to be
// asked about everything.
func (s *scanner) natively() error {
	v, err := s.newView()
	if err != nil {
		return err
	}
	defer v.close()
	m, err := v.readManifest(s.ctx)
	if err != nil {
		return err
	}
	found, err := s.walk(m, v)
	if err != nil || found.refusal != nil {
		return errors.Join(err, found.refusal)
	}
	var staged []string
	if !v.same {
		changes, err := m.Staged(s.ctx, v.objects, v.root, s.options.Limit)
		if err != nil && s.ctx.Err() == nil {
			return err
		}
		for _, c := range changes {
			staged = append(staged, c.Name)
		}
	}
	s.take(found)
	s.prove(append(s.unlessStaged(staged), found.suspects...))
	s.findNewDirs(m)
	if err := s.ctx.Err(); err != nil {
		s.incomplete("%s", context.Cause(s.ctx))
	}
	return nil
}

// walk walks the worktree and compares it with m. If v is nil, it looks only for candidates.
func (s *scanner) walk(m *index.Manifest, v *view) (findings, error) {
	w := &walker{
		ctx: s.ctx, place: s.Place, set: &s.Settings, stats: statRules{set: &s.Settings}, manifest: m,
		exclude: s.options.Exclude, offer: s.options.Candidates, limit: s.options.Limit,
	}
	var err error
	rules := ignoreOptions(s.Tree)
	rules.Given = s.options.given
	if w.rules, err = ignore.New(rules); err != nil {
		return findings{}, err
	}
	if v != nil {
		w.stats.written = v.index.Written()
		w.readIgnore = v.readIgnore
		w.keeps = func(name string, c disk.Content) (bool, error) {
			convert, err := v.conversion(name)
			return err == nil && convert.keeps(c), err
		}
	}
	if w.root, err = disk.OpenRoot(s.Place.Root); err != nil {
		return findings{}, err
	}
	return w.walk(), nil
}

// take adds to the scan everything that the walk found, except for the suspects.
func (s *scanner) take(found findings) {
	if s.scan.Changes == nil {
		s.scan.Changes = found.changes
	} else {
		s.scan.Changes = append(s.scan.Changes, found.changes...)
	}
	s.repositories = map[string]bool{}
	for i := range found.changes {
		if c := &found.changes[i]; c.Repository {
			s.repositories[c.Name] = true
		}
	}
	s.scan.Unseen = append(s.scan.Unseen, found.unseen...)
	s.scan.ruleFiles = found.ruleFiles
	for _, c := range found.candidates {
		s.scan.Candidates = append(s.scan.Candidates, *c)
	}
	if found.incomplete != "" {
		s.incomplete("%s", found.incomplete)
	}
}

// unlessStaged removes the files with staged changes from the scan's changes: the walk does not know the first letter of their status. It returns the
// staged names, sorted.
func (s *scanner) unlessStaged(staged []string) []string {
	if len(staged) == 0 {
		return nil
	}
	slices.Sort(staged)
	s.scan.Changes = slices.DeleteFunc(s.scan.Changes, func(c ScanChange) bool {
		_, found := slices.BinarySearch(staged, c.Name)
		return found && !c.Repository
	})
	return staged
}

// proveAtOnce is how many names prove looks at together. It limits the memory that their looks need.
const proveAtOnce = 4096

// prove finds out which of the names differ from HEAD, as Claims does, and adds them to the scan.
func (s *scanner) prove(names []string) {
	slices.Sort(names)
	names = slices.Compact(names)
	var open []*look
	for batch := range slices.Chunk(names, proveAtOnce) {
		looks := make([]*look, len(batch))
		for i, name := range batch {
			looks[i] = &look{name: name}
		}
		lookNatively(s.ctx, s.Tree, looks)
		for _, l := range looks {
			if l.outcome == undecided {
				open = append(open, l)
			} else {
				s.add(l)
			}
		}
	}
	if len(open) > 0 {
		askAbout(s.ctx, s.Tree, open)
	}
	for _, l := range open {
		s.add(l)
	}
}

// add adds the result for a path to the scan, unless git shows nothing.
func (s *scanner) add(l *look) {
	switch {
	case l.outcome == unseen && s.ctx.Err() != nil:
		s.incomplete("%q cannot be judged: %s", l.name, l.reason)
		return
	case l.outcome == unseen:
		u := Unseen{DirtyFile: DirtyFile{Name: object.Name(l.name)}, Reason: l.reason}
		u.File = s.onDisk(s.ctx, l.name, 0)
		s.scan.Unseen = append(s.scan.Unseen, u)
		return
	}
	status := strings.TrimSuffix(l.xy, "!!")
	if s.repositories[l.name] {
		status = strings.TrimSuffix(status, "??") // the walk has added the repository
	}
	if status == "" || l.outcome == outside {
		return
	}
	s.scan.Changes = append(s.scan.Changes, ScanChange{Name: l.name, Status: status, Now: s.onDisk(s.ctx, l.name, l.now.Mode)})
}

// onDisk returns the file on disk with its blob. If it was not read, the file has a stand-in instead. mode is the mode by which git knows the path.
func (t *Tree) onDisk(ctx context.Context, name string, mode uint32) object.File {
	if mode == object.ModeSubmodule {
		f, _ := nested(t.Place, name)
		return f
	}
	e, err := t.Disk.Entry(name)
	if err != nil {
		return object.File{Mode: object.ModeRegular, Stat: disk.StandInFor(t.Place.Root, name)}
	}
	f := object.File{Mode: e.Mode()}
	if f.Mode == 0 {
		return object.File{}
	}
	if e.Info.Size() <= hugeFile {
		if c, err := e.Read(ctx); err == nil {
			f.Blob = c.Blob.String()
			return f
		}
	}
	f.Stat = disk.StatOf(e.Info).StandIn()
	return f
}

// viaGit asks git what changed. It walks the worktree only if candidates are wanted.
func (s *scanner) viaGit(refusal error) {
	s.scan = Scan{ViaGit: true}
	records := map[string]gitcmd.Record{}
	var through map[string]string
	m, err := s.askManifest()
	if err == nil {
		through, err = s.askEverything(records)
	}
	if err != nil {
		s.incomplete("%s, and %s", refusal, err)
		return
	}
	for name, r := range records {
		dir, isDir := strings.CutSuffix(name, "/")
		if len(s.scan.Changes) == s.options.Limit {
			s.incomplete("more than %d paths are to be told of", s.options.Limit)
			break
		}
		if filter := through[name]; filter != "" && strings.HasSuffix(r.XY, "M") {
			s.add(&look{name: name, outcome: unseen, reason: gitcmd.FilterFails(filter)})
			continue
		}
		c := ScanChange{Name: dir, Status: r.XY, Repository: isDir}
		if isDir {
			c.Now, c.Linked = nested(s.Place, dir)
		} else {
			c.Now = s.onDisk(s.ctx, name, r.Mode)
		}
		s.scan.Changes = append(s.scan.Changes, c)
	}
	s.findNewDirs(m)
	if s.options.Candidates != nil {
		found, err := s.walk(m, nil)
		if err != nil {
			s.incomplete("looking for candidates: %s", err)
		}
		s.take(found)
	}
}

// askEverything adds what git status shows to records. It returns the failing filter of each path that has one.
func (s *scanner) askEverything(records map[string]gitcmd.Record) (through map[string]string, err error) {
	var broken gitcmd.BrokenFilters
	out, err := s.Git.Status(s.ctx, &broken, "status", "--porcelain=v2", "-z", "--untracked-files=all", "--no-renames")
	if err == nil {
		err = gitcmd.ParseStatus(out, records)
	}
	if err != nil {
		return nil, err
	}
	return broken.Through(s.ctx, s.Git, slices.Sorted(maps.Keys(records)))
}

// askManifest asks git for the tracked names. The manifest has nothing else.
func (s *scanner) askManifest() (*index.Manifest, error) {
	out, err := s.Git.Run(s.ctx, "ls-files", "-z")
	if err != nil {
		return nil, err
	}
	return index.ManifestOf(bytes.SplitSeq(out, []byte{0})), nil
}
