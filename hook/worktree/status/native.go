package status

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"stopgate/hook/worktree/disk"
	"stopgate/hook/worktree/gitcmd"
	"stopgate/hook/worktree/gitconfig"
	"stopgate/hook/worktree/ignore"
	"stopgate/hook/worktree/index"
	"stopgate/hook/worktree/object"
)

// lookNatively finds out the state of each look without git. A look that only git can decide becomes undecided, with the reason.
func lookNatively(ctx context.Context, t *Tree, looks []*look) {
	v, err := t.newView()
	if err == nil {
		defer v.close()
		err = v.readIndex(ctx, namesToFind(looks))
	}
	if err != nil {
		for _, l := range looks {
			l.setError(err)
		}
		return
	}
	sorted := slices.Clone(looks) // so that files of one directory are looked up while it is open
	slices.SortFunc(sorted, func(a, b *look) int { return strings.Compare(a.name, b.name) })
	var huge []*look
	for _, l := range sorted {
		if ctx.Err() != nil {
			l.end(unseen, "there was no time left: %s", context.Cause(ctx))
			continue
		}
		err := decide(ctx, v, l)
		if err == nil && l.claimed {
			l.perhaps, err = mayBeRefused(v, l)
		}
		switch {
		case errors.Is(err, errHuge):
			huge = append(huge, l)
		case err != nil:
			l.setError(err)
		}
	}
	reading, enough := halfOf(ctx)
	defer enough()
	v.huge = true
	for _, l := range huge {
		*l = look{name: l.name} // it is not claimed any more: git is not asked to store a file of that size
		if err := decide(reading, v, l); err != nil {
			l.setError(err)
		}
	}
}

// errHuge means that a file is so large that it is read only after all other looks are decided.
var errHuge = fmt.Errorf("it is larger than %d MiB and was not read", hugeFile>>20)

// affords fails with errHuge if the content of a file has to be read later than that of other files.
func affords(v *view, e disk.Entry) error {
	if e.Info.Size() > hugeFile && !v.huge {
		return errHuge
	}
	return nil
}

// setError sets the outcome for an error. The look is unseen if git would meet the same error, if git must not be asked, or if there is no time left
// to ask it. Otherwise this package does not support something, and git is to be asked.
func (l *look) setError(err error) {
	if errors.Is(err, object.ErrUnsafe) || errors.Is(err, ignore.ErrHuge) || errors.Is(err, gitconfig.ErrElsewhere) || errors.Is(err, fs.ErrPermission) || errors.Is(err, disk.ErrMoving) || errors.Is(err, errBlind) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		l.end(unseen, "%s", err)
		return
	}
	l.end(undecided, "%s", err)
}

// decide finds out what git status shows for one path.
func decide(ctx context.Context, v *view, l *look) error {
	head, err := v.committed(l.name)
	if err != nil {
		return err
	}
	l.head = head
	entries := v.entries[l.name]
	l.entry = len(entries) > 0 || head.Present()
	switch {
	case len(entries) == 0:
		return decideUntracked(ctx, v, l)
	case entries[0].Stage() > 0:
		return decideUnmerged(ctx, v, l, entries)
	case entries[0].Mode() == object.ModeSubmodule:
		return decideSubmodule(v, l, &entries[0])
	}
	return decideTracked(ctx, v, l, &entries[0])
}

// decideUntracked decides a path that has no index entry. If HEAD has the path, it was removed from the index, and the file may still exist.
func decideUntracked(ctx context.Context, v *view, l *look) error {
	if l.head.Present() {
		l.xy = "D "
	}
	e, err := v.Disk.Entry(l.name)
	if err != nil {
		return err
	}
	if e.Link != "" {
		l.outsideUnlessDeleted("it lies behind the symbolic link %q", e.Link)
		return nil
	}
	if e.Info == nil {
		return nil
	}
	if v.Settings.IgnoreCase {
		return fmt.Errorf("core.ignoreCase is true and the index does not have this very name")
	}
	if v.Settings.Precompose && !object.IsASCII(l.name) {
		return fmt.Errorf("core.precomposeUnicode is true and the name is not ASCII")
	}
	dir, unclear := v.nestedIn(l.name)
	switch {
	case unclear:
		return fmt.Errorf("only git knows whether %q is another repository", dir)
	case dir != "":
		// Git shows nothing inside another repository. If it ignores the other repository, the path is ignored, too.
		ignored, err := v.ignored(dir, true)
		if ignored && e.Mode() != 0 {
			l.xy += "!!"
			l.now.Mode = e.Mode()
		} else {
			l.outsideUnlessDeleted("it lies in %q, another repository", dir)
		}
		return err
	case e.Info.IsDir():
		return decideDirectory(v, l)
	case e.Mode() == 0:
		l.reason = e.Describe() + " stands there"
		return nil
	}
	ignored, err := v.ignored(l.name, false)
	if err != nil {
		return err
	}
	if ignored {
		l.xy += "!!"
	} else {
		l.xy += "??"
	}
	return fillNow(ctx, v, l, l.head.Present())
}

