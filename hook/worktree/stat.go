package worktree

import (
	"io/fs"
	"os"
)

// systemStat is what the index records of a file besides its size and mtime.
type systemStat struct {
	ctimeSec, ctimeNsec int64
	dev, ino            uint64
	uid, gid            uint32
}

// sameStat reports whether two looks at a file saw the same state of it.
func sameStat(a, b fs.FileInfo) bool {
	return os.SameFile(a, b) && a.Size() == b.Size() && a.Mode() == b.Mode() &&
		a.ModTime().Equal(b.ModTime()) && sameSystemStat(a, b)
}

func sameSystemStat(a, b fs.FileInfo) bool {
	sa, _ := statOf(a)
	sb, _ := statOf(b)
	return sa == sb
}

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
func (t *Tree) stat(info fs.FileInfo, i *indexEntry, index fs.FileInfo) trust {
	s, ok := statOf(info)
	switch {
	case i.size() == 0 && i.id().String() != emptyBlob:
		return statTouched // git does not know the file, or has found it racy
	case !ok:
		return statUnclear
	}
	mtime, indexTime := info.ModTime(), index.ModTime()
	sec, nsec := i.mtime()
	touched := sec != uint32(mtime.Unix())
	touchedFine := touched || nsec != uint32(mtime.Nanosecond())
	if !t.set.minimalStat {
		csec, cnsec := i.ctime()
		other := i.ino() != uint32(s.ino) || i.uid() != s.uid || i.gid() != s.gid ||
			t.set.trustCtime && csec != uint32(s.ctimeSec)
		touched = touched || other
		touchedFine = touchedFine || other || t.set.trustCtime && cnsec != uint32(s.ctimeNsec)
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
