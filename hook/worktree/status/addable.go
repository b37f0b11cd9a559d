package status

import (
	"context"
	"errors"
	"path/filepath"
	"strings"

	"stopgate/hook/worktree/gitcmd"
	"stopgate/hook/worktree/object"
)

// A changed file that `git add` refuses is no proof of work, because nobody can commit it. Git decides that only when it stores the content, so it is
// asked to store copies (gitcmd.TryAdd). It is asked only about files that it may refuse.

// changedFile reports whether `git add --all` would store the file: it exists, it is no submodule, and git status shows it as untracked, unmerged or
// changed in the worktree.
func (l *look) changedFile() bool {
	return l.outcome == seen && l.now.Mode != 0 && l.now.Mode != object.ModeSubmodule && l.xy != "" && !strings.HasSuffix(l.xy, " ") && !strings.HasSuffix(l.xy, "!!")
}

// mayBeRefused reports whether `git add` may refuse the file. It fails if the file, or the attributes for it, cannot be read.
func mayBeRefused(v *view, l *look) (bool, error) {
	switch {
	case !l.changedFile():
		return false, nil
	case oddName(l.name):
		return true, nil
	case l.now.Mode == object.ModeSymlink:
		return false, nil
	}
	if err := readable(v, l.name); err != nil {
		return false, err
	}
	k, err := v.conversion(l.name)
	return k.driver || k.lineEndings && v.Settings.SafeCRLF, err
}

// readable fails if the system refuses to open the file, because git cannot store it then. It opens only files that not everybody may read.
func readable(v *view, name string) error {
	e, err := v.Disk.Entry(name)
	if err != nil || e.Info == nil || e.Info.Mode()&0o444 == 0o444 {
		return err
	}
	f, err := e.Open()
	if err != nil {
		return err
	}
	return f.Close()
}

// oddName reports whether git may refuse a name because some file system takes a part of it for ".git", or for another file that belongs to git
// (git-config(1), "core.protectNTFS" and "core.protectHFS").
func oddName(name string) bool {
	for part := range strings.SplitSeq(strings.ToLower(name), "/") {
		rest, git := strings.CutPrefix(part, ".git")
		if git && (rest == "" || strings.ContainsAny(rest[:1], ` .:\`) || strings.HasPrefix(rest, "modules")) ||
			strings.HasPrefix(part, "git~") || strings.HasPrefix(part, "gitmod~") || strings.HasPrefix(part, "gi7eba~") {
			return true
		}
	}
	return strings.ContainsAny(name, hfsIgnored)
}

// hfsIgnored are the characters that HFS+ ignores in names.
const hfsIgnored = "\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u206a\u206b\u206c\u206d\u206e\u206f\ufeff"

// maxAdded limits how many bytes of files git is asked to store, because the copies need space on the disk.
const maxAdded = 256 << 20

// askAdded finds the claimed files that git refuses to store. It asks about files that git may refuse (mayBeRefused), and about those whose status
// came from git. It leaves out huge files, and files for which maxAdded leaves no room. It may use half of the time that ctx has left. A filter that
// needs more time does not count as a refusal, and neither does a full disk.
func askAdded(ctx context.Context, t *Tree, looks []*look) {
	asking, enough := halfOf(ctx)
	defer enough()
	var open []*look
	var names []string
	room := int64(maxAdded)
	for _, l := range looks {
		if !l.claimed || !l.changedFile() || !l.perhaps && !l.viaGit {
			continue
		}
		if e, err := t.Disk.Entry(l.name); err == nil && e.Info != nil && e.Info.Size() <= min(hugeFile, room) {
			room -= e.Info.Size()
			open, names = append(open, l), append(names, l.name)
		}
	}
	if len(open) == 0 {
		return
	}
	objects := filepath.Join(t.Place.CommonDir, "objects")
	err := t.Git.TryAdd(asking, t.IndexPath(), objects, names)
	if err == nil {
		return
	}
	for _, l := range open { // find out which of them git refuses
		if len(open) > 1 {
			err = t.Git.TryAdd(asking, t.IndexPath(), objects, []string{l.name})
		}
		if err != nil && asking.Err() == nil && !errors.Is(err, gitcmd.ErrNoScratch) {
			l.refused = err.Error()
		}
	}
}
