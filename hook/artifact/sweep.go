package artifact

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
)

// Options control a sweep.
type Options struct {
	// DryRun skips only the removal itself: the Result is the one that a real sweep would have right afterwards. It differs only for reasons that
	// cannot be seen before (an immutable flag, a sticky bit, somebody who changes files meanwhile).
	DryRun bool
	// Tracked reports whether git tracks the path, or one below it, at this moment; true if that is unknown. It is called right before each
	// removal. Nil means that the plan's information is enough.
	Tracked func(path string) bool
	// Trash receives what git does not ignore, and what git ignores but no known tool writes. What it cannot take stays. If nil, what git does not
	// ignore stays, as a Failure, and everything that git ignores is deleted.
	Trash *Trash

	// onOpen is called with each path right before it is opened as a directory, so that tests can change files during the sweep.
	onOpen func(path string)
}

// Result is the result of a plan. What is in none of the lists was gone already. All lists are sorted by path.
type Result struct {
	Removed []Removal
	// Kept are the plan's, and those that the second check kept.
	Kept []Kept
	// Failed are the artifacts that are still there, at least in part.
	Failed []Failure
}

// Failure is an artifact that could not be removed completely. The rest of it is removed, or would be.
type Failure struct {
	Path string
	// At is the path of the first failure: the artifact itself, or something in it.
	At string
	// Err is the bare cause. It is the context's error if time ran out; then the rest was not visited.
	Err error
	// Left is how many files and directories remain, including the artifact itself, as far as they were counted.
	Left int
}

const (
	// maxDepth limits the depth of an artifact, and of directories in it: each level holds two descriptors.
	maxDepth = 128
	// batch is how many names of a directory are in memory at a time, on each level.
	batch = 512
	// maxPasses limits how often a directory is read again while somebody keeps filling it.
	maxPasses = 64
)

// Sweep carries out a plan in the work tree that root is open on. It never follows a symbolic link, never enters a mounted file system or a nested
// repository, and removes only what matches the patterns. No change of the work tree meanwhile leads it out of root. It continues after a failure
// and stops when ctx is done. The caller keeps root open.
func Sweep(ctx context.Context, root *os.Root, plan Plan, o Options) Result {
	s := sweeper{ctx: ctx, root: root, Options: o, rules: plan.Rules, done: map[string]bool{}}
	s.Kept = slices.Clone(plan.Kept)
	top, err := s.openTop(root)
	if err == nil {
		defer top.close()
	}
	for _, r := range slices.SortedFunc(slices.Values(plan.Remove), func(a, b Removal) int { return cmp.Compare(a.Path, b.Path) }) {
		if s.withOuter(r.Path) {
			continue
		}
		p := &pass{sweeper: &s}
		if err == nil {
			s.settle(r, p, p.artifact(top, r, true))
		} else {
			s.settle(r, p, err)
		}
	}
	Plan{Remove: s.Removed, Kept: s.Kept}.sort()
	slices.SortFunc(s.Failed, func(a, b Failure) int { return cmp.Compare(a.Path, b.Path) })
	return s.Result
}

// refusal is an error that says to keep an artifact.
type refusal Reason

func (r refusal) Error() string { return Reason(r).Explain() }

type sweeper struct {
	ctx  context.Context
	root *os.Root // of the work tree
	Options
	Result
	rules Rules
	home  place
	done  map[string]bool // artifacts that are removed as far as possible
}

// withOuter reports whether a path was removed with an artifact that contains it.
func (s *sweeper) withOuter(p string) bool {
	for i := range len(p) {
		if p[i] == '/' && s.done[p[:i]] {
			return true
		}
	}
	return false
}

// settle records the result for one artifact. The error ended the pass.
func (s *sweeper) settle(r Removal, p *pass, err error) {
	var no refusal
	refused := errors.As(err, &no)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return // somebody else has removed it
	case refused && p.removed == 0:
		s.Kept = append(s.Kept, Kept{Path: r.Path, Reason: Reason(no)})
		return
	case err != nil:
		s.Failed = append(s.Failed, Failure{r.Path, cmp.Or(p.at, r.Path), cause(err), max(p.total-p.removed, 1)})
	case p.left > 0:
		s.Failed = append(s.Failed, Failure{r.Path, p.at, p.err, p.left})
	default:
		s.Removed = append(s.Removed, Removal{Path: r.Path, Dir: r.Dir, Ignored: r.Ignored && !p.trashed, Files: p.files, Bytes: p.bytes})
	}
	s.done[r.Path] = true
}

// step is what a pass does with each entry.
type step int

const (
	looking step = iota
	copying      // into the trash
	removing
)

