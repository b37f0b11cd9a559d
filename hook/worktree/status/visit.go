package status

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"stopgate/hook/worktree/disk"
	"stopgate/hook/worktree/gitdir"
	"stopgate/hook/worktree/ignore"
	"stopgate/hook/worktree/index"
	"stopgate/hook/worktree/object"
)

// A visit is the work of one goroutine on one job. Its slices are reused.
type visit struct {
	*walker
	job
	list   disk.Listing
	hasher disk.Hasher
	dirs   []disk.Item
	rules  *ignore.Dir // of this directory; nil if nothing in it can be a change

	crowded    bool // so many new files lie below top that none is read
	next       []job
	suspects   []string
	changes    []ScanChange
	unseens    []Unseen
	readings   []reading
	replaced   []*index.Slot // that are directories now
	candidates []*Candidate
	count      int // of files in the candidate that this is part of
	size       int64
	oldest     time.Time
	newest     time.Time
	sawMount   bool
	sawRepo    bool
	unseen     bool
	incomplete string // why the changes may lack something
}

// try does the job. A panic would end the process, and with a status that means
// something to the host; it ends the walk instead.
func (v *visit) try() {
	defer func() {
		if r := recover(); r != nil {
			v.stop(fmt.Sprintf("looking at the directory %q failed: %v", v.path, r))
		}
	}()
	v.do()
}

