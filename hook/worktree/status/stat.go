package status

import (
	"io/fs"

	"stopgate/hook/worktree/disk"
	"stopgate/hook/worktree/index"
	"stopgate/hook/worktree/object"
)

// A trust is whether git would read a file to learn if its content changed.
type trust int

const (
	statTouched trust = iota // it would, and go by the content
	statClean                // it would not: nothing was touched since git read it
	statUnclear              // it depends on how git was built
)

// stat compares a file with what the index remembers, the size left aside
// (gitformat-index(5); racy-git in git's technical documentation). Git as it is
// usually built compares whole seconds; other builds compare nanoseconds. Both
// must agree.
func (t *Tree) stat(info fs.FileInfo, i *index.Entry, index fs.FileInfo) trust {
	s, ok := disk.StatOf(info)
	switch {
	case i.Size() == 0 && i.ID().String() != object.EmptyBlob:
		return statTouched // git does not know the file, or has found it racy
	case !ok:
		return statUnclear
	}
	mtime, indexTime := info.ModTime(), index.ModTime()
	sec, nsec := i.Mtime()
	touched := sec != uint32(mtime.Unix())
	touchedFine := touched || nsec != uint32(mtime.Nanosecond())
	if !t.Settings.MinimalStat {
		csec, cnsec := i.Ctime()
		other := i.Ino() != uint32(s.Ino) || i.UID() != s.UID || i.GID() != s.GID ||
			t.Settings.TrustCtime && csec != uint32(s.CtimeSec)
		touched = touched || other
		touchedFine = touchedFine || other || t.Settings.TrustCtime && cnsec != uint32(s.CtimeNsec)
	}
	racy := uint32(indexTime.Unix()) <= sec
	racyFine := uint32(indexTime.Unix()) < sec || uint32(indexTime.Unix()) == sec && uint32(indexTime.Nanosecond()) <= nsec
	switch coarse, fine := touched || racy, touchedFine || racyFine; {
	case coarse && fine:
		return statTouched
	case !coarse && !fine:
		return statClean
	}
	return statUnclear
}