// pass is one walk through an artifact that checks, copies or removes everything in it.
type pass struct {
	*sweeper
	step step
	// mark is the tool's mark, if it is needed.
	mark *marking
	// trusting means that nothing but the ignore rules tells that it is an artifact. trial is then the mark that it would have to show otherwise,
	// nil once it does not.
	trusting bool
	trial    *marking
	// trashed means that it is in the trash, or would be.
	trashed bool
	// top is the path of the artifact.
	top     string
	entries []trashedEntry
	// bin receives copies. What is removed after copying must still be the same as in bin.
	bin *bin
	// finishing means that the pass continues although time ran out, because stopping halfway would be worse.
	finishing bool
	// total counts the entries that the check found, and removed those that are gone.
	total, removed int
	// files and bytes count what is gone, or would be.
	files int
	bytes int64
	// left counts the entries that stay; at and err are those of the first.
	left int
	at   string
	err  error
}

// artifact checks an artifact and everything in it, and then removes it if the check found no reason against it and remove is true. An error that p
// does not count ends the work on the artifact.
func (p *pass) artifact(top directory, r Removal, remove bool) error {
	p.top = r.Path
	if err := p.ctx.Err(); err != nil {
		return err
	}
	pattern, no := p.rules.recognise(r.Path, r.Dir)
	if no != "" {
		return refusal(no)
	}
	elements := strings.Split(r.Path, "/")
	last := len(elements) - 1
	if last > maxDepth {
		return refusal(ReasonTooDeep)
	}
	opened, err := p.down(top, elements, pattern)
	defer func() {
		for _, dir := range opened {
			dir.close()
		}
	}()
	if err != nil {
		return err
	}
	dir := top
	if len(opened) > 0 {
		dir = opened[len(opened)-1]
	}
	info, err := dir.root.Lstat(elements[last])
	switch {
	case err != nil:
		return err
	case info.Mode()&fs.ModeSymlink != 0:
		return refusal(ReasonSymlink)
	case info.IsDir() != r.Dir || !r.Dir && !info.Mode().IsRegular():
		return refusal(ReasonChanged)
	}
	outer := path.Join(elements[:len(elements)-pattern.elements()]...)
	if p.mark, err = asked(dir, outer, pattern, r); err != nil {
		return err
	}
	if p.trusting = r.Ignored && !pattern.declared; p.trusting && pattern.Mark != nil && !pattern.Mark.Place.isSample(outer) {
		p.trial = &marking{Mark: pattern.Mark}
	}
	denied := writable(dir.file)
	p.left, err = p.entry(dir, denied, elements[last], info, r.Path, 0)
	if errors.Is(err, errOwnRules) {
		if pattern.Mark == nil {
			return refusal(ReasonUnmarked)
		}
		*p = pass{sweeper: p.sweeper, top: r.Path, mark: &marking{Mark: pattern.Mark}}
		p.left, err = p.entry(dir, denied, elements[last], info, r.Path, 0)
	}
	if err != nil {
		return err
	}
	if p.mark != nil && !p.mark.signed {
		return refusal(ReasonUnmarked)
	}
	if !remove {
		return nil
	}
	if p.Tracked != nil && p.Tracked(r.Path) {
		return refusal(ReasonTracked)
	}
	return p.dispose(dir, denied, elements[last], info, r)
}

// down opens the directories above an artifact, from top's on. It fails if one of them is a repository, or if what shows the pattern's tool is not
// beside the artifact. What it opened is returned in any case.
func (p *pass) down(top directory, elements []string, pattern Pattern) (opened []directory, err error) {
	dir := top
	for i, element := range elements {
		if i == len(elements)-pattern.elements() && pattern.Beside != "" {
			if _, err := dir.root.Lstat(pattern.Beside); err != nil {
				return opened, refusal(ReasonNotArtifact)
			}
		}
		if i == len(elements)-1 {
			break
		}
		next, err := p.open(dir, element, path.Join(elements[:i+1]...))
		if err != nil {
			return opened, err
		}
		opened = append(opened, next)
		if err := next.repository(); err != nil {
			return opened, err
		}
		dir = next
	}
	return opened, nil
}

