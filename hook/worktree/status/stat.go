package status

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"time"

	"stopgate/hook/worktree/disk"
	"stopgate/hook/worktree/gitconfig"
	"stopgate/hook/worktree/index"
	"stopgate/hook/worktree/object"
)

// statRules compare files with the stat data in the index.
type statRules struct {
	set     *gitconfig.Settings
	written index.Time // when the index was written
}

// A trust says whether git would trust the stat data in the index, or read the file to find out whether its content changed.
type trust int

const (
	statTouched trust = iota // git would read the file, and its content decides
	statClean                // git would not read the file: its stat data are unchanged and not racy
	statUnclear              // that depends on how git was built
)

// trust compares the stat data in the index with those of a file, except for the size (gitformat-index(5); racy-git in git's technical
// documentation). Git as it is usually built compares whole seconds, other builds compare nanoseconds. If the two results differ, trust returns
// statUnclear.
func (r statRules) trust(was index.Stat, now disk.Stat) trust {
	switch {
	case was.Smudged:
		return statTouched
	case !now.System:
		return statUnclear
	}
	mtime, ctime := inIndex(now.Mtime), inIndex(now.Ctime)
	touched := was.Mtime.Sec != mtime.Sec
	touchedFine := was.Mtime != mtime
	if !r.set.MinimalStat {
		owner := was.Ino != uint32(now.Ino) || was.UID != now.UID || was.GID != now.GID
		touched = touched || owner || r.set.TrustCtime && was.Ctime.Sec != ctime.Sec
		touchedFine = touchedFine || owner || r.set.TrustCtime && was.Ctime != ctime
	}
	racy, racyFine := r.written.Sec <= was.Mtime.Sec, !was.Mtime.Before(r.written)
	switch coarse, fine := touched || racy, touchedFine || racyFine; {
	case coarse && fine:
		return statTouched
	case !coarse && !fine:
		return statClean
	}
	return statUnclear
}

// inIndex returns a time as the index would record it.
func inIndex(t disk.Time) index.Time { return index.Time{Sec: uint32(t.Sec), Nsec: uint32(t.Nsec)} }

// clean reports whether the stat data alone prove that a file is as in the index. If they do not, the file has to be read.
func (r statRules) clean(s *index.Slot, now disk.Stat) bool {
	return s.Mode != 0 && s.Stat.Size == uint32(now.Size) && r.sameMode(s, now) && r.trust(s.Stat, now) == statClean
}

// sameMode reports whether the file has the type in the index and, if core.fileMode is true, the same executable bit.
func (r statRules) sameMode(s *index.Slot, now disk.Stat) bool {
	mode := now.Mode()
	return mode == s.Mode || !r.set.FileMode && mode&object.ModeType == s.Mode&object.ModeType && now.Kind == disk.File
}

// Changed returns the time of a file's last status change (ctime); the zero time if the system does not report it.
func Changed(info fs.FileInfo) time.Time {
	st := disk.StatOf(info)
	return st.Changed()
}

// UntouchedSince returns a function that reports whether a path below the directory root existed at that time in its present state. Writing, creating
// or moving a file changes its own status change time (ctime). Moving the directory that contains it changes that of the directory. So the function
// checks the path and every directory above it, but not root, which changes with every file that is created in it. It returns false if the system
// does not report ctime, and true for "". It checks each directory once.
func UntouchedSince(root string, at time.Time) func(name string) bool {
	since := func(name string) bool {
		info, err := os.Lstat(filepath.Join(root, filepath.FromSlash(name)))
		if err != nil {
			return false
		}
		st := disk.StatOf(info)
		changed := st.Changed()
		return !changed.IsZero() && changed.Before(at)
	}
	dirs := map[string]bool{".": true}
	var dir func(name string) bool
	dir = func(name string) bool {
		untouched, known := dirs[name]
		if !known {
			untouched = dir(path.Dir(name)) && since(name)
			dirs[name] = untouched
		}
		return untouched
	}
	return func(name string) bool { return name == "" || dir(path.Dir(name)) && since(name) }
}
