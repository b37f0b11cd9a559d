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

// statRules compare files with what the index remembers of them.
type statRules struct {
	set     *gitconfig.Settings
	written index.Time // when the index was written
}

// A trust is whether git would read a file to learn if its content changed.
type trust int

const (
	statTouched trust = iota // it would, and go by the content
	statClean                // it would not: nothing was touched since git read it
	statUnclear              // it depends on how git was built
)

// trust compares a file with what the index remembers, the size left aside (gitformat-index(5); racy-git in git's technical
// documentation). Git as it is usually built compares whole seconds, other builds compare nanoseconds. Both must agree.
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

// inIndex returns a time as the index would keep it.
func inIndex(t disk.Time) index.Time { return index.Time{Sec: uint32(t.Sec), Nsec: uint32(t.Nsec)} }

// clean reports whether the stat data alone prove that a file is as the index has it. A file that it does not clear is read.
func (r statRules) clean(s *index.Slot, now disk.Stat) bool {
	return s.Mode != 0 && s.Stat.Size == uint32(now.Size) && r.sameMode(s, now) && r.trust(s.Stat, now) == statClean
}

// sameMode reports whether the file has the type in the index and, if it counts, the same executable bit.
func (r statRules) sameMode(s *index.Slot, now disk.Stat) bool {
	mode := now.Mode()
	return mode == s.Mode || !r.set.FileMode && mode&object.ModeType == s.Mode&object.ModeType && now.Kind == disk.File
}

// Changed returns the time of a file's last status change; the zero time if the system does not tell.
func Changed(info fs.FileInfo) time.Time {
	st := disk.StatOf(info)
	return st.Changed()
}

// UntouchedSince returns a function that reports whether a path below the directory root was there at that time as it is now. A file that is
// written, made or moved changes its own status, and one that is moved with its directory that of the directory. root itself is not asked: it
// changes with every file that is made in it. The function asks about each directory once.
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