// dispose removes an artifact that was checked: for good if git ignores it and it is no more than its tool leaves, else by way of the trash.
func (p *pass) dispose(dir directory, denied error, name string, info fs.FileInfo, r Removal) error {
	switch {
	case r.Ignored && !p.strange():
		return p.deleted(dir, denied, name, info, r)
	case p.left > 0: // it cannot be removed completely, so all of it stays
		p.left = p.total
		return nil
	case r.Ignored && (p.bytes > maxStrange || p.total > maxStrangeEntries): // it would push everything else out of the trash
		return refusal(ReasonUnmarked)
	}
	kept, err := p.Trash.bin(r, p.bytes, p.DryRun)
	switch {
	case err != nil:
		return err
	case p.DryRun:
		p.trashed = true
		return nil
	}
	defer kept.trash.Close()
	err = p.into(kept, dir, denied, name, info)
	p.trashed = true // into may have begun the pass anew
	return err
}

const (
	// maxStrange and maxStrangeEntries are the size up to which something goes to the trash although git ignores it, in bytes and in entries.
	maxStrange        = 4 << 20
	maxStrangeEntries = 2000
)

// strange reports whether nothing but its name and the ignore rules tells that it is an artifact: it has not the content that its tool writes, and
// so may be somebody's work.
func (p *pass) strange() bool {
	return p.trusting && p.Trash != nil && (p.trial == nil || !p.trial.signed)
}

// deleted removes an artifact that git ignores.
func (p *pass) deleted(dir directory, denied error, name string, info fs.FileInfo, r Removal) (err error) {
	if p.DryRun {
		return nil
	}
	*p = pass{sweeper: p.sweeper, step: removing, top: r.Path, total: p.total}
	p.left, err = p.entry(dir, denied, name, info, r.Path, 0)
	return err
}

// into moves or copies an artifact into the trash.
func (p *pass) into(kept *bin, dir directory, denied error, name string, info fs.FileInfo) error {
	if !p.Trash.apart && kept.move(dir, name, info, p.entries) == nil {
		return p.moved(kept, dir, name, info)
	}
	return p.copied(kept, dir, denied, name, info)
}

// moved checks an artifact again after it was moved to the trash, and puts it back if there is a reason to keep it.
func (p *pass) moved(kept *bin, from directory, name string, info fs.FileInfo) error {
	again := pass{sweeper: p.sweeper, step: looking, top: p.top, bin: kept, finishing: true}
	if p.mark != nil {
		again.mark = &marking{Mark: p.mark.Mark}
	}
	err := again.noted(kept, info)
	if err == nil {
		err = kept.write()
	}
	if err != nil && kept.moveBack(from, name, info) != nil {
		// Something new is in its place. The original is in the trash, and is listed with the entries noted before.
		if len(kept.Entries) < len(p.entries) {
			kept.Entries = p.entries
		}
		err = kept.write()
	}
	if err != nil {
		*p = pass{sweeper: p.sweeper, at: again.at, total: p.total}
		return err
	}
	p.files, p.bytes, p.removed = again.files, again.bytes, again.total
	return nil
}

// noted checks an artifact in the trash, and lists its entries.
func (p *pass) noted(kept *bin, then fs.FileInfo) error {
	dir, name, err := kept.place(then)
	if err != nil {
		return errTrash{err}
	}
	defer dir.close()
	info, err := dir.root.Lstat(name)
	if err != nil || !os.SameFile(then, info) || info.Mode().Type() != then.Mode().Type() {
		return refusal(ReasonChanged)
	}
	left, err := p.entry(dir, nil, name, info, p.top, 0)
	switch {
	case err != nil:
		return err
	case left > 0:
		return cmp.Or(p.err, error(refusal(ReasonChanged)))
	case p.mark != nil && !p.mark.signed:
		return refusal(ReasonUnmarked)
	}
	return nil
}

// copied copies an artifact into the trash and then removes it. Time may run out only during the copy; then the artifact stays whole. It also stays
// whole if something in it cannot be removed.
func (p *pass) copied(kept *bin, dir directory, denied error, name string, info fs.FileInfo) error {
	total, top := p.total, p.top
	*p = pass{sweeper: p.sweeper, step: copying, top: top, bin: kept}
	_, err := p.entry(dir, denied, name, info, top, 0)
	if err != nil && p.ctx.Err() != nil {
		err = errTrash{fmt.Errorf("there was not enough time to copy its %d entries", total)}
	}
	if err = kept.close(errors.Join(err, p.err)); err != nil {
		*p = pass{sweeper: p.sweeper, total: total}
		return err
	}
	*p = pass{sweeper: p.sweeper, step: removing, top: top, bin: kept, total: total, finishing: true}
	p.left, err = p.entry(dir, denied, name, info, top, 0)
	if err == nil && p.left == 0 {
		return nil
	}
	if back, failed := Restore(p.Trash.folder, kept.Trashed, "", p.root); failed == nil && !slices.ContainsFunc(back, func(r Restored) bool { return r.Err != nil && !errors.Is(r.Err, ErrExists) }) {
		p.removed = 0
		if p.left > 0 {
			p.left = total
		}
	}
	return err
}