// decideDirectory decides a path without index entry at which there is a directory. Git shows files and other repositories, but no directories.
func decideDirectory(v *view, l *look) error {
	l.reason = "a directory stands there"
	switch v.nest(l.name) {
	case nestUnclear:
		return fmt.Errorf("only git knows whether it is another repository")
	case nestYes:
		ignored, err := v.ignored(l.name, true)
		if !ignored {
			l.xy += "??"
			l.now.Mode = object.ModeSubmodule
		}
		return err
	}
	return nil
}

// outsideUnlessDeleted makes the path outside, unless HEAD has it: then it was deleted.
func (l *look) outsideUnlessDeleted(format string, args ...any) {
	if !l.head.Present() {
		l.end(outside, format, args...)
	}
}

// fillNow sets now to the file on disk. It sets the blob only if blob is true and git would store the content as it is.
func fillNow(ctx context.Context, v *view, l *look, blob bool) error {
	e, err := v.Disk.Entry(l.name) // an earlier Entry is invalid, because others were looked up since
	if err != nil {
		return err
	}
	l.now = object.File{Mode: e.Mode()}
	if !blob || l.now.Mode == 0 {
		return nil
	}
	convert, err := v.conversion(l.name)
	if err != nil {
		return err
	}
	if e, err = v.Disk.Entry(l.name); err != nil {
		return err
	}
	if err := affords(v, e); err != nil {
		return err
	}
	c, err := e.Read(ctx)
	if err != nil {
		return err
	}
	if e.Mode() == object.ModeSymlink || convert.keeps(c) {
		l.now.Blob = c.Blob.String()
	}
	return nil
}

// decideUnmerged decides a path with a merge conflict. The stages of its index entries determine the status (git-status(1)).
func decideUnmerged(ctx context.Context, v *view, l *look, entries []index.Entry) error {
	var stages int
	for i := range entries {
		stages |= 1 << entries[i].Stage() >> 1
	}
	l.xy = gitcmd.UnmergedXY[stages&7]
	if l.xy == "" || stages > 7 {
		return fmt.Errorf("the index has the name merged and unmerged")
	}
	return fillNow(ctx, v, l, true)
}

// decideSubmodule decides a submodule that is not checked out and has the same commit in HEAD and in the index. Any other submodule is left to git.
func decideSubmodule(v *view, l *look, i *index.Entry) error {
	e, err := v.Disk.Entry(l.name)
	if err != nil {
		return err
	}
	if l.head != i.File() || e.Info == nil || !e.Info.IsDir() {
		return fmt.Errorf("it is a submodule")
	}
	if inner, err := e.Dir.Lstat(e.Base + "/.git"); inner != nil || !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("it is a submodule")
	}
	l.index = i.File()
	l.now = l.index
	return nil
}

// decideTracked decides a tracked file. It compares HEAD with the index for the first letter of the status, and the index with the worktree for the
// second.
func decideTracked(ctx context.Context, v *view, l *look, i *index.Entry) error {
	x := byte(' ')
	l.index = i.File()
	switch indexed := l.index; {
	case i.Has(index.IntentToAdd):
		if l.head.Present() {
			return fmt.Errorf("it is to be added and in HEAD")
		}
	case !l.head.Present():
		x = 'A'
	case l.head.Mode&object.ModeType != indexed.Mode&object.ModeType:
		x = 'T'
	case l.head != indexed:
		x = 'M'
	}
	y, err := worktreeLetter(ctx, v, l, i)
	if err != nil {
		return err
	}
	if x != ' ' || y != ' ' {
		l.xy = string([]byte{x, y})
	}
	return nil
}

