package disk

import (
	"io/fs"
	"os"
	"time"

	"stopgate/hook/worktree/object"
)

// systemStat is what the index records of a file besides its size and mtime.
type systemStat struct {
	CtimeSec, CtimeNsec int64
	dev, Ino            uint64
	UID, GID            uint32
}

// sameStat reports whether two looks at a file saw the same state of it.
func sameStat(a, b fs.FileInfo) bool {
	return os.SameFile(a, b) && a.Size() == b.Size() && a.Mode() == b.Mode() &&
		a.ModTime().Equal(b.ModTime()) && sameSystemStat(a, b)
}

func sameSystemStat(a, b fs.FileInfo) bool {
	sa, _ := StatOf(a)
	sb, _ := StatOf(b)
	return sa == sb
}

// Changed is the time of the last change of status, which no program can set back.
func (st *Stat) Changed() time.Time {
	if !st.System {
		return time.Time{}
	}
	return time.Unix(st.CtimeSec, st.CtimeNsec)
}

// A fileStat is what the index remembers of a file, as it is now.
type Stat struct {
	Kind       Kind
	executable bool
	Size       int64
	MtimeSec   int64
	MtimeNsec  int64
	System     bool // the fields below are known
	CtimeSec   int64
	CtimeNsec  int64
	Ino, dev   uint64
}

// Mode is the git mode of what stands there: 0 for what git does not track.
func (st *Stat) Mode() uint32 {
	switch {
	case st.Kind == Link:
		return object.ModeSymlink
	case st.Kind == File && st.executable:
		return object.ModeExecutable
	case st.Kind == File:
		return object.ModeRegular
	}
	return 0
}
