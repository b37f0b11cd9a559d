package artifact

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"stopgate/hook/artifact/safedir"
	"stopgate/hook/artifact/trash"
)

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
	entries []trash.Entry
	// bin receives copies. What is removed after copying must still be the same as in bin.
	bin *trash.Bin
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
func (p *pass) artifact(top safedir.Dir, r Removal, remove bool) error {
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
			dir.Close()
		}
	}()
	if err != nil {
		return err
	}
	dir := top
	if len(opened) > 0 {
		dir = opened[len(opened)-1]
	}
	info, err := dir.Root.Lstat(elements[last])
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
	denied := safedir.Writable(dir.File)
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
func (p *pass) down(top safedir.Dir, elements []string, pattern Pattern) (opened []safedir.Dir, err error) {
	dir := top
	for i, element := range elements {
		if i == len(elements)-pattern.elements() && pattern.Beside != "" {
			if _, err := dir.Root.Lstat(pattern.Beside); err != nil {
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
		if err := notRepository(next); err != nil {
			return opened, err
		}
		dir = next
	}
	return opened, nil
}

// dispose removes an artifact that was checked: for good if git ignores it and it is no more than its tool leaves, else by way of the trash.
func (p *pass) dispose(dir safedir.Dir, denied error, name string, info fs.FileInfo, r Removal) error {
	switch {
	case r.Ignored && !p.strange():
		return p.deleted(dir, denied, name, info, r)
	case p.left > 0: // it cannot be removed completely, so all of it stays
		p.left = p.total
		return nil
	case r.Ignored && (p.bytes > maxStrange || p.total > maxStrangeEntries): // it would push everything else out of the trash
		return refusal(ReasonUnmarked)
	}
	kept, err := p.Trash.Bin(r.Path, p.bytes, p.DryRun)
	switch {
	case err != nil:
		return err
	case p.DryRun:
		p.trashed = true
		return nil
	}
	defer kept.Release()
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
func (p *pass) deleted(dir safedir.Dir, denied error, name string, info fs.FileInfo, r Removal) (err error) {
	if p.DryRun {
		return nil
	}
	*p = pass{sweeper: p.sweeper, step: removing, top: r.Path, total: p.total}
	p.left, err = p.entry(dir, denied, name, info, r.Path, 0)
	return err
}

// into moves or copies an artifact into the trash.
func (p *pass) into(kept *trash.Bin, dir safedir.Dir, denied error, name string, info fs.FileInfo) error {
	if !p.apart && kept.Move(dir, name, info, p.entries) == nil {
		return p.moved(kept, dir, name, info)
	}
	return p.copied(kept, dir, denied, name, info)
}

// moved checks an artifact again after it was moved to the trash, and puts it back if there is a reason to keep it.
func (p *pass) moved(kept *trash.Bin, from safedir.Dir, name string, info fs.FileInfo) error {
	again := pass{sweeper: p.sweeper, step: looking, top: p.top, bin: kept, finishing: true}
	if p.mark != nil {
		again.mark = &marking{Mark: p.mark.Mark}
	}
	err := again.noted(kept, info)
	if err == nil {
		err = kept.Write()
	}
	if err != nil && kept.MoveBack(from, name, info) != nil {
		// Something new is in its place. The original is in the trash, and is listed with the entries noted before.
		if len(kept.Entries) < len(p.entries) {
			kept.Entries = p.entries
		}
		err = kept.Write()
	}
	if err != nil {
		*p = pass{sweeper: p.sweeper, at: again.at, total: p.total}
		return err
	}
	p.files, p.bytes, p.removed = again.files, again.bytes, again.total
	return nil
}

// noted checks an artifact in the trash, and lists its entries.
func (p *pass) noted(kept *trash.Bin, then fs.FileInfo) error {
	dir, name, err := kept.Place(then)
	if err != nil {
		return trash.Error{Cause: err}
	}
	defer dir.Close()
	info, err := dir.Root.Lstat(name)
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
func (p *pass) copied(kept *trash.Bin, dir safedir.Dir, denied error, name string, info fs.FileInfo) error {
	total, top := p.total, p.top
	*p = pass{sweeper: p.sweeper, step: copying, top: top, bin: kept}
	_, err := p.entry(dir, denied, name, info, top, 0)
	if err != nil && p.ctx.Err() != nil {
		err = trash.Error{Cause: fmt.Errorf("there was not enough time to copy its %d entries", total)}
	}
	if err = kept.Finish(errors.Join(err, p.err)); err != nil {
		*p = pass{sweeper: p.sweeper, total: total}
		return err
	}
	*p = pass{sweeper: p.sweeper, step: removing, top: top, bin: kept, total: total, finishing: true}
	p.left, err = p.entry(dir, denied, name, info, top, 0)
	if err == nil && p.left == 0 {
		return nil
	}
	if back, failed := kept.Restore(p.root); failed == nil && !slices.ContainsFunc(back, func(r trash.Restored) bool { return r.Err != nil && !errors.Is(r.Err, trash.ErrExists) }) {
		p.removed = 0
		if p.left > 0 {
			p.left = total
		}
	}
	return err
}

// asked returns the mark that an artifact below outer must have. dir is the directory around it. It returns nil for none if git ignores the artifact,
// or if the project's configuration names it. A directory that turns out to hold ignore rules needs the mark too.
func asked(dir safedir.Dir, outer string, pattern Pattern, r Removal) (*marking, error) {
	if pattern.declared || r.Ignored {
		return nil, nil
	}
	if pattern.Mark == nil || !pattern.Mark.Place.allows(outer, dir) {
		return nil, refusal(ReasonUnmarked)
	}
	return &marking{Mark: pattern.Mark}, nil
}

// errOwnRules means that a directory without a mark holds its own .gitignore, which may be the only reason why git ignores its content.
var errOwnRules = errors.New("it has ignore rules of its own")