// errOwnRules means that a directory without a mark holds its own .gitignore, which may be the only reason why git ignores its content.
var errOwnRules = errors.New("it has ignore rules of its own")

// asked returns the mark that an artifact below outer must have. dir is the directory around it. It returns nil for none if git ignores the artifact,
// or if the project's configuration names it. A directory that turns out to hold ignore rules needs the mark too.
func asked(dir directory, outer string, pattern Pattern, r Removal) (*marking, error) {
	if pattern.declared || r.Ignored {
		return nil, nil
	}
	if pattern.Mark == nil || !pattern.Mark.Place.allows(outer, dir) {
		return nil, refusal(ReasonUnmarked)
	}
	return &marking{Mark: pattern.Mark}, nil
}

// below returns a path in the artifact relative to it; "." is the artifact itself.
func (p *pass) below(at string) string {
	if at == p.top {
		return "."
	}
	return at[len(p.top)+1:]
}

func (p *pass) stuck(at string, err error) {
	if p.err == nil {
		p.at, p.err = at, cause(err)
	}
}

// entry removes one entry of a directory, with everything in it, and returns how many entries remain. denied is the reason why nothing can be
// removed from dir. An error that is not about this entry ends the pass.
func (p *pass) entry(dir directory, denied error, name string, info fs.FileInfo, at string, depth int) (left int, err error) {
	if err := p.ctx.Err(); err != nil && !p.finishing {
		p.at = at
		return 0, err
	}
	if p.step == looking {
		p.total++
		if p.rules.Protect != nil && p.rules.Protect(at) {
			return 0, refusal(ReasonProtected)
		}
		if p.trusting && !info.IsDir() && strings.EqualFold(name, ".gitignore") {
			return 0, errOwnRules
		}
		if p.mark != nil && !info.IsDir() {
			if err := p.mark.take(dir, name, p.below(at), info); err != nil {
				return 0, err
			}
		}
		if p.trial != nil && !info.IsDir() && p.trial.take(dir, name, p.below(at), info) != nil {
			p.trial = nil
		}
		if len(p.entries) < trashEntries {
			if e, err := entryOf(dir, name, p.below(at), info); err == nil {
				p.entries = append(p.entries, e)
			}
		}
	}
	if p.bin != nil && p.step != removing {
		if err := p.bin.put(dir, name, p.below(at), info); err != nil {
			return 0, err
		}
	}
	if info.IsDir() {
		left, err = p.content(dir, name, at, depth)
		if err != nil {
			return left, err
		}
		if left > 0 {
			return left + 1, nil
		}
	}
	if denied != nil {
		p.stuck(at, denied)
		return 1, nil
	}
	if p.step == removing {
		err := p.bin.holds(p.below(at), info)
		if err == nil {
			err = p.remove(dir, name, info)
		}
		if err != nil {
			p.stuck(at, err)
			return 1, nil
		}
		p.removed++
	}
	if !info.IsDir() {
		p.files++
		if info.Mode().IsRegular() {
			p.bytes += info.Size()
		}
	}
	return 0, nil
}

// remove removes a file, a link or an empty directory; a directory only if it is still the one that was checked.
func (p *pass) remove(dir directory, name string, info fs.FileInfo) error {
	if info.IsDir() {
		if now, err := dir.root.Lstat(name); err == nil && !sameDir(info, now) {
			return refusal(ReasonChanged)
		}
	}
	if err := dir.root.Remove(name); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// content removes the content of the directory name in dir.
func (p *pass) content(dir directory, name, at string, depth int) (left int, err error) {
	if depth == maxDepth {
		return 0, refusal(ReasonTooDeep)
	}
	inner, err := p.open(dir, name, at)
	if err == nil {
		defer func() { inner.close() }()
		err = inner.repository()
	}
	var no refusal
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return 0, nil
	case errors.As(err, &no):
		p.at = at
		return 0, err
	case err != nil:
		p.stuck(at, err)
		return 1, nil
	}
	for _, m := range []*marking{p.mark, p.trial} {
		if m != nil {
			m.enter(inner, p.below(at))
		}
	}
	// A directory that changes while it is read may hide entries (go.dev/issue/20841), so it is read until nothing is left to do. It is opened anew
	// each time, because a system may keep the names that an open directory had at first, as Wine does.
	for range maxPasses {
		before := p.removed
		left, err = p.names(inner, at, depth)
		if err != nil || p.step != removing || p.removed == before {
			break
		}
		again, err := inner.root.Open(".")
		if err != nil {
			p.stuck(at, err)
			return left + 1, nil
		}
		_ = inner.file.Close() // opened only for reading
		inner.file = again
	}
	return left, err
}

