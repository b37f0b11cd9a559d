package worktree

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// lookNatively decides each of looks, or leaves in ask why git has to.
func (t *Tree) lookNatively(ctx context.Context, looks []*look) {
	v, err := t.newView()
	if err == nil {
		defer v.close()
		err = v.readIndex(ctx, namesToFind(looks))
	}
	if err != nil {
		for _, l := range looks {
			l.ask = err.Error()
		}
		return
	}
	sorted := slices.Clone(looks) // neighbours share open directories
	slices.SortFunc(sorted, func(a, b *look) int { return strings.Compare(a.name, b.name) })
	var huge []*look
	for _, l := range sorted {
		if ctx.Err() != nil {
			l.unknown = fmt.Sprintf("there was no time left: %s", context.Cause(ctx))
			continue
		}
		switch err := v.decide(ctx, l); {
		case errors.Is(err, errHuge):
			huge = append(huge, l)
		case err != nil:
			l.give(err)
		}
	}
	reading, enough := halfOf(ctx)
	defer enough()
	v.huge = true
	for _, l := range huge {
		*l = look{name: l.name}
		if err := v.decide(reading, l); err != nil {
			l.give(err)
		}
	}
}

// errHuge means that a file is so large that it is read only when all else is known.
var errHuge = errors.New(tooBig)

// affords fails where the content of a file has to wait.
func (v *view) affords(e entry) error {
	if e.info.Size() > hugeFile && !v.huge {
		return errHuge
	}
	return nil
}

// give puts an error where it belongs: what this package does not do is for git,
// what the system refuses would be refused to git, too.
func (l *look) give(err error) {
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, errMoving) || errors.Is(err, errBlind) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		l.unknown = err.Error()
		return
	}
	l.ask = err.Error()
}

// decide finds out what git status says of one name.
func (v *view) decide(ctx context.Context, l *look) error {
	head, err := v.committed(l.name)
	if err != nil {
		return err
	}
	l.head = head
	entries := v.entries[l.name]
	l.entry = len(entries) > 0 || head.present()
	switch {
	case len(entries) == 0:
		return v.decideUntracked(ctx, l)
	case entries[0].stage() > 0:
		return v.decideUnmerged(ctx, l, entries)
	case entries[0].mode() == modeSubmodule:
		return v.decideSubmodule(l, &entries[0])
	}
	return v.decideTracked(ctx, l, &entries[0])
}

