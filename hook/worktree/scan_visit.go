package worktree

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"stopgate/hook/worktree/ignore"
)

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
		v.unreadable(err)
		return
	}
	if v.candidate >= 0 && !v.sameMount(f) && v.silent {
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
	if v.silent && v.excluded && v.candidate < 0 {
		v.offerAll(f)
		return
	}
	if v.set.ignoreCase && v.dir >= 0 {
		v.compareCase()
	}
	v.files(f)
	v.directories(f)
	for chunk := range slices.Chunk(v.readings, readingsAtOnce) {
		v.next = append(v.next, job{path: v.path, dir: v.dir, reads: slices.Clone(chunk), top: v.top, candidate: -1})
	}
}

// unreadable notes a directory that could not be looked at. Where nothing is a
// change, none can be missed. Where the system forbids it, git passes over it, too.
func (v *visit) unreadable(err error) {
	v.unseen = true
	switch {
	case v.silent:
	case errors.Is(err, fs.ErrPermission) && v.manifest.full && v.path != "":
		v.unseens = append(v.unseens, Unseen{
			DirtyFile: DirtyFile{Name: Name(v.path), File: File{Mode: modeTree, Stat: standInFor(v.place.Root, v.path)}}, Reason: err.Error(),
		})
		v.gone(v.dir, false) // nobody can tell
	default:
		v.incomplete(fmt.Sprintf("the directory %q cannot be read: %s", v.path, err))
	}
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
		v.refuse(fmt.Errorf("only git knows whether %q is another repository", v.path))
		return true
	case gitDir == "":
		return false
	case v.manifest.full && (gitDir == v.place.GitDir || gitDir == v.place.CommonDir):
		v.refuse(fmt.Errorf("%q is a second work tree of this repository's git directory", v.path))
		return true
	}
	v.sawRepo = true
	if !v.silent && !v.replaces && !v.up.Match(lastName(v.path), true).Ignored() {
		c := ScanChange{Name: v.path, Status: "??", Repository: true}
		c.Now, c.Linked = nested(v.place, v.path)
		v.changes = append(v.changes, c)
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
		if err == nil && clean(s, &st, v.set, v.written) {
			return
		}
		// Another size is another content for git, whatever a filter would say.
		// Otherwise the content decides, and where it does not the claims' proof.
		if err == nil && sameMode(s, &st, v.set) && st.size <= math.MaxUint32 {
			v.readings = append(v.readings, reading{
				name: s.name, kind: st.kind, mode: st.mode(), slot: s, stat: st,
				differs: s.size != 0 && s.size != uint32(st.size), touched: touched(s, &st, v.set, v.written),
			})
			return
		}
	}
	v.suspects = append(v.suspects, joinName(v.path, s.name))
}

// untrackedFile is for what the index does not have.
func (v *visit) untrackedFile(f folder, it item) {
	switch {
	case v.candidate >= 0 && !v.sawMount:
		v.count++
		if st, err := f.stat(it); err == nil {
			v.size += st.size
			v.oldest = earlier(v.oldest, st.changed())
		}
	case v.candidate < 0 && v.offers():
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
		switch {
		case err == nil:
			r.mode, r.kind, r.stat = st.mode(), st.kind, st
		case errors.Is(err, fs.ErrPermission): // git shows it all the same
			r.mode = modeRegular
		default:
			return // it is gone, and was never anybody's
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
	if v.set.precompose && !isASCII(name) {
		v.refuse(fmt.Errorf("core.precomposeUnicode is true and %q is not ASCII", joinName(v.path, name)))
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
		v.refuse(fmt.Errorf("core.ignoreCase is true and %q is tracked in another case", joinName(v.path, name)))
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
			v.refuse(fmt.Errorf("core.ignoreCase is true and %q is tracked in two cases", d.path))
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
	sub := job{
		path: v.child(name), dir: -1, up: v.rules, silent: v.silent || v.rules.Match(name, true).Ignored(), replaces: replaces,
		excluded: v.exclude(name), unoffered: v.unoffered || v.excluded, top: v.top, candidate: v.candidate, mount: v.mount,
	}
	if v.dir >= 0 {
		sub.top = sub.path
	}
	if v.candidate < 0 && v.offers() && v.offer(sub.path, true) {
		v.accept(f, &sub)
	}
	if sub.silent && sub.candidate == -1 && (v.offer == nil || sub.unoffered) {
		return
	}
	v.next = append(v.next, sub)
}

// offers reports whether what stands in the directory may be a candidate.
func (v *visit) offers() bool { return v.offer != nil && !v.unoffered }

// child is the path of an item. It does not share memory with the listing.
func (v *visit) child(name string) string {
	if v.path == "" {
		return strings.Clone(name)
	}
	return v.path + "/" + name
}

// hash reads the files that have to be read. unopened is why f is not open. What
// stands in for a file that was not read is what the listing of its directory told.
func (v *visit) hash(f folder, unopened error, files []reading) {
	for _, r := range files {
		if v.halted.Load() {
			return
		}
		name := joinName(v.path, r.name)
		c, err := content{}, unopened
		switch {
		case err != nil:
		case v.crowded && r.kind != kindLink:
			err = errCrowd
		case r.stat.size > hugeFile:
			err = errors.New(tooBig)
		case v.reading.Err() != nil:
			err = fmt.Errorf("there was no time left to read it: %w", context.Cause(v.reading))
		default:
			c, err = f.hash(v.reading, r.name, r.kind)
		}
		if r.slot == nil && err != nil && isGone(err) {
			continue // it was never anybody's
		}
		change := ScanChange{Name: name, Status: "??", Now: File{Mode: r.mode}}
		if v.crowded {
			change.Crowd = v.top
		}
		if err == nil {
			change.Now.Blob = c.blob.String()
		} else {
			change.Reason = err.Error()
			if change.Now.Stat = r.stat.standIn(); r.stat == (fileStat{}) {
				change.Now.Stat = standInFor(v.place.Root, name)
			}
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
	if v.halted.Load() {
		return false
	}
	v.one.Lock()
	defer v.one.Unlock()
	keeps, err := v.keeps(name, c)
	return err == nil && keeps
}
