package status

import (
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"stopgate/hook/worktree/disk"
	"stopgate/hook/worktree/gitdir"
	"stopgate/hook/worktree/ignore"
	"stopgate/hook/worktree/index"
	"stopgate/hook/worktree/object"
)

// A visit is the work of one goroutine on its present job. deliver hands over the results and resets it. Its slices are reused for the next job.
type visit struct {
	*walker
	job
	list   disk.Listing
	hasher disk.Hasher
	dirs   []disk.Item
	rules  *ignore.Dir // the ignore rules in this directory; nil if nothing in it can be a change

	crowded  bool // top is a crowd, so its files are not read
	next     []job
	readings []reading
	replaced []*index.Slot // tracked files in whose place there is a directory
	own      findings
	measured Candidate // what the directory adds to the candidate that contains it
}

// try does the job. A panic ends only the walk. If it ended the process, the host would read the exit status as an answer.
func (v *visit) try() {
	defer func() {
		if r := recover(); r != nil {
			v.stop(fmt.Sprintf("looking at the directory %q failed: %v", v.path, r))
		}
	}()
	v.do()
}

// do visits one directory: it lists the directory, or reads the files of a job with reads.
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
		v.gone(v.dir, false) // it existed when the directory above was listed
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

// unreadable records a directory that cannot be read. If nothing in it can be a change, no change is missed. If the system denies access to it, git
// skips it, too, and it is listed in Scan.Unseen. Otherwise the scan is incomplete.
func (v *visit) unreadable(err error) {
	v.measured.Unseen = true
	switch {
	case v.silent:
	case errors.Is(err, fs.ErrPermission) && v.manifest.Full && v.path != "":
		v.own.unseen = append(v.own.unseen, Unseen{
			DirtyFile: DirtyFile{Name: object.Name(v.path), File: object.File{Mode: object.ModeTree, Stat: disk.StandInFor(v.place.Root, v.path)}}, Reason: err.Error(),
		})
		v.gone(v.dir, false) // whether its files exist is unknown
	default:
		v.own.incomplete = fmt.Sprintf("the directory %q cannot be read: %s", v.path, err)
	}
}

// gone handles the tracked files below a directory that does not exist. sure means that the files certainly do not exist. Otherwise a symbolic link
// may be in the place of the directory. Git sees nothing behind the link, and may fail there; but if the link leads to a file of the same name, git
// takes a skip-worktree file as present. So all these files become suspects.
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
			v.own.suspects = append(v.own.suspects, name)
		}
	})
}

// absent handles a tracked file that does not exist. If the file system may have it under another spelling of its name, it becomes a suspect.
func (v *visit) absent(name string, s *index.Slot) {
	switch {
	case !s.Watch.Expects():
	case s.Watch == index.WatchStat && !v.set.IgnoreCase && !v.set.Precompose:
		v.own.changes = append(v.own.changes, ScanChange{Name: name, Status: " D"})
	default:
		v.own.suspects = append(v.own.suspects, name)
	}
}

// sort separates the listing into files, which stay in it, and directories. It sorts both in the order of the manifest. git means that there is a
// .git, rules that there is a .gitignore that is a regular file.
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
			if it.Name == ignoreFile {
				v.own.ruleFiles = append(v.own.ruleFiles, object.JoinName(v.path, ignoreFile))
				rules = it.Kind == disk.File
			}
		}
	}
	v.list.Items = files
	slices.SortFunc(files, func(a, b disk.Item) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(v.dirs, func(a, b disk.Item) int { return object.CompareDirs(a.Name, b.Name) })
	return git, rules
}

// isRepository reports whether an untracked directory with a .git is another repository. It adds the repository to the changes if git shows it. To
// git, a directory whose .git is not valid is like any other. If only git can decide, isRepository refuses the walk and returns true.
func (v *visit) isRepository() bool {
	gitDir, err := gitdir.Find(filepath.Join(v.place.Root, filepath.FromSlash(v.path)))
	switch {
	case err != nil && !v.manifest.Full:
		return true // it is unknown, and such a directory is not to be searched for candidates
	case err != nil:
		v.refuse(fmt.Errorf("only git knows whether %q is another repository", v.path))
		return true
	case gitDir == "":
		return false
	case v.manifest.Full && (gitDir == v.place.GitDir || gitDir == v.place.CommonDir):
		v.refuse(fmt.Errorf("%q is a second work tree of this repository's git directory", v.path))
		return true
	}
	v.measured.Repository = true
	if !v.silent && !v.replaces && !v.up.Match(object.LastName(v.path), true).Ignored() {
		c := ScanChange{Name: v.path, Status: "??", Repository: true}
		c.Now, c.Linked = nested(v.place, v.path)
		v.own.changes = append(v.own.changes, c)
	}
	return true
}

// enter reads the ignore rules of the directory. It sets none if nothing in the directory can be a change. own means that the directory has a
// .gitignore of its own.
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
				v.viewMu.Lock()
				defer v.viewMu.Unlock()
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
	first := int32(-1)
	if v.dir >= 0 {
		first = v.manifest.Dirs[v.dir].FirstFile
	}
	next := func(n int32) int32 { return v.manifest.Slots[n].Next }
	order := func(n int32, i int) int { return strings.Compare(v.manifest.Slots[n].Name, v.list.Items[i].Name) }
	for n, i := range v.merged(first, next, len(v.list.Items), order) {
		switch {
		case i < 0:
			v.withoutFile(&v.manifest.Slots[n])
		case n < 0:
			v.untrackedFile(f, v.list.Items[i])
		default:
			v.tracked(f, v.list.Items[i], &v.manifest.Slots[n])
		}
	}
}