// decideUntracked is for what the index lacks. What HEAD has of it was taken out,
// and may still be there.
func (v *view) decideUntracked(ctx context.Context, l *look) error {
	if l.head.present() {
		l.xy = "D "
	}
	e, err := v.disk.entry(l.name)
	if err != nil {
		return err
	}
	if e.link != "" {
		l.outside = l.unlessDeleted("it lies behind the symbolic link %q", e.link)
		return nil
	}
	if e.info == nil {
		return nil
	}
	if v.set.ignoreCase {
		return fmt.Errorf("core.ignoreCase is true and the index does not have this very name")
	}
	if v.set.precompose && !isASCII(l.name) {
		return fmt.Errorf("core.precomposeUnicode is true and the name is not ASCII")
	}
	dir, unclear := v.nestedIn(l.name)
	switch {
	case unclear:
		return fmt.Errorf("only git knows whether %q is another repository", dir)
	case dir != "":
		// Git looks no further than the other repository, but it may ignore that.
		ignored, err := v.ignored(dir, true)
		if ignored && e.mode() != 0 {
			l.xy += "!!"
			l.now.Mode = e.mode()
		} else {
			l.outside = l.unlessDeleted("it lies in %q, another repository", dir)
		}
		return err
	case e.info.IsDir():
		return v.decideDirectory(l)
	case e.mode() == 0:
		l.remark = e.kind() + " stands there"
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
	return v.fillNow(ctx, l, l.head.present())
}

// decideDirectory is for a directory. Git lists files, and other repositories.
func (v *view) decideDirectory(l *look) error {
	l.remark = "a directory stands there"
	switch v.nest(l.name) {
	case nestUnclear:
		return fmt.Errorf("only git knows whether it is another repository")
	case nestYes:
		ignored, err := v.ignored(l.name, true)
		if !ignored {
			l.xy += "??"
			l.now.Mode = modeSubmodule
		}
		return err
	}
	return nil
}

// unlessDeleted is a reason why a path is none of this work tree, unless HEAD has
// it.
func (l *look) unlessDeleted(format string, args ...any) string {
	if l.head.present() {
		return ""
	}
	return fmt.Sprintf(format, args...)
}

// fillNow notes what stands at the name, with its blob if that is wanted and git
// would not convert the content.
func (v *view) fillNow(ctx context.Context, l *look, blob bool) error {
	e, err := v.disk.entry(l.name) // anew: others were looked up meanwhile
	if err != nil {
		return err
	}
	l.now = File{Mode: e.mode()}
	if !blob || l.now.Mode == 0 {
		return nil
	}
	convert, err := v.conversion(l.name)
	if err != nil {
		return err
	}
	if e, err = v.disk.entry(l.name); err != nil {
		return err
	}
	if err := v.affords(e); err != nil {
		return err
	}
	c, err := e.read(ctx)
	if err != nil {
		return err
	}
	if e.mode() == modeSymlink || convert.keeps(c) {
		l.now.Blob = c.blob.String()
	}
	return nil
}

// unmergedXY is by which of the stages 1 to 3 are there (git-status(1)).
var unmergedXY = [8]string{1: "DD", 2: "AU", 3: "UD", 4: "UA", 5: "DU", 6: "AA", 7: "UU"}

func (v *view) decideUnmerged(ctx context.Context, l *look, entries []indexEntry) error {
	var stages int
	for i := range entries {
		stages |= 1 << entries[i].stage() >> 1
	}
	l.xy = unmergedXY[stages&7]
	if l.xy == "" || stages > 7 {
		return fmt.Errorf("the index has the name merged and unmerged")
	}
	return v.fillNow(ctx, l, true)
}

// decideSubmodule knows only the one that is not checked out.
func (v *view) decideSubmodule(l *look, i *indexEntry) error {
	e, err := v.disk.entry(l.name)
	if err != nil {
		return err
	}
	if l.head != i.file() || e.info == nil || !e.info.IsDir() {
		return fmt.Errorf("it is a submodule")
	}
	if inner, err := e.dir.Lstat(e.base + "/.git"); inner != nil || !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("it is a submodule")
	}
	l.index = i.file()
	l.now = l.index
	return nil
}

// decideTracked compares HEAD with the index for the first letter, and the index
// with the work tree for the second.
func (v *view) decideTracked(ctx context.Context, l *look, i *indexEntry) error {
	x := byte(' ')
	l.index = i.file()
	switch index := l.index; {
	case i.has(flagIntentToAdd):
		if l.head.present() {
			return fmt.Errorf("it is to be added and in HEAD")
		}
	case !l.head.present():
		x = 'A'
	case l.head.Mode&modeType != index.Mode&modeType:
		x = 'T'
	case l.head != index:
		x = 'M'
	}
	y, err := v.second(ctx, l, i)
	if err != nil {
		return err
	}
	if x != ' ' || y != ' ' {
		l.xy = string([]byte{x, y})
	}
	return nil
}

// second is the letter for the work tree.
func (v *view) second(ctx context.Context, l *look, i *indexEntry) (byte, error) {
	if i.has(flagAssumeValid) {
		l.now = i.file()
		return ' ', nil
	}
	e, err := v.disk.entry(l.name)
	if err != nil {
		return 0, err
	}
	if i.has(flagSkipWorktree) {
		if v.set.sparse && e.link != "" {
			return 0, fmt.Errorf("it lies behind the symbolic link %q, outside the sparse checkout", e.link)
		}
		if !v.set.sparse || e.info == nil {
			l.now = i.file()
			return ' ', nil
		}
	}
	switch {
	case e.link != "":
		return 'D', v.canLook(l.name)
	case e.info == nil:
		return 'D', nil
	case e.info.IsDir():
		if v.nestAt(l.name) != nestNo {
			return 0, fmt.Errorf("another repository stands in its place")
		}
		return 'D', nil
	case e.mode() == 0:
		return 0, fmt.Errorf("%s stands there", e.kind())
	}
	l.now.Mode = v.indexMode(e, i)
	if i.has(flagIntentToAdd) {
		return 'A', v.fillNow(ctx, l, true)
	}
	if l.now.Mode&modeType != i.mode()&modeType {
		return 'T', v.fillNow(ctx, l, true)
	}
	return v.compare(ctx, l, i)
}