// names processes each name in a directory once. Those that are read together are processed in order, so that file systems agree about what failed
// first.
func (p *pass) names(dir directory, at string, depth int) (left int, err error) {
	denied := writable(dir.file)
	var bare int
	for {
		names, err := dir.file.Readdirnames(batch)
		slices.Sort(names)
		for _, name := range names {
			switch {
			case strings.EqualFold(name, ".git"):
				return left, refusal(ReasonRepository)
			case name == "HEAD", name == "objects", name == "refs":
				if bare++; bare == 3 && p.step == looking {
					return left, refusal(ReasonRepository)
				}
			}
			inside := at + "/" + name
			info, err := dir.root.Lstat(name)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			n := 1
			if err != nil {
				p.stuck(inside, err)
			} else if n, err = p.entry(dir, denied, name, info, inside, depth+1); err != nil {
				return left + n, err
			}
			left += n
		}
		if errors.Is(err, io.EOF) {
			return left, nil
		}
		if err != nil {
			p.stuck(at, err)
			return left + 1, nil
		}
	}
}

// directory is an open directory of the work tree: root to reach its entries, file to read their names.
type directory struct {
	root  *os.Root
	file  *os.File
	place place
}

func (d directory) close() {
	_ = d.file.Close()
	_ = d.root.Close()
}

// has reports whether something exists at the name, which may have several elements.
func (d directory) has(name string) bool {
	_, err := d.root.Lstat(name)
	return err == nil
}

// repository returns an error if git would take d for the top of a work tree, or if that is unknown.
func (d directory) repository() error {
	_, err := d.root.Lstat(".git")
	switch {
	case err == nil:
		return refusal(ReasonRepository)
	case errors.Is(err, fs.ErrNotExist):
		return nil
	}
	return err
}

func (s *sweeper) openTop(root *os.Root) (directory, error) {
	if err := s.ctx.Err(); err != nil {
		return directory{}, err
	}
	own, err := root.OpenRoot(".")
	if err != nil {
		return directory{}, err
	}
	top, err := newDirectory(own)
	s.home = top.place
	return top, err
}

func newDirectory(root *os.Root) (directory, error) {
	file, err := root.Open(".")
	if err != nil {
		_ = root.Close()
		return directory{}, err
	}
	d := directory{root: root, file: file}
	if d.place, err = placeOf(file); err != nil {
		d.close()
		return directory{}, refusal(ReasonMount)
	}
	return d, nil
}

// open opens the directory name, one element, in dir. os.Root would follow a symbolic link to another place in the work tree. So before and after
// opening, the name must stand for the opened directory.
func (s *sweeper) open(dir directory, name, at string) (directory, error) {
	info, err := dir.root.Lstat(name)
	switch {
	case err != nil:
		return directory{}, err
	case info.Mode()&fs.ModeSymlink != 0:
		return directory{}, refusal(ReasonSymlink)
	case !info.IsDir():
		return directory{}, refusal(ReasonChanged)
	}
	if s.onOpen != nil {
		s.onOpen(at)
	}
	// With the dot the name is opened only as a directory: a named pipe cannot block the open.
	root, err := dir.root.OpenRoot(name + "/.")
	if err != nil {
		if still, gone := dir.root.Lstat(name); gone == nil && !sameDir(info, still) {
			err = refusal(ReasonChanged)
		}
		return directory{}, err
	}
	inner, err := newDirectory(root)
	if err != nil {
		return directory{}, err
	}
	if err := s.check(dir, name, info, inner); err != nil {
		inner.close()
		return directory{}, err
	}
	return inner, nil
}

func (s *sweeper) check(dir directory, name string, info fs.FileInfo, inner directory) error {
	opened, err := inner.file.Stat()
	if err != nil {
		return err
	}
	still, err := dir.root.Lstat(name)
	switch {
	case err != nil:
		return err
	case !sameDir(info, opened) || !sameDir(still, opened):
		return refusal(ReasonChanged)
	case inner.place != s.home:
		return refusal(ReasonMount)
	}
	return nil
}

// sameDir compares the kind as well, because the number of a removed file is soon used again.
func sameDir(a, b fs.FileInfo) bool {
	return a.IsDir() && b.IsDir() && os.SameFile(a, b)
}

// cause returns an error without the names of the call and of the path, which the message has already.
func cause(err error) error {
	var failed *fs.PathError
	if errors.As(err, &failed) {
		return failed.Err
	}
	return err
}