// worktreeLetter returns the second letter of the status.
func worktreeLetter(ctx context.Context, v *view, l *look, i *index.Entry) (byte, error) {
	const overlooked = "git was told not to look at it (%s)"
	if i.Has(index.AssumeValid) {
		l.now, l.reason = i.File(), fmt.Sprintf(overlooked, "assume-unchanged")
		return ' ', nil
	}
	e, err := v.Disk.Entry(l.name)
	if err != nil {
		return 0, err
	}
	if i.Has(index.SkipWorktree) {
		if v.Settings.Sparse && e.Link != "" {
			return 0, fmt.Errorf("it lies behind the symbolic link %q, outside the sparse checkout", e.Link)
		}
		if !v.Settings.Sparse || e.Info == nil {
			if l.now = i.File(); e.Info != nil {
				l.reason = fmt.Sprintf(overlooked, "skip-worktree")
			}
			return ' ', nil
		}
	}
	switch {
	case e.Link != "":
		return 'D', canLook(v.Tree, l.name)
	case e.Info == nil:
		return 'D', nil
	case e.Info.IsDir():
		if v.nestAt(l.name) != nestNo {
			return 0, fmt.Errorf("another repository stands in its place")
		}
		return 'D', nil
	case e.Mode() == 0:
		return 0, fmt.Errorf("%s stands there", e.Describe())
	}
	l.now.Mode = indexMode(v, e, i)
	if i.Has(index.IntentToAdd) {
		return 'A', fillNow(ctx, v, l, true)
	}
	if l.now.Mode&object.ModeType != i.Mode()&object.ModeType {
		return 'T', fillNow(ctx, v, l, true)
	}
	return compare(ctx, v, l, i)
}

// canLook fails with errBlind if the system cannot resolve a symbolic link in the path of a tracked file, for example one that points to itself. Git
// then shows no change of the file.
func canLook(t *Tree, name string) error {
	_, err := os.Lstat(filepath.Join(t.Place.Root, filepath.FromSlash(name)))
	if err = disk.Absent(err); err != nil {
		return fmt.Errorf("%w: %w", errBlind, err)
	}
	return nil
}

var errBlind = errors.New("git itself cannot look at the file")

// indexMode returns the mode that git would record for the file (git-config(1), "core.fileMode").
func indexMode(v *view, e disk.Entry, i *index.Entry) uint32 {
	mode := e.Mode()
	if v.Settings.FileMode || mode == object.ModeSymlink {
		return mode
	}
	if i.Mode()&object.ModeType == object.ModeRegular&object.ModeType {
		return i.Mode()
	}
	return object.ModeRegular
}

// compare compares a file or symbolic link with its index entry. Git compares the stat data first, and reads the content only if they differ or may
// be out of date. Here the content is read in any case, except of a huge file, because stat data can be forged. If the two methods could disagree,
// git is asked.
func compare(ctx context.Context, v *view, l *look, i *index.Entry) (byte, error) {
	convert := conversion{}
	if i.Mode() != object.ModeSymlink {
		var err error
		if convert, err = v.conversion(l.name); err != nil {
			return 0, err
		}
	}
	e, err := v.Disk.Entry(l.name) // an earlier Entry is invalid, because rule files were looked up since
	if err != nil {
		return 0, err
	}
	if e.Mode()&object.ModeType != i.Mode()&object.ModeType {
		return 0, disk.ErrMoving
	}
	changedMode := l.now.Mode != i.Mode()
	if i.Stat().OtherSize(e.Info.Size()) && !changedMode {
		// Git shows a file of another size than in the index as modified, whatever a filter does. A commit may still not change the file, for example
		// if only line endings differ. Only git knows what it would store. The blob serves to compare the file with a base other than the index.
		fillSmall(ctx, v, l)
		if l.now.Blob == "" && e.Info.Size() <= hugeFile && convert != (conversion{}) {
			return 0, errors.New("attributes or core.autocrlf may convert its content")
		}
		return 'M', nil
	}
	trust := statRules{&v.Settings, v.index.Written()}.trust(i.Stat(), disk.StatOf(e.Info))
	if e.Info.Size() > hugeFile && trust == statClean && !changedMode {
		l.now = i.File()
		return ' ', nil
	}
	if err := affords(v, e); err != nil {
		return 0, err
	}
	c, err := e.Read(ctx)
	if err != nil {
		return 0, err
	}
	same := c.Blob == i.ID()
	keeps := i.Mode() == object.ModeSymlink || convert.keeps(c)
	if keeps {
		l.now.Blob = c.Blob.String()
	}
	switch {
	case changedMode:
		return 'M', nil
	case keeps && same:
		return ' ', nil
	case !keeps && trust == statClean:
		l.now = i.File()
		return ' ', nil
	case !keeps:
		return 0, fmt.Errorf("attributes or core.autocrlf may convert its content")
	case trust == statTouched:
		return 'M', nil
	}
	l.suspect = true
	return 0, fmt.Errorf("its content differs, though what the index remembers of the file does not")
}

// fillSmall sets the blob of a file whose status is known without it. It leaves the blob empty if the file is huge or cannot be read.
func fillSmall(ctx context.Context, v *view, l *look) {
	mode := l.now.Mode
	e, err := v.Disk.Entry(l.name)
	if err != nil || e.Info == nil || e.Info.Size() > hugeFile {
		return
	}
	if err := fillNow(ctx, v, l, true); err != nil {
		l.now = object.File{}
	}
	l.now.Mode = mode
}