// canLook fails where git says nothing of a tracked file because the system does
// not let it look behind a symbolic link, one that leads to itself for example.
func (t *Tree) canLook(name string) error {
	_, err := os.Lstat(filepath.Join(t.place.Root, filepath.FromSlash(name)))
	if err = absent(err); err != nil {
		return fmt.Errorf("%w: %w", errBlind, err)
	}
	return nil
}

var errBlind = errors.New("git itself cannot look at the file")

// indexMode is the mode that git would record (core.fileMode).
func (v *view) indexMode(e entry, i *indexEntry) uint32 {
	mode := e.mode()
	if v.set.fileMode || mode == modeSymlink {
		return mode
	}
	if i.mode()&modeType == modeRegular&modeType {
		return i.mode()
	}
	return modeRegular
}

// compare is for a file, or symbolic link, in the place of one. Git compares what
// the index remembers of the file first, and its content where that differs or may
// be out of date; here the content is read in any case, for git can be deceived.
// Where the two ways could part, git is asked.
func (v *view) compare(ctx context.Context, l *look, i *indexEntry) (byte, error) {
	convert := conversion{}
	if i.mode() != modeSymlink {
		var err error
		if convert, err = v.conversion(l.name); err != nil {
			return 0, err
		}
	}
	e, err := v.disk.entry(l.name) // anew: rule files were looked up meanwhile
	if err != nil {
		return 0, err
	}
	if e.mode()&modeType != i.mode()&modeType {
		return 0, errMoving
	}
	changedMode := l.now.Mode != i.mode()
	if i.isOfOtherSize(e.info.Size()) && !changedMode {
		// Another size is another content for git, whatever a filter would say. The
		// blob is of use to those who compare with something else than the index.
		v.fillSmall(ctx, l)
		return 'M', nil
	}
	trust := v.stat(e.info, i, v.index.info)
	if e.info.Size() > hugeFile && trust == statClean && !changedMode {
		l.now = i.file()
		return ' ', nil
	}
	if err := v.affords(e); err != nil {
		return 0, err
	}
	c, err := e.read(ctx)
	if err != nil {
		return 0, err
	}
	same := c.blob == i.id()
	keeps := i.mode() == modeSymlink || convert.keeps(c)
	if keeps {
		l.now.Blob = c.blob.String()
	}
	switch {
	case changedMode:
		return 'M', nil
	case keeps && same:
		return ' ', nil
	case !keeps && trust == statClean:
		l.now = i.file()
		return ' ', nil
	case !keeps:
		return 0, fmt.Errorf("attributes or core.autocrlf may convert its content")
	case trust == statTouched:
		return 'M', nil
	}
	l.suspect = true
	return 0, fmt.Errorf("its content differs, though what the index remembers of the file does not")
}

// isOfOtherSize tells whether the index remembers a file of another size for certain. It keeps the lower 32 bits; where those of a large
// file are 0, which means that nothing is remembered, later versions of git keep the 32nd instead.
func (i *indexEntry) isOfOtherSize(size int64) bool {
	kept := uint32(size)
	switch {
	case i.size() == 0:
		return false
	case kept == 0 && size != 0:
		return i.size() != 1<<31
	}
	return i.size() != kept
}

// fillSmall hashes a file whose content decides nothing; it is left out when that
// is not cheap.
func (v *view) fillSmall(ctx context.Context, l *look) {
	mode := l.now.Mode
	e, err := v.disk.entry(l.name)
	if err != nil || e.info == nil || e.info.Size() > hugeFile {
		return
	}
	if err := v.fillNow(ctx, l, true); err != nil {
		l.now = File{}
	}
	l.now.Mode = mode
}