// do looks at one directory.
func (v *visit) do() {
	if len(v.path) > maxWalkPath {
		v.unreadable(errors.New("its path is too long"))
		return
	}
	f, err := v.root.Open(v.path)
	if err == nil {
		defer f.Close()
	}
	if v.reads != nil {
		v.hash(f, err, v.reads)
		return
	}
	if err == nil {
		err = f.List(&v.list)
	}
	switch {
	case v.halted.Load():
		return
	case err != nil && disk.IsGone(err):
		v.gone(v.dir, false) // it was there when the directory above was listed
		return
	case err != nil:
		v.unreadable(err)
		return
	}
	if v.candidate != nil && !v.sameMount(f) && v.silent {
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
	if v.silent && v.excluded && v.candidate == nil {
		v.offerAll(f)
		return
	}
	if v.set.IgnoreCase && v.dir >= 0 {
		v.compareCase()
	}
	v.files(f)
	v.directories(f)
	for chunk := range slices.Chunk(v.readings, readingsAtOnce) {
		v.next = append(v.next, job{path: v.path, dir: v.dir, reads: slices.Clone(chunk), top: v.top})
	}
}

// unreadable notes a directory that could not be looked at. Where nothing is a
// change, none can be missed. Where the system forbids it, git passes over it, too.
func (v *visit) unreadable(err error) {
	v.unseen = true
	switch {
	case v.silent:
	case errors.Is(err, fs.ErrPermission) && v.manifest.Full && v.path != "":
		v.unseens = append(v.unseens, Unseen{
			DirtyFile: DirtyFile{Name: object.Name(v.path), File: object.File{Mode: object.ModeTree, Stat: disk.StandInFor(v.place.Root, v.path)}}, Reason: err.Error(),
		})
		v.gone(v.dir, false) // the files in it cannot be seen
	default:
		v.incomplete = fmt.Sprintf("the directory %q cannot be read: %s", v.path, err)
	}
}

// gone handles tracked names below a directory that does not exist. sure means that nothing else is in its place that leads elsewhere: git sees
// nothing behind a symbolic link, and may fail there. Outside a sparse checkout git takes a file as present if a link leads to a file of that name.
func (v *visit) gone(dir int32, sure bool) {
	if dir < 0 || !v.manifest.Full {
		return
	}
	v.manifest.Below(dir, func(dir int32, s *index.Slot) {
		name := v.manifest.Path(dir, s)
		switch {
		case sure:
			v.absent(name, s)
		case s.Watch.Expects(), s.Watch == index.WatchPresent:
			v.suspects = append(v.suspects, name)
		}
	})
}

// absent is for a tracked name of which nothing is there.
func (v *visit) absent(name string, s *index.Slot) {
	switch {
	case !s.Watch.Expects():
	case s.Watch == index.WatchStat && !v.set.IgnoreCase && !v.set.Precompose:
		v.changes = append(v.changes, ScanChange{Name: name, Status: " D"})
	default:
		v.suspects = append(v.suspects, name)
	}
}

// sort separates the listing into files, which stay in it, and directories, both in the order of the manifest. It reports whether there is a .git,
// and a .gitignore that is a file.
func (v *visit) sort(f disk.Folder) (git, rules bool) {
	v.dirs = v.dirs[:0]
	files := v.list.Items[:0]
	for _, it := range v.list.Items {
		if it.Kind == disk.Unclear {
			if st, err := f.Stat(it); err == nil {
				it.Kind = st.Kind
			}
		}
		switch {
		case it.Name == ".git", v.set.IgnoreCase && strings.EqualFold(it.Name, ".git"):
			git = true
		case it.Kind == disk.Dir:
			v.dirs = append(v.dirs, it)
		default:
			files = append(files, it)
			rules = rules || it.Name == ".gitignore" && it.Kind == disk.File
		}
	}
	v.list.Items = files
	slices.SortFunc(files, func(a, b disk.Item) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(v.dirs, func(a, b disk.Item) int { return object.CompareDirs(a.Name, b.Name) })
	return git, rules
}

// isRepository looks at an untracked directory with a .git. One that is no
// repository is like any other directory to git.
func (v *visit) isRepository() bool {
	gitDir, err := gitdir.Find(filepath.Join(v.place.Root, filepath.FromSlash(v.path)))
	switch {
	case err != nil && !v.manifest.Full:
		return true // in doubt
	case err != nil:
		v.refuse(fmt.Errorf("only git knows whether %q is another repository", v.path))
		return true
	case gitDir == "":
		return false
	case v.manifest.Full && (gitDir == v.place.GitDir || gitDir == v.place.CommonDir):
		v.refuse(fmt.Errorf("%q is a second work tree of this repository's git directory", v.path))
		return true
	}
	v.sawRepo = true
	if !v.silent && !v.replaces && !v.up.Match(object.LastName(v.path), true).Ignored() {
		c := ScanChange{Name: v.path, Status: "??", Repository: true}
		c.Now, c.Linked = nested(v.place, v.path)
		v.changes = append(v.changes, c)
	}
	return true
}

// enter finds the ignore rules of the directory. If nothing in it can be a change, it has none.
func (v *visit) enter(f disk.Folder, own bool) error {
	if v.silent {
		return nil
	}
	read := func() ([]byte, error) {
		if own {
			content, err := f.ReadSmall(".gitignore", ignore.MaxFile+1)
			if err == nil && len(content) > ignore.MaxFile {
				cause := ignore.ErrTooLarge
				if whole, err := f.ReadSmall(".gitignore", ignore.MaxForGit+1); err == nil && len(whole) > ignore.MaxForGit {
					cause = ignore.ErrHuge
				}
				err = fmt.Errorf("reading %q: %w", object.JoinName(v.path, ".gitignore"), cause)
			}
			if errors.Is(err, fs.ErrPermission) || err != nil && disk.IsGone(err) {
				err = nil // git continues without it
			}
			return content, err
		}
		if v.dir >= 0 && v.manifest.Skips {
			if s := v.manifest.Find(v.dir, ".gitignore"); s != nil {
				v.one.Lock()
				defer v.one.Unlock()
				return v.readIgnore(object.JoinName(v.path, ".gitignore"))
			}
		}
		return nil, nil
	}
	if v.up != nil {
		var err error
		v.rules, err = v.up.Enter(object.LastName(v.path), read)
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
func (v *visit) files(f disk.Folder) {
	n := v.firstFile()
	for i := 0; (n >= 0 || i < len(v.list.Items)) && !v.halted.Load(); {
		order := inOrder(n >= 0, i < len(v.list.Items), func() int {
			return strings.Compare(v.manifest.Slots[n].Name, v.list.Items[i].Name)
		})
		switch {
		case order < 0:
			v.missing(&v.manifest.Slots[n])
		case order > 0:
			v.untrackedFile(f, v.list.Items[i])
		default:
			v.tracked(f, v.list.Items[i], &v.manifest.Slots[n])
		}
		if order <= 0 {
			n = v.manifest.Slots[n].Next
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
	return v.manifest.Dirs[v.dir].FirstFile
}

// missing is for a tracked name that is no file. It may be a directory; that of a
// submodule is.
func (v *visit) missing(s *index.Slot) {
	name := object.JoinName(v.path, s.Name)
	switch isDir := v.hasDir(s.Name); {
	case isDir:
		v.replaced = append(v.replaced, s)
		if v.manifest.Full && s.Watch != index.WatchNever {
			v.suspects = append(v.suspects, name)
		}
	case v.manifest.Full:
		v.absent(name, s)
	}
}

func (v *visit) hasDir(name string) bool {
	_, found := slices.BinarySearchFunc(v.dirs, name, func(it disk.Item, name string) int { return object.CompareDirs(it.Name, name) })
	return found
}

func (v *visit) hasLink(name string) bool {
	i, found := slices.BinarySearchFunc(v.list.Items, name, func(it disk.Item, name string) int { return strings.Compare(it.Name, name) })
	return found && v.list.Items[i].Kind == disk.Link
}

// tracked compares a file with its slot.
func (v *visit) tracked(f disk.Folder, it disk.Item, s *index.Slot) {
	if !v.manifest.Full || s.Watch == index.WatchNever {
		return
	}
	if s.Watch == index.WatchStat {
		st, err := f.Stat(it)
		if err == nil && v.stats.clean(s, st) {
			return
		}
		// For git, another size is another content, whatever a filter does. Otherwise the content decides, or else the proof of claims.
		if err == nil && v.stats.sameMode(s, st) && st.Size <= math.MaxUint32 {
			v.readings = append(v.readings, reading{
				name: s.Name, kind: st.Kind, mode: st.Mode(), slot: s, stat: st,
				differs: s.Stat.OtherSize(st.Size), touched: v.stats.trust(s.Stat, st) == statTouched,
			})
			return
		}
	}
	v.suspects = append(v.suspects, object.JoinName(v.path, s.Name))
}

// untrackedFile is for what the index does not have.
func (v *visit) untrackedFile(f disk.Folder, it disk.Item) {
	switch {
	case v.candidate != nil && !v.sawMount:
		v.count++
		if st, err := f.Stat(it); err == nil {
			v.size += st.Size
			v.oldest, v.newest = earlier(v.oldest, st.Changed()), later(v.newest, st.Changed())
		}
	case v.candidate == nil && v.offers():
		v.offerFile(f, it)
	}
	if v.silent || it.Kind != disk.File && it.Kind != disk.Link || v.rules.Match(it.Name, false).Ignored() {
		return
	}
	if v.ambiguous(it.Name) {
		return
	}
	r := reading{name: strings.Clone(it.Name), kind: it.Kind, mode: object.ModeSymlink}
	if it.Kind == disk.File {
		st, err := f.Stat(it)
		switch {
		case err == nil:
			r.mode, r.kind, r.stat = st.Mode(), st.Kind, st
		case errors.Is(err, fs.ErrPermission): // git shows it all the same
			r.mode = object.ModeRegular
		default:
			return // an untracked file that is gone is no change
		}
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
	if v.set.Precompose && !object.IsASCII(name) {
		v.refuse(fmt.Errorf("core.precomposeUnicode is true and %q is not ASCII", object.JoinName(v.path, name)))
		return true
	}
	if !v.set.IgnoreCase || v.dir < 0 {
		return false
	}
	same := func(tracked string) bool { return strings.EqualFold(tracked, name) }
	d, found := &v.manifest.Dirs[v.dir], false
	for n := d.FirstFile; n >= 0 && !found; n = v.manifest.Slots[n].Next {
		found = same(v.manifest.Slots[n].Name)
	}
	for n := d.FirstDir; n >= 0 && !found; n = v.manifest.Dirs[n].NextDir {
		found = same(v.manifest.Dirs[n].Name())
	}
	if found {
		v.refuse(fmt.Errorf("core.ignoreCase is true and %q is tracked in another case", object.JoinName(v.path, name)))
	}
	return found
}

// compareCase refuses directories that the file system takes for one.
func (v *visit) compareCase() {
	seen := map[string]bool{}
	for n := v.manifest.Dirs[v.dir].FirstDir; n >= 0; n = v.manifest.Dirs[n].NextDir {
		d := &v.manifest.Dirs[n]
		name := strings.ToLower(d.Name())
		if seen[name] {
			v.refuse(fmt.Errorf("core.ignoreCase is true and %q is tracked in two cases", d.Path))
			return
		}
		seen[name] = true
	}
}

// directories visits the directories below.
func (v *visit) directories(f disk.Folder) {
	n := int32(-1)
	if v.dir >= 0 {
		n = v.manifest.Dirs[v.dir].FirstDir
	}
	for i := 0; (n >= 0 || i < len(v.dirs)) && !v.halted.Load(); {
		order := inOrder(n >= 0, i < len(v.dirs), func() int {
			return object.CompareDirs(v.manifest.Dirs[n].Name(), v.dirs[i].Name)
		})
		switch {
		case order < 0:
			v.gone(n, !v.hasLink(v.manifest.Dirs[n].Name()))
		case order > 0:
			v.untrackedDir(f, v.dirs[i].Name)
		default:
			sub := job{path: v.manifest.Dirs[n].Path, dir: n, up: v.rules, silent: v.silent}
			if v.offer != nil && v.offer(sub.path, true) {
				v.candidates = append(v.candidates, &Candidate{Path: sub.path, Dir: true, Tracked: true})
			}
			v.next = append(v.next, sub)
		}
		if order <= 0 {
			n = v.manifest.Dirs[n].NextDir
		}
		if order >= 0 {
			i++
		}
	}
}

// untrackedDir is for a directory with nothing tracked below.
func (v *visit) untrackedDir(f disk.Folder, name string) {
	replaces := false
	if v.dir >= 0 {
		for _, s := range v.replaced {
			if s.Name == name && s.Mode == object.ModeSubmodule {
				return // it has a work tree of its own
			}
			replaces = replaces || s.Name == name
		}
		if v.ambiguous(name) {
			return
		}
	}
	sub := job{
		path: v.child(name), dir: -1, up: v.rules, silent: v.silent || v.rules.Match(name, true).Ignored(), replaces: replaces,
		excluded: v.exclude(name), unoffered: v.unoffered || v.excluded, top: v.top, candidate: v.candidate, mount: v.mount,
	}
	if v.dir >= 0 {
		sub.top = sub.path
	}
	if v.candidate == nil && v.offers() && v.offer(sub.path, true) {
		v.accept(f, &sub)
	}
	if sub.silent && sub.candidate == nil && (v.offer == nil || sub.unoffered) {
		return
	}
	v.next = append(v.next, sub)
}

// offers reports whether entries of the directory may be candidates.
func (v *visit) offers() bool { return v.offer != nil && !v.unoffered }

// child returns the path of an item. It does not share memory with the listing.
func (v *visit) child(name string) string {
	if v.path == "" {
		return strings.Clone(name)
	}
	return v.path + "/" + name
}

// hash reads the files that have to be read. unopened is the reason why f is not open. The stand-in of a file that was not read comes from the
// listing of its directory.
func (v *visit) hash(f disk.Folder, unopened error, files []reading) {
	for _, r := range files {
		if v.halted.Load() {
			return
		}
		name := object.JoinName(v.path, r.name)
		c, err := disk.Content{}, unopened
		switch {
		case err != nil:
		case v.crowded && r.kind != disk.Link:
			err = errCrowd
		case r.stat.Size > hugeFile:
			err = errors.New(tooBig)
		case v.reading.Err() != nil:
			err = fmt.Errorf("there was no time left to read it: %w", context.Cause(v.reading))
		default:
			c, err = f.Hash(v.reading, &v.hasher, r.name, r.kind, r.stat)
		}
		if r.slot == nil && err != nil && disk.IsGone(err) {
			continue // an untracked file that is gone is no change
		}
		change := ScanChange{Name: name, Status: "??", Now: object.File{Mode: r.mode}}
		if v.crowded {
			change.Crowd = v.top
		}
		if err == nil {
			change.Now.Blob = c.Blob.String()
		} else {
			change.Reason = err.Error()
			if change.Now.Stat = r.stat.StandIn(); r.stat == (disk.Stat{}) {
				change.Now.Stat = disk.StandInFor(v.place.Root, name)
			}
		}
		if r.slot != nil {
			change.Status = " M"
			if !r.differs {
				same := err == nil && c.Blob == r.slot.ID
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
func (v *visit) unconverted(name string, r reading, c disk.Content) bool {
	if r.kind == disk.Link {
		return true
	}
	if v.halted.Load() {
		return false
	}
	v.one.Lock()
	defer v.one.Unlock()
	keeps, err := v.keeps(name, c)
	return err == nil && keeps
}