// merged yields the names of two sorted lists in order, until the walk is halted: those of the manifest, from first by next, and those of a listing of
// the directory, which has that many. order compares two of them. n or i is negative if its list does not have the name.
func (v *visit) merged(first int32, next func(n int32) int32, listed int, order func(n int32, i int) int) iter.Seq2[int32, int] {
	return func(yield func(n int32, i int) bool) {
		n, i := first, 0
		for (n >= 0 || i < listed) && !v.halted.Load() {
			at, here, which := n, i, 0
			switch {
			case n < 0:
			case i == listed:
				which = -1
			default:
				which = order(n, i)
			}
			if which < 0 {
				here = -1
			} else if which > 0 {
				at = -1
			}
			if !yield(at, here) {
				return
			}
			if at >= 0 {
				n = next(n)
			}
			if here >= 0 {
				i++
			}
		}
	}
}

// withoutFile handles a tracked name at which there is no file. There may be a directory instead, as for every submodule.
func (v *visit) withoutFile(s *index.Slot) {
	name := object.JoinName(v.path, s.Name)
	switch isDir := v.hasDir(s.Name); {
	case isDir:
		v.replaced = append(v.replaced, s)
		if v.manifest.Full && s.Watch != index.WatchNever {
			v.own.suspects = append(v.own.suspects, name)
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

// tracked compares a file with its slot in the manifest.
func (v *visit) tracked(f disk.Folder, it disk.Item, s *index.Slot) {
	if !v.manifest.Full || s.Watch == index.WatchNever {
		return
	}
	if s.Watch == index.WatchStat {
		st, err := f.Stat(it)
		if err == nil && v.stats.clean(s, st) {
			return
		}
		// Git shows a file of another size than in the index as modified, whatever a filter does. Otherwise the content decides. Where the content
		// does not decide either, the file becomes a suspect.
		if err == nil && v.stats.sameMode(s, st) && st.Size <= math.MaxUint32 {
			v.readings = append(v.readings, reading{
				name: s.Name, kind: st.Kind, mode: st.Mode(), slot: s, stat: st,
				differs: s.Stat.OtherSize(st.Size), touched: v.stats.trust(s.Stat, st) == statTouched,
			})
			return
		}
	}
	v.own.suspects = append(v.own.suspects, object.JoinName(v.path, s.Name))
}

// untrackedFile handles an entry that is not in the index and is no directory. It counts for the candidate that contains it, or may be a candidate
// itself. It is also a change unless git ignores it.
func (v *visit) untrackedFile(f disk.Folder, it disk.Item) {
	switch {
	case v.candidate != nil && !v.measured.Mount:
		v.measured.Files++
		if st, err := f.Stat(it); err == nil {
			v.measured.add(Candidate{Size: st.Size, Oldest: st.Changed(), Newest: st.Changed()})
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
		case errors.Is(err, fs.ErrPermission): // git shows it although its stat data cannot be read
			r.mode = object.ModeRegular
		default:
			return // an untracked file that is gone is no change
		}
	}
	if len(v.readings)+len(v.own.changes) > v.limit {
		v.stop(v.tooMany()) // before any of them is read
		return
	}
	v.readings = append(v.readings, r)
}

// ambiguous reports whether the file system may take an untracked name for a tracked one, because it ignores case or composes characters. It then
// refuses the walk.
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

// compareCase refuses the walk if the names of two tracked directories differ only in case: on such a file system both are one directory.
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

// directories compares the directories below this one with those of the manifest, and adds a job for each that has to be visited.
func (v *visit) directories(f disk.Folder) {
	first := int32(-1)
	if v.dir >= 0 {
		first = v.manifest.Dirs[v.dir].FirstDir
	}
	next := func(n int32) int32 { return v.manifest.Dirs[n].NextDir }
	order := func(n int32, i int) int { return object.CompareDirs(v.manifest.Dirs[n].Name(), v.dirs[i].Name) }
	for n, i := range v.merged(first, next, len(v.dirs), order) {
		switch {
		case i < 0:
			v.gone(n, !v.hasLink(v.manifest.Dirs[n].Name()))
		case n < 0:
			v.untrackedDir(f, v.dirs[i].Name)
		default:
			sub := job{path: v.manifest.Dirs[n].Path, dir: n, up: v.rules, silent: v.silent}
			if v.offer != nil && v.offer(sub.path, true) {
				v.own.candidates = append(v.own.candidates, &Candidate{Path: sub.path, Dir: true, Tracked: true})
			}
			v.next = append(v.next, sub)
		}
	}
}

// untrackedDir handles a directory in which git tracks nothing.
func (v *visit) untrackedDir(f disk.Folder, name string) {
	replaces := false
	if v.dir >= 0 {
		for _, s := range v.replaced {
			if s.Name == name && s.Mode == object.ModeSubmodule {
				return // a submodule has a worktree of its own
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

// child returns the path of an item. The string does not share memory with the listing, which is reused.
func (v *visit) child(name string) string {
	if v.path == "" {
		return strings.Clone(name)
	}
	return v.path + "/" + name
}
